"""Batches, buses and runners for the tests of stages and sinks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pyarrow as pa
from pydantic import SecretStr

from a11i.telemetry.v1 import span_batch_pb2
from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_TOKENIZED
from a11i_bus import Bus, BusSettings, Delivery, Message, Subscription
from a11i_bus.dead_letters import DeadLetter, open_dead_letter
from a11i_bus.memory import MemoryBroker
from a11i_bus.runner import RunnerSettings, SinkSettings, SinkSpec, Stage, StageSpec, run_sink, run_stage
from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED, SPANS_REDACTED, SPANS_TOKENIZED
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA

STAGE = StageSpec("tokenization", 1, SPANS_RECEIVED, "tokenization", SPANS_TOKENIZED, outcome=LEDGER_OUTCOME_TOKENIZED)
SINK = SinkSpec("writer", 1, SPANS_REDACTED, "writer")
KEY = SecretStr("k" * 32)
PATIENCE_S = 20.0
"""Deadline for what should happen at once, on a busy machine."""
QUICK = RunnerSettings(retry_base_s=0.01, retry_max_s=0.05, heartbeat_s=0.1, park_s=60)
QUICK_SINK = SinkSettings(retry_base_s=0.01, retry_max_s=0.05, heartbeat_s=0.1, park_s=60, max_wait_s=0.1)


def broker(*, ack_wait_s: float = 0.5, capacity_bytes: int = 50_000_000) -> MemoryBroker:
    """Return a broker that redelivers soon."""
    settings = BusSettings(url=SecretStr("memory://"), ack_wait_s=ack_wait_s, capacity_bytes=capacity_bytes)
    return MemoryBroker(settings)


def batch(batch_id: str, rows: int = 3, tenant_id: str = "tenant-1") -> SpanBatch:
    """Return a batch whose spans are named after it."""
    columns = [pa.nulls(rows, field.type) for field in SCHEMA]
    columns[SCHEMA.get_field_index("name")] = pa.array([f"{batch_id}/{row}" for row in range(rows)])
    record_batch = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
    return SpanBatch(batch_id, tenant_id, "project-1", time.time_ns(), record_batch)


def message(spans: SpanBatch) -> Message:
    """Return the batch as a message."""
    return Message(id=spans.batch_id, key=spans.tenant_id, payload=spans.encode())


def message_of_unknown_schema(batch_id: str) -> Message:
    """Return a batch of a schema major that nobody knows yet."""
    envelope = span_batch_pb2.SpanBatch(batch_id=batch_id, tenant_id="tenant-1")
    envelope.schema_version.major = 99
    return Message(id=batch_id, key="tenant-1", payload=envelope.SerializeToString())


def strings(values: list[str]) -> pa.StringArray:
    """Return a column of text."""
    return pa.array(values)


def unchanged(spans: SpanBatch) -> SpanBatch:
    """Do nothing, as a stage."""
    return spans


@asynccontextmanager
async def running_stage(bus: Bus, stage: Stage, settings: RunnerSettings = QUICK) -> AsyncIterator[asyncio.Event]:
    """Run the stage in the background; yield what stops it, which the end of the block does too."""
    stop = asyncio.Event()
    async with asyncio.timeout(PATIENCE_S * 2), asyncio.TaskGroup() as tasks:
        tasks.create_task(run_stage(bus, STAGE, stage, settings, stop, dead_letter_key=KEY))
        try:
            yield stop
        finally:
            stop.set()


@asynccontextmanager
async def running_sink(
    bus: Bus, sink: Callable[[list[SpanBatch]], Awaitable[None]], settings: SinkSettings = QUICK_SINK
) -> AsyncIterator[asyncio.Event]:
    """Run the sink in the background; yield what stops it, which the end of the block does too."""
    stop = asyncio.Event()

    async def call(batches: object) -> None:
        assert isinstance(batches, list)
        await sink(batches)

    async with asyncio.timeout(PATIENCE_S * 2), asyncio.TaskGroup() as tasks:
        tasks.create_task(run_sink(bus, SINK, call, settings, stop, dead_letter_key=KEY))
        try:
            yield stop
        finally:
            stop.set()


async def outputs(bus: Bus, count: int, *, topic: str = SPANS_TOKENIZED, group: str = "redaction") -> list[Message]:
    """Return that many messages of a topic, acknowledged; fails if another follows within the redelivery time."""
    messages: list[Message] = []
    async with bus.subscribe(topic, group, max_unsettled=1000) as subscription:
        deadline = time.monotonic() + PATIENCE_S
        while len(messages) < count:
            assert time.monotonic() < deadline, f"only {len(messages)} of {count} messages came out"
            for delivery in await subscription.fetch(1000, 0.2):
                messages.append(delivery.message)
                await delivery.ack()
        surplus = await subscription.fetch(1, 0.1)
        assert surplus == [], f"{[one.message.id for one in surplus]} came out too"
    return messages


async def dead_letters(bus: Bus, count: int) -> list[DeadLetter]:
    """Return that many dead letters, opened."""
    return [open_dead_letter(one, KEY) for one in await outputs(bus, count, topic=DEADLETTERS, group="delivery")]


async def pending(bus: Bus, topic: str = SPANS_RECEIVED, group: str = "tokenization") -> int:
    """Return how many messages the group has not settled."""
    async with bus.subscribe(topic, group, max_unsettled=1) as subscription:
        return await subscription.pending()


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)


async def until_settled(bus: Bus, topic: str = SPANS_RECEIVED, group: str = "tokenization") -> None:
    """Return when the group has settled everything; fail after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while await pending(bus, topic, group) > 0:
        assert time.monotonic() < deadline, "something stays unsettled"
        await asyncio.sleep(0.01)


