-- What a tenant's calls cost in some periods, for several questions at once; each call once, as in a trace's totals
-- (summarise_traces says how): a span's usage counts unless a span below it has usage of its own, and of spans beside
-- each other with the same response one counts. Spans shortly before the earliest period are looked at, too, as a roll-up
-- begins before what it sums up.
SELECT question, sum(usage.cost) AS spent, countIf(usage.is_unpriced) AS unpriced
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
        (usage, number) -> (number = 1 OR usage.response = 0) AND notEmpty(usage.questions),
        lowest,
        arrayEnumerateUniq(arrayMap(usage -> usage.response, lowest))
      )
    ) AS usage
  FROM
  (
    WITH
      ifNull(input_tokens, 0) != 0 OR ifNull(output_tokens, 0) != 0 AS has_tokens,
      has_tokens OR ifNull(total_cost_usd, 0) != 0 AS has_usage,
      reinterpretAsUInt64(span_id) AS id,
      reinterpretAsUInt64(ifNull(parent_span_id, span_id)) AS parent,
      parent != id AND step_kind != 'tool' AS is_link,
      toUnixTimestamp64Nano(start_time) AS start_ns,
      if(
        has_usage,
        arrayFilter(
          (question, start, end, project, key, user, model) ->
            start_ns >= start AND start_ns < end
            AND (project = '' OR project_id = project)
            AND (key = '' OR key_id = key)
            AND (user = '' OR user_id = user)
            AND (
              model = '' OR lower(priced_as) LIKE model OR lower(response_model) LIKE model
              OR lower(request_model) LIKE model
            ),
          range(toUInt32(length({starts:Array(Int64)}))),
          {starts:Array(Int64)},
          {ends:Array(Int64)},
          {projects:Array(String)},
          {keys:Array(String)},
          {users:Array(String)},
          {models:Array(String)}
        ),
        []
      ) AS questions
    SELECT
      groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
      groupBitmapStateIf(parent, is_link AND has_usage) AS parents_of_usage,
      groupArrayIf(
        CAST(
          (id, ifNull(total_cost_usd, 0), has_tokens AND isNull(total_cost_usd),
           if(response_id = '', 0, sipHash64(response_id)), questions),
          'Tuple(id UInt64, cost Decimal(38, 12), is_unpriced Bool, response UInt64, questions Array(UInt32))'
        ),
        has_usage
      ) AS usages
    FROM spans FINAL
    WHERE
      tenant_id = {tenant_id:String}
      AND (empty({only_projects:Array(String)}) OR has({only_projects:Array(String)}, project_id))
      AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC') - INTERVAL 1 HOUR
      AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
    GROUP BY project_id, trace_id
    HAVING arrayExists(usage -> notEmpty(usage.questions), usages)
  )
)
ARRAY JOIN usage.questions AS question
GROUP BY question
ORDER BY question
