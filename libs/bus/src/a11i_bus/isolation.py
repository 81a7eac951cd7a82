"""Finds the spans that a stage fails on, so that the others of their batch go on."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from a11i_chassis.errors import TransientError
from a11i_telemetry.batch import SpanBatch

MAX_CALLS: Final = 64
"""Calls of the stage for one batch. Enough to find four spans among a thousand; a stage that fails on everything is
not called for each span."""


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring spans of a batch."""

    first_row: int
    spans: SpanBatch


@dataclass(frozen=True, slots=True)
class FailedPart(Part):
    """Spans that the stage fails on."""

    error: Exception


@dataclass(slots=True)
class Isolated:
    """A batch's spans: each is in one part."""

    outputs: list[Part] = field(default_factory=list)
    """What the stage made of the good ones."""
    failed: list[FailedPart] = field(default_factory=list)
    """The others, as they came in."""


def isolate(stage: Callable[[SpanBatch], SpanBatch], batch: SpanBatch, error: Exception) -> Isolated:
    """Halve a batch on which the stage failed with `error`, until what it fails on stands alone.

    The same batch comes apart in the same way as long as the stage fails in the same way. Raises TransientError if the
    stage does: then nothing is known yet.
    """
    found = Isolated()
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
                found.outputs.append(Part(part.first_row + start, stage(spans)))
            except TransientError:
                raise
            except Exception as failure:
                waiting.append(FailedPart(part.first_row + start, spans, failure))
    return found
