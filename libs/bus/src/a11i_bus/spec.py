"""What a service says of its stage."""

from collections.abc import Callable
from dataclasses import dataclass, field

from a11i_bus.ledger import Outcome
from a11i_telemetry.batch import SpanBatch

Stage = Callable[[SpanBatch], SpanBatch]
"""A pure function, called in a thread. Raises TransientError if it cannot work now, PermanentError if it never can."""


@dataclass(frozen=True, slots=True)
class StageSpec:
    """Where a stage stands."""

    name: str
    version: int
    """Raised when the stage's output for the same input changes: a batch that comes again after an upgrade is then
    stored anew instead of being taken for its old output."""
    source: str
    """Topic that it reads."""
    group: str
    """Its group there."""
    sink: str
    """Topic that it writes."""
    decode: Callable[[bytes], SpanBatch] = SpanBatch.decode
    """Reads a payload of the source. Raises BatchDecodeError or SchemaVersionError."""
    outcome: Outcome.ValueType = field(kw_only=True)
    """What the ledger says of rows whose output is stored."""

    def output_id(self, input_id: str) -> str:
        """Return the id of the output for an input: a redelivered input makes the same message again."""
        return f"{input_id}:{self.name}.{self.version}"
