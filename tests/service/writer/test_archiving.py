"""The writer with an archive: what is acknowledged is in both places, whichever of them is away for a while."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import pyarrow as pa
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr

from a11i_bus import BusSettings, Message
from a11i_bus.memory import MemoryBroker
from a11i_bus.runner import SinkSettings
from a11i_bus.topology import DEADLETTERS, SPANS_REDACTED, topic
from a11i_chassis.app import serving
from a11i_chassis.errors import PermanentError, UnavailableError
from a11i_storage.clickhouse import ClickHouseSettings
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA
from a11i_writer.app import build_app
from a11i_writer.pipeline import storing
from a11i_writer.settings import WriterSettings

PATIENCE_S = 20.0
ROWS = 3


@dataclass
class Shelf:
    """A store or an archive in memory, which can be away, slow to fail, or refuse a batch for good."""

    away: bool = False
    refuses: str = ""
    calls: int = 0
    failed: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    async def put(self, batches: Sequence[SpanBatch]) -> None:
        self.calls += 1
        if self.away:
            self.failed += 1
            raise UnavailableError("it is away", retry_delay_s=0.01)
        if any(batch.batch_id == self.refuses for batch in batches):
            raise PermanentError("it refuses these")
        self.rows |= {batch.batch_id: batch.columns.num_rows for batch in batches}

    insert = put

    @property
    def ready(self) -> bool:
        return not self.away


@dataclass
class Writer:
    """A writer, its bus, its store and its archive."""

    store: Shelf = field(default_factory=Shelf)
    archive: Shelf = field(default_factory=Shelf)
    settings: WriterSettings = field(
        default_factory=lambda: WriterSettings(
            bus=BusSettings(url=SecretStr("memory://"), ack_wait_s=0.5),
            clickhouse=ClickHouseSettings(url=SecretStr("http://127.0.0.1:1/a11i")),
            runner=SinkSettings(retry_base_s=0.01, retry_max_s=0.05, heartbeat_s=0.1, max_wait_s=0.05),
            dead_letter_key=SecretStr("k" * 32),
        )
    )

    def __post_init__(self) -> None:
        self.bus = MemoryBroker(self.settings.bus).bus()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[health_pb2_grpc.HealthStub]:
        async def store_ready() -> bool:
            return True

        app = build_app(self.settings, self.bus, self.store, store_ready, self.archive)
        async with (
            serving("writer", self.settings, app) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            yield health_pb2_grpc.HealthStub(channel)

    async def publish(self, count: int) -> dict[str, int]:
        for number in range(count):
            one = batch(f"batch-{number}")
            await self.bus.publish(SPANS_REDACTED, Message(one.batch_id, one.tenant_id, one.encode()))
        return {f"batch-{number}": ROWS for number in range(count)}

    async def pending(self, name: str = SPANS_REDACTED) -> int:
        return await self.bus.pending(name, topic(name).group)


def batch(batch_id: str) -> SpanBatch:
    columns = pa.RecordBatch.from_arrays([pa.nulls(ROWS, one.type) for one in SCHEMA], schema=SCHEMA)
    return SpanBatch(batch_id, "tenant-1", "project-1", time.time_ns(), columns)


@pytest.mark.parametrize("away", ["store", "archive"])
async def test_while_one_is_away_nothing_is_acknowledged_and_the_other_is_not_asked_again(away: str) -> None:
    writer = Writer()
    gone, there = (writer.store, writer.archive) if away == "store" else (writer.archive, writer.store)
    gone.away = True
    async with writer.serving() as health:
        expected = await writer.publish(8)
        await until(lambda: gone.failed > 10 and len(there.rows) == 8)
        assert await writer.pending() == 8
        calls = there.calls
        if away == "archive":
            await until_health(health, health_pb2.HealthCheckResponse.NOT_SERVING)
        failed = gone.failed
        await until(lambda: gone.failed > failed + 5)
        assert there.calls == calls
        gone.away = False
        await until_settled(writer)
        await until_health(health, health_pb2.HealthCheckResponse.SERVING)
    assert writer.store.rows == writer.archive.rows == expected
    assert await writer.pending(DEADLETTERS) == 0


async def test_what_the_store_refuses_is_given_up_and_the_rest_is_in_both() -> None:
    writer = Writer(store=Shelf(refuses="batch-3"))
    async with writer.serving():
        expected = await writer.publish(6)
        await until_settled(writer)
    del expected["batch-3"]
    assert writer.store.rows == expected
    assert expected.items() <= writer.archive.rows.items()
    assert await writer.pending(DEADLETTERS) > 0


async def test_nothing_is_given_up_while_the_other_is_away() -> None:
    """A refusal stands only where everything else went well."""
    store, archive = Shelf(refuses="batch-0"), Shelf(away=True)
    sink = storing(store, archive)
    with pytest.raises(UnavailableError):
        await sink([batch("batch-0")])
    archive.away = False
    with pytest.raises(PermanentError):
        await sink([batch("batch-0")])


async def test_the_same_batch_delivered_anew_is_stored_anew() -> None:
    """What is known of a call must not outlive it: the bus delivers again what was not acknowledged."""
    store, archive = Shelf(), Shelf()
    sink = storing(store, archive)
    one = batch("batch-0")
    await sink([one])
    await sink([one])
    assert (store.calls, archive.calls) == (2, 2)


async def test_fewer_batches_after_failures_are_each_put_once_where_they_can_be() -> None:
    """As the runner does with a store that refuses for lack of time."""
    store, archive = Shelf(away=True), Shelf()
    sink = storing(store, archive)
    batches = [batch(f"batch-{number}") for number in range(4)]
    with pytest.raises(UnavailableError):
        await sink(batches)
    store.away = False
    await sink(batches[:2])
    await sink(batches[2:])
    assert archive.calls == 1
    assert store.rows == archive.rows


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)


async def until_settled(writer: Writer) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while await writer.pending():
        assert time.monotonic() < deadline, "batches stay unsettled"
        await asyncio.sleep(0.01)


async def until_health(health: health_pb2_grpc.HealthStub, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (await health.Check(health_pb2.HealthCheckRequest(), timeout=5)).status != wanted:
        assert time.monotonic() < deadline, "health does not change"
        await asyncio.sleep(0.05)
