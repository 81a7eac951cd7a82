-- The trace up to which a slice goes that begins after another one; none: it goes to the end. In the order of the
-- primary key, so that little more is read than the slice.
SELECT trace_id
FROM spans
WHERE
  tenant_id = {tenant_id:String}
  AND project_id = {project_id:String}
  AND trace_id > toFixedString(unhex({after:String}), 16)
  AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
  AND step_kind IN ('llm', 'embedding', 'rerank')
ORDER BY tenant_id, project_id, trace_id
LIMIT 1 OFFSET {calls:UInt64}
