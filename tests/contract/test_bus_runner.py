"""Stages in a row on each adapter, while members and the server die: every span comes out once."""

import asyncio
import time

import pyarrow as pa
from pydantic import SecretStr

from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_REDACTED, LEDGER_OUTCOME_TOKENIZED
from a11i_bus import Bus, Message
from a11i_bus.runner import RunnerSettings, SinkSettings, SinkSpec, StageSpec, run_sink, run_stage
from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED, SPANS_REDACTED, SPANS_TOKENIZED
from a11i_chassis.errors import UnavailableError
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA
from tests.contract.bus_harness import PATIENCE_S, Harness, publish_surely

TOKENIZATION = StageSpec(
    "tokenization", 1, SPANS_RECEIVED, "tokenization", SPANS_TOKENIZED, outcome=LEDGER_OUTCOME_TOKENIZED
)
REDACTION = StageSpec("redaction", 1, SPANS_TOKENIZED, "redaction", SPANS_REDACTED, outcome=LEDGER_OUTCOME_REDACTED)
WRITER = SinkSpec("writer", 1, SPANS_REDACTED, "writer")
KEY = SecretStr("k" * 32)
RUNNER = RunnerSettings(retry_base_s=0.01, retry_max_s=0.1, heartbeat_s=0.2)
SINK = SinkSettings(retry_base_s=0.01, retry_max_s=0.1, heartbeat_s=0.2, max_wait_s=0.1)
BATCHES = 120


async def test_every_batch_is_stored_and_its_output_is_one_message_whoever_dies(harness: Harness) -> None:
    stored: dict[str, int] = {}

    async def store(batches: object) -> None:
        assert isinstance(batches, list)
        for spans in batches:
            stored[spans.batch_id] = stored.get(spans.batch_id, 0) + 1

    async with harness.connect() as bus, asyncio.TaskGroup() as tasks:
        stop = asyncio.Event()
        tasks.create_task(run_sink(bus, WRITER, store, SINK, stop, dead_letter_key=KEY))
        tasks.create_task(run_stage(bus, REDACTION, _worked_on, RUNNER, stop, dead_letter_key=KEY))
        tasks.create_task(_publish(bus))
        for _ in range(3):
            # A member that is killed at work, again and again: nothing of it is finished or given back.
            await _live_until(harness, stored, len(stored) + BATCHES // 5)
        harness.stop()
        harness.start()
        tasks.create_task(run_stage(bus, TOKENIZATION, _worked_on, RUNNER, stop, dead_letter_key=KEY))
        # What the dead held is tried in child processes, one after the other, each of which has to start.
        deadline = time.monotonic() + 2 * PATIENCE_S
        while len(stored) < BATCHES or await _unsettled(bus):
            assert time.monotonic() < deadline, f"only {len(stored)} of {BATCHES} batches were stored"
            await asyncio.sleep(0.05)
        stop.set()
    assert sorted(stored) == sorted(f"batch-{number}" for number in range(BATCHES))
    # What a stage makes twice is one message. Only the sink, whose store takes a span twice for one, may see it again:
    # a batch whose acknowledgement the dying server did not take.
    assert sum(stored.values()) - BATCHES <= SINK.window


async def _live_until(harness: Harness, stored: dict[str, int], count: int) -> None:
    """Be a member until that many batches are stored, then die."""
    async with harness.connect() as bus:
        member = asyncio.create_task(
            run_stage(bus, TOKENIZATION, _worked_on, RUNNER, asyncio.Event(), dead_letter_key=KEY)
        )
        deadline = time.monotonic() + PATIENCE_S
        while len(stored) < min(count, BATCHES - 1):
            assert time.monotonic() < deadline, f"only {len(stored)} batches were stored"
            await asyncio.sleep(0.01)
        member.cancel()
        await asyncio.gather(member, return_exceptions=True)


async def _publish(bus: Bus) -> None:
    columns = pa.RecordBatch.from_arrays([pa.nulls(2, field.type) for field in SCHEMA], schema=SCHEMA)
    for number in range(BATCHES):
        spans = SpanBatch(f"batch-{number}", "tenant-1", "project-1", time.time_ns(), columns)
        await publish_surely(bus, SPANS_RECEIVED, Message(spans.batch_id, spans.tenant_id, spans.encode()))


async def _unsettled(bus: Bus) -> bool:
    try:
        assert await _pending(bus, DEADLETTERS, "delivery") == 0
        stages = ((TOKENIZATION.source, TOKENIZATION.group), (REDACTION.source, REDACTION.group))
        return any([await _pending(bus, *stage) for stage in (*stages, (WRITER.source, WRITER.group))])
    except UnavailableError:
        return True


async def _pending(bus: Bus, topic: str, group: str) -> int:
    async with bus.subscribe(topic, group, max_unsettled=1) as subscription:
        return await subscription.pending()


def _worked_on(spans: SpanBatch) -> SpanBatch:
    time.sleep(0.005)
    return spans
