-- Traces by the start of their earliest span within a range, latest first.
-- A trace that began before the range has spans in it as well; the reader leaves those out when it has them whole.
-- as_of_ns: the last receipt among all traces found, limit or not.
SELECT
  trace_id,
  toUnixTimestamp64Nano(min(spans.start_time)) AS start_time_ns,
  toUnixTimestamp64Nano(max(max(received_time)) OVER ()) AS as_of_ns
FROM spans FINAL
WHERE
  $scope
  AND spans.start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
  AND spans.start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
  AND received_time <= fromUnixTimestamp64Nano({as_of_ns:Int64}, 'UTC')
  AND $filters
GROUP BY trace_id
HAVING (start_time_ns, trace_id) < ({before_ns:Int64}, toFixedString(unhex({before_id:String}), 16))
ORDER BY start_time_ns DESC, trace_id DESC
LIMIT {limit:UInt32}
