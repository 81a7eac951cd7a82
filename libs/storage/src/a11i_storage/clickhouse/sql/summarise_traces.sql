-- What the stored spans of some traces add up to, each span once, in the version that counts. (Joined in memory
-- rather than by FINAL, with which this list of ids would not go through the primary key.)
-- Each call counts once, in tokens and in cost; calls_once.sql says how.
-- A call whose tokens nobody says is one without usage, unless it is above usage, or below a span that counts or another
-- call without usage: the fold down covers those, if there is any such call.
-- Clients choose the numbers, so sums stay within what the answer can hold instead of turning over.
WITH
spans_of_traces AS (
  WITH
    step_kind IN ('llm', 'embedding', 'rerank') AS is_call,
    if(response_model != '', response_model, request_model) AS model,
    $span_usage
  SELECT
    trace_id,
    argMin(span_name, (isNotNull(parent_span_id), start_time, span_id)) AS name,
    argMin(span_service, (isNotNull(parent_span_id), start_time, span_id)) AS service_name,
    toUnixTimestamp64Nano(min(start_time)) AS start_time_ns,
    toUnixTimestamp64Nano(max(greatest(end_time, start_time))) AS end_time_ns,
    count() AS span_count,
    countIf(status_code = 2) AS error_count,
    groupUniqArrayIf(model, is_call) AS models_of_calls,
    argMinIf(span_session, (start_time, span_id), span_session != '') AS session_id,
    argMinIf(span_user, (start_time, span_id), span_user != '') AS user_id,
    mapApply((entity, found) -> (entity, least(found, 4294967295)), sumMap(span_redacted)) AS redacted_entities,
    -- A call that failed before the model said anything used none; one that failed later is counted by tokenization.
    groupArrayIf(
      CAST((id, if(is_link, parent, 0)), 'Tuple(id UInt64, parent UInt64)'),
      is_call AND NOT has_usage AND isNull(input_tokens) AND isNull(output_tokens) AND status_code != 2
    ) AS silent_calls,
    groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
    groupArrayIf(
      CAST(
        (id, if(is_link, parent, 0), ifNull(input_tokens, 0), ifNull(output_tokens, 0), ifNull(total_cost_usd, 0),
         is_unpriced, is_counted, [NOT is_counted, NOT is_counted AND NOT is_unpriced], model,
         response),
        'Tuple(id UInt64, parent UInt64, input Int128, output Int128, cost Decimal(38, 12), is_unpriced Bool, is_counted Bool, is_better Array(Bool), model String, response UInt64)'
      ),
      has_usage
    ) AS usages
  FROM
  (
    SELECT
      trace_id, span_id, parent_span_id, start_time, end_time, status_code, step_kind, request_model, response_model,
      response_id, input_tokens, output_tokens, input_source, output_source, total_cost_usd,
      name AS span_name,
      service_name AS span_service,
      session_id AS span_session,
      user_id AS span_user,
      redacted_entities AS span_redacted
    FROM spans
    WHERE $scope AND trace_id IN arrayMap(id -> toFixedString(unhex(id), 16), {trace_ids:Array(String)})
    ORDER BY version DESC
    LIMIT 1 BY trace_id, span_id
  )
  GROUP BY trace_id
),
traces AS (SELECT *, measure FROM spans_of_traces ARRAY JOIN [1, 2] AS measure),
$calls_once,
totals AS (
  WITH
    measure = 1 AS is_tokens,
    arrayFilter(call -> is_tokens AND NOT bitmapContains(above[1], call.id), silent_calls) AS silent,
    arrayFold(
      (covered, level) -> bitmapOr(
        covered, bitmapBuild(arrayMap(link -> link.id, arrayFilter(link -> bitmapContains(covered, link.parent), links)))
      ),
      range(if(empty(silent), 0, least(length(links) + 1, 64))),
      bitmapBuild(arrayConcat(silent.id, usages.id))
    ) AS covered
  SELECT
    * EXCEPT (models_of_calls, links, usages, above, silent_calls),
    if(is_tokens, arraySum(usages.input), 0) AS input,
    if(is_tokens, arraySum(usages.output), 0) AS output,
    if(is_tokens, 0, arraySum(usages.cost)) AS cost,
    if(is_tokens, 0, arrayCount(usages.is_unpriced)) AS unpriced,
    arrayCount(call -> NOT bitmapContains(covered, call.parent), silent) AS without_usage,
    arrayConcat(models_of_calls, if(is_tokens, usages.model, [])) AS models_of_trace
  FROM calls_once
)
SELECT
  trace_id,
  any(totals.name) AS name,
  any(totals.service_name) AS service_name,
  any(totals.start_time_ns) AS start_time_ns,
  any(totals.end_time_ns) AS end_time_ns,
  any(totals.span_count) AS span_count,
  any(totals.error_count) AS error_count,
  any(totals.session_id) AS session_id,
  any(totals.user_id) AS user_id,
  any(totals.redacted_entities) AS redacted_entities,
  toInt64(greatest(least(sum(input), 9223372036854775807::Int128), -9223372036854775808::Int128)) AS input_tokens,
  toInt64(greatest(least(sum(output), 9223372036854775807::Int128), -9223372036854775808::Int128)) AS output_tokens,
  toFloat64(sum(cost)) AS cost_usd,
  sum(unpriced) AS unpriced_calls,
  sum(without_usage) AS calls_without_usage,
  arraySort(arrayFilter(model -> model != '', groupUniqArrayArray(models_of_trace))) AS models
FROM totals
GROUP BY trace_id
