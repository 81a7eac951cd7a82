"""Runs a stage: takes batches from one topic, transforms them in threads, and puts them on the next."""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from pydantic import SecretStr

from a11i_bus.heartbeat import Heartbeats
from a11i_bus.outcomes import Outcomes
from a11i_bus.port import Bus, Delivery, Message, Subscription
from a11i_bus.settings import RunnerSettings
from a11i_bus.waiting import Stopping, insist, stopped_within
from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TransientError
from a11i_telemetry.batch import BatchDecodeError, SchemaVersionError, SpanBatch

Stage = Callable[[SpanBatch], SpanBatch]
"""A pure function, called in a thread. Raises TransientError if it cannot work now, PermanentError if it never can."""

POLL_S: Final = 0.5
"""Longest wait for a message, and so the longest that a stop goes unnoticed."""
_PART_SHARE: Final = 0.75
"""Part of the bus's limit that the columns of a split batch may take; the rest is for what encoding adds."""


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

    def output_id(self, input_id: str) -> str:
        """Return the id of the output for an input: a redelivered input makes the same message again."""
        return f"{input_id}:{self.name}.{self.version}"


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
    other error is tried `max_tries` times (a PermanentError once), then the batch goes to the dead letters, sealed
    under `dead_letter_key` (32 characters or more). A batch of an unknown schema major is put off.
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
        waiting_since = time.monotonic()
        tries = 0
        while True:
            try:
                outputs = await self._transform_in_thread(delivery.message.payload, pool)
                await self._publish(delivery.message, outputs)
            except (Stopping, SchemaVersionError):
                raise
            except TransientError as error:
                self._outcomes.note_retry(delivery, error, tries)
                if time.monotonic() - waiting_since > self._settings.patience_s:
                    return await self._outcomes.give_back(delivery, self._settings.patience_s)
                await backoff.wait(error.retry_delay_s)
            except Exception as error:
                tries += 1
                if tries >= self._settings.max_tries or isinstance(error, PermanentError | BatchDecodeError):
                    return await self._outcomes.give_up(delivery, error, tries)
                self._outcomes.note_retry(delivery, error, tries)
                await backoff.wait()
            else:
                return await self._outcomes.done(delivery)

    async def _transform_in_thread(self, payload: bytes, pool: ThreadPoolExecutor) -> list[bytes]:
        async with self._threads:
            if self._stop.is_set():
                raise Stopping
            context = contextvars.copy_context()
            with metrics.STAGE_SECONDS.labels(self._spec.name).time():
                return await asyncio.get_running_loop().run_in_executor(pool, context.run, self._transform, payload)

    def _transform(self, payload: bytes) -> list[bytes]:
        """Return the output as payloads that the bus takes: one, unless the stage made the batch much larger."""
        batch = SpanBatch.decode(payload)
        output = self._stage(batch)
        self._outcomes.worked_on(output)
        encoded = output.encode()
        limit = self._bus.max_payload_bytes
        if len(encoded) <= limit:
            return [encoded]
        return [part.encode() for part in output.split(int(limit * _PART_SHARE))]

    async def _publish(self, source: Message, outputs: list[bytes]) -> None:
        """Store the output, however long the bus is away or full: making it again would cost more."""
        output_id = self._spec.output_id(source.id)
        ids = [output_id] if len(outputs) == 1 else [f"{output_id}-{number}" for number in range(len(outputs))]
        for message_id, payload in zip(ids, outputs, strict=True):
            message = Message(id=message_id, key=source.key, payload=payload)
            await insist(partial(self._bus.publish, self._spec.sink, message), self._outcomes.backoff())
