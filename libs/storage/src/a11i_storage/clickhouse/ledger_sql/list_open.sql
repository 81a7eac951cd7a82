-- Batches of some minutes of which rows are under way, those received earliest first.
SELECT tenant_id, project_id, signal, batch_id, replay, received_ns, last_ns, entered AS item_count,
  in_flight_count,
  multiIf(redacted > gone, 5, tokenized > gone, 4, replay != '', 8, 3) AS last_outcome
FROM
(
  SELECT tenant_id, batch_id, replay, max(project) AS project_id, max(signal_) AS signal,
    toUnixTimestamp64Nano(min(received_time)) AS received_ns,
    toUnixTimestamp64Nano(max(time)) AS last_ns,
    if(max(outcome = 7 AND of_all), entered, intervalLengthSumIf(first, past, outcome IN (6, 7))) AS gone,
    intervalLengthSumIf(first, past, outcome BETWEEN 4 AND 7) AS tokenized,
    intervalLengthSumIf(first, past, outcome BETWEEN 5 AND 7) AS redacted,
    intervalLengthSumIf(first, past, outcome BETWEEN 3 AND 8) AS entered,
    entered - gone AS in_flight_count
  FROM
  (
    SELECT tenant_id, project_id AS project, signal AS signal_, batch_id, replay, outcome, minute, received_time, time,
      item_count >= 2147483648 AS of_all,
      toUInt64(first_item) AS first,
      toUInt64(first_item) + if(of_all, 0, item_count) AS past
    FROM ledger_entries
    WHERE minute IN (SELECT toDateTime(arrayJoin({around:Array(UInt32)}), 'UTC')) AND $tenant
  )
  GROUP BY tenant_id, batch_id, replay
  HAVING min(minute) IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'))
)
WHERE in_flight_count > 0 AND last_ns <= {silent_ns:Int64} AND $project
ORDER BY received_ns, batch_id, replay
LIMIT {limit:UInt32}
