"""Compares what was sent and acknowledged with what can be read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tests.chaos.model import ExpectedSpan, SpanKey

COST_TOLERANCE_USD: Final = Decimal("1e-9")
"""A trace's costs are added up as floats."""


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """A span as the query API gives it."""

    key: SpanKey
    input_tokens: int
    output_tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """A trace as the query API gives it."""

    trace_id: str
    spans: tuple[StoredSpan, ...]
    span_count: int
    """The summary's numbers, which the store adds up by itself."""
    input_tokens: int
    output_tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Given:
    """What became dead letters."""

    keys: frozenset[SpanKey] = frozenset()
    """Those that the letters show."""
    unnamed: int = 0
    """Items of letters that show fewer than they hold, or nothing."""

    @property
    def count(self) -> int:
        """Items in dead letters."""
        return len(self.keys) + self.unnamed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the comparison came to."""

    sent: int
    acknowledged: int
    stored: int
    dead_lettered: int
    lost: tuple[SpanKey, ...]
    """Acknowledged, and neither stored nor dead-lettered."""
    duplicated: int
    """Rows and counts beyond one of each span."""
    phantom: tuple[SpanKey, ...]
    """Stored, and never sent."""
    wrong: tuple[SpanKey, ...]
    """Stored with other tokens or another cost than the model's."""
    token_difference: int
    """Between the traces' totals and the model's for the spans that are stored; each trace's by itself, so that
    nothing cancels out."""
    cost_difference_usd: Decimal

    @property
    def clean(self) -> bool:
        """Return whether everything is as it must be."""
        return not (
            self.lost
            or self.duplicated
            or self.phantom
            or self.wrong
            or self.token_difference
            or self.cost_difference_usd
        )


def judge(
    sent: Mapping[SpanKey, ExpectedSpan],
    acknowledged: Collection[SpanKey],
    traces: Sequence[StoredTrace],
    given: Given,
) -> Verdict:
    """Return what became of the spans that were sent."""
    rows = Counter(span.key for trace in traces for span in trace.spans)
    stored = rows.keys() & sent.keys()
    lost = sorted(set(acknowledged) - rows.keys() - given.keys)
    totals = [_off(trace, sent) for trace in traces]
    return Verdict(
        sent=len(sent),
        acknowledged=len(acknowledged),
        stored=len(stored),
        dead_lettered=given.count,
        # Which of them the letters hold that do not show all cannot be told; no more than they hold.
        lost=tuple(lost[given.unnamed :]),
        duplicated=_duplicated(rows, traces),
        phantom=tuple(sorted(rows.keys() - sent.keys())),
        wrong=tuple(sorted({span.key for trace in traces for span in trace.spans if _is_wrong(span, sent)})),
        token_difference=sum(tokens for tokens, _ in totals),
        cost_difference_usd=sum((cost for _, cost in totals), Decimal(0)),
    )


def _duplicated(rows: Counter[SpanKey], traces: Sequence[StoredTrace]) -> int:
    returned_twice = rows.total() - len(rows)
    counted_twice = sum(max(0, trace.span_count - len({span.key for span in trace.spans})) for trace in traces)
    return max(returned_twice, counted_twice)


def _is_wrong(span: StoredSpan, sent: Mapping[SpanKey, ExpectedSpan]) -> bool:
    expected = sent.get(span.key)
    return expected is not None and (
        (span.input_tokens, span.output_tokens) != (expected.input_tokens, expected.output_tokens)
        or abs(Decimal(span.cost_usd) - expected.cost_usd) > COST_TOLERANCE_USD
    )


def _off(trace: StoredTrace, sent: Mapping[SpanKey, ExpectedSpan]) -> tuple[int, Decimal]:
    """Return by how much a trace's totals differ from the model's for its stored spans: tokens and dollars."""
    expected = [sent[key] for key in {span.key for span in trace.spans} & sent.keys()]
    tokens = abs(trace.input_tokens - sum(span.input_tokens for span in expected)) + abs(
        trace.output_tokens - sum(span.output_tokens for span in expected)
    )
    cost = abs(Decimal(trace.cost_usd) - sum((span.cost_usd for span in expected), Decimal(0)))
    return tokens, cost if cost > COST_TOLERANCE_USD else Decimal(0)
