-- What a span says to the question whether its call counts (calls_once.sql), by names that the statements share: the first
-- of their expressions, where they read rows.
ifNull(input_tokens, 0) != 0 OR ifNull(output_tokens, 0) != 0 AS has_tokens,
has_tokens OR ifNull(total_cost_usd, 0) != 0 AS has_usage,
has_tokens AND isNull(total_cost_usd) AS is_unpriced,
-- Whether no provider reported its tokens.
(input_source IN ('counted', 'estimated') OR output_source IN ('counted', 'estimated'))
AND input_source != 'reported' AND output_source != 'reported' AS is_counted,
reinterpretAsUInt64(span_id) AS id,
reinterpretAsUInt64(ifNull(parent_span_id, span_id)) AS parent,
parent != id AND step_kind != 'tool' AS is_link,
if(response_id = '', 0, sipHash64(response_id)) AS response
