-- What was counted beside what was reported, by model and tokenizer, the most calls first; each call once, as in a trace's
-- totals (calls_once.sql says how), for which spans around the range are looked at, too. A side is added up over the calls
-- for which it was both reported and counted. Odd numbers, such as a thousand million tokens, would drown all others and
-- are in no sum. Clients choose the numbers, so sums stay within what the answer can hold.
WITH
traces AS (
  WITH
    $span_usage,
    step_kind IN ('llm', 'embedding', 'rerank') AS is_call,
    is_call OR has_usage AS is_looked_at,
    is_call
    AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
    AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
    AND $filters AS is_asked_for,
    empty(usage_flags) AS is_sane,
    is_sane AND input_source = 'reported' AND isNotNull(counted_input_tokens) AS has_input,
    is_sane AND output_source = 'reported' AND isNotNull(counted_output_tokens) AS has_output
  SELECT
    1 AS measure,
    groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
    groupArrayIf(
      CAST(
        (id, if(is_link, parent, 0), ifNull(input_tokens, 0), ifNull(output_tokens, 0), is_counted,
         [has_input OR has_output],
         response, is_asked_for,
         ifNull(counted_input_tokens, 0), ifNull(counted_output_tokens, 0), ifNull(reasoning_tokens, 0), is_sane,
         has_input, has_output, provider, if(response_model != '', response_model, request_model), tokenizer,
         counted_source, false),
        'Tuple(id UInt64, parent UInt64, input Int64, output Int64, is_counted Bool, is_better Array(Bool), response UInt64, is_asked_for Bool, counted_input Int64, counted_output Int64, reasoning Int64, is_sane Bool, has_input Bool, has_output Bool, provider String, model String, tokenizer String, counted_source String, is_unpriced Bool)'
      ),
      is_looked_at
    ) AS usages
  FROM spans FINAL
  WHERE
    $scope
    AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC') - INTERVAL 1 HOUR
    AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC') + INTERVAL 1 HOUR
  GROUP BY trace_id
  HAVING arrayExists(usage -> usage.is_asked_for, usages)
),
$calls_once
SELECT
  usage.provider AS provider,
  usage.model AS model,
  usage.tokenizer AS tokenizer,
  usage.counted_source AS counted_source,
  count() AS call_count,
  countIf(NOT usage.is_sane) AS flagged_call_count,
  countIf(usage.has_input) AS input_call_count,
  toInt64(least(sumIf(toInt128(usage.input), usage.has_input), 9223372036854775807::Int128)) AS input_reported,
  toInt64(least(sumIf(toInt128(usage.counted_input), usage.has_input), 9223372036854775807::Int128)) AS input_counted,
  countIf(usage.has_output) AS output_call_count,
  toInt64(least(sumIf(toInt128(usage.output), usage.has_output), 9223372036854775807::Int128)) AS output_reported,
  toInt64(least(sumIf(toInt128(usage.counted_output), usage.has_output), 9223372036854775807::Int128)) AS output_counted,
  toInt64(least(sumIf(toInt128(usage.reasoning), usage.has_output), 9223372036854775807::Int128)) AS reasoning_tokens
FROM (SELECT arrayJoin(arrayFilter(usage -> usage.is_asked_for, usages)) AS usage FROM calls_once)
GROUP BY provider, model, tokenizer, counted_source
ORDER BY call_count DESC, provider, model, tokenizer, counted_source
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
