-- What calls used whose cost is unknown, by model, the most calls first; each call once, as in a trace's totals
-- (calls_once.sql says how). Spans around the range are looked at, too, as a call within it may have its other span before,
-- or be a roll-up of calls after. Only traces with a span of unknown cost are taken together: mostly there are few.
WITH
traces AS (
  WITH
    ifNull(input_tokens, 0) != 0 OR ifNull(output_tokens, 0) != 0 AS has_tokens,
    has_tokens OR ifNull(total_cost_usd, 0) != 0 AS has_usage,
    has_tokens AND isNull(total_cost_usd) AS is_unpriced,
    $is_counted AS is_counted,
    reinterpretAsUInt64(span_id) AS id,
    reinterpretAsUInt64(ifNull(parent_span_id, span_id)) AS parent,
    parent != id AND step_kind != 'tool' AS is_link,
    toUnixTimestamp64Nano(start_time) AS start_ns,
    is_unpriced AND start_ns >= {start_ns:Int64} AND start_ns < {end_ns:Int64} AND $filters AS is_asked_for
  SELECT
    1 AS measure,
    groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
    groupArrayIf(
      CAST(
        (id, if(is_link, parent, 0), ifNull(input_tokens, 0), ifNull(output_tokens, 0), is_unpriced, is_counted,
         [NOT is_counted AND NOT is_unpriced], if(response_id = '', 0, sipHash64(response_id)), is_asked_for,
         notEmpty(usage_flags), start_ns, provider, if(response_model != '', response_model, request_model)),
        'Tuple(id UInt64, parent UInt64, input Int128, output Int128, is_unpriced Bool, is_counted Bool, is_better Array(Bool), response UInt64, is_asked_for Bool, is_flagged Bool, start_ns Int64, provider String, model String)'
      ),
      has_usage
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
        AND (ifNull(input_tokens, 0) != 0 OR ifNull(output_tokens, 0) != 0)
    )
  GROUP BY trace_id
  HAVING arrayExists(usage -> usage.is_asked_for, usages)
),
$calls_once
SELECT
  usage.provider AS provider,
  usage.model AS model,
  count() AS call_count,
  countIf(usage.is_flagged) AS flagged_call_count,
  toInt64(greatest(least(sum(usage.input), 9223372036854775807::Int128), -9223372036854775808::Int128)) AS input_tokens,
  toInt64(greatest(least(sum(usage.output), 9223372036854775807::Int128), -9223372036854775808::Int128)) AS output_tokens,
  min(usage.start_ns) AS first_time_ns,
  max(usage.start_ns) AS last_time_ns
FROM (SELECT arrayJoin(arrayFilter(usage -> usage.is_asked_for, usages)) AS usage FROM calls_once)
GROUP BY provider, model
ORDER BY call_count DESC, provider, model
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
