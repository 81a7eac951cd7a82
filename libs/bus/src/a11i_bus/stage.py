"""Runs a stage: takes batches from one topic, transforms them in threads, and puts them on the next."""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

import structlog
from pydantic import SecretStr

from a11i_bus.heartbeat import Heartbeats
from a11i_bus.isolation import FailedPart, Isolated, isolate
from a11i_bus.limits import output_limit
from a11i_bus.outcomes import Outcomes, failed_message
from a11i_bus.port import Bus, Delivery, Message, Subscription
from a11i_bus.settings import RunnerSettings
from a11i_bus.waiting import Stopping, insist, stopped_within
from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TooLargeError, TransientError
from a11i_telemetry.batch import BatchDecodeError, SchemaVersionError, SpanBatch

Stage = Callable[[SpanBatch], SpanBatch]
"""A pure function, called in a thread. Raises TransientError if it cannot work now, PermanentError if it never can."""

POLL_S: Final = 0.5
"""Longest wait for a message, and so the longest that a stop goes unnoticed."""
_PART_SHARE: Final = 0.75
"""Part of the bus's limit that the columns of a split batch may take; the rest is for what encoding adds."""


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StageSpec:
    """Where a stage stands."""

    name: str
    version: int
    """Raised when the stage's output for the same input changes: a batch that comes again after an upgrade is then
    stored anew instead of being taken for its old output."""
    source: str
    """Topic that it reads."""
    group: str
    """Its group there."""
    sink: str
    """Topic that it writes."""
    decode: Callable[[bytes], SpanBatch] = SpanBatch.decode
    """Reads a payload of the source. Raises BatchDecodeError or SchemaVersionError."""

    def output_id(self, input_id: str) -> str:
        """Return the id of the output for an input: a redelivered input makes the same message again."""
        return f"{input_id}:{self.name}.{self.version}"


@dataclass(frozen=True, slots=True)
class _Output:
    part: str
    """What the id of this part adds: its rows; empty for the whole."""
    payload: bytes


async def run_stage(
    bus: Bus,
    spec: StageSpec,
    stage: Stage,
    settings: RunnerSettings,
    stop: asyncio.Event,
    *,
    dead_letter_key: SecretStr,
) -> None:
    """Run a stage until `stop` is set, then finish the batches under way and give back the others.

    An input is acknowledged only after its output is stored. A TransientError makes the batch wait without limit; any
    other error is tried `max_tries` times (a PermanentError once); then the batch is halved until the spans at fault
    stand alone, which go to the dead letters, sealed under `dead_letter_key` (32 characters or more), while the others
    go on. Spans whose output the bus refuses are at fault too. A batch of an unknown schema major is put off, and so is
    one with spans at fault while the dead letters do not take them.
    """
    outcomes = Outcomes(
        bus,
        stage=spec.name,
        version=spec.version,
        source=spec.source,
        settings=settings,
        stop=stop,
        dead_letter_key=dead_letter_key,
    )
    runner = _StageRunner(bus, spec, stage, settings, stop, outcomes)
    heartbeats = runner.heartbeats
    with ThreadPoolExecutor(settings.concurrency, thread_name_prefix=spec.name) as pool:
        async with (
            bus.subscribe(spec.source, spec.group, max_unsettled=settings.window) as subscription,
            asyncio.TaskGroup() as background,
        ):
            background.create_task(heartbeats.run())
            background.create_task(outcomes.watch_pending(subscription))
            try:
                await runner.run(subscription, pool)
            finally:
                heartbeats.end()


async def fetch(subscription: Subscription, count: int, timeout_s: float, stop: asyncio.Event) -> list[Delivery]:
    """Return deliveries; none, after a pause, while the bus is away."""
    try:
        return await subscription.fetch(count, timeout_s)
    except TransientError as error:
        await stopped_within(stop, min(error.retry_delay_s, POLL_S))
        return []


