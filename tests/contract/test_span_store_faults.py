"""The store of spans when something goes wrong; on the real engine, in a process that is killed and frozen."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY

from a11i_chassis.errors import PermanentError, TooLargeError, UnavailableError
from a11i_storage.clickhouse import ClickHouseSettings, ClickHouseSpanReader, ClickHouseWriter, Scope, migrate
from a11i_storage.clickhouse import open_clickhouse as open_store
from a11i_telemetry.batch import SpanBatch
from tests.contract.span_store import Store, around_noon
from tests.contract.stored_spans import NOON_NS, S, batch, record_batch, span, trace_id
from tests.engines import clickhouse as engine

SCOPE = Scope("tenant", "project")


@pytest_asyncio.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[engine.ClickHouseServer]:
    """A server that the test may harm."""
    server = engine.ClickHouseServer(tmp_path / "data")
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


async def test_acknowledged_spans_survive_kill_9_and_a_batch_cut_off_is_stored_once_when_sent_again(
    own_server: engine.ClickHouseServer,
) -> None:
    await migrate(own_server.settings)
    acknowledged: set[int] = set()
    sent: list[SpanBatch] = []
    async with open_store(own_server.settings) as clickhouse:
        writer, reader = ClickHouseWriter(clickhouse), ClickHouseSpanReader(clickhouse)
        for _ in range(3):
            killed = asyncio.Event()

            async def insert_until(killed: asyncio.Event) -> None:
                while not killed.is_set():
                    number = len(sent)
                    spans = [span(span=f"{number}-{row}", input_messages="x" * 2000) for row in range(50)]
                    sent.append(batch(*spans, scope=SCOPE, batch_id=f"batch-{number}"))
                    try:
                        await writer.insert([sent[-1]])
                    except UnavailableError:
                        return
                    acknowledged.add(number)

            before = len(acknowledged)
            async with asyncio.TaskGroup() as tasks:
                inserting = tasks.create_task(insert_until(killed))
                async with asyncio.timeout(30):
                    while len(acknowledged) < before + 3:
                        await asyncio.sleep(0.01)
                await asyncio.to_thread(own_server.kill)
                killed.set()
                await inserting
            await asyncio.to_thread(own_server.start)
            found = await reader.get_trace(SCOPE, trace_id("trace"), limit=100_000, max_bytes=2**30)
            assert found is not None
            assert found.summary.span_count >= 50 * len(acknowledged)
        for one in sent:
            await writer.insert([one])
        found = await reader.get_trace(SCOPE, trace_id("trace"), limit=100_000, max_bytes=2**30)
        assert found is not None
        assert found.summary.span_count == 50 * len(sent)


async def test_without_a_server_everything_is_unavailable_and_goes_on_when_it_is_there(
    own_server: engine.ClickHouseServer,
) -> None:
    await migrate(own_server.settings)
    await asyncio.to_thread(own_server.stop)
    async with open_store(own_server.settings) as clickhouse:
        writer, reader = ClickHouseWriter(clickhouse), ClickHouseSpanReader(clickhouse)
        with pytest.raises(UnavailableError):
            await writer.insert([batch(span())])
        with pytest.raises(UnavailableError):
            await reader.get_trace(SCOPE, trace_id("trace"), limit=1, max_bytes=1)
        with pytest.raises(UnavailableError):
            await reader.list_traces(SCOPE, around_noon(), limit=1)
        assert not await clickhouse.ready()
        await asyncio.to_thread(own_server.start)
        assert await clickhouse.ready()
        await writer.insert([batch(span(), scope=SCOPE)])
        assert len((await reader.list_traces(SCOPE, around_noon(), limit=1)).traces) == 1


async def test_a_server_that_hangs_costs_no_more_than_the_deadline(own_server: engine.ClickHouseServer) -> None:
    await migrate(own_server.settings)
    limits = {"url": own_server.settings.url, "insert_timeout_s": 0.2, "query_timeout_s": 0.2}
    async with open_store(ClickHouseSettings.model_validate(limits)) as clickhouse:
        assert await clickhouse.ready()
        own_server.pause()
        try:
            async with asyncio.timeout(10):
                with pytest.raises(UnavailableError):
                    await ClickHouseWriter(clickhouse).insert([batch(span())])
                with pytest.raises(UnavailableError):
                    await ClickHouseSpanReader(clickhouse).list_traces(SCOPE, around_noon(), limit=1)
        finally:
            own_server.resume()


async def test_inserts_wait_for_the_migration(own_server: engine.ClickHouseServer) -> None:
    async with open_store(own_server.settings) as clickhouse:
        writer = ClickHouseWriter(clickhouse)
        with pytest.raises(UnavailableError, match="UNKNOWN"):
            await writer.insert([batch(span())])
        await migrate(own_server.settings)
        await writer.insert([batch(span())])


async def test_too_many_parts_is_a_reason_to_wait(own_server: engine.ClickHouseServer) -> None:
    await migrate(own_server.settings)
    async with open_store(own_server.settings) as clickhouse:
        writer = ClickHouseWriter(clickhouse)
        await clickhouse.command("SYSTEM STOP MERGES")
        await clickhouse.command(
            "ALTER TABLE spans MODIFY SETTING parts_to_throw_insert = 2, parts_to_delay_insert = 0"
        )
        for number in range(2):
            await writer.insert([batch(span(span=number))])
        with pytest.raises(UnavailableError, match="TOO_MANY_PARTS"):
            await writer.insert([batch(span(span="one too many"))])


async def test_migrating_again_does_nothing_and_a_changed_migration_is_refused(
    own_server: engine.ClickHouseServer,
) -> None:
    first, second = await asyncio.gather(migrate(own_server.settings), migrate(own_server.settings))
    assert "0001_spans" in first + second
    assert await migrate(own_server.settings) == []
    async with open_store(own_server.settings) as clickhouse:
        await clickhouse.command(
            "INSERT INTO schema_migrations (name, checksum, applied_time) "
            "SELECT '0001_spans', repeat('0', 64), now64(3) + INTERVAL 1 DAY"
        )
    with pytest.raises(PermanentError, match="0001_spans was changed"):
        await migrate(own_server.settings)


async def test_columns_of_a_newer_minor_are_left_out_and_those_of_an_older_one_are_empty(store: Store) -> None:

    def dropped() -> float:
        return REGISTRY.get_sample_value("a11i_store_dropped_columns_total", {"column": "colour"}) or 0

    newer = record_batch([span(span="newer", name="kept")]).append_column("colour", pa.array(["red"]))
    older = record_batch([span(span="older", start_ns=NOON_NS + S)]).drop_columns(
        ["withheld_values", "finish_reasons", "workflow_name", "input_tokens", "redacted_entities"]
    )
    before = dropped()
    envelope = batch(span(), scope=store.scope)
    await store.writer.insert([replace(envelope, columns=newer), replace(envelope, columns=older)])
    assert dropped() == before + 1
    found = await store.trace()
    assert found is not None
    rows = found.spans.select(
        ["name", "withheld_values", "finish_reasons", "workflow_name", "input_tokens"]
    ).to_pylist()
    assert rows[0]["name"] == "kept"
    assert rows[1] == {
        "name": "",
        "withheld_values": 0,
        "finish_reasons": [],
        "workflow_name": "",
        "input_tokens": None,
    }


async def test_rows_that_clickhouse_cannot_store_are_refused_for_good(store: Store) -> None:
    wrong = record_batch([span()])
    position = wrong.schema.get_field_index("kind")
    wrong = wrong.set_column(position, "kind", pa.array(["not a number"]))
    with pytest.raises(PermanentError):
        await store.writer.insert([replace(batch(span(), scope=store.scope), columns=wrong)])
    assert await store.trace() is None


async def test_batches_from_many_days_are_stored_with_one_insert(store: Store) -> None:
    """As dead letters are that are replayed after months."""
    day_ns = 24 * 3600 * S
    times_ns = [NOON_NS - number * day_ns for number in range(130)]
    await store.writer.insert([batch(span(span=at, start_ns=at), scope=store.scope, received_ns=at) for at in times_ns])
    assert (await store.summary()).span_count == 130


async def test_a_trace_that_takes_too_much_memory_is_refused_and_the_store_goes_on(
    store: Store, clickhouse_server: engine.ClickHouseServer
) -> None:
    for start in range(0, 100, 20):
        rows = range(start, start + 20)
        await store.put(*(span(span=row, start_ns=NOON_NS + row, input_messages="x" * 2**20) for row in rows))
    await store.put(span("small"))
    limits = {"url": clickhouse_server.settings.url, "query_max_memory_bytes": 64 * 2**20}
    async with open_store(ClickHouseSettings.model_validate(limits)) as clickhouse:
        reader = ClickHouseSpanReader(clickhouse)
        with pytest.raises(TooLargeError, match="memory"):
            await reader.get_trace(store.scope, trace_id("trace"), limit=100, max_bytes=2**30)
        assert await reader.get_trace(store.scope, trace_id("small"), limit=100, max_bytes=2**30) is not None


async def test_nothing_to_insert_is_no_insert(store: Store) -> None:
    await store.writer.insert([])
    empty = record_batch([span()]).slice(0, 0)
    await store.writer.insert([replace(batch(span()), columns=empty)])
