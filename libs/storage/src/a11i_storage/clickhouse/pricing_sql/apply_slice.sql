-- Copies the rows of a slice with their new costs. A copy is stored, as far as its version says, a nanosecond after the
-- row that it is made of: so it counts in place of that, and whatever else was stored for the span by then, or is stored
-- at this very moment, or later, counts in place of the copy. Done again, it makes the same copies.
INSERT INTO spans
SELECT
  span.* REPLACE (
    priced.input_cost_usd AS input_cost_usd,
    priced.output_cost_usd AS output_cost_usd,
    priced.total_cost_usd AS total_cost_usd,
    priced.price_version AS price_version,
    priced.priced_as AS priced_as,
    priced.price_basis AS price_basis,
    priced.usage_flags AS usage_flags,
    addNanoseconds(span.stored_time, 1) AS stored_time
  )
FROM spans AS span
INNER JOIN (SELECT * FROM repriced_calls WHERE slice_id = {slice_id:UUID}) AS priced
  ON span.trace_id = priced.trace_id
  AND span.span_id = priced.span_id
  AND span.received_time = priced.received_time
  AND span.stored_time = priced.stored_time
WHERE
  span.tenant_id = {tenant_id:String}
  AND span.project_id = {project_id:String}
  AND span.trace_id > toFixedString(unhex({after:String}), 16)
  AND span.trace_id <= toFixedString(unhex({last:String}), 16)
  AND span.start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
  AND span.start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
SETTINGS max_partitions_per_insert_block = 0
