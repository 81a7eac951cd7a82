"""What a stage does with a message: one payload in, payloads out. Runs in a thread or in a child process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from a11i_bus.ledger import Entry, Outcome, entry
from a11i_bus.spec import Stage
from a11i_chassis.errors import TooLargeError
from a11i_telemetry.batch import SpanBatch, open_envelope

_PART_SHARE: Final = 0.75
"""Part of the bus's limit that the columns of a split batch may take; the rest is for what encoding adds."""


@dataclass(frozen=True, slots=True)
class Output:
    """A payload for the next topic."""

    part: str
    """What the id of this part adds: its rows; empty for the whole."""
    payload: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """What the stage made of a batch, or of some of its rows."""

    outputs: list[Output]
    rows: int
    received_time_ns: int
    entry: Entry
    """For the ledger, once the outputs are stored."""


@dataclass(frozen=True, slots=True)
class Transform:
    """Decodes, calls the stage and encodes."""

    decode: Callable[[bytes], SpanBatch]
    stage: Stage
    output_limit: Callable[[], int]
    """Largest payload that the bus takes. Raises TransientError while the bus has not told."""
    outcome: Outcome.ValueType
    """What the ledger says of the rows."""

    def whole(self, payload: bytes) -> Made:
        """Return what becomes of a payload. Raises what decode and stage do, and TooLargeError as `part` does."""
        return self._make(self.decode(payload))

    def part(self, payload: bytes, first: int, end: int) -> Made:
        """Return what becomes of the rows from `first` to before `end`.

        Raises TooLargeError if the output of a row alone is too large, so that taking the batch apart finds it.
        """
        return self._make(self._rows(payload, first, end))

    def cut(self, payload: bytes, first: int, end: int) -> bytes:
        """Return a payload of those rows alone, untouched by the stage."""
        return self._rows(payload, first, end).encode()

    def _rows(self, payload: bytes, first: int, end: int) -> SpanBatch:
        return self.decode(payload).rows(first, end)

    def _make(self, batch: SpanBatch) -> Made:
        """Return one output, unless the batch grew a lot."""
        made = self.stage(batch)
        encoded = made.encode()
        limit = self.output_limit()
        if len(encoded) <= limit:
            outputs = [Output("", encoded)]
        else:
            # The id of a split is the batch's and its rows.
            splits = made.split(int(limit * _PART_SHARE))
            outputs = [Output(split.batch_id.removeprefix(made.batch_id), split.encode()) for split in splits]
        largest = max(len(output.payload) for output in outputs)
        if largest > limit:
            raise TooLargeError(f"the output holds a span of {largest} bytes, over the {limit} that the bus takes")
        return Made(outputs, made.columns.num_rows, made.received_time_ns, entry(batch, self.outcome))


def row_count(payload: bytes) -> int:
    """Return how many rows a payload says it has, without reading them. Raises BatchDecodeError, SchemaVersionError."""
    return int(open_envelope(payload).span_count)