class RefusingBus:
    """A bus that publishes nothing of which `refuses` returns an error."""

    def __init__(self, bus: Bus, refuses: Callable[[str, Message], Exception | None]) -> None:
        self._bus = bus
        self._refuses = refuses
        self.refused = 0

    @property
    def max_payload_bytes(self) -> int:
        return self._bus.max_payload_bytes

    async def publish(self, topic: str, published: Message) -> None:
        if (error := self._refuses(topic, published)) is not None:
            self.refused += 1
            raise error
        await self._bus.publish(topic, published)

    async def ready(self) -> bool:
        return await self._bus.ready()

    async def pending(self, topic: str, group: str) -> int:
        return await self._bus.pending(topic, group)

    def subscribe(self, topic: str, group: str, *, max_unsettled: int) -> AbstractAsyncContextManager[Subscription]:
        return self._bus.subscribe(topic, group, max_unsettled=max_unsettled)


class WatchedBus:
    """A bus that says when a member has taken something, and on which a member can die at its first acknowledgement."""

    def __init__(self, bus: Bus, *, dies: bool = False) -> None:
        self._bus = bus
        self._dies = dies
        self.taken = asyncio.Event()
        self.dying = asyncio.Event()

    @property
    def max_payload_bytes(self) -> int:
        return self._bus.max_payload_bytes

    async def publish(self, topic: str, published: Message) -> None:
        await self._bus.publish(topic, published)

    async def ready(self) -> bool:
        return await self._bus.ready()

    async def pending(self, topic: str, group: str) -> int:
        return await self._bus.pending(topic, group)

    @asynccontextmanager
    async def subscribe(self, topic: str, group: str, *, max_unsettled: int) -> AsyncIterator["_WatchedSubscription"]:
        async with self._bus.subscribe(topic, group, max_unsettled=max_unsettled) as subscription:
            yield _WatchedSubscription(subscription, self.taken, self.dying if self._dies else None)


class _WatchedSubscription:
    def __init__(self, subscription: Subscription, taken: asyncio.Event, dying: asyncio.Event | None) -> None:
        self._subscription = subscription
        self._taken = taken
        self._dying = dying

    async def fetch(self, max_messages: int, timeout_s: float) -> list[Delivery]:
        deliveries = await self._subscription.fetch(max_messages, timeout_s)
        if deliveries:
            self._taken.set()
        return deliveries if self._dying is None else [_DyingDelivery(one, self._dying) for one in deliveries]

    async def pending(self) -> int:
        return await self._subscription.pending()


class _DyingDelivery:
    def __init__(self, delivery: Delivery, dying: asyncio.Event) -> None:
        self._delivery = delivery
        self._dying = dying

    @property
    def message(self) -> Message:
        return self._delivery.message

    @property
    def attempt(self) -> int:
        return self._delivery.attempt

    async def ack(self) -> None:
        self._dying.set()
        await asyncio.Event().wait()

    async def retry(self, delay_s: float) -> None:
        await self._delivery.retry(delay_s)

    async def term(self) -> None:
        await self.ack()

    async def in_progress(self) -> None:
        await self._delivery.in_progress()
