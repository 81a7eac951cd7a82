-- When entries were inserted, from a time on: each insert has its own.
SELECT DISTINCT toUnixTimestamp64Nano(inserted_time) AS inserted_ns
FROM ledger_entries
WHERE inserted_time >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
ORDER BY inserted_ns
LIMIT {limit:UInt32}
