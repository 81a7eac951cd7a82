-- What calls used whose cost is unknown, by model, the most calls first; each call once, as in a trace's totals
-- (calls_once.sql says how). So are calls whose tokens nobody says, such as of pictures by the piece; but they hide
-- no usage above them, and are looked for by a measure of their own, for which any usage is better than none. Spans
-- around the range are looked at, too, as a call within it may have its other span before, or be a roll-up of calls
-- after. Only traces with a span of unknown cost are taken together: mostly there are few.
WITH
spans_of_traces AS (
  WITH
    $span_usage,
    step_kind IN ('llm', 'embedding', 'rerank') AND status_code != 2 AND NOT has_usage
    AND isNull(input_tokens) AND isNull(output_tokens) AS is_silent,
    is_unpriced OR is_silent AND isNull(total_cost_usd) AS is_of_unknown_cost,
    toUnixTimestamp64Nano(start_time) AS start_ns,
    is_of_unknown_cost AND start_ns >= {start_ns:Int64} AND start_ns < {end_ns:Int64} AND $filters AS is_asked_for
  SELECT
    groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
    groupArrayIf(
      CAST(
        (id, if(is_link, parent, 0), ifNull(input_tokens, 0), ifNull(output_tokens, 0), is_of_unknown_cost, is_counted,
         [NOT is_counted AND NOT is_unpriced, has_usage], response, is_asked_for,
         notEmpty(usage_flags), start_ns, provider, if(response_model != '', response_model, request_model), is_silent),
        'Tuple(id UInt64, parent UInt64, input Int128, output Int128, is_unpriced Bool, is_counted Bool, is_better Array(Bool), response UInt64, is_asked_for Bool, is_flagged Bool, start_ns Int64, provider String, model String, is_silent Bool)'
      ),
      has_usage OR is_silent
    ) AS usages
  FROM spans FINAL
  WHERE
    $scope
    AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC') - INTERVAL 1 HOUR
    AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC') + INTERVAL 1 HOUR
    AND trace_id IN (
      SELECT trace_id
      FROM spans
      WHERE
        $scope
        AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC')
        AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
        AND isNull(total_cost_usd)
        AND (
          ifNull(input_tokens, 0) != 0 OR ifNull(output_tokens, 0) != 0
          OR step_kind IN ('llm', 'embedding', 'rerank') AND status_code != 2
        )
    )
  GROUP BY trace_id
  HAVING arrayExists(usage -> usage.is_asked_for, usages)
),
traces AS (
  SELECT * REPLACE (arrayFilter(usage -> measure = 2 OR NOT usage.is_silent, usages) AS usages), measure
  FROM spans_of_traces
  ARRAY JOIN [1, 2] AS measure
),
$calls_once
SELECT
  usage.provider AS provider,
  usage.model AS model,
  count() AS call_count,
  countIf(usage.is_flagged) AS flagged_call_count,
  countIf(usage.is_silent) AS calls_without_usage,
  toInt64(greatest(least(sum(usage.input), 9223372036854775807::Int128), -9223372036854775808::Int128)) AS input_tokens,
  toInt64(greatest(least(sum(usage.output), 9223372036854775807::Int128), -9223372036854775808::Int128)) AS output_tokens,
  min(usage.start_ns) AS first_time_ns,
  max(usage.start_ns) AS last_time_ns
FROM
(
  SELECT arrayJoin(arrayFilter(usage -> usage.is_asked_for AND usage.is_silent = (measure = 2), usages)) AS usage
  FROM calls_once
)
GROUP BY provider, model
ORDER BY call_count DESC, provider, model
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
