-- The audit made last.
SELECT verdict, missing_batches, phantom_items, open_batches, lag_s, summary, topics, backlogs,
  toUnixTimestamp64Nano(time) AS time_ns,
  toUnixTimestamp64Nano(since_time) AS since_ns,
  toUnixTimestamp64Nano(handled_time) AS handled_ns
FROM ledger_audits
WHERE time >= now() - INTERVAL 36 DAY
ORDER BY time DESC
LIMIT 1
