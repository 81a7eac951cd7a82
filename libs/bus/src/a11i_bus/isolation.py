"""Finds the spans that a stage fails on, so that the others of their batch go on."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from a11i_chassis.errors import TransientError
from a11i_telemetry.batch import SpanBatch

MAX_CALLS: Final = 64
"""Calls for one batch. Enough to find four spans among a thousand; a stage that fails on everything is not called for
each span."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring spans of a batch."""

    first_row: int
    spans: SpanBatch

    @property
    def rows(self) -> str:
        """What the part adds to an id. It says where the part ends too: another try may cut elsewhere, and a part of a
        known id is dropped as known, so it has to hold the same spans."""
        return f"/{self.first_row}-{self.first_row + self.spans.columns.num_rows}"


@dataclass(frozen=True, slots=True)
class GoodPart(Part, Generic[T]):
    """Spans that can be worked on."""

    made: T
    """What the call made of them."""


@dataclass(frozen=True, slots=True)
class FailedPart(Part):
    """Spans that the stage fails on."""

    error: Exception


@dataclass(slots=True)
class Isolated(Generic[T]):
    """A batch's spans: each is in one part."""

    good: list[GoodPart[T]] = field(default_factory=list)
    failed: list[FailedPart] = field(default_factory=list)


def isolate(call: Callable[[SpanBatch], T], batch: SpanBatch, error: Exception) -> Isolated[T]:
    """Halve a batch on which `call` failed with `error`, until what it fails on stands alone.

    The same batch comes apart in the same way as long as the call fails in the same way. Raises TransientError if the
    call does: then nothing is known yet.
    """
    found: Isolated[T] = Isolated()
    calls = 0
    waiting = [FailedPart(0, batch, error)]
    while waiting:
        part = waiting.pop()
        rows = part.spans.columns.num_rows
        if rows < 2 or calls >= MAX_CALLS:
            found.failed.append(part)
            continue
        for start, end in ((rows // 2, rows), (0, rows // 2)):  # the first half is looked at first
            spans = replace(part.spans, columns=part.spans.columns.slice(start, end - start))
            calls += 1
            try:
                found.good.append(GoodPart(part.first_row + start, spans, call(spans)))
            except TransientError:
                raise
            except Exception as failure:
                waiting.append(FailedPart(part.first_row + start, spans, failure))
    return found
