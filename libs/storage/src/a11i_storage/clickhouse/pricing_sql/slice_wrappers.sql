-- Spans of a slice's traces whose cost is in no total, as another span says what their call cost (calls_once.sql says how);
-- spans of the hour before and after are looked at, too. Mostly there are few.
WITH
traces AS (
  WITH
    $span_usage
  SELECT
    trace_id,
    1 AS measure,
    groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
    groupArrayIf(
      CAST(
        (id, if(is_link, parent, 0), ifNull(input_tokens, 0), ifNull(output_tokens, 0), is_unpriced, is_counted,
         [NOT is_counted AND NOT is_unpriced], response),
        'Tuple(id UInt64, parent UInt64, input Int64, output Int64, is_unpriced Bool, is_counted Bool, is_better Array(Bool), response UInt64)'
      ),
      has_usage
    ) AS usages,
    usages.id AS ids
  FROM spans FINAL
  WHERE
    tenant_id = {tenant_id:String}
    AND project_id = {project_id:String}
    AND trace_id > toFixedString(unhex({after:String}), 16)
    AND trace_id <= toFixedString(unhex({last:String}), 16)
    AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC') - INTERVAL 1 HOUR
    AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC') + INTERVAL 1 HOUR
  GROUP BY trace_id
  HAVING length(usages) > 1
),
$calls_once
SELECT
  trace_id,
  arrayJoin(arrayFilter(id -> NOT bitmapContains(bitmapBuild(usages.id), id), ids)) AS id
FROM calls_once
