"""Which spans' tokens and costs are in a trace's totals, by the rule that the store adds them up by."""

from __future__ import annotations

from collections.abc import Sequence

from a11i.telemetry.v1.span_pb2 import Span, StepKind

MOST_LEVELS = 64  # The store looks no further up from a span with usage.


def uncounted(spans: Sequence[Span]) -> set[str]:
    """Ids of the spans that have tokens or a cost which are not in the trace's totals, so that no call counts twice.

    They are roll-ups of spans below them, or second spans of one response (docs/adr/0012-totals-by-structure.md).
    """
    used = [span for span in spans if _has_tokens(span) or span.gen_ai.cost.total_usd]
    above = _above({span.span_id for span in used}, spans)
    lowest = sorted(
        (span for span in used if span.span_id not in above),
        key=lambda span: (_has_tokens(span) and not span.gen_ai.HasField("cost"), _number(span.span_id)),
    )
    counted: set[str] = set()
    responses: set[str] = set()
    for span in lowest:
        if span.gen_ai.response_id not in responses:
            counted.add(span.span_id)
        if span.gen_ai.response_id:
            responses.add(span.gen_ai.response_id)
    return {span.span_id for span in used} - counted


def _above(ids: set[str], spans: Sequence[Span]) -> set[str]:
    """Ids of the spans above those. A tool's parent is not above what the tool did."""
    parents: dict[str, str] = {
        span.span_id: span.parent_span_id
        for span in spans
        if span.parent_span_id and span.parent_span_id != span.span_id and not _is_tool(span)
    }
    found: set[str] = set()
    level = ids
    for _ in range(MOST_LEVELS):
        level = {parents[span_id] for span_id in level if span_id in parents} - found
        if not level:
            break
        found |= level
    return found


def _has_tokens(span: Span) -> bool:
    return bool(span.gen_ai.usage.input_tokens or span.gen_ai.usage.output_tokens)


def _is_tool(span: Span) -> bool:
    return span.gen_ai.step_kind == StepKind.STEP_KIND_TOOL


def _number(span_id: str) -> int:
    """A span id as the store sorts it."""
    return int.from_bytes(bytes.fromhex(span_id), "little") if len(span_id) == 16 else 0
