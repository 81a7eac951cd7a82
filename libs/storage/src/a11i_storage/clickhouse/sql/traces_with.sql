-- Traces with a span that meets a condition. No span of a trace is earlier than the trace's start, so the range's
-- start bounds the search without changing its result; its end does not, as a trace may go on after it.
SELECT trace_id
FROM spans FINAL
WHERE
  $scope
  AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
  AND $condition
