-- What a tenant's calls cost in some periods, for several questions at once, by groups of traces; each call once, as in a
-- trace's totals (calls_once.sql says how). Spans shortly before the earliest period are looked at, too, as a roll-up begins
-- before what it sums up. A call is of the user whom its span names, or else the trace, as its summary has it.
-- $only names groups before versions of rows are compared, which is sound as all versions of a span are in one.
WITH
traces AS (
  WITH
    $span_usage,
    toUnixTimestamp64Nano(start_time) AS start_ns,
    if(
      has_usage,
      arrayFilter(
        (question, start, end, project, key, user, model) ->
          start_ns >= start AND start_ns < end
          AND (project = '' OR project_id = project)
          AND (key = '' OR key_id = key)
          AND (user = '' OR user_id = user OR user_id = '')
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
    1 AS measure,
    any($group) AS trace_group,
    argMinIf(user_id, (start_time, span_id), user_id != '') AS user_of_trace,
    groupArrayIf(CAST((id, parent), 'Tuple(id UInt64, parent UInt64)'), is_link) AS links,
    groupArrayIf(
      CAST(
        (id, if(is_link, parent, 0), ifNull(input_tokens, 0), ifNull(output_tokens, 0), ifNull(total_cost_usd, 0),
         is_unpriced, is_counted, [NOT is_counted AND NOT is_unpriced],
         response, user_id != '', questions),
        'Tuple(id UInt64, parent UInt64, input Int64, output Int64, cost Decimal(38, 12), is_unpriced Bool, is_counted Bool, is_better Array(Bool), response UInt64, has_user Bool, questions Array(UInt32))'
      ),
      has_usage
    ) AS usages
  FROM spans FINAL
  $only
  WHERE
    tenant_id = {tenant_id:String}
    AND (empty({only_projects:Array(String)}) OR has({only_projects:Array(String)}, project_id))
    AND start_time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC') - INTERVAL 1 HOUR
    AND start_time < fromUnixTimestamp64Nano({end_ns:Int64}, 'UTC')
  GROUP BY project_id, trace_id
  HAVING arrayExists(usage -> notEmpty(usage.questions), usages)
),
$calls_once
SELECT question, trace_group, sum(usage.cost) AS spent, countIf(usage.is_unpriced) AS unpriced
FROM
(
  SELECT trace_group, user_of_trace, arrayJoin(arrayFilter(usage -> notEmpty(usage.questions), usages)) AS usage
  FROM calls_once
)
ARRAY JOIN
  arrayFilter(
    question -> usage.has_user OR {users:Array(String)}[question + 1] IN ('', user_of_trace), usage.questions
  ) AS question
GROUP BY question, trace_group
