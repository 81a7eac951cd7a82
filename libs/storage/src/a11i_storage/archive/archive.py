"""The archive, over any store of objects."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, TypeVar

import pyarrow as pa
import structlog

from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, UnavailableError
from a11i_storage.archive import layout, tables
from a11i_storage.archive.layout import Partition, Selection
from a11i_storage.archive.marks import is_unchanged
from a11i_storage.archive.objects import Objects, objects
from a11i_storage.archive.plan import Piece, Plan, make_plan
from a11i_storage.archive.settings import ArchiveSettings
from a11i_storage.archive.tables import Footer, Run, UnreadableObjectError
from a11i_telemetry.batch import SpanBatch

T = TypeVar("T")

_SAID: Final = 300
"""Characters of what the store says of a failure: enough for its code and its words."""

_log = structlog.stdlib.get_logger(__name__)


class Archive:
    """Keeps redacted rows as Parquet objects. Safe for concurrent tasks of one event loop.

    Every method raises UnavailableError while the store of objects is away.
    """

    def __init__(
        self, store: Objects, *, timeout_s: float, concurrency: int, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._store = store
        self._timeout_s = timeout_s
        self._now_ns = now_ns
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="archive")
        self._answers = True

    @property
    def ready(self) -> bool:
        """Whether the store of objects answered when it was asked last."""
        return self._answers

    async def put(self, batches: Sequence[SpanBatch]) -> None:
        """Keep the rows of `batches`, in an object for each project, signal and hour. They are durable on return.

        Idempotent: the same batches make the same objects, and rows that come again with others count once, in the
        version archived last. What a replay took from here and no stage changed since is not kept again.
        Raises PermanentError for columns that cannot be written.
        """
        parts: dict[Partition, list[SpanBatch]] = {}
        for batch in batches:
            if batch.columns.num_rows and not is_unchanged(batch.replay):
                parts.setdefault(Partition.of(batch), []).append(batch)
        archived_time_ns = self._now_ns()

        def store(partition: Partition, of_partition: Sequence[SpanBatch]) -> None:
            data = tables.to_parquet(of_partition, archived_time_ns)
            self._store.put(f"{partition.prefix}/{layout.object_name(of_partition)}", data)
            metrics.ARCHIVE_OBJECTS.inc()
            metrics.ARCHIVE_BYTES.inc(data.size)

        try:
            await asyncio.gather(*(self._call(store, *part) for part in parts.items()))
        except pa.ArrowException as error:
            raise PermanentError("a batch's columns cannot be archived") from error

    async def partitions(self, which: Selection) -> list[Partition]:
        """Return the partitions that can hold rows of a selection, in order of time."""
        if which.project_id:
            projects = [which.project_id]
        else:
            projects = layout.values(await self._children(layout.tenant_prefix(which.tenant_id)), "project")
        found = []
        for project_id in projects:
            for signal in which.signals:
                prefix = f"{layout.project_prefix(which.tenant_id, project_id)}/signal={layout.NAMES[signal]}"
                hours = await self._hours(prefix, which)
                found += [Partition(hour, which.tenant_id, project_id, signal) for hour in hours]
        return sorted(found)

    async def plan(self, partition: Partition, which: Selection, leave_out: Callable[[str], bool]) -> Plan:
        """Return what to take of a partition: rows of the selection, each once, in its newest version.

        What was archived by a replay whose mark is to be left out is not looked at.
        """
        names = [name for name in await self._children(partition.prefix) if name.endswith(layout.SUFFIX)]
        footers: dict[str, Footer] = {}
        unreadable: list[str] = []

        def read(name: str) -> None:
            try:
                with self._store.open(f"{partition.prefix}/{name}") as file:
                    footers[name] = tables.read_footer(file)
            except (UnreadableObjectError, FileNotFoundError):
                unreadable.append(name)

        await self._each(read, names)

        def keep(run: Run) -> bool:
            return which.start_ns <= run.received_time_ns < which.end_ns and not leave_out(run.replay)

        return Plan(make_plan(partition, footers, keep), sorted(unreadable))

    async def read(self, piece: Piece) -> list[SpanBatch] | None:
        """Return the rows of a piece as batches of their own `batch_id`, without a replay's mark.

        None: the object has gone meanwhile, or cannot be read.
        """

        def read() -> list[SpanBatch] | None:
            try:
                with self._store.open(f"{piece.partition.prefix}/{piece.name}") as file:
                    data = file.read_buffer()
                return tables.read_batches(data, piece.partition, piece.runs)
            except (UnreadableObjectError, FileNotFoundError) as error:
                _log.error("archive_object_unreadable", name=piece.name, error_type=type(error).__name__)
                return None

        return await self._call(read)

    def close(self) -> None:
        """End the threads; what they still do ends by the store's own deadlines."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _hours(self, prefix: str, which: Selection) -> list[datetime]:
        hours = []
        for date in layout.values(await self._children(prefix), "date"):
            if f"{which.first_hour:%Y-%m-%d}" <= date <= f"{which.end:%Y-%m-%d}":
                for name in layout.values(await self._children(f"{prefix}/date={date}"), "hour"):
                    hour = layout.hour(date, name)
                    if hour is not None and which.first_hour <= hour < which.end:
                        hours.append(hour)
        return hours

    async def _children(self, prefix: str) -> list[str]:
        return await self._call(self._store.children, prefix)

    async def _each(self, work: Callable[[str], None], names: Iterable[str]) -> None:
        """Do work for each name, as many at once as there are threads."""
        waiting = iter(names)

        async def take_turns() -> None:
            for name in waiting:
                await self._call(work, name)

        await asyncio.gather(*(take_turns() for _ in range(self._threads._max_workers)))

    async def _call(self, work: Callable[..., T], *arguments: object) -> T:
        """Do work in a thread. Raises UnavailableError if it raises OSError or takes too long."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await loop.run_in_executor(self._threads, work, *arguments)
        except (OSError, TimeoutError) as error:
            self._answers = False
            _log.warning("archive_away", error_type=type(error).__name__, said=str(error)[:_SAID])
            raise UnavailableError(f"the archive cannot be reached now: {type(error).__name__}") from error
        self._answers = True
        return result


@asynccontextmanager
async def open_archive(settings: ArchiveSettings) -> AsyncIterator[Archive]:
    """Yield the archive; it is not asked anything before it is used."""
    archive = Archive(objects(settings), timeout_s=settings.timeout_s, concurrency=settings.concurrency)
    try:
        yield archive
    finally:
        archive.close()
