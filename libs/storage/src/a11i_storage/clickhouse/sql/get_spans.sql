-- The spans of one trace, by start. Versions of a span that was stored more than once are joined in memory: FINAL
-- would read the wide columns of whole granules. The running sum bounds the answer by size.
SELECT * EXCEPT (bytes_so_far)
FROM
(
  SELECT
    $columns,
    sum(byteSize($columns)) OVER (
      ORDER BY start_time, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS bytes_so_far
  FROM
  (
    SELECT $columns
    FROM spans
    WHERE $scope AND trace_id = unhex({trace_id:String})
    ORDER BY version DESC
    LIMIT 1 BY span_id
  )
  ORDER BY start_time, span_id
  LIMIT {limit:UInt32}
)
WHERE bytes_so_far <= {max_bytes:UInt64}
ORDER BY start_time, span_id
