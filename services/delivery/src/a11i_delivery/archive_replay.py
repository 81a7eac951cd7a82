"""Puts ranges of the archive back on the bus."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.telemetry.v1 import ledger_entries_pb2
from a11i_bus import Bus, Message
from a11i_bus.ledger import LedgerBook, entry
from a11i_bus.limits import output_limit, received_limit
from a11i_bus.topology import SPANS_RECEIVED, SPANS_REDACTED, SPANS_TOKENIZED, topic
from a11i_chassis import metrics
from a11i_chassis.errors import TransientError
from a11i_chassis.leases import Lease, LeaseLostError, LeaseTimes, work_off
from a11i_chassis.logging import log_defect
from a11i_chassis.waiting import Stopping
from a11i_delivery.archived_messages import make_messages
from a11i_delivery.settings import ArchiveReplaySettings
from a11i_storage.archive import Archive, Partition, Piece, Selection, is_of, replay_mark
from a11i_storage.postgres import ReplayStore
from a11i_storage.postgres.replays import Progress, Replay
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.signals import Signal

TOPICS: Final = {
    pb.REPLAY_POINT_TOKENIZATION: SPANS_RECEIVED,
    pb.REPLAY_POINT_REDACTION: SPANS_TOKENIZED,
    pb.REPLAY_POINT_WRITER: SPANS_REDACTED,
}
"""Where archived rows go from each point. They are redacted, so they may go anywhere."""
_AT_ONCE: Final = 16
"""Batches published at once: 4 MB."""
_PARTITION_DONE: Final = "~"
"""Stands behind the names of all objects."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_log = structlog.stdlib.get_logger(__name__)


