"""Runs a sink: gathers batches of one topic and hands them to a store, many at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from pydantic import SecretStr

from a11i.errors.v1.error_reason_pb2 import ERROR_REASON_OVER_BUDGET
from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_STORED
from a11i_bus.failures import RelayedError
from a11i_bus.fetching import FETCHED_AT_ONCE, POLL_S, fetch
from a11i_bus.health import StageHealth
from a11i_bus.heartbeat import Heartbeats
from a11i_bus.isolation import Part, isolate
from a11i_bus.ledger import LedgerBook, entry, ledger_book
from a11i_bus.outcomes import Outcomes, failed_message
from a11i_bus.port import Bus, Delivery, Subscription
from a11i_bus.settings import SinkSettings
from a11i_bus.trial import Trial, TrialOverBudgetError, WorkerDiedError
from a11i_bus.waiting import insist
from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TransientError, UnavailableError
from a11i_chassis.waiting import Stopping, stopped_within
from a11i_telemetry.batch import BatchDecodeError, SchemaVersionError, SpanBatch

Sink = Callable[[Sequence[SpanBatch]], Awaitable[None]]
"""Stores batches. Durable on return. Raises TransientError if it cannot now, PermanentError if it never can."""

_BUSY_POLL_S: Final = 0.1
"""How long to gather before looking again whether the store has finished its call."""
_CALLS_UNDIVIDED: Final = 3
"""Calls that may fail for now before fewer batches are tried: what a store refuses for lack of time or memory is too
much for it rather than too early."""


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """Where a sink stands."""

    name: str
    version: int
    source: str
    """Topic that it reads."""
    group: str
    """Its group there."""


@dataclass(frozen=True, slots=True)
class _Held:
    delivery: Delivery
    batch: SpanBatch


@dataclass(slots=True)
class _Gathered:
    """Batches for one call."""

    held: list[_Held] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    most_rows: int = 1
    most_size: int = 1

    def add(self, delivery: Delivery, batch: SpanBatch) -> None:
        rows, size = batch.columns.num_rows, len(delivery.message.payload)
        self.held.append(_Held(delivery, batch))
        self.rows += rows
        self.size += size
        self.most_rows = max(self.most_rows, rows)
        self.most_size = max(self.most_size, size)

    def room(self, settings: SinkSettings) -> int:
        """Return how many batches to ask for. That many go over no limit, if none is larger than those gathered; the
        last one may."""
        rows, size = settings.max_rows - self.rows, settings.max_bytes - self.size
        if rows <= 0 or size <= 0:
            return 0
        count = min(len(self.held), FETCHED_AT_ONCE, rows // self.most_rows, size // self.most_size)
        return max(1, count)


@dataclass(frozen=True, slots=True)
class _Failed:
    held: _Held
    error: Exception
    tries: int


async def run_sink(
    bus: Bus,
    spec: SinkSpec,
    sink: Sink,
    settings: SinkSettings,
    stop: asyncio.Event,
    *,
    dead_letter_key: SecretStr,
    health: StageHealth | None = None,
) -> None:
    """Run a sink until `stop` is set, then store what is gathered and end.

    While one call of `sink` is under way the next batches are gathered; there is never more than one call. Batches are
    acknowledged after the call that stored them, and after the ledger says so. On a TransientError the call is
    repeated, without limit, and with fewer batches from the third time on. If it fails otherwise, fewer are tried, down
    to the one batch at fault, and after `max_tries` (a PermanentError: one) that batch is halved until the spans at
    fault stand alone. Those become dead letters, after all others are stored. A call that takes longer than
    `call_budget_s` is cancelled and counts as one that failed for now.

    A batch that came often without an outcome known here is first read in a child process. A sink that would give up
    too large a share of its items takes no work, says so in `health`, and probes after a pause.
    """
    outcomes = Outcomes(
        bus,
        stage=spec.name,
        version=spec.version,
        source=spec.source,
        settings=settings,
        stop=stop,
        dead_letter_key=dead_letter_key,
        health=health or StageHealth(),
    )
    async with (
        ledger_book(bus) as ledger,
        bus.subscribe(spec.source, spec.group, max_unsettled=settings.window) as subscription,
        asyncio.TaskGroup() as background,
    ):
        runner = _SinkRunner(spec, sink, settings, stop, outcomes, ledger)
        background.create_task(runner.heartbeats.run())
        background.create_task(outcomes.watch_pending(subscription))
        draining = background.create_task(runner.limit_drain())
        try:
            await runner.run(subscription)
        finally:
            runner.heartbeats.end()
            draining.cancel()


class _SinkRunner:
    def __init__(
        self,
        spec: SinkSpec,
        sink: Sink,
        settings: SinkSettings,
        stop: asyncio.Event,
        outcomes: Outcomes,
        ledger: LedgerBook,
    ) -> None:
        self._spec = spec
        self._sink = sink
        self._settings = settings
        self._stop = stop
        self._outcomes = outcomes
        self._ledger = ledger
        self._storing: asyncio.Task[None] | None = None
        self._seconds = metrics.STAGE_SECONDS.labels(spec.name)
        self._call: asyncio.Timeout | None = None
        self._abandoned = False
        self.heartbeats = Heartbeats(settings.heartbeat_s)

    async def run(self, subscription: Subscription) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._stop.is_set():
                if pause_s := self._outcomes.share.pause_s():
                    await stopped_within(self._stop, min(pause_s, POLL_S))
                    continue
                holding = ExitStack()
                gathered = await self._gather(subscription, holding)
                if self._storing is not None:
                    await self._storing
                if gathered:
                    self._storing = tasks.create_task(self._store_and_release(gathered, holding))
                else:
                    holding.close()

    async def limit_drain(self) -> None:
        """End the call under way, some time after the stop."""
        await self._stop.wait()
        await asyncio.sleep(self._settings.drain_s)
        self._abandoned = True
        if self._call is not None:
            self._call.reschedule(asyncio.get_running_loop().time())

    async def _gather(self, subscription: Subscription, holding: ExitStack) -> list[_Held]:
        """Return batches for one call. `holding` reports on them until it is closed."""
        gathered = _Gathered()
        deadline = 0.0
        while not self._stop.is_set() and (room := gathered.room(self._settings)):
            timeout_s = POLL_S
            if gathered.held:
                timeout_s = deadline - time.monotonic()
                if timeout_s <= 0:
                    if self._storing is None or self._storing.done():
                        break
                    timeout_s = _BUSY_POLL_S
                timeout_s = min(timeout_s, POLL_S)
            for delivery in await fetch(subscription, room, timeout_s, self._stop):
                holding.enter_context(self.heartbeats.hold(delivery))
                batch = await self._open(delivery)
                if batch is None:
                    continue
                if not gathered.held:
                    deadline = time.monotonic() + self._settings.max_wait_s
                gathered.add(delivery, batch)
                if self._outcomes.share.stopped:  # a probe
                    return gathered.held
        return gathered.held

    async def _open(self, delivery: Delivery) -> SpanBatch | None:
        """Return the delivery's batch, or settle the delivery if it holds none that can be read."""
        message = delivery.message
        try:
            if self._outcomes.suspects.suspect(delivery):
                await self._try_to_read(delivery)
            return SpanBatch.decode(message.payload)
        except SchemaVersionError as error:
            await self._outcomes.park(delivery, error)
        except TransientError as error:  # no process for a trial
            self._outcomes.note_retry(delivery, error, tries=0)
            await self._outcomes.give_back(delivery, self._settings.patience_s)
        except (BatchDecodeError, RelayedError, WorkerDiedError, TrialOverBudgetError) as error:
            try:
                await self._outcomes.give_up(delivery, error, tries=1, items=1)
            except Stopping:
                await self._outcomes.give_back(delivery, 0.0)
        return None

    async def _try_to_read(self, delivery: Delivery) -> None:
        """Read a batch in a child process. Raises what reading does, or that the child did not survive it."""

        def read() -> int:
            return SpanBatch.decode(delivery.message.payload).columns.num_rows

        trial = Trial(self._spec.name, delivery, self._settings)
        # Reading takes milliseconds; a stop does not wait for more than it would for a call.
        await trial.answer(trial.begin(read, self._settings.drain_s))

    async def _store_and_release(self, held: list[_Held], holding: ExitStack) -> None:
        with holding:
            await self._store(held)

    async def _store(self, held: list[_Held]) -> None:
        """Bring all held deliveries to an outcome, those that cannot be stored last."""
        unsettled = list(held)
        failed: list[_Failed] = []
        try:
            await self._store_all(unsettled, failed)
            while failed:
                await self._give_up(failed[0])
                del failed[0]
        except Stopping:
            left = [*unsettled, *(one.held for one in failed)]
            await asyncio.gather(*(self._outcomes.give_back(one.delivery, 0.0) for one in left))

    async def _store_all(self, waiting: list[_Held], failed: list[_Failed]) -> None:
        """Take batches off `waiting` until none is left: stored and settled, or to `failed`.

        As many go into a call as the store has lately taken: half as many after a call that failed, twice as many
        after one that did not.
        """
        backoff, count, tries, delays = self._outcomes.backoff(), len(waiting), 0, 0
        while waiting:
            group = waiting[:count]
            try:
                await self._call_sink([one.batch for one in group])
            except Stopping:
                raise
            except TransientError as error:
                self._outcomes.note_retry(group[0].delivery, error, tries)
                delays += 1
                if delays >= _CALLS_UNDIVIDED:
                    count = max(1, len(group) // 2)
                await backoff.wait(error.retry_delay_s)
                continue
            except Exception as error:
                if len(group) > 1:
                    count = len(group) // 2
                    continue
                tries += 1
                if tries < self._settings.max_tries and not isinstance(error, PermanentError):
                    self._outcomes.note_retry(group[0].delivery, error, tries)
                    await backoff.wait()
                    continue
                failed.append(_Failed(group[0], error, tries))
            else:
                count *= 2
                await self._finish(group)
            del waiting[: len(group)]
            backoff, tries = self._outcomes.backoff(), 0

    async def _give_up(self, failed: _Failed) -> None:
        """Store the spans of a batch that can be stored and make dead letters of the others."""
        delivery, batch = failed.held.delivery, failed.held.batch
        backoff = self._outcomes.backoff()

        async def store(part: Part) -> None:
            await self._call_sink([_rows(batch, part)])

        while True:
            try:
                parts = await isolate(store, batch.columns.num_rows, failed.error)
                break
            except TransientError as error:
                self._outcomes.note_retry(delivery, error, failed.tries)
                await backoff.wait(error.retry_delay_s)
        if not parts.good:
            return await self._outcomes.give_up(delivery, failed.error, failed.tries, batch.columns.num_rows)
        for part in parts.good:
            self._outcomes.worked_on(delivery.message.key, part.count, batch.received_time_ns)
        await self._enter([_rows(batch, part) for part in parts.good])
        messages = [failed_message(delivery.message, part, _rows(batch, part).encode()) for part in parts.failed]
        return await self._outcomes.give_up_parts(delivery, messages, failed.tries)

    async def _call_sink(self, batches: list[SpanBatch]) -> None:
        if self._abandoned:
            raise Stopping
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._settings.call_budget_s) as self._call:
                await self._sink(batches)
        except TimeoutError as error:
            if self._abandoned:
                raise Stopping from error
            raise UnavailableError("the store did not answer in time", reason=ERROR_REASON_OVER_BUDGET) from error
        finally:
            self._call = None
            self._seconds.observe(time.perf_counter() - started)

    async def _finish(self, held: list[_Held]) -> None:
        for one in held:
            batch = one.batch
            self._outcomes.worked_on(one.delivery.message.key, batch.columns.num_rows, batch.received_time_ns)
        await self._enter([one.batch for one in held])
        await asyncio.gather(*(self._outcomes.done(one.delivery) for one in held))

    async def _enter(self, stored: Sequence[SpanBatch]) -> None:
        """Say in the ledger that these are stored, however long the bus is away: only then may they be acknowledged."""
        entries = [entry(batch, LEDGER_OUTCOME_STORED) for batch in stored]
        await insist(partial(self._ledger.commit, entries), self._outcomes.backoff())


def _rows(batch: SpanBatch, part: Part) -> SpanBatch:
    return batch.rows(part.first, part.end)
