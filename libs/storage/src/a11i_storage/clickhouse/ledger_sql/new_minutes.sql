-- The minutes of some inserts' entries.
SELECT DISTINCT toUnixTimestamp(minute) AS minute
FROM ledger_entries
WHERE inserted_time IN (SELECT fromUnixTimestamp64Nano(arrayJoin({inserts:Array(Int64)}), 'UTC'))
ORDER BY minute
