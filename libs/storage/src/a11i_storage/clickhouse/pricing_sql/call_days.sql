-- The days and projects in which a tenant has calls in a range, the earliest first. Rows that a later version has
-- replaced may add one in which nothing is left to do.
SELECT toUInt32(toDate(start_time)) AS day, project_id
FROM spans
WHERE
  tenant_id = {tenant_id:String}
  AND ({project_id:String} = '' OR project_id = {project_id:String})
  AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
  AND step_kind IN ('llm', 'embedding', 'rerank')
GROUP BY day, project_id
ORDER BY day, project_id
