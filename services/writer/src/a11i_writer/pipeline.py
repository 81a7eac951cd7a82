"""Where the writer stands in the way of spans, logs, metrics and issues, and what it does there."""

from collections.abc import Sequence
from typing import Final, Protocol

from a11i_bus import topology
from a11i_bus.runner import Sink, SinkSpec
from a11i_chassis import metrics
from a11i_telemetry.batch import SpanBatch

SINK: Final = SinkSpec(name="writer", version=1, source=topology.SPANS_REDACTED, group="writer")


class Store(Protocol):
    """Keeps batches of every signal: ClickHouse, or memory in tests."""

    async def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Store the rows, durable on return; storing them again changes nothing.

        Raises TransientError if that is not possible now, PermanentError if the store refuses these rows.
        """


def storing(store: Store) -> Sink:
    """Return the sink that puts batches into the store and counts their rows."""

    async def store_batches(batches: Sequence[SpanBatch]) -> None:
        await store.insert(batches)
        metrics.WRITER_ROWS.inc(sum(batch.columns.num_rows for batch in batches))

    return store_batches
