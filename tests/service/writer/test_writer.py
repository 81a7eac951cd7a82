"""The writer as a service: a bus in memory, a store written for the test, gRPC health from outside."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import grpc
import pyarrow as pa
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr

from a11i_bus import Bus, BusSettings, Message
from a11i_bus.memory import MemoryBroker
from a11i_bus.runner import SinkSettings
from a11i_bus.topology import DEADLETTERS, SPANS_REDACTED
from a11i_chassis.app import serving
from a11i_chassis.errors import UnavailableError
from a11i_storage.clickhouse import ClickHouseSettings
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA
from a11i_writer.app import build_app
from a11i_writer.settings import WriterSettings

PATIENCE_S = 20.0
ROWS = 4


class SpanShelf:
    """A store in memory that can be down, and can lose the answer to an insert that it has made."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.down = False
        self.loses_answer = False
        self.inserts = 0
        self.refused = 0
        self.batches: dict[str, int] = {}
        self.pending_before_first_insert: int | None = None

    async def insert(self, batches: Sequence[SpanBatch]) -> None:
        if self.down:
            self.refused += 1
            raise UnavailableError("the store is down", retry_delay_s=0.01)
        if self.pending_before_first_insert is None:
            self.pending_before_first_insert = await _pending(self._bus)
        self.inserts += 1
        for batch in batches:
            self.batches[batch.batch_id] = batch.columns.num_rows
        if self.loses_answer:
            self.loses_answer = False
            raise UnavailableError("the connection was lost", retry_delay_s=0.01)

    async def ready(self) -> bool:
        return not self.down


class Writer:
    """A writer that serves, its bus and its store."""

    def __init__(self) -> None:
        bus_settings = BusSettings(url=SecretStr("memory://"), ack_wait_s=0.5)
        self.broker = MemoryBroker(bus_settings)
        self.bus = self.broker.bus()
        self.store = SpanShelf(self.bus)
        self.settings = WriterSettings(
            bus=bus_settings,
            clickhouse=ClickHouseSettings(url=SecretStr("http://127.0.0.1:1/a11i")),
            runner=SinkSettings(retry_base_s=0.01, retry_max_s=0.05, heartbeat_s=0.1),
            dead_letter_key=SecretStr("k" * 32),
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[health_pb2_grpc.HealthStub]:
        app = build_app(self.settings, self.bus, self.store, self.store.ready)
        async with (
            serving("writer", self.settings, app) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            yield health_pb2_grpc.HealthStub(channel)

    async def publish(self, count: int) -> dict[str, int]:
        """Publish batches; return what the store should hold of them."""
        for number in range(count):
            columns = pa.RecordBatch.from_arrays([pa.nulls(ROWS, field.type) for field in SCHEMA], schema=SCHEMA)
            spans = SpanBatch(f"batch-{number}", "tenant-1", "project-1", time.time_ns(), columns)
            await self.bus.publish(SPANS_REDACTED, Message(spans.batch_id, spans.tenant_id, spans.encode()))
        return {f"batch-{number}": ROWS for number in range(count)}

    async def until_settled(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while await _pending(self.bus) > 0:
            assert time.monotonic() < deadline, "batches stay unsettled"
            await asyncio.sleep(0.01)


async def test_spans_are_stored_before_they_are_acknowledged_and_soon() -> None:
    writer = Writer()
    async with writer.serving():
        started = time.monotonic()
        expected = await writer.publish(50)
        await writer.until_settled()
        assert time.monotonic() - started < PATIENCE_S / 4
    assert writer.store.batches == expected
    assert writer.store.pending_before_first_insert == 50
    assert writer.store.inserts < 5


async def test_a_store_that_is_down_for_a_while_costs_nothing() -> None:
    writer = Writer()
    writer.store.down = True
    async with writer.serving() as health:
        expected = await writer.publish(20)
        await _until(lambda: writer.store.refused > 10)
        assert await _pending(writer.bus) == 20
        assert await _status(health) == health_pb2.HealthCheckResponse.NOT_SERVING
        writer.store.down = False
        await writer.until_settled()
        await _until_serving(health)
    assert writer.store.batches == expected
    assert await _dead_letters(writer.bus) == 0


async def test_an_insert_whose_answer_was_lost_is_made_again() -> None:
    writer = Writer()
    writer.store.loses_answer = True
    async with writer.serving():
        expected = await writer.publish(5)
        await writer.until_settled()
    assert writer.store.batches == expected
    assert writer.store.inserts >= 2


async def test_a_stop_while_the_store_is_down_leaves_the_spans_for_the_next_writer() -> None:
    writer = Writer()
    writer.store.down = True
    expected = await writer.publish(5)
    async with writer.serving():
        await _until(lambda: writer.store.refused > 0)
    assert await _pending(writer.bus) == 5
    writer.store.down = False
    async with writer.serving():
        await writer.until_settled()
    assert writer.store.batches == expected


async def test_health_follows_the_bus() -> None:
    writer = Writer()
    async with writer.serving() as health:
        await _until_serving(health)
        writer.broker.stop()
        deadline = time.monotonic() + PATIENCE_S
        while await _status(health) != health_pb2.HealthCheckResponse.NOT_SERVING:
            assert time.monotonic() < deadline, "health goes on to say SERVING"
            await asyncio.sleep(0.05)
        writer.broker.start()
        await _until_serving(health)


async def _pending(bus: Bus) -> int:
    async with bus.subscribe(SPANS_REDACTED, "writer", max_unsettled=1) as subscription:
        return await subscription.pending()


async def _dead_letters(bus: Bus) -> int:
    async with bus.subscribe(DEADLETTERS, "delivery", max_unsettled=1) as subscription:
        return await subscription.pending()


async def _status(health: health_pb2_grpc.HealthStub) -> int:
    answer: health_pb2.HealthCheckResponse = await health.Check(health_pb2.HealthCheckRequest(), timeout=5)
    return int(answer.status)


async def _until_serving(health: health_pb2_grpc.HealthStub) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while await _status(health) != health_pb2.HealthCheckResponse.SERVING:
        assert time.monotonic() < deadline, "health never says SERVING"
        await asyncio.sleep(0.05)


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)
