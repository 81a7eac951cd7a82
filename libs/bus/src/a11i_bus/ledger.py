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
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from a11i.errors.v1.error_reason_pb2 import ERROR_REASON_BUS_UNAVAILABLE, ERROR_REASON_INTERNAL
from a11i.telemetry.v1 import ledger_entries_pb2, span_batch_pb2
from a11i_bus.port import Bus, Message
from a11i_bus.topology import LEDGER
from a11i_chassis import metrics
from a11i_chassis.errors import A11iError, TooLargeError, TransientError, UnavailableError
from a11i_chassis.logging import log_defect
from a11i_telemetry.batch import ID_CHARS, SpanBatch

Entry = ledger_entries_pb2.LedgerEntry
Outcome = ledger_entries_pb2.LedgerOutcome

_NOTED_S: Final = 0.5
"""Longest that a note waits for others to go with it, or for the bus to be tried again."""
_MOST_NOTED: Final = 50_000
"""Notes kept while the bus is away, about 20 MB; then the oldest go, and later entries imply them."""
_MOST_IN_MESSAGE: Final = 2_000
"""Entries of one message, 150 to 400 bytes each: it fits a server's usual limit of a MiB."""
_FEWEST_IN_MESSAGE: Final = 20
"""As few as it comes down to where a server's limit is far lower."""
_PATIENCE_S: Final = 2.0
"""For the last notes, at the end of a service."""
_REFUSED_DELAY_S: Final = 1.0
"""Until the next try where the bus refuses a message for good, which a book's messages give it no reason to."""
_NS_PER_S: Final = 1_000_000_000

_log = structlog.stdlib.get_logger(__name__)


def entry(batch: SpanBatch, outcome: Outcome.ValueType, *, reason: str = "", time_ns: int | None = None) -> Entry:
    """Return what to write of all rows of a batch."""
    made = Entry(
        tenant_id=batch.tenant_id,
        project_id=batch.project_id,
        signal=batch.signal.value,
        batch_id=batch.origin_id,
        replay=batch.replay,
        outcome=outcome,
        reason=reason,
        first_item=batch.first_item,
        item_count=batch.columns.num_rows,
    )
    return _timed(made, batch.received_time_ns, time_ns)


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
    return _timed(made, received_time_ns, time_ns)


def _timed(made: Entry, received_time_ns: int, time_ns: int | None) -> Entry:
    made.received_time.seconds, made.received_time.nanos = divmod(received_time_ns, _NS_PER_S)
    _set_time(made, time.time_ns() if time_ns is None else time_ns)
    return made


def _set_time(made: Entry, time_ns: int) -> None:
    made.time.seconds, made.time.nanos = divmod(time_ns, _NS_PER_S)


def happened(entries: Sequence[Entry], time_ns: int | None = None) -> Sequence[Entry]:
    """Return the entries with another time than that of their making: now, if none is told.

    Who reads the ledger trusts that what an entry says was so at that time.
    """
    now_ns = time.time_ns() if time_ns is None else time_ns
    for one in entries:
        _set_time(one, now_ns)
    return entries


@dataclass(slots=True)
class _Commit:
    entries: Sequence[Entry]
    done: asyncio.Future[None]


