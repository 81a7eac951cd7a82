"""Runs a sink: gathers batches of one topic and hands them to a store, many at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from a11i_bus.heartbeat import Heartbeats
from a11i_bus.outcomes import Outcomes
from a11i_bus.port import Bus, Delivery, Subscription
from a11i_bus.settings import SinkSettings
from a11i_bus.stage import POLL_S, fetch
from a11i_bus.waiting import Stopping
from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TransientError
from a11i_telemetry.batch import BatchDecodeError, SchemaVersionError, SpanBatch

Sink = Callable[[Sequence[SpanBatch]], Awaitable[None]]
"""Stores batches. Durable on return. Raises TransientError if it cannot now, PermanentError if it never can."""

_BUSY_POLL_S: Final = 0.1
"""How long to gather before looking again whether the store has finished its call."""


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


@dataclass(frozen=True, slots=True)
class _Failed:
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
) -> None:
    """Run a sink until `stop` is set, then store what is gathered and end.

    While one call of `sink` is under way the next batches are gathered; there is never more than one call. Batches are
    acknowledged after the call that stored them. On a TransientError the call is repeated, without limit. If it fails
    otherwise, its halves are tried alone, down to the one batch at fault, which after `max_tries` (a PermanentError:
    one) becomes a dead letter.
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
    runner = _SinkRunner(spec, sink, settings, stop, outcomes)
    async with (
        bus.subscribe(spec.source, spec.group, max_unsettled=settings.window) as subscription,
        asyncio.TaskGroup() as background,
    ):
        background.create_task(runner.heartbeats.run())
        background.create_task(outcomes.watch_pending(subscription))
        try:
            await runner.run(subscription)
        finally:
            runner.heartbeats.end()


class _SinkRunner:
    def __init__(
        self, spec: SinkSpec, sink: Sink, settings: SinkSettings, stop: asyncio.Event, outcomes: Outcomes
    ) -> None:
        self._spec = spec
        self._sink = sink
        self._settings = settings
        self._stop = stop
        self._outcomes = outcomes
        self._storing: asyncio.Task[None] | None = None
        self.heartbeats = Heartbeats(settings.heartbeat_s)

    async def run(self, subscription: Subscription) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._stop.is_set():
                holding = ExitStack()
                gathered = await self._gather(subscription, holding)
                if self._storing is not None:
                    await self._storing
                if gathered:
                    self._storing = tasks.create_task(self._store_and_release(gathered, holding))
                else:
                    holding.close()

    async def _gather(self, subscription: Subscription, holding: ExitStack) -> list[_Held]:
        """Return batches for one call. `holding` reports on them until it is closed."""
        gathered: list[_Held] = []
        rows = size = 0
        deadline = 0.0
        settings = self._settings
        while not self._stop.is_set() and rows < settings.max_rows and size < settings.max_bytes:
            timeout_s = POLL_S
            if gathered:
                timeout_s = deadline - time.monotonic()
                if timeout_s <= 0:
                    if self._storing is None or self._storing.done():
                        break
                    timeout_s = _BUSY_POLL_S
                timeout_s = min(timeout_s, POLL_S)
            for delivery in await fetch(subscription, settings.window, timeout_s, self._stop):
                holding.enter_context(self.heartbeats.hold(delivery))
                batch = await self._open(delivery)
                if batch is None:
                    continue
                if not gathered:
                    deadline = time.monotonic() + settings.max_wait_s
                gathered.append(_Held(delivery, batch))
                rows += batch.columns.num_rows
                size += len(delivery.message.payload)
        return gathered

    async def _open(self, delivery: Delivery) -> SpanBatch | None:
        """Return the delivery's batch, or settle the delivery if it holds none that can be read."""
        try:
            return SpanBatch.decode(delivery.message.payload)
        except SchemaVersionError as error:
            await self._outcomes.park(delivery, error)
        except BatchDecodeError as error:
            try:
                await self._outcomes.give_up(delivery, error, tries=1)
            except Stopping:
                await self._outcomes.give_back(delivery, 0.0)
        return None

    async def _store_and_release(self, held: list[_Held], holding: ExitStack) -> None:
        with holding:
            await self._store(held)

    async def _store(self, held: list[_Held]) -> None:
        """Bring all held deliveries to an outcome."""
        try:
            failed = await self._call_sink(held)
            if failed is not None and len(held) == 1:
                return await self._outcomes.give_up(held[0].delivery, failed.error, failed.tries)
        except Stopping:
            await asyncio.gather(*(self._outcomes.give_back(one.delivery, 0.0) for one in held))
            return None
        if failed is None:
            return await self._finish(held)
        middle = len(held) // 2
        await self._store(held[:middle])
        return await self._store(held[middle:])

    async def _call_sink(self, held: list[_Held]) -> _Failed | None:
        """Return None once the sink has stored the batches, or why it will not store them together."""
        backoff = self._outcomes.backoff()
        tries = 0
        while True:
            try:
                with metrics.STAGE_SECONDS.labels(self._spec.name).time():
                    await self._sink([one.batch for one in held])
            except TransientError as error:
                self._outcomes.note_retry(held[0].delivery, error, tries)
                await backoff.wait(error.retry_delay_s)
            except Exception as error:
                tries += 1
                if len(held) > 1 or tries >= self._settings.max_tries or isinstance(error, PermanentError):
                    return _Failed(error, tries)
                self._outcomes.note_retry(held[0].delivery, error, tries)
                await backoff.wait()
            else:
                return None

    async def _finish(self, held: list[_Held]) -> None:
        for one in held:
            self._outcomes.worked_on(one.batch)
        await asyncio.gather(*(self._outcomes.done(one.delivery) for one in held))
