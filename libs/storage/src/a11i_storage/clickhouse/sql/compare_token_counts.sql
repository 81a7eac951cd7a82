-- What was counted beside what was reported, by model and tokenizer, the most calls first. A side is added up over the
-- calls for which it was both reported and counted. Odd numbers, such as a thousand million tokens, would drown all
-- others and are in no sum. Clients choose the numbers, so sums stay within what the answer can hold.
WITH
  empty(usage_flags) AS is_sane,
  is_sane AND input_source = 'reported' AND isNotNull(counted_input_tokens) AS has_input,
  is_sane AND output_source = 'reported' AND isNotNull(counted_output_tokens) AS has_output,
  toInt128(9223372036854775807) AS max_int64
SELECT
  toString(spans.provider) AS provider,
  toString(if(response_model != '', response_model, request_model)) AS model,
  toString(spans.tokenizer) AS tokenizer,
  toString(spans.counted_source) AS counted_source,
  count() AS call_count,
  countIf(NOT is_sane) AS flagged_call_count,
  countIf(has_input) AS input_call_count,
  toInt64(least(sumIf(toInt128(ifNull(input_tokens, 0)), has_input), max_int64)) AS input_reported,
  toInt64(least(sumIf(toInt128(ifNull(counted_input_tokens, 0)), has_input), max_int64)) AS input_counted,
  countIf(has_output) AS output_call_count,
  toInt64(least(sumIf(toInt128(ifNull(output_tokens, 0)), has_output), max_int64)) AS output_reported,
  toInt64(least(sumIf(toInt128(ifNull(counted_output_tokens, 0)), has_output), max_int64)) AS output_counted,
  toInt64(least(sumIf(toInt128(ifNull(spans.reasoning_tokens, 0)), has_output), max_int64)) AS reasoning_tokens
FROM spans FINAL
WHERE
  $scope
  AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
  AND step_kind IN ('llm', 'embedding', 'rerank')
  AND $filters
GROUP BY provider, model, tokenizer, counted_source
ORDER BY call_count DESC, provider, model, tokenizer, counted_source
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