@dataclass(slots=True)
class _Page:
    """What goes in one message."""

    entries: list[Entry] = field(default_factory=list)
    """Those of the commits."""
    commits: list[_Commit] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class LedgerBook:
    """A service's way to the ledger. For one event loop; made by `ledger_book`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._commits: deque[_Commit] = deque()
        self._notes: deque[Entry] = deque()
        self._stirred = asyncio.Event()
        self._ending = False
        self._most_in_message = _MOST_IN_MESSAGE

    async def commit(self, entries: Sequence[Entry]) -> None:
        """Write entries; they are durable on return. What others commit meanwhile goes in the same message.

        Raises UnavailableError while the bus does not take them, or at the end of the service; they may be durable
        then, and writing them again changes nothing.
        """
        if not entries:
            return
        if self._ending:
            raise _ends()
        loop = asyncio.get_running_loop()
        commits = [
            _Commit(entries[first : first + self._most_in_message], loop.create_future())
            for first in range(0, len(entries), self._most_in_message)
        ]
        self._commits.extend(commits)
        self._stirred.set()
        await asyncio.gather(*(one.done for one in commits))

    def note(self, entries: Sequence[Entry]) -> None:
        """Write entries within a second or so; while the bus is away they wait, 50,000 of them at most."""
        self._notes.extend(entries)
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        while len(self._notes) > _MOST_NOTED:
            self._notes.popleft()
            metrics.LEDGER_NOTES_DROPPED.inc()

    async def _run(self) -> None:
        """Publish what is to be written, one message at a time, until the end."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_NOTED_S):
                    await self._stirred.wait()
            self._stirred.clear()
            while self._commits or self._notes:
                if not await self._publish(self._next_page()):
                    break
            if self._ending:
                return

    def _next_page(self) -> _Page:
        page = _Page()
        room = self._most_in_message
        # One that was made when messages could be larger goes alone.
        while self._commits and (not page.commits or len(self._commits[0].entries) <= room):
            one = self._commits.popleft()
            page.commits.append(one)
            page.entries.extend(one.entries)
            room -= len(one.entries)
        room = min(len(self._notes), max(0, room))
        page.notes = [self._notes.popleft() for _ in range(room)]
        return page

    async def _publish(self, page: _Page) -> bool:
        entries = [*page.entries, *page.notes]
        payload = ledger_entries_pb2.LedgerEntries(entries=entries).SerializeToString()
        try:
            await self._bus.publish(LEDGER, Message(id=page.id, key=page.id, payload=payload))
        except A11iError as error:
            self._fail(page, error)
            return False
        except asyncio.CancelledError:  # the end came first
            _refuse(page.commits, _ends)
            raise
        except Exception as error:
            # Told to who waits; the next message may go.
            text = log_defect("ledger_failed", error)
            _refuse(page.commits, lambda: UnavailableError(text, reason=ERROR_REASON_INTERNAL))
            return False
        metrics.LEDGER_ENTRIES.inc(len(entries))
        for one in page.commits:
            if not one.done.done():  # its caller was cancelled
                one.done.set_result(None)
        return True

    def _fail(self, page: _Page, error: A11iError) -> None:
        """Tell all who wait, and keep the notes for the next message."""
        self._notes.extendleft(reversed(page.notes))
        self._drop_oldest()
        if isinstance(error, TooLargeError):
            # Or the same message would be refused for ever, and with it all that is committed.
            self._most_in_message = max(_FEWEST_IN_MESSAGE, self._most_in_message // 2)
        delay_s = error.retry_delay_s if isinstance(error, TransientError) else _REFUSED_DELAY_S
        _refuse(page.commits, lambda: UnavailableError(error.message, reason=error.reason, retry_delay_s=delay_s))
        _log.warning("ledger_waits", reason=error.reason_name, entries=len(page.entries) + len(page.notes))

    async def _end(self, running: asyncio.Task[None]) -> None:
        """Write what is left, if the bus takes it soon."""
        self._ending = True
        self._stirred.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await running
        finally:
            _refuse(self._commits, _ends)


def _refuse(commits: Iterable[_Commit], error: Callable[[], UnavailableError]) -> None:
    """Raise an error in those who wait, in each its own: what is raised refers to where that was."""
    for one in commits:
        if not one.done.done():  # its caller was cancelled
            one.done.set_exception(error())


def _ends() -> UnavailableError:
    return UnavailableError("the service ends", reason=ERROR_REASON_BUS_UNAVAILABLE)


@asynccontextmanager
async def ledger_book(bus: Bus) -> AsyncIterator[LedgerBook]:
    """Yield a book, and write what is noted in it at the end. It need not reach the bus yet."""
    book = LedgerBook(bus)
    running = asyncio.create_task(book._run(), name="ledger-book")
    try:
        yield book
    finally:
        await book._end(running)
