"""Writes a service's entries of the ledger: what became of the rows that it handled.

    async with ledger_book(bus) as book:
        await book.commit([entry(batch, LEDGER_OUTCOME_STORED)])   # durable on return
        book.note([entry(batch, LEDGER_OUTCOME_TOKENIZED)])        # durable soon

Where an acknowledgement rests on an entry (what ingest took, what the writer stored, what became a dead letter), it is
committed first. What lies between is noted: an entry that is lost with its process is implied by those after it.
"""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from a11i.telemetry.v1 import ledger_entries_pb2, span_batch_pb2
from a11i_bus.port import Bus, Message
from a11i_bus.topology import LEDGER
from a11i_chassis import metrics
from a11i_chassis.errors import A11iError, TransientError, UnavailableError
from a11i_telemetry.batch import ID_CHARS, SpanBatch

Entry = ledger_entries_pb2.LedgerEntry
Outcome = ledger_entries_pb2.LedgerOutcome

_NOTED_S: Final = 0.5
"""Longest that a note waits for others to go with it."""
_MOST_NOTED: Final = 50_000
"""Notes kept while the bus is away; then the oldest go, and later entries imply them."""
_MOST_IN_MESSAGE: Final = 4_000
"""Entries of one message: about 150 bytes each."""
_PATIENCE_S: Final = 2.0
"""For the last notes, at the end of a service."""
_NS_PER_S: Final = 1_000_000_000

_log = structlog.stdlib.get_logger(__name__)


def entry(batch: SpanBatch, outcome: Outcome.ValueType, *, reason: str = "", time_ns: int | None = None) -> Entry:
    """Return what to write of all rows of a batch."""
    return entry_of(
        span_batch_pb2.SpanBatch(
            batch_id=batch.batch_id,
            tenant_id=batch.tenant_id,
            project_id=batch.project_id,
            span_count=batch.columns.num_rows,
            signal=batch.signal.value,
            first_item=batch.first_item,
            replay=batch.replay,
        ),
        batch.received_time_ns,
        outcome,
        reason=reason,
        time_ns=time_ns,
    )


def entry_of(
    envelope: span_batch_pb2.SpanBatch,
    received_time_ns: int,
    outcome: Outcome.ValueType,
    *,
    reason: str = "",
    time_ns: int | None = None,
) -> Entry:
    """Return what to write of all rows of the batch in an envelope, whose columns are not read."""
    made = Entry(
        tenant_id=envelope.tenant_id,
        project_id=envelope.project_id,
        signal=envelope.signal or span_batch_pb2.SIGNAL_SPANS,
        batch_id=envelope.batch_id[:ID_CHARS],
        replay=envelope.replay,
        outcome=outcome,
        reason=reason,
        first_item=envelope.first_item,
        item_count=envelope.span_count,
    )
    made.received_time.seconds, made.received_time.nanos = divmod(received_time_ns, _NS_PER_S)
    now_ns = time.time_ns() if time_ns is None else time_ns
    made.time.seconds, made.time.nanos = divmod(now_ns, _NS_PER_S)
    return made


@dataclass(slots=True)
class _Commit:
    entries: Sequence[Entry]
    done: asyncio.Future[None]


@dataclass(slots=True)
class _Page:
    """What goes in one message."""

    entries: list[Entry] = field(default_factory=list)
    commits: list[_Commit] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class LedgerBook:
    """A service's way to the ledger. For one event loop; made by `ledger_book`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._commits: deque[_Commit] = deque()
        self._notes: list[Entry] = []
        self._stirred = asyncio.Event()
        self._ending = False

    async def commit(self, entries: Sequence[Entry]) -> None:
        """Write entries; they are durable on return. What others commit meanwhile goes in the same message.

        Raises TransientError while the bus does not take them; they may be durable then, and writing them again
        changes nothing.
        """
        if not entries:
            return
        one = _Commit(entries, asyncio.get_running_loop().create_future())
        self._commits.append(one)
        self._stirred.set()
        await one.done

    def note(self, entries: Sequence[Entry]) -> None:
        """Write entries within a second or so; while the bus is away they wait, 50,000 of them at most."""
        self._notes.extend(entries)
        if (over := len(self._notes) - _MOST_NOTED) > 0:
            del self._notes[:over]
            metrics.LEDGER_NOTES_DROPPED.inc(over)

    async def _run(self) -> None:
        """Publish what is to be written, one message at a time, until the end."""
        while not self._ending:
            with suppress(TimeoutError):
                async with asyncio.timeout(_NOTED_S):
                    await self._stirred.wait()
            self._stirred.clear()
            while self._commits or self._notes:
                if not await self._publish(self._next_page()):
                    break

    def _next_page(self) -> _Page:
        page = _Page()
        while self._commits and (not page.entries or len(page.entries) < _MOST_IN_MESSAGE):
            one = self._commits.popleft()
            page.commits.append(one)
            page.entries.extend(one.entries)
        if (room := _MOST_IN_MESSAGE - len(page.entries)) > 0:
            page.entries.extend(self._notes[:room])
            del self._notes[:room]
        return page

    async def _publish(self, page: _Page) -> bool:
        payload = ledger_entries_pb2.LedgerEntries(entries=page.entries).SerializeToString()
        try:
            await self._bus.publish(LEDGER, Message(id=page.id, key=page.id, payload=payload))
        except A11iError as error:
            self._fail(page, error)
            return False
        metrics.LEDGER_ENTRIES.inc(len(page.entries))
        _answer(page.commits)
        return True

    def _fail(self, page: _Page, error: A11iError) -> None:
        committed = sum(len(one.entries) for one in page.commits)
        if isinstance(error, TransientError):
            self._notes[:0] = page.entries[committed:]
        else:
            metrics.LEDGER_NOTES_DROPPED.inc(len(page.entries) - committed)
        _answer(page.commits, error)
        _log.warning("ledger_waits", reason=error.reason_name, entries=len(page.entries))

    async def _end(self, running: asyncio.Task[None]) -> None:
        """Write the last notes, if the bus takes them soon."""
        self._ending = True
        self._stirred.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                await running
        _answer(self._commits, UnavailableError("the service ends"))


def _answer(commits: Iterable[_Commit], error: A11iError | None = None) -> None:
    for one in commits:
        if one.done.done():  # its caller was cancelled
            continue
        if error is None:
            one.done.set_result(None)
        else:
            one.done.set_exception(error)


@asynccontextmanager
async def ledger_book(bus: Bus) -> AsyncIterator[LedgerBook]:
    """Yield a book, and write what is noted in it at the end. It need not reach the bus yet."""
    book = LedgerBook(bus)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(book._run())
        try:
            yield book
        finally:
            await book._end(running)
