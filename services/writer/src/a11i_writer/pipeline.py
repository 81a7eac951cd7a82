"""Where the writer stands in the way of a span, and what it does there."""

from collections.abc import Sequence
from typing import Final, Protocol

from a11i_bus import topology
from a11i_bus.runner import Sink, SinkSpec
from a11i_chassis import metrics
from a11i_telemetry.batch import SpanBatch

SINK: Final = SinkSpec(name="writer", version=1, source=topology.SPANS_REDACTED, group="writer")


class SpanStore(Protocol):
    """Keeps spans: ClickHouse, or memory in tests."""

    async def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Store the spans, durable on return; storing them again changes nothing.

        Raises TransientError if that is not possible now, PermanentError if the store refuses these spans.
        """


def storing(store: SpanStore) -> Sink:
    """Return the sink that puts batches into the store and counts their spans."""

    async def store_batches(batches: Sequence[SpanBatch]) -> None:
        await store.insert(batches)
        metrics.WRITER_ROWS.inc(sum(batch.columns.num_rows for batch in batches))

    return store_batches
