-- What ingest had to note in a time range, latest first, from a place on. Issues are small: their number bounds them.
SELECT $columns, count() OVER () AS found
FROM
(
  SELECT $columns
  FROM ingest_issues FINAL
  WHERE
    $scope
    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
    AND (time, issue_id) < (
      fromUnixTimestamp64Nano({before_ns:Int64}, 'UTC'), toFixedString(unhex({before_id:String}), 16)
    )
    AND $filters
  ORDER BY time DESC, issue_id DESC
  LIMIT {limit:UInt32}
)
ORDER BY time DESC, issue_id DESC
