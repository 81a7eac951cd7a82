-- The calls of a slice, each once, in the version that counts: what a price follows from, and what they cost so far.
SELECT $columns
FROM spans FINAL
WHERE
  tenant_id = {tenant_id:String}
  AND project_id = {project_id:String}
  AND trace_id > toFixedString(unhex({after:String}), 16)
  AND trace_id <= toFixedString(unhex({last:String}), 16)
  AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
  AND step_kind IN ('llm', 'embedding', 'rerank')
  AND $filters
