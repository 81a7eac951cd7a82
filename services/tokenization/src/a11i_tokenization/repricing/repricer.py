"""Carries out the repricings that PostgreSQL holds, each by one process at a time."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import structlog

from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TooLargeError, TransientError
from a11i_chassis.leases import Lease, LeaseLostError, LeaseTimes, work_off
from a11i_chassis.logging import log_defect
from a11i_chassis.waiting import Stopping
from a11i_storage.clickhouse.call_costs import CallCostStore, CallRange, Slice
from a11i_storage.postgres import RepricingStore
from a11i_storage.postgres.repricings import Repricing, RepricingProgress
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.repricing.places import Staged, decode, encode, passed, resume
from a11i_tokenization.repricing.pricing import READ_COLUMNS, reprice
from a11i_tokenization.repricing.tables import RepricingTables, TablesGoneError
from a11i_tokenization.settings import RepricingSettings

_log: Final = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a repricing is carried out with."""

    store: RepricingStore
    costs: CallCostStore
    tables: RepricingTables
    settings: RepricingSettings


class Repricer:
    """Carries out what was ordered, one order after the other."""

    def __init__(self, workshop: Workshop) -> None:
        self._with = workshop

    async def run(self, stop: asyncio.Event) -> None:
        """Carry out what was ordered until `stop` is set."""
        store, settings = self._with.store, self._with.settings

        async def claim(owner: uuid.UUID) -> Repricing | None:
            return await store.claim(owner, settings.lease_s)

        async def carry_out(repricing: Repricing, owner: uuid.UUID) -> None:
            await self._carry_out(repricing, owner, stop)

        await work_off(claim, carry_out, stop, settings.interval_s, waits=_log_wait, failed=_log_defect)

    async def _carry_out(self, repricing: Repricing, owner: uuid.UUID, stop: asyncio.Event) -> None:
        order, store = repricing.order, self._with.store
        names = {"repricing_id": str(order.id), "tenant_id": order.tenant_id}
        run = _Run(self._with, repricing, owner, stop)
        try:
            await run.all()
            await store.finish(order.id, owner)
        except (LeaseLostError, Stopping) as error:
            stopping = isinstance(error, Stopping)
            # Whoever is next takes the same order up, unless it was cancelled: another order must not read what is
            # being written, and its lease, which lasts for longer than that, keeps others back.
            if stopping or not run.is_writing:
                with suppress(TransientError):
                    await store.release(order.id, owner)
            _log.info("repricing_left", stopping=stopping, **names)
        except (TablesGoneError, PermanentError) as error:
            await store.finish(order.id, owner, str(error))
            _log.error("repricing_failed", reason=str(error), **names)
        else:
            _log.info("repricing_done", calls=run.progress.call_count, changed=run.progress.changed_count, **names)