class ArchiveReplayer:
    """Carries out the replays that the store holds, each by one process at a time."""

    def __init__(
        self, store: ReplayStore, archive: Archive, bus: Bus, book: LedgerBook, settings: ArchiveReplaySettings
    ) -> None:
        self._store = store
        self._archive = archive
        self._bus = bus
        self._book = book
        self._settings = settings

    async def run(self, stop: asyncio.Event) -> None:
        """Carry out what was ordered until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._settings.concurrency):
                tasks.create_task(self._take_turns(stop))

    async def _take_turns(self, stop: asyncio.Event) -> None:
        async def claim(owner: uuid.UUID) -> Replay | None:
            return await self._store.claim(owner, self._settings.lease_s)

        async def carry_out(replay: Replay, owner: uuid.UUID) -> None:
            await self._carry_out(replay, owner, stop)

        await work_off(claim, carry_out, stop, self._settings.interval_s, waits=_log_wait, failed=_log_defect)

    async def _carry_out(self, replay: Replay, owner: uuid.UUID, stop: asyncio.Event) -> None:
        names = {"replay_id": _id(replay), "tenant_id": replay.order.tenant_id}
        run = _Run(self._store, self._archive, self._bus, self._book, self._settings, replay, owner, stop)
        try:
            await run.all()
        except LeaseLostError:
            _log.info("replay_left", **names)
        except Stopping:
            with suppress(TransientError):
                await self._store.release(replay.order.id, owner)
        else:
            await self._store.finish(replay.order.id, owner)
            _log.info("replay_done", **names, rows=run.progress.row_count)


class _Run:
    """One replay, from where it is."""

    def __init__(
        self,
        store: ReplayStore,
        archive: Archive,
        bus: Bus,
        book: LedgerBook,
        settings: ArchiveReplaySettings,
        replay: Replay,
        owner: uuid.UUID,
        stop: asyncio.Event,
    ) -> None:
        self._store = store
        self._archive = archive
        self._bus = bus
        self._book = book
        self._settings = settings
        self._order = replay.order
        self._owner = owner
        self._topic = topic(TOPICS[pb.ReplayPoint.ValueType(replay.order.point)])
        self._lease = Lease(self._renew, LeaseTimes(settings.lease_s, settings.pause_s), stop, self._log_wait)
        self.progress = replay.progress

    async def all(self) -> None:
        """Replay what is left. Raises LeaseLostError, Stopping, and TransientError while PostgreSQL is away."""
        order = self._order
        which = Selection(
            order.tenant_id,
            order.project_id,
            frozenset(map(Signal, order.signals)),
            _nanoseconds(order.start_time),
            _nanoseconds(order.end_time),
        )
        partitions = await self._lease.insist(lambda: self._archive.partitions(which))
        for partition in partitions:
            if _place(partition, _PARTITION_DONE) > self._done:
                await self._partition(partition, which)

    @property
    def _done(self) -> list[str | int]:
        return json.loads(self.progress.position) if self.progress.position else []

    async def _partition(self, partition: Partition, which: Selection) -> None:
        # What this replay stored anew lies beside what it takes.
        plan = await self._lease.insist(
            lambda: self._archive.plan(partition, which, lambda mark: is_of(self._order.id, mark))
        )
        for name in plan.unreadable:
            _log.error("archive_object_unreadable", replay_id=self._order.id.hex, partition=partition.prefix, name=name)
        for piece in plan.pieces:
            if _place(partition, piece.name) > self._done:
                await self._piece(piece)
        progress = self.progress
        await self._advance(
            replace(
                progress,
                position=json.dumps(_place(partition, _PARTITION_DONE)),
                unreadable_count=progress.unreadable_count + len(plan.unreadable),
            )
        )

    async def _piece(self, piece: Piece) -> None:
        """Put an object's rows on the bus, and only then note it: whoever dies in between does the same again."""
        before = self.progress
        done = replace(
            before,
            position=json.dumps(_place(piece.partition, piece.name)),
            object_count=before.object_count + 1,
            batch_count=before.batch_count + len(piece.runs),
            row_count=before.row_count + piece.rows,
        )
        if self._order.dry_run:
            self.progress = done  # Noted with the partition.
            return await self._lease.hold()
        batches = await self._lease.insist(lambda: self._archive.read(piece))
        if batches is None:
            return await self._advance(
                replace(before, position=done.position, unreadable_count=before.unreadable_count + 1)
            )
        unchanged = self._order.point == pb.REPLAY_POINT_WRITER
        mark = replay_mark(self._order.id, done.object_count, unchanged=unchanged)
        parts, too_large = await self._publish([replace(batch, replay=mark) for batch in batches])
        rows = sum(part.columns.num_rows for part in parts)
        metrics.ARCHIVE_REPLAYED_ROWS.inc(rows)
        return await self._advance(
            replace(
                done,
                batch_count=before.batch_count + len(parts),
                row_count=before.row_count + rows,
                too_large_count=before.too_large_count + too_large,
            )
        )

    async def _publish(self, batches: Sequence[SpanBatch]) -> tuple[list[SpanBatch], int]:
        """Put batches on the bus, in parts that it takes, and into the ledger.

        Returns the parts, and the number of rows that are too large.
        """
        published: list[SpanBatch] = []
        too_large = 0
        for first in range(0, len(batches), _AT_ONCE):
            await self._wait_for_room()
            made, left_out = await self._lease.insist(partial(self._messages, batches[first : first + _AT_ONCE]))
            sent = await asyncio.gather(*(self._send(message) for _, message in made), return_exceptions=True)
            for failure in filter(None, sent):
                raise failure
            published += [part for part, _ in made]
            too_large += left_out
        entries = [entry(part, ledger_entries_pb2.LEDGER_OUTCOME_REPLAYED) for part in published]
        await self._lease.insist(lambda: self._book.commit(entries))
        return published, too_large

    async def _send(self, message: Message) -> None:
        await self._lease.insist(lambda: self._bus.publish(self._topic.name, message))

    async def _messages(self, batches: Sequence[SpanBatch]) -> tuple[list[tuple[SpanBatch, Message]], int]:
        limit = output_limit(self._bus)
        wanted = received_limit(self._bus) if self._topic.name == SPANS_RECEIVED else limit
        return await asyncio.to_thread(make_messages, batches, wanted, limit)

    async def _wait_for_room(self) -> None:
        """Return once few enough batches wait at the point: what comes from clients is not to wait for a replay."""
        name, group = self._topic.name, self._topic.group
        while await self._lease.insist(lambda: self._bus.pending(name, group)) > self._settings.backlog:
            await self._lease.pause()

    async def _advance(self, progress: Progress) -> None:
        await self._lease.note(self._store.advance(self._order.id, self._owner, progress, self._settings.lease_s))
        self.progress = progress

    async def _renew(self) -> bool:
        return await self._store.hold(self._order.id, self._owner, self._settings.lease_s)

    def _log_wait(self, error: TransientError) -> None:
        _log.warning("replay_waits", replay_id=self._order.id.hex, reason=error.reason_name)


def position_time(progress: Progress) -> datetime | None:
    """Return the hour that a replay has come to; None if it has not begun."""
    return datetime.fromisoformat(json.loads(progress.position)[0]) if progress.position else None


def _place(partition: Partition, name: str) -> list[str | int]:
    """Return where an object stands in the order in which objects are replayed."""
    return [partition.hour.isoformat(), partition.project_id, partition.signal.value, name]


def _nanoseconds(time: datetime) -> int:
    elapsed = time - _EPOCH
    return ((elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds) * 1_000


def _log_wait(error: TransientError) -> None:
    _log.warning("replays_wait", reason=error.reason_name)


def _log_defect(error: Exception, replay: Replay | None) -> None:
    log_defect("replay_failed", error, replay_id=_id(replay))


def _id(replay: Replay | None) -> str:
    return "" if replay is None else str(replay.order.id)
