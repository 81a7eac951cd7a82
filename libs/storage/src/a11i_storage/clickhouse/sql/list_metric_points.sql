-- Points of a time range, latest first, from a place on. The running sum bounds the answer by size, but for the first.
SELECT * EXCEPT (bytes_so_far, number)
FROM
(
  SELECT
    $columns,
    count() OVER () AS found,
    sum(byteSize($columns)) OVER (
      ORDER BY time DESC, point_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS bytes_so_far,
    row_number() OVER (ORDER BY time DESC, point_id DESC) AS number
  FROM
  (
    SELECT $columns
    FROM metric_points FINAL
    WHERE
      $scope
      AND time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
      AND time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
      AND (time, point_id) < (
        fromUnixTimestamp64Nano({before_ns:Int64}, 'UTC'), toFixedString(unhex({before_id:String}), 16)
      )
      AND $filters
    ORDER BY time DESC, point_id DESC
    LIMIT {limit:UInt32}
  )
)
WHERE bytes_so_far <= {max_bytes:UInt64} OR number = 1
ORDER BY time DESC, point_id DESC
