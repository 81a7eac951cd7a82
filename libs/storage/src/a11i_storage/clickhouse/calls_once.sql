-- Which spans say what a trace's calls used or cost, each call once: common table expressions that take `traces` and end
-- in `calls_once`, the same with fewer `usages`. Both have one row a trace and measure, with `usages`, the spans that have
-- tokens or a cost, and `links`, each span beside its parent.
-- A span's usage counts unless a span below it has usage, because then it is a roll-up of the calls below or a second span
-- for one of them; names and kinds do not tell, the tree does. A tool's parent is not above what the tool did (that is no
-- link): a model's call is no roll-up of the calls that a tool makes on its behalf.
-- But what a provider reported is not hidden by what was counted in a text for want of a report, nor a known cost by one
-- that is unknown or follows from a count: a span that is better in this way gives way to its like alone, and speaks for
-- all below it. What is better is another thing for tokens and for costs, so `is_better` has an entry for each measure.
-- Spans beside each other that have in common a response's id, and its input or its output, are one call, too: the better
-- one counts. (Both are looked at as some servers draw their ids from a thousand.) What was counted is one call with
-- everything of its response.
-- A walk takes each link once, so that a circle of parents ends, and 64 levels, which bounds the distance from a roll-up to
-- the nearest usage below it, not the depth of the trace.
-- Each step is an expression of its own, as a statement that has them in one takes three times as long to plan.
walked_up AS (
  SELECT
    *,
    arrayExists(usage -> usage.is_better[measure], usages) AND arrayExists(usage -> NOT usage.is_better[measure], usages) AS differ,
    if(length(usages) = 1, 0, least(length(links) + 1, 64)) AS levels,
    arrayMap(
      start -> arrayFold(
        (state, level) -> (
          bitmapBuild(arrayMap(link -> link.parent, arrayFilter(link -> bitmapContains(state.1, link.id), state.3))),
          bitmapOr(state.2, state.1),
          if(bitmapCardinality(state.1) = 0, [], arrayFilter(link -> NOT bitmapContains(state.1, link.id), state.3))
        ),
        range(levels),
        (bitmapBuild(start.parent), bitmapBuild(emptyArrayUInt64()), links)
      ).2,
      [usages, if(differ, arrayFilter(usage -> usage.is_better[measure], usages), [])]
    ) AS above
  FROM traces
),
lowest AS (
  SELECT
    * EXCEPT (usages),
    arrayFilter(usage -> NOT bitmapContains(above[if(differ AND usage.is_better[measure], 2, 1)], usage.id), usages) AS usages
  FROM walked_up
),
walked_down AS (
  SELECT
    *,
    arrayFold(
      (state, level) -> (
        bitmapBuild(arrayMap(link -> link.id, arrayFilter(link -> bitmapContains(state.1, link.parent), state.3))),
        bitmapOr(state.2, state.1),
        if(bitmapCardinality(state.1) = 0, [], arrayFilter(link -> NOT bitmapContains(state.1, link.parent), state.3))
      ),
      range(if(differ, levels, 0)),
      (
        bitmapBuild(arrayMap(usage -> usage.id, arrayFilter(usage -> usage.is_better[measure], usages))),
        bitmapBuild(emptyArrayUInt64()),
        links
      )
    ).2 AS below
  FROM lowest
),
ranked AS (
  SELECT
    * EXCEPT (usages, below),
    arraySort(
      usage -> (NOT usage.is_better[measure], usage.is_unpriced, usage.is_counted, usage.id),
      arrayFilter(usage -> usage.is_better[measure] OR NOT bitmapContains(below, usage.id), usages)
    ) AS usages
  FROM walked_down
),
calls_once AS (
  SELECT
    * EXCEPT (usages),
    arrayFilter(
      (usage, of_response, with_input, with_output) ->
        usage.response = 0 OR of_response = 1 OR (NOT usage.is_counted AND with_input = 1 AND with_output = 1),
      usages,
      arrayEnumerateUniq(usages.response),
      arrayEnumerateUniq(usages.response, usages.input),
      arrayEnumerateUniq(usages.response, usages.output)
    ) AS usages
  FROM ranked
)
