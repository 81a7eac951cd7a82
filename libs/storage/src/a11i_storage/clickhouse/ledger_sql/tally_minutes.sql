-- What is open in each minute, where anything is.
SELECT
  toUnixTimestamp(minute) AS minute,
  sumIf(batches, outcome = 100) AS open_batches,
  sumIf(rows, outcome = 100) AS in_flight_items,
  sumIf(rows, outcome = 101) AS phantom_items
FROM ledger_minutes FINAL
WHERE $which
GROUP BY minute
HAVING open_batches > 0 OR phantom_items > 0
ORDER BY minute
