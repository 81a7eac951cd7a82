"""What a stage does with its deliveries; see `a11i_bus.stage.run_stage`."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Final, Protocol, TypeVar, cast

import structlog

from a11i_bus.failures import is_permanent
from a11i_bus.fetching import POLL_S, Room, fetch
from a11i_bus.health import StageHealth, Trouble
from a11i_bus.heartbeat import Heartbeats
from a11i_bus.isolation import FailedPart, Part, isolate
from a11i_bus.ledger import LedgerBook, happened
from a11i_bus.limits import output_limit
from a11i_bus.line import Line
from a11i_bus.outcomes import FailedMessage, Outcomes, failed_message
from a11i_bus.port import Bus, Delivery, Message, Subscription
from a11i_bus.settings import RunnerSettings
from a11i_bus.spec import Stage, StageSpec
from a11i_bus.transform import Made, Transform, row_count
from a11i_bus.trial import Child, Trial, TrialOverBudgetError, WorkerDiedError
from a11i_bus.workers import AbandonedError, OverBudgetError, Workers
from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TransientError
from a11i_chassis.fairness import FairQueue
from a11i_chassis.waiting import Stopping, stopped_within
from a11i_telemetry.batch import BatchDecodeError, SchemaVersionError

_T = TypeVar("_T")

_MOST_DEATHS: Final = 2
"""Trials that a batch may end badly before it is taken apart: one might have had another cause."""
_LEAST_TRIAL_S: Final = 10.0
"""Seconds that a trial of a part of a batch has at least; a larger part has its share of the budget."""

_log = structlog.stdlib.get_logger(__name__)


class _Run(Protocol):
    """How work on a delivery is done: in a thread, or in a child process."""

    async def __call__(self, delivery: Delivery, work: Callable[[], _T], share: float = 1.0) -> _T:
        """Return what the work returns. `share` is the part of the batch that it is on."""


class StageRunner:
    """Takes deliveries and brings each to an outcome."""

    def __init__(
        self,
        bus: Bus,
        spec: StageSpec,
        stage: Stage,
        settings: RunnerSettings,
        stop: asyncio.Event,
        outcomes: Outcomes,
        workers: Workers,
        health: StageHealth,
        ledger: LedgerBook,
    ) -> None:
        self._bus = bus
        self._spec = spec
        self._settings = settings
        self._stop = stop
        self._outcomes = outcomes
        self._workers = workers
        self._health = health
        self._ledger = ledger
        self._transform = Transform(spec.decode, stage, partial(output_limit, bus), spec.outcome)
        self._turns = FairQueue(settings.concurrency)
        self._room = Room(settings.window, settings.window_bytes)
        self._line = Line(stop)
        self._one_child = asyncio.Lock()
        self._child: Child | None = None
        self._abandoned = False
        self._seconds = metrics.STAGE_SECONDS.labels(spec.name)
        self.heartbeats = Heartbeats(settings.heartbeat_s)
        self.stuck = False
        """Whether a call of the stage has not come back in its time."""

    async def run(self, subscription: Subscription) -> None:
        """Work until the stop, then finish what is under way or, when its time is over, give it back."""
        async with asyncio.TaskGroup() as tasks:
            while not self._stop.is_set():
                if not (count := await self._may_fetch()):
                    continue
                for delivery in await fetch(subscription, count, POLL_S, self._stop):
                    self._room.take(delivery.message)
                    tasks.create_task(self._handle(delivery))
            late = asyncio.get_running_loop().call_later(self._settings.drain_s, self._abandon)
        late.cancel()

    async def _may_fetch(self) -> int:
        """Return how many deliveries to ask for; 0, after a pause, if it is none now."""
        share = self._outcomes.share
        if not share.stopped:
            return await self._room.free()
        if (pause_s := share.pause_s()) > 0 or not self._room.empty:
            await stopped_within(self._stop, min(max(pause_s, 0.01), POLL_S))
            return 0
        return 1  # a probe

    async def _handle(self, delivery: Delivery) -> None:
        message = delivery.message
        # Bound for the task, and thereby for its work in the thread.
        structlog.contextvars.bind_contextvars(tenant_id=message.key, message_id=message.id)
        run: _Run = self._in_child if self._outcomes.suspects.suspect(delivery) else self._in_thread
        try:
            with self.heartbeats.hold(delivery):
                try:
                    await self._work(delivery, run)
                except Stopping:
                    await self._outcomes.give_back(delivery, 0.0)
                except SchemaVersionError as error:
                    await self._outcomes.park(delivery, error)
        finally:
            self._room.release(message)

    async def _work(self, delivery: Delivery, run: _Run) -> None:
        """Bring one delivery to an outcome. Raises Stopping or SchemaVersionError if that is not for now."""
        retries = self._outcomes.retries()
        waiting_since = time.monotonic()
        tries = 0
        fault: Exception | None = None
        while True:
            try:
                if fault is not None:
                    return await self._give_up(delivery, fault, tries, run)
                made = await run(delivery, partial(self._transform.whole, delivery.message.payload))
                await self._publish(delivery.message, made)
                return await self._outcomes.done(delivery)
            except (Stopping, SchemaVersionError):
                raise
            except TransientError as error:
                self._outcomes.note_retry(delivery, error, tries)
                if time.monotonic() - waiting_since > self._settings.patience_s:
                    return await self._outcomes.give_back(delivery, self._settings.patience_s)
                await retries.wait(error.retry_delay_s)
            except Exception as error:
                if fault is not None:
                    # Taking it apart failed: the whole batch goes, for the reason that it was to be taken apart for.
                    return await self._outcomes.give_up(delivery, fault, tries, _items(delivery.message))
                tries += 1
                if tries >= self._most_tries(error) or is_permanent(error):
                    fault = error
                else:
                    self._outcomes.note_retry(delivery, error, tries)
                    await retries.wait()

    def _most_tries(self, error: Exception) -> int:
        return _MOST_DEATHS if isinstance(error, WorkerDiedError | TrialOverBudgetError) else self._settings.max_tries

    async def _give_up(self, delivery: Delivery, fault: Exception, tries: int, run: _Run) -> None:
        """Make dead letters of the rows at fault and let the others of the batch go on."""
        message = delivery.message
        if isinstance(fault, BatchDecodeError):
            return await self._outcomes.give_up(delivery, fault, tries, items=1)
        rows = row_count(message.payload)

        async def work_on(part: Part) -> Made:
            return await run(
                delivery, partial(self._transform.part, message.payload, part.first, part.end), part.count / rows
            )

        async def cut(part: FailedPart) -> FailedMessage:
            payload = await run(delivery, partial(self._transform.cut, message.payload, part.first, part.end))
            return failed_message(message, part, payload)

        parts = await isolate(work_on, rows, fault)
        if not parts.good:
            return await self._outcomes.give_up(delivery, fault, tries, rows)
        failed = [await cut(part) for part in parts.failed]
        for part in parts.good:
            try:
                await self._publish(message, part.made, part.rows)
            except PermanentError as refusal:
                failed.append(await cut(FailedPart(part.first, part.end, refusal)))
        return await self._outcomes.give_up_parts(delivery, failed, tries)

    async def _in_thread(self, delivery: Delivery, work: Callable[[], _T], share: float = 1.0) -> _T:
        """Work in a thread, when it is the tenant's turn."""
        message = delivery.message
        async with self._turns.turn(message.key, len(message.payload)):
            if self._stop.is_set():
                raise Stopping
            started = time.perf_counter()
            try:
                return await self._workers.call(work, self._settings.call_budget_s)
            except AbandonedError as error:
                raise Stopping from error
            except OverBudgetError as error:
                self._report_stuck(message)
                raise Stopping from error
            finally:
                self._seconds.observe(time.perf_counter() - started)

    def _report_stuck(self, message: Message) -> None:
        _log.error(
            "stage_stuck",
            stage=self._spec.name,
            tenant_id=message.key,
            message_id=message.id,
            budget_s=self._settings.call_budget_s,
        )
        self._health.report(self._spec.name, Trouble.OVER_BUDGET, there=True)
        self.stuck = True
        self._stop.set()

    async def _in_child(self, delivery: Delivery, work: Callable[[], _T], share: float = 1.0) -> _T:
        """Work in a child process, one at a time, beside the threads."""
        budget_s = max(_LEAST_TRIAL_S, self._settings.call_budget_s * share)
        trial = Trial(self._spec.name, delivery, self._settings)
        async with self._one_child, AsyncExitStack() as quiet:
            # Begun with all the threads idle: a lock that one of them held would never be released in the child.
            for _ in range(self._settings.concurrency):
                await quiet.enter_async_context(self._turns.turn(delivery.message.key, len(delivery.message.payload)))
            if self._stop.is_set():
                raise Stopping
            self._child = trial.begin(work, min(budget_s, self._settings.call_budget_s))
            await quiet.aclose()
            try:
                return cast("_T", await trial.answer(self._child))
            except WorkerDiedError as error:
                if self._abandoned:
                    raise Stopping from error
                raise
            finally:
                self._child = None

    def _abandon(self) -> None:
        self._abandoned = True
        self._workers.abandon()
        if self._child is not None:
            self._child.kill()

    async def _publish(self, source: Message, made: Made, part: str = "") -> None:
        """Store the output, however long the bus is away or full: making it again would cost more. Then say so."""
        output_id = self._spec.output_id(source.id) + part
        for output in made.outputs:
            message = Message(id=output_id + output.part, key=source.key, payload=output.payload)
            await self._line.insist(partial(self._bus.publish, self._spec.sink, message), self._outcomes.backoff())
        self._ledger.note(happened([made.entry]))
        self._outcomes.worked_on(source.key, made.rows, made.received_time_ns)


def _items(message: Message) -> int:
    try:
        return row_count(message.payload)
    except (BatchDecodeError, SchemaVersionError):
        return 1
