-- Traces by the start of their earliest span within a range, latest first.
-- A trace that began before the range has spans in it as well; the reader leaves those out when it has them whole.
-- A trace's place in the listing is the start of its earliest span stored until as_of_ns, when the first page was
-- read: a root that is stored later, with its early start, must not show its trace a second time further down, however
-- early it was received. Where no span is left from then, because the trace is new or was sent again, its place is the
-- start of its earliest span.
-- seen_ns: the last time of storing among all traces found, limit or not.
WITH stored_time <= fromUnixTimestamp64Nano({as_of_ns:Int64}, 'UTC') AS is_known
SELECT
  trace_id,
  toUnixTimestamp64Nano(if(countIf(is_known) > 0, minIf(start_time, is_known), min(start_time))) AS place_ns,
  toUnixTimestamp64Nano(max(max(stored_time)) OVER ()) AS seen_ns
FROM spans FINAL
WHERE
  $scope
  AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
  AND $filters
GROUP BY trace_id
HAVING (place_ns, trace_id) < ({before_ns:Int64}, toFixedString(unhex({before_id:String}), 16))
ORDER BY place_ns DESC, trace_id DESC
LIMIT {limit:UInt32}
