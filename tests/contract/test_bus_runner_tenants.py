"""The stage runner on each adapter: tenants take turns, and versions share a group."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pyarrow as pa
from pydantic import SecretStr

from a11i.telemetry.v1 import span_batch_pb2
from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_TOKENIZED
from a11i_bus import Bus, Message
from a11i_bus.runner import RunnerSettings, Stage, StageSpec, run_stage
from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA
from tests.contract.bus_harness import PATIENCE_S, Harness

KEY = SecretStr("k" * 32)
SETTINGS = RunnerSettings(heartbeat_s=0.2, park_base_s=0.5)
FLOOD = 60


def spec(version: int = 1) -> StageSpec:
    return StageSpec(
        "tokenization", version, SPANS_RECEIVED, "tokenization", SPANS_TOKENIZED, outcome=LEDGER_OUTCOME_TOKENIZED
    )


@asynccontextmanager
async def running(bus: Bus, stage: Stage, settings: RunnerSettings = SETTINGS, version: int = 1) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_stage(bus, spec(version), stage, settings, stop, dead_letter_key=KEY))
        try:
            yield
        finally:
            stop.set()


async def publish(bus: Bus, batch_id: str, tenant: str, extra: str = "") -> None:
    columns = pa.RecordBatch.from_arrays([pa.nulls(2, field.type) for field in SCHEMA], schema=SCHEMA)
    if extra:
        columns = columns.append_column(pa.field(extra, pa.string()), pa.array(["x", "y"]))
    spans = SpanBatch(batch_id, tenant, "project-1", time.time_ns(), columns)
    await bus.publish(SPANS_RECEIVED, Message(batch_id, tenant, spans.encode()))


async def outputs(bus: Bus, count: int) -> list[Message]:
    messages: list[Message] = []
    deadline = time.monotonic() + PATIENCE_S
    async with bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=200) as subscription:
        while len(messages) < count:
            assert time.monotonic() < deadline, f"only {len(messages)} of {count} came out"
            for delivery in await subscription.fetch(200, 0.5):
                messages.append(delivery.message)
                await delivery.ack()
        assert await subscription.fetch(10, 0.5) == []
    return messages


async def test_a_flood_in_a_stage_delays_another_tenant_by_about_one_batch(harness: Harness) -> None:
    begun: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def slow(spans: SpanBatch) -> SpanBatch:
        begun.append(spans.tenant_id)
        started.set()
        assert go_on.wait(PATIENCE_S)
        return spans

    async with harness.connect() as bus:
        for number in range(FLOOD):
            await publish(bus, f"flood-{number}", "flood")
        async with running(bus, slow, SETTINGS.model_copy(update={"concurrency": 1})):
            assert await asyncio.to_thread(started.wait, PATIENCE_S)
            await publish(bus, "small-1", "small")
            await publish(bus, "other-1", "other")
            await asyncio.sleep(2.0)  # time for them to be fetched
            go_on.set()
            await outputs(bus, FLOOD + 2)
    assert max(begun.index("small"), begun.index("other")) <= 4


async def test_versions_share_a_group_and_put_off_or_pass_on_what_they_do_not_know(harness: Harness) -> None:
    async with harness.connect() as bus:
        for number in range(20):
            await publish(bus, f"batch-{number}", f"tenant-{number % 4}")
        await publish(bus, "newer-minor", "tenant-1", extra="from_tomorrow")
        envelope = span_batch_pb2.SpanBatch(batch_id="newer-major", tenant_id="tenant-1")
        envelope.schema_version.major = 99
        await bus.publish(SPANS_RECEIVED, Message("newer-major", "tenant-1", envelope.SerializeToString()))
        async with running(bus, _unchanged), running(bus, _unchanged, version=2):
            out = await outputs(bus, 21)
            async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=1) as waiting:
                assert await waiting.pending() == 1
            async with bus.subscribe(DEADLETTERS, "delivery", max_unsettled=1) as letters:
                assert await letters.pending() == 0
    ids = sorted(one.id.partition(":")[0] for one in out)
    assert ids == sorted(["newer-minor", *(f"batch-{number}" for number in range(20))])
    (newer,) = [one for one in out if one.id.startswith("newer-minor")]
    assert SpanBatch.decode(newer.payload).columns["from_tomorrow"].to_pylist() == ["x", "y"]


def _unchanged(spans: SpanBatch) -> SpanBatch:
    return spans
