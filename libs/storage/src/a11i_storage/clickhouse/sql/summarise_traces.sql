-- What the stored spans of some traces add up to, each span once, in the version that counts. (Joined in memory
-- rather than by FINAL, with which this list of ids would not go through the primary key.)
-- Tokens and cost are those of calls: on other steps they are roll-ups of the calls below. Clients choose the numbers,
-- so sums stay within what the answer can hold instead of turning over.
WITH
  step_kind IN ('llm', 'embedding', 'rerank') AS is_call,
  if(response_model != '', response_model, request_model) AS model,
  toInt128(9223372036854775807) AS max_int64,
  -max_int64 - 1 AS min_int64
SELECT
  trace_id,
  argMin(span_name, (isNotNull(parent_span_id), start_time, span_id)) AS name,
  argMin(span_service, (isNotNull(parent_span_id), start_time, span_id)) AS service_name,
  toUnixTimestamp64Nano(min(start_time)) AS start_time_ns,
  toUnixTimestamp64Nano(max(greatest(end_time, start_time))) AS end_time_ns,
  count() AS span_count,
  countIf(status_code = 2) AS error_count,
  toInt64(greatest(least(sumIf(toInt128(ifNull(span_input_tokens, 0)), is_call), max_int64), min_int64)) AS input_tokens,
  toInt64(greatest(least(sumIf(toInt128(ifNull(span_output_tokens, 0)), is_call), max_int64), min_int64)) AS output_tokens,
  toFloat64(sumIf(ifNull(total_cost_usd, 0), is_call)) AS cost_usd,
  countIf(
    is_call AND isNull(total_cost_usd) AND (isNotNull(span_input_tokens) OR isNotNull(span_output_tokens))
  ) AS unpriced_calls,
  arraySort(groupUniqArrayIf(model, is_call AND model != '')) AS models,
  argMinIf(span_session, (start_time, span_id), span_session != '') AS session_id,
  argMinIf(span_user, (start_time, span_id), span_user != '') AS user_id,
  mapApply((entity, found) -> (entity, least(found, 4294967295)), sumMap(span_redacted)) AS redacted_entities
FROM
(
  SELECT
    trace_id, span_id, parent_span_id, start_time, end_time, status_code, step_kind, request_model, response_model,
    total_cost_usd,
    name AS span_name,
    service_name AS span_service,
    input_tokens AS span_input_tokens,
    output_tokens AS span_output_tokens,
    session_id AS span_session,
    user_id AS span_user,
    redacted_entities AS span_redacted
  FROM spans
  WHERE $scope AND trace_id IN arrayMap(id -> toFixedString(unhex(id), 16), {trace_ids:Array(String)})
  ORDER BY version DESC
  LIMIT 1 BY trace_id, span_id
)
GROUP BY trace_id
