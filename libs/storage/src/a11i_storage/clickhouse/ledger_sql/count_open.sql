-- How many batches of some minutes were under way while the bus was looked at, by how far they had come at least. Those
-- of which a service said before it that they were on the bus, and of which none said by its end that they was_gone it.
SELECT
  countIf(entered > gone) AS queued,
  countIf(tokenized > gone) AS tokenized,
  countIf(redacted > gone) AS redacted
FROM
(
  SELECT
    if(max(was_gone AND of_all), entered, intervalLengthSumIf(first, past, was_gone)) AS gone,
    intervalLengthSumIf(first, past, was_gone OR (was_before AND outcome IN (3, 4, 5, 8))) AS entered,
    intervalLengthSumIf(first, past, was_gone OR (was_before AND outcome IN (4, 5))) AS tokenized,
    intervalLengthSumIf(first, past, was_gone OR (was_before AND outcome = 5)) AS redacted
  FROM
  (
    SELECT tenant_id, batch_id, replay, outcome, minute,
      item_count >= 2147483648 AS of_all,
      toUInt64(first_item) AS first,
      toUInt64(first_item) + if(of_all, 0, item_count) AS past,
      outcome IN (6, 7) AND time <= fromUnixTimestamp64Nano({left_ns:Int64}, 'UTC') AS was_gone,
      time <= fromUnixTimestamp64Nano({before_ns:Int64}, 'UTC') AS was_before
    FROM ledger_entries
    WHERE minute IN (SELECT toDateTime(arrayJoin({around:Array(UInt32)}), 'UTC'))
  )
  GROUP BY tenant_id, batch_id, replay
  HAVING min(minute) IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'))
)
