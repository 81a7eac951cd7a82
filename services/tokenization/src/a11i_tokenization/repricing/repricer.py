"""Carries out the repricings that PostgreSQL holds, each by one process at a time."""

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from a11i_bus.waiting import Stopping, stopped_within
from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TooLargeError, TransientError
from a11i_chassis.logging import log_defect
from a11i_storage.clickhouse.call_costs import LAST, CallCostStore, CallRange, Slice
from a11i_storage.postgres import RepricingStore
from a11i_storage.postgres.repricings import Repricing, RepricingProgress
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.repricing.places import Staged, decode, encode, passed, resume
from a11i_tokenization.repricing.pricing import READ_COLUMNS, reprice
from a11i_tokenization.repricing.tables import RepricingTables, TablesGoneError
from a11i_tokenization.settings import RepricingSettings

T = TypeVar("T")
_log: Final = structlog.stdlib.get_logger(__name__)


class _EndedError(Exception):
    """The repricing was cancelled, or the lease on it is lost."""


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
        owner = uuid.uuid4()
        settings = self._with.settings
        while not stop.is_set():
            repricing = None
            try:
                repricing = await self._with.store.claim(owner, settings.lease_s)
                if repricing is not None:
                    await self._carry_out(repricing, owner, stop)
                    continue
            except TransientError as error:
                _log.warning("repricings_wait", reason=error.reason_name)
            except Exception as error:  # A defect at one repricing must not end the others, nor the stage.
                log_defect("repricing_failed", error, repricing_id=str(repricing and repricing.order.id))
                owner = uuid.uuid4()  # It is tried again when its lease has run out.
            await stopped_within(stop, settings.interval_s)

    async def _carry_out(self, repricing: Repricing, owner: uuid.UUID, stop: asyncio.Event) -> None:
        order, store = repricing.order, self._with.store
        names = {"repricing_id": str(order.id), "tenant_id": order.tenant_id}
        run = _Run(self._with, repricing, owner, stop)
        try:
            await run.all()
            await store.finish(order.id, owner)
        except (_EndedError, Stopping) as error:
            with suppress(TransientError):
                await store.release(order.id, owner)
            _log.info("repricing_left", stopping=isinstance(error, Stopping), **names)
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
        self._stop = stop
        self._leased_at = time.monotonic()
        self._size = workshop.settings.slice_calls
        self.progress = repricing.progress

    async def all(self) -> None:
        """Reprice what is left. Raises _EndedError, Stopping, TablesGoneError, PermanentError, and TransientError while
        PostgreSQL is away."""
        order = self._order
        await self._check_tables()
        prices = await self._tables.prices(order)
        if self._repricing.staged:
            await self._write_staged(decode(self._repricing.staged))
        whole = CallRange(order.tenant_id, order.project_id, order.start_ns, order.end_ns)
        for day in await self._insist(lambda: self._costs.days(whole)):
            await self._day(day, prices)
        await self._advance(replace(self.progress, done_until_ns=order.end_ns))

    async def _check_tables(self) -> None:
        """Raise TablesGoneError if this version of the service has other default tables than it began with."""
        here, there = self._tables.default_tables, self._order.default_tables
        if here == there:
            return
        if self.progress.call_count or self._repricing.staged:
            raise TablesGoneError(f"the service has {here} now, not {there}, with which this began; start another")
        if not await self._store.adopt(self._order.id, self._owner, here, self._settings.lease_s):
            raise _EndedError

    async def _day(self, day: CallRange, prices: Prices) -> None:
        while (after := resume(self.progress, day)) is not None:
            part = await self._insist(partial(self._costs.next_slice, day, after, self._size))
            try:
                await self._slice(part, prices)
            except TooLargeError:
                if self._size == 1:
                    raise
                self._size //= 2
                _log.info("repricing_slices_halved", repricing_id=str(self._order.id), calls=self._size)

    async def _slice(self, part: Slice, prices: Prices) -> None:
        only = self._order.unpriced_only
        calls = await self._insist(lambda: self._costs.read(part, READ_COLUMNS, unpriced_only=only))
        changed, progress = await asyncio.to_thread(reprice, calls, prices, self.progress)
        after = passed(progress, part)
        if changed.num_rows and not self._order.dry_run:
            staged = await self._insist(lambda: self._put_aside(part, changed, after))
            if not await self._store.stage(self._order.id, self._owner, encode(staged), self._settings.lease_s):
                raise _EndedError
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
        if await self._insist(lambda: self._costs.staged_count(staged.slice_id)) == staged.count:
            await self._write(staged.slice_id, staged.part)
            await self._advance(staged.after)

    async def _write(self, slice_id: uuid.UUID, part: Slice) -> None:
        await self._hold(always=True)
        try:
            await self._insist(lambda: self._costs.apply(slice_id, part))
        except TooLargeError:
            first, last = int.from_bytes(part.after), int.from_bytes(part.last)
            if last - first < 2:
                raise
            middle = ((first + last) // 2).to_bytes(len(LAST))
            await self._write(slice_id, replace(part, last=middle))
            await self._write(slice_id, replace(part, after=middle))

    async def _insist(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what a call does, once ClickHouse is there. Raises _EndedError and Stopping."""
        while True:
            try:
                return await self._held(call())
            except TransientError as error:
                _log.warning("repricing_waits", repricing_id=str(self._order.id), reason=error.reason_name)
                if await stopped_within(self._stop, self._settings.pause_s):
                    raise Stopping from error
                await self._hold()

    async def _held(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what a call does, however long it takes: meanwhile the lease is held on."""
        task = asyncio.ensure_future(call)
        try:
            while not (await asyncio.wait({task}, timeout=self._settings.pause_s))[0]:
                await self._hold()
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _hold(self, *, always: bool = False) -> None:
        """Hold the lease on. Raises Stopping, and _EndedError if it is lost."""
        if self._stop.is_set():
            raise Stopping
        if always or time.monotonic() - self._leased_at > self._settings.lease_s / 4:
            if not await self._store.hold(self._order.id, self._owner, self._settings.lease_s):
                raise _EndedError
            self._leased_at = time.monotonic()

    async def _advance(self, progress: RepricingProgress) -> None:
        if not await self._store.advance(self._order.id, self._owner, progress, self._settings.lease_s):
            raise _EndedError
        self.progress = progress
        self._leased_at = time.monotonic()
        if self._stop.is_set():
            raise Stopping
