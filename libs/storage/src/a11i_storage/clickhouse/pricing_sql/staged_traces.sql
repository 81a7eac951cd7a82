-- The traces of a slice that have costs which are put aside under an id, in the order of slices.
SELECT DISTINCT trace_id
FROM repriced_calls
WHERE
  slice_id = {slice_id:UUID}
  AND trace_id > toFixedString(unhex({after:String}), 16)
  AND trace_id <= toFixedString(unhex({last:String}), 16)
ORDER BY trace_id
