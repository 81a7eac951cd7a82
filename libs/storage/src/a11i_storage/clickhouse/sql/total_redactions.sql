-- What became of the spans and log records of a time range, in all.
SELECT *
FROM
(
  SELECT
    'span' AS signal,
    count() AS row_count,
    countIf(notEmpty(redacted_entities)) AS redacted_row_count,
    sum(toUInt64(arraySum(mapValues(redacted_entities)))) AS finding_count,
    sum(toUInt64(withheld_values)) AS withheld_value_count,
    sum(toUInt64(redaction_bytes)) AS examined_bytes
  FROM spans FINAL
  WHERE
    $scope
    AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
    AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
    AND $filters
  UNION ALL
  SELECT
    'log' AS signal,
    count() AS row_count,
    countIf(notEmpty(redacted_entities)) AS redacted_row_count,
    sum(toUInt64(arraySum(mapValues(redacted_entities)))) AS finding_count,
    sum(toUInt64(withheld_values)) AS withheld_value_count,
    sum(toUInt64(redaction_bytes)) AS examined_bytes
  FROM logs FINAL
  WHERE
    $scope
    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
    AND $filters
)
WHERE row_count > 0 AND $found
ORDER BY signal DESC
