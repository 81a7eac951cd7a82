-- What the stored spans of some traces add up to, each span once, in the version that counts. (Joined in memory
-- rather than by FINAL, with which this list of ids would not go through the primary key.)
-- Every call counts once: a span's usage counts unless a span below it has usage of its own, because then it is a
-- roll-up of the calls below or a second span for one of them; names and kinds do not tell, the tree does. A tool's
-- parent is not above what the tool did: a model's call is no roll-up of the calls that a tool makes on its behalf.
-- Spans beside each other that have a response's id in common are one call, too: of these one counts, a priced one first.
-- The fold goes up from the spans with usage, a level at a time, and takes each link once, so that a circle of parents
-- ends. Its bound is the distance from a roll-up to the nearest usage below it, not the depth of the trace.
-- A call whose tokens nobody says is one without usage, unless it is above usage, or below a span that counts or another
-- call without usage: the fold down covers those, if there is any such call.
-- Clients choose the numbers, so sums stay within what the answer can hold instead of turning over.
WITH
  arrayFold(
    (state, level) -> (
      bitmapBuild(arrayMap(link -> link.parent, arrayFilter(link -> bitmapContains(state.1, link.id), state.3))),
      bitmapOr(state.2, state.1),
      if(bitmapCardinality(state.1) = 0, [], arrayFilter(link -> NOT bitmapContains(state.1, link.id), state.3))
    ),
    range(least(length(links) + 1, 64)),
    (parents_of_usage, bitmapBuild(emptyArrayUInt64()), links)
  ).2 AS above_usage,
  arraySort(
    usage -> (usage.is_unpriced, usage.id), arrayFilter(usage -> NOT bitmapContains(above_usage, usage.id), usages)
  ) AS lowest,
  arrayFilter(
    (usage, number) -> number = 1 OR usage.response = '',
    lowest,
    arrayEnumerateUniq(arrayMap(usage -> usage.response, lowest))
  ) AS counted,
  arrayFilter(call -> NOT bitmapContains(above_usage, call.id), silent_calls) AS silent,
  arrayFold(
    (covered, level) -> bitmapOr(
      covered, bitmapBuild(arrayMap(link -> link.id, arrayFilter(link -> bitmapContains(covered, link.parent), links)))
    ),
    range(if(empty(silent), 0, least(length(links) + 1, 64))),
    bitmapBuild(arrayConcat(silent.id, lowest.id))
  ) AS covered,
  toInt128(9223372036854775807) AS max_int64,
  -max_int64 - 1 AS min_int64
SELECT
  * EXCEPT (models_of_calls, links, parents_of_usage, usages, silent_calls),
  toInt64(greatest(least(arraySum(usage -> usage.input, counted), max_int64), min_int64)) AS input_tokens,
  toInt64(greatest(least(arraySum(usage -> usage.output, counted), max_int64), min_int64)) AS output_tokens,
  toFloat64(arraySum(usage -> usage.cost, counted)) AS cost_usd,
  arrayCount(usage -> usage.is_unpriced, counted) AS unpriced_calls,
  arrayCount(call -> NOT bitmapContains(covered, call.parent), silent) AS calls_without_usage,
  arrayFilter(
    model -> model != '', arraySort(arrayDistinct(arrayConcat(models_of_calls, arrayMap(usage -> usage.model, counted))))
  ) AS models
FROM
(
  WITH
    step_kind IN ('llm', 'embedding', 'rerank') AS is_call,
    if(response_model != '', response_model, request_model) AS model,
    ifNull(span_input_tokens, 0) != 0 OR ifNull(span_output_tokens, 0) != 0 AS has_tokens,
    has_tokens OR ifNull(span_cost, 0) != 0 AS has_usage,
    reinterpretAsUInt64(span_id) AS id,
    reinterpretAsUInt64(ifNull(parent_span_id, span_id)) AS parent,
    parent != id AND step_kind != 'tool' AS is_link
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
      is_call AND NOT has_usage AND isNull(span_input_tokens) AND isNull(span_output_tokens) AND status_code != 2
    ) AS silent_calls,
    groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
    groupBitmapStateIf(parent, is_link AND has_usage) AS parents_of_usage,
    groupArrayIf(
      CAST(
        (id, ifNull(span_input_tokens, 0), ifNull(span_output_tokens, 0), ifNull(span_cost, 0),
         has_tokens AND isNull(span_cost), model, response_id),
        'Tuple(id UInt64, input Int128, output Int128, cost Decimal(38, 12), is_unpriced Bool, model String, response String)'
      ),
      has_usage
    ) AS usages
  FROM
  (
    SELECT
      trace_id, span_id, parent_span_id, start_time, end_time, status_code, step_kind, request_model, response_model,
      response_id,
      name AS span_name,
      service_name AS span_service,
      input_tokens AS span_input_tokens,
      output_tokens AS span_output_tokens,
      total_cost_usd AS span_cost,
      session_id AS span_session,
      user_id AS span_user,
      redacted_entities AS span_redacted
    FROM spans
    WHERE $scope AND trace_id IN arrayMap(id -> toFixedString(unhex(id), 16), {trace_ids:Array(String)})
    ORDER BY version DESC
    LIMIT 1 BY trace_id, span_id
  )
  GROUP BY trace_id
)