class _StageRunner:
    def __init__(
        self,
        bus: Bus,
        spec: StageSpec,
        stage: Stage,
        settings: RunnerSettings,
        stop: asyncio.Event,
        outcomes: Outcomes,
    ) -> None:
        self._bus = bus
        self._spec = spec
        self._stage = stage
        self._settings = settings
        self._stop = stop
        self._outcomes = outcomes
        self._threads = asyncio.Semaphore(settings.concurrency)
        self.heartbeats = Heartbeats(settings.heartbeat_s)

    async def run(self, subscription: Subscription, pool: ThreadPoolExecutor) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._stop.is_set():
                for delivery in await fetch(subscription, self._settings.window, POLL_S, self._stop):
                    tasks.create_task(self._handle(delivery, pool))

    async def _handle(self, delivery: Delivery, pool: ThreadPoolExecutor) -> None:
        with (
            self.heartbeats.hold(delivery),
            structlog.contextvars.bound_contextvars(tenant_id=delivery.message.key, message_id=delivery.message.id),
        ):
            try:
                await self._work(delivery, pool)
            except Stopping:
                await self._outcomes.give_back(delivery, 0.0)
            except SchemaVersionError as error:
                await self._outcomes.park(delivery, error)

    async def _work(self, delivery: Delivery, pool: ThreadPoolExecutor) -> None:
        """Bring one delivery to an outcome. Raises Stopping or SchemaVersionError if that is not for now."""
        backoff = self._outcomes.backoff()
        payload = delivery.message.payload
        waiting_since = time.monotonic()
        tries = 0
        fault: Exception | None = None
        while True:
            try:
                if fault is not None:
                    return await self._give_up(delivery, fault, tries, pool)
                outputs = await self._in_thread(pool, partial(self._transform, payload))
                await self._publish(delivery.message, outputs)
                return await self._outcomes.done(delivery)
            except (Stopping, SchemaVersionError):
                raise
            except TransientError as error:
                self._outcomes.note_retry(delivery, error, tries)
                if time.monotonic() - waiting_since > self._settings.patience_s:
                    return await self._outcomes.give_back(delivery, self._settings.patience_s)
                await backoff.wait(error.retry_delay_s)
            except Exception as error:
                if fault is not None:
                    # Taking it apart failed: the whole batch goes, for the reason that it was to be taken apart for.
                    return await self._outcomes.give_up(delivery, fault, tries)
                tries += 1
                if tries >= self._settings.max_tries or isinstance(error, PermanentError | BatchDecodeError):
                    fault = error
                else:
                    self._outcomes.note_retry(delivery, error, tries)
                    await backoff.wait()

    async def _give_up(self, delivery: Delivery, fault: Exception, tries: int, pool: ThreadPoolExecutor) -> None:
        """Make dead letters of the spans at fault and let the others of the batch go on."""
        if isinstance(fault, BatchDecodeError):
            return await self._outcomes.give_up(delivery, fault, tries)
        message = delivery.message
        parts = await self._in_thread(pool, partial(self._take_apart, message.payload, fault))
        failed = list(parts.failed)
        for part in parts.good:
            try:
                await self._publish(message, [replace(one, part=part.rows + one.part) for one in part.made])
            except PermanentError as refusal:
                failed.append(FailedPart(part.first_row, part.spans, refusal))
        if len(failed) == len(parts.failed) + len(parts.good):  # none went on
            return await self._outcomes.give_up(delivery, fault, tries)
        return await self._outcomes.give_up_parts(delivery, [failed_message(message, part) for part in failed], tries)

    async def _in_thread(self, pool: ThreadPoolExecutor, call: Callable[[], _T]) -> _T:
        async with self._threads:
            if self._stop.is_set():
                raise Stopping
            context = contextvars.copy_context()
            with metrics.STAGE_SECONDS.labels(self._spec.name).time():
                return await asyncio.get_running_loop().run_in_executor(pool, context.run, call)

    def _transform(self, payload: bytes) -> list[_Output]:
        return self._make(self._spec.decode(payload))

    def _take_apart(self, payload: bytes, fault: Exception) -> Isolated[list[_Output]]:
        return isolate(self._make, self._spec.decode(payload), fault)

    def _make(self, batch: SpanBatch) -> list[_Output]:
        """Return what the stage makes of a batch, as payloads that the bus takes: one, unless it grew a lot.

        Raises TooLargeError if a span alone is too large, so that taking the batch apart finds it.
        """
        made = self._stage(batch)
        encoded = made.encode()
        limit = output_limit(self._bus)
        if len(encoded) <= limit:
            outputs = [_Output("", encoded)]
        else:
            # The id of a split is the batch's and its rows.
            splits = made.split(int(limit * _PART_SHARE))
            outputs = [_Output(split.batch_id.removeprefix(made.batch_id), split.encode()) for split in splits]
        largest = max(len(output.payload) for output in outputs)
        if largest > limit:
            raise TooLargeError(f"the output holds a span of {largest} bytes, over the {limit} that the bus takes")
        self._outcomes.worked_on(made)
        return outputs

    async def _publish(self, source: Message, outputs: list[_Output]) -> None:
        """Store the output, however long the bus is away or full: making it again would cost more."""
        output_id = self._spec.output_id(source.id)
        for output in outputs:
            message = Message(id=output_id + output.part, key=source.key, payload=output.payload)
            await insist(partial(self._bus.publish, self._spec.sink, message), self._outcomes.backoff())
