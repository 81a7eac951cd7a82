-- The groups of a tenant's traces that something was stored of since a time, whenever that began: a version of a span may
-- have moved out of a period. A copy with a new cost is not seen: it is stored, as its version says, when its original was.
SELECT DISTINCT $group AS trace_group
FROM spans
WHERE tenant_id = {tenant_id:String} AND stored_time > fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
