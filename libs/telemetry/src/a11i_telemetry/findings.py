"""What is found wrong with the items of a request (spans, log records, metric points), and what became of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of an item."""

    REJECTED = "rejected"
    """It is not stored."""
    REPAIRED = "repaired"
    """It is stored with something mended, such as text that was not UTF-8."""
    TRUNCATED = "truncated"
    """It is stored with something cut, such as a value over the limit."""
    IGNORED = "ignored"
    """It is nothing that the signal has."""
    REFUSED = "refused"
    """The request as a whole was refused."""


@dataclass(slots=True)
class Finding:
    """Why some items of a request were not taken as they came."""

    outcome: Outcome
    reason: str
    """One of a fixed set of sentences, fit for a metric's label."""
    count: int = 0
    """Items that it concerns, each once."""
    trace_id: bytes = b""
    """Trace id of the first of them, as sent."""
    span_id: bytes = b""
    """Span id of that item, as sent."""
    where: str = ""
    """Where in that item: an attribute key or a field's name. Of a refused request: what was wrong with it."""


class Findings:
    """What was found in a request: a Finding for each outcome and reason."""

    def __init__(self) -> None:
        self._by_reason: dict[tuple[Outcome, str], Finding] = {}

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._by_reason.values())

    def __bool__(self) -> bool:
        return bool(self._by_reason)

    def add(
        self,
        outcome: Outcome,
        reason: str,
        *,
        trace_id: bytes = b"",
        span_id: bytes = b"",
        where: str = "",
        count: int = 1,
    ) -> None:
        """Count items; the first of a reason is its example."""
        finding = self._by_reason.get((outcome, reason))
        if finding is None:
            finding = self._by_reason[outcome, reason] = Finding(outcome, reason, 0, trace_id, span_id, where)
        finding.count += count

    @property
    def rejected(self) -> int:
        """Items that are not stored."""
        return sum(finding.count for finding in self if finding.outcome is Outcome.REJECTED)