class _Run:
    """One repricing, from where it is.

    A slice is worked out, and its costs are put aside; what it comes to is noted; its costs are written; it is noted as
    done. Whoever takes over after the second step writes the same costs, which changes nothing where they are written
    already. So each call is counted once, with what it cost before.
    """

    def __init__(self, workshop: Workshop, repricing: Repricing, owner: uuid.UUID, stop: asyncio.Event) -> None:
        self._store = workshop.store
        self._costs = workshop.costs
        self._tables = workshop.tables
        self._settings = workshop.settings
        self._repricing = repricing
        self._order = repricing.order
        self._owner = owner
        times = LeaseTimes(workshop.settings.lease_s, workshop.settings.pause_s)
        self._lease = Lease(self._renew, times, stop, self._log_wait)
        self._size = workshop.settings.slice_calls
        self.progress = repricing.progress
        self.is_writing = False
        """Whether ClickHouse may be at it still, also when nobody waits for it any more."""

    async def all(self) -> None:
        """Reprice what is left.

        Raises LeaseLostError, Stopping, TablesGoneError, PermanentError, and TransientError while PostgreSQL is away.
        """
        order = self._order
        await self._check_tables()
        prices = await self._tables.prices(order)
        if self._repricing.staged:
            await self._write_staged(decode(self._repricing.staged))
        whole = CallRange(order.tenant_id, order.project_id, order.start_ns, order.end_ns)
        for day in await self._lease.insist(lambda: self._costs.days(whole)):
            await self._day(day, prices)
        await self._advance(replace(self.progress, done_until_ns=order.end_ns))

    async def _check_tables(self) -> None:
        """Raise TablesGoneError if this version of the service has other default tables than it began with."""
        here, there = self._tables.default_tables, self._order.default_tables
        if here == there:
            return
        if self.progress.call_count or self._repricing.staged:
            raise TablesGoneError(f"the service has {here} now, not {there}, with which this began; start another")
        await self._lease.note(self._store.adopt(self._order.id, self._owner, here, self._settings.lease_s))

    async def _day(self, day: CallRange, prices: Prices) -> None:
        while (after := resume(self.progress, day)) is not None:
            part = await self._lease.insist(partial(self._costs.next_slice, day, after, self._size))
            try:
                await self._slice(part, prices)
            except TooLargeError as error:
                if self._size == 1:
                    raise _too_large("read", part) from error
                self._size //= 2
                _log.info("repricing_slices_halved", repricing_id=str(self._order.id), calls=self._size)

    async def _slice(self, part: Slice, prices: Prices) -> None:
        only = self._order.unpriced_only
        calls = await self._lease.insist(lambda: self._costs.read(part, READ_COLUMNS, unpriced_only=only))
        changed, progress = await asyncio.to_thread(reprice, calls, prices, self.progress)
        after = passed(progress, part)
        if changed.num_rows and not self._order.dry_run:
            staged = await self._lease.insist(lambda: self._put_aside(part, changed, after))
            noted = self._store.stage(self._order.id, self._owner, encode(staged), self._settings.lease_s)
            await self._lease.note(noted)
            await self._write(staged.slice_id, part)
            metrics.CALLS_REPRICED.inc(changed.num_rows)
        await self._advance(after)

    async def _put_aside(self, part: Slice, changed: Any, after: RepricingProgress) -> Staged:
        # Each try has an id of its own: of one whose answer was lost nobody knows what is there.
        slice_id = uuid.uuid4()
        await self._costs.stage(slice_id, changed)
        return Staged(slice_id, part, changed.num_rows, after)

    async def _write_staged(self, staged: Staged) -> None:
        """Write what a process before this one has put aside, or leave the slice to be worked out anew."""
        if await self._lease.insist(lambda: self._costs.staged_count(staged.slice_id)) == staged.count:
            await self._write(staged.slice_id, staged.part)
            await self._advance(staged.after)

    async def _write(self, slice_id: uuid.UUID, part: Slice) -> None:
        """Write costs that are put aside, in parts if need be. Each part is written once the lease lasts for longer
        than that can take."""
        await self._lease.hold(always=True)
        self.is_writing = True
        try:
            await self._lease.insist(lambda: self._costs.apply(slice_id, part))
        except TooLargeError as error:
            halves = await self._lease.insist(lambda: self._costs.halves(slice_id, part))
            if halves is None:
                raise _too_large("copy", part) from error
            for half in halves:
                await self._write(slice_id, half)
        self.is_writing = False

    async def _advance(self, progress: RepricingProgress) -> None:
        await self._lease.note(self._store.advance(self._order.id, self._owner, progress, self._settings.lease_s))
        self.progress = progress

    async def _renew(self) -> bool:
        return await self._store.hold(self._order.id, self._owner, self._settings.lease_s)

    def _log_wait(self, error: TransientError) -> None:
        _log.warning("repricing_waits", repricing_id=str(self._order.id), reason=error.reason_name)


def _too_large(work: str, part: Slice) -> PermanentError:
    where = f"the calls of trace {part.last.hex()} of project {part.calls.project_id}"
    return PermanentError(f"ClickHouse would need more memory to {work} {where} than one statement may take")


def _log_wait(error: TransientError) -> None:
    _log.warning("repricings_wait", reason=error.reason_name)


def _log_defect(error: Exception, repricing: Repricing | None) -> None:
    log_defect("repricing_failed", error, repricing_id=str(repricing and repricing.order.id))
