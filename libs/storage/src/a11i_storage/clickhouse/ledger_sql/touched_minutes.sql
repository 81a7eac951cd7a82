-- The minutes of all entries of the accounts that some inserts are about.
SELECT DISTINCT toUnixTimestamp(minute) AS minute
FROM ledger_entries
WHERE
  minute IN (SELECT toDateTime(arrayJoin({around:Array(UInt32)}), 'UTC'))
  AND (tenant_id, batch_id, replay) IN
  (
    SELECT tenant_id, batch_id, replay
    FROM ledger_entries
    WHERE
      minute IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'))
      AND inserted_time IN (SELECT fromUnixTimestamp64Nano(arrayJoin({inserts:Array(Int64)}), 'UTC'))
  )
ORDER BY minute
