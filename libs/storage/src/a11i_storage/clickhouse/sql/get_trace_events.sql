-- The GenAI events of a trace that arrived as log records, by time. The running sum bounds the answer by size, but for
-- the first.
SELECT * EXCEPT (bytes_so_far, number)
FROM
(
  SELECT
    $columns,
    count() OVER () AS found,
    sum(byteSize($columns)) OVER (
      ORDER BY time, record_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS bytes_so_far,
    row_number() OVER (ORDER BY time, record_id) AS number
  FROM
  (
    SELECT $columns
    FROM logs
    WHERE
      $scope
      AND trace_key = toFixedString(unhex({trace_id:String}), 16)
      AND isNotNull(span_id)
      AND startsWith(event_name, 'gen_ai.')
    ORDER BY version DESC
    LIMIT 1 BY record_id
  )
  ORDER BY time, record_id
  LIMIT {limit:UInt32}
)
WHERE bytes_so_far <= {max_bytes:UInt64} OR number = 1
ORDER BY time, record_id
