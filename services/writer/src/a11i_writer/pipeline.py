"""Where the writer stands in the way of spans, logs, metrics and issues, and what it does there."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from a11i_bus import topology
from a11i_bus.runner import Sink, SinkSpec
from a11i_chassis import metrics
from a11i_chassis.errors import TransientError
from a11i_telemetry.batch import SpanBatch

SINK: Final = SinkSpec(name="writer", version=1, source=topology.SPANS_REDACTED, group="writer")


class Store(Protocol):
    """Keeps batches of every signal: ClickHouse, or memory in tests."""

    async def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Store the rows, durable on return; storing them again changes nothing.

        Raises TransientError if that is not possible now, PermanentError if the store refuses these rows.
        """


class Archive(Protocol):
    """Keeps batches of every signal for later: a bucket, a directory, or memory in tests."""

    async def put(self, batches: Sequence[SpanBatch]) -> None:
        """Keep the rows, durable on return; keeping them again changes nothing.

        Raises TransientError if that is not possible now, PermanentError if the rows cannot be kept.
        """

    @property
    def ready(self) -> bool:
        """Whether it answered when it was asked last."""


def storing(store: Store, archive: Archive | None = None) -> Sink:
    """Return the sink that puts batches into the store, and at the same time into the archive if there is one, and
    counts their rows. It is done when both have them."""

    keepers = [_Keeper(store.insert)] + ([] if archive is None else [_Keeper(archive.put)])

    async def store_batches(batches: Sequence[SpanBatch]) -> None:
        failures = await asyncio.gather(*(keeper.keep(batches) for keeper in keepers), return_exceptions=True)
        if errors := [failure for failure in failures if failure is not None]:
            # Rows are given up only where everything else went well: what is away may take them, or refuse others.
            raise next((error for error in errors if isinstance(error, TransientError)), errors[0])
        metrics.WRITER_ROWS.inc(sum(batch.columns.num_rows for batch in batches))
        for keeper in keepers:
            keeper.forget(batches)

    return store_batches


class _Keeper:
    """Puts batches into one of two places, and knows which it has: while the other is away, the same batches are tried
    again for as long as that lasts."""

    def __init__(self, put: Callable[[Sequence[SpanBatch]], Awaitable[None]]) -> None:
        self._put = put
        self._kept: dict[int, SpanBatch] = {}
        """By identity: a batch that comes again is the same object."""

    async def keep(self, batches: Sequence[SpanBatch]) -> None:
        new = [batch for batch in batches if id(batch) not in self._kept]
        if len(new) == len(batches):
            self._kept.clear()  # Those before were given up.
        if new:
            await self._put(new)
            self._kept |= {id(batch): batch for batch in new}

    def forget(self, batches: Sequence[SpanBatch]) -> None:
        for batch in batches:
            self._kept.pop(id(batch), None)
