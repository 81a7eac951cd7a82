-- The lines of the books of a time range, by account.
SELECT tenant_id, project_id, signal, outcome, reason, sum(rows) AS row_count
FROM ledger_minutes FINAL
WHERE
  minute >= toDateTime({start_s:UInt32}, 'UTC')
  AND minute < toDateTime({end_s:UInt32}, 'UTC')
  AND $tenant AND $project
GROUP BY tenant_id, project_id, signal, outcome, reason
HAVING row_count > 0
ORDER BY tenant_id, project_id, signal, outcome, row_count DESC, reason
LIMIT {limit:UInt32}
