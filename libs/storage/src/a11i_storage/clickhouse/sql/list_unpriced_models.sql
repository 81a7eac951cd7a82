-- What calls used whose cost is unknown, by model, the most calls first; each call once, as in a trace's totals
-- (summarise_traces says how): a span's usage counts unless a span below it has usage of its own, and of spans beside
-- each other with the same response one counts, a priced one first. Spans around the range are looked at, too, as a
-- call within it may have its other span before, or be a roll-up of calls after. Only traces with a span of unknown cost
-- are taken together: mostly there are few.
WITH toInt128(9223372036854775807) AS max_int64, -max_int64 - 1 AS min_int64
SELECT
  usage.provider AS provider,
  usage.model AS model,
  count() AS call_count,
  countIf(usage.is_flagged) AS flagged_call_count,
  toInt64(greatest(least(sum(usage.input), max_int64), min_int64)) AS input_tokens,
  toInt64(greatest(least(sum(usage.output), max_int64), min_int64)) AS output_tokens,
  min(usage.start_ns) AS first_time_ns,
  max(usage.start_ns) AS last_time_ns
FROM
(
  WITH
    arrayFold(
      (state, level) -> (
        bitmapBuild(arrayMap(link -> link.parent, arrayFilter(link -> bitmapContains(state.1, link.id), state.3))),
        bitmapOr(state.2, state.1),
        if(bitmapCardinality(state.1) = 0, [], arrayFilter(link -> NOT bitmapContains(state.1, link.id), state.3))
      ),
      range(if(length(usages) = 1, 0, least(length(links) + 1, 64))),
      (parents_of_usage, bitmapBuild(emptyArrayUInt64()), links)
    ).2 AS above_usage,
    arraySort(
      usage -> (usage.is_unpriced, usage.id), arrayFilter(usage -> NOT bitmapContains(above_usage, usage.id), usages)
    ) AS lowest
  SELECT
    arrayJoin(
      arrayFilter(
        (usage, number) -> (number = 1 OR usage.response = 0) AND usage.is_asked_for,
        lowest,
        arrayEnumerateUniq(arrayMap(usage -> usage.response, lowest))
      )
    ) AS usage
  FROM
  (
    WITH
      ifNull(input_tokens, 0) != 0 OR ifNull(output_tokens, 0) != 0 AS has_tokens,
      has_tokens OR ifNull(total_cost_usd, 0) != 0 AS has_usage,
      has_tokens AND isNull(total_cost_usd) AS is_unpriced,
      reinterpretAsUInt64(span_id) AS id,
      reinterpretAsUInt64(ifNull(parent_span_id, span_id)) AS parent,
      parent != id AND step_kind != 'tool' AS is_link,
      toUnixTimestamp64Nano(start_time) AS start_ns,
      is_unpriced AND start_ns >= {start_ns:Int64} AND start_ns < {end_ns:Int64} AND $filters AS is_asked_for
    SELECT
      groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
      groupBitmapStateIf(parent, is_link AND has_usage) AS parents_of_usage,
      groupArrayIf(
        CAST(
          (id, ifNull(input_tokens, 0), ifNull(output_tokens, 0), is_unpriced, is_asked_for, notEmpty(usage_flags), start_ns,
           provider, if(response_model != '', response_model, request_model),
           if(response_id = '', 0, sipHash64(response_id))),
          'Tuple(id UInt64, input Int128, output Int128, is_unpriced Bool, is_asked_for Bool, is_flagged Bool, start_ns Int64, provider String, model String, response UInt64)'
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
  )
)
GROUP BY provider, model
ORDER BY call_count DESC, provider, model
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
