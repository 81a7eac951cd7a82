"""What the stage runner does so that no batch, tenant or version holds up or harms the others."""

import asyncio
import faulthandler
import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from a11i_bus.port import Bus, Message
from a11i_bus.runner import RunnerSettings, StageHealth, StageStuckError, run_stage
from a11i_bus.settings import DeadLetterLimit, TrialSettings
from a11i_bus.topology import SPANS_RECEIVED
from a11i_chassis.errors import InvalidArgumentError
from a11i_telemetry.batch import SpanBatch
from tests.unit.bus.stage_kit import (
    KEY,
    PATIENCE_S,
    QUICK,
    STAGE,
    batch,
    broker,
    dead_letters,
    message,
    outputs,
    pending,
    running_stage,
    unchanged,
    until,
    until_settled,
)


def names(spans: SpanBatch) -> set[str]:
    return {str(name) for name in spans.columns["name"].to_pylist()}


async def publish(bus: Bus, count: int, *, tenant: str = "tenant-1", prefix: str = "b", rows: int = 3) -> None:
    for number in range(count):
        await bus.publish(SPANS_RECEIVED, message(batch(f"{prefix}-{number}", rows, tenant)))


async def delivered_without_outcome(bus: Bus, times: int) -> None:
    """Take all messages and say nothing, as a worker does that dies."""
    for _ in range(times):
        async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=100) as subscription:
            assert await subscription.fetch(100, PATIENCE_S)
        await asyncio.sleep(0.5)  # the acknowledgement time


@pytest.mark.parametrize("concurrency", [1, 2])
async def test_a_flood_of_one_tenant_delays_another_by_a_batch_for_each_tenant_in_line(concurrency: int) -> None:
    bus = broker(ack_wait_s=60).bus()
    begun: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def slow(spans: SpanBatch) -> SpanBatch:
        begun.append(spans.tenant_id)
        started.set()
        assert go_on.wait(PATIENCE_S)
        return spans

    await publish(bus, 100, tenant="flood")
    async with running_stage(bus, slow, QUICK.model_copy(update={"concurrency": concurrency})):
        await until(started.is_set)
        await publish(bus, 2, tenant="small", prefix="s")
        await publish(bus, 2, tenant="other", prefix="o")
        await asyncio.sleep(0.3)  # time for them to be fetched
        go_on.set()
        await until_settled(bus)
    assert max(position for position, tenant in enumerate(begun) if tenant != "flood") <= 2 * 3 + concurrency


async def test_what_is_held_is_bounded_by_bytes() -> None:
    bus = broker(ack_wait_s=60).bus()
    size = len(batch("b-0").encode())
    started, go_on = threading.Event(), threading.Event()

    def slow(spans: SpanBatch) -> SpanBatch:
        started.set()
        assert go_on.wait(PATIENCE_S)
        return spans

    await publish(bus, 60)
    async with running_stage(bus, slow, QUICK.model_copy(update={"window_bytes": 8 * size})):
        await until(started.is_set)
        await asyncio.sleep(0.3)  # time to fetch too much
        async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=100) as other:
            left = await other.fetch(100, 1.0)
        assert 60 - 8 - 16 <= len(left) < 60
        for one in left:
            await one.retry(0.0)
        go_on.set()
        await until_settled(bus)


async def test_only_the_span_that_kills_its_worker_is_given_up() -> None:
    bus = broker().bus()
    await publish(bus, 3, rows=8)
    await delivered_without_outcome(bus, 2)
    here = os.getpid()

    def deadly(spans: SpanBatch) -> SpanBatch:
        if "b-1/5" in names(spans):
            assert os.getpid() != here
            os.kill(os.getpid(), signal.SIGKILL)
        return spans

    async with running_stage(bus, deadly):
        (letter,) = await dead_letters(bus, 1)
        await until_settled(bus)
    assert (letter.message_id, letter.reason, letter.error_type) == ("b-1/5-6", "WORKER_DIED", "WorkerDiedError")
    assert letter.tries == 2
    assert names(SpanBatch.decode(letter.payload)) == {"b-1/5"}
    out = await drained(bus)
    assert {name for one in out for name in names(SpanBatch.decode(one.payload))} == {
        f"b-{number}/{row}" for number in range(3) for row in range(8)
    } - {"b-1/5"}


async def drained(bus: Bus) -> list[Message]:
    async with bus.subscribe(STAGE.sink, "redaction", max_unsettled=1000) as subscription:
        return [one.message for one in await subscription.fetch(1000, 1.0)]


async def test_a_payload_that_kills_who_reads_it_is_given_up_whole() -> None:
    bus = broker().bus()
    await publish(bus, 1)
    await delivered_without_outcome(bus, 2)

    def decode(payload: bytes) -> SpanBatch:
        faulthandler.disable()
        os.abort()

    deadly = replace(STAGE, decode=decode)
    stop = asyncio.Event()
    running = asyncio.create_task(run_stage(bus, deadly, unchanged, QUICK, stop, dead_letter_key=KEY))
    (letter,) = await dead_letters(bus, 1)
    stop.set()
    await running
    assert (letter.message_id, letter.reason) == ("b-0", "WORKER_DIED")
    assert SpanBatch.decode(letter.payload).columns.num_rows == 3


async def test_batches_that_came_often_for_other_reasons_lose_nothing() -> None:
    bus = broker().bus()
    await publish(bus, 5)
    await delivered_without_outcome(bus, 4)
    async with running_stage(bus, unchanged):
        assert sorted(one.id for one in await outputs(bus, 5)) == [f"b-{number}:tokenization.1" for number in range(5)]
        assert await dead_letters(bus, 0) == []


async def test_what_was_given_back_on_purpose_is_not_tried_in_a_child() -> None:
    bus = broker().bus()
    await publish(bus, 1)
    pids: list[int] = []

    def refuses(spans: SpanBatch) -> SpanBatch:
        pids.append(os.getpid())
        raise InvalidArgumentError("a defect")

    settings = QUICK.model_copy(
        update={
            "dead_letters": DeadLetterLimit(min_items=1, pause_s=0.05),
            "trial": TrialSettings(after_deliveries=1),
        }
    )
    async with running_stage(bus, refuses, settings):
        await until(lambda: len(pids) > 20)
    assert set(pids) == {os.getpid()}


async def test_a_call_that_does_not_end_makes_the_stage_fail_and_gives_back_the_others() -> None:
    bus = broker(ack_wait_s=60).bus()
    await publish(bus, 10)
    health, go_on = StageHealth(), threading.Event()

    def hangs(spans: SpanBatch) -> SpanBatch:
        if "b-4/0" in names(spans):
            go_on.wait(PATIENCE_S * 2)
        return spans

    settings = QUICK.model_copy(update={"call_budget_s": 0.5, "concurrency": 1})
    started = time.monotonic()
    with pytest.raises(StageStuckError):
        await run_stage(bus, STAGE, hangs, settings, asyncio.Event(), dead_letter_key=KEY, health=health)
    assert time.monotonic() - started < PATIENCE_S / 2
    assert not health.serving
    # Not after the acknowledgement time of a minute: given back, so at once.
    async with running_stage(bus, unchanged):
        assert len(await outputs(bus, 10)) == 10
    go_on.set()


async def test_a_span_whose_work_does_not_end_is_found_in_a_child() -> None:
    bus = broker().bus()
    await publish(bus, 1, rows=1)
    await delivered_without_outcome(bus, 2)

    def hangs(spans: SpanBatch) -> SpanBatch:
        threading.Event().wait(PATIENCE_S * 2)
        return spans

    async with running_stage(bus, hangs, QUICK.model_copy(update={"call_budget_s": 0.3})):
        (letter,) = await dead_letters(bus, 1)
    assert (letter.message_id, letter.reason) == ("b-0", "OVER_BUDGET")


async def test_a_stop_waits_for_work_only_so_long_and_gives_it_back() -> None:
    bus = broker(ack_wait_s=60).bus()
    await publish(bus, 3)
    started, go_on = threading.Event(), threading.Event()

    def takes_long(spans: SpanBatch) -> SpanBatch:
        started.set()
        go_on.wait(PATIENCE_S * 2)
        return spans

    async with running_stage(bus, takes_long, QUICK.model_copy(update={"drain_s": 0.3})) as stop:
        await until(started.is_set)
        stop.set()
        stopped_at = time.monotonic()
    assert time.monotonic() - stopped_at < PATIENCE_S / 2
    go_on.set()
    async with running_stage(bus, unchanged):
        assert len(await outputs(bus, 3)) == 3


async def test_a_stop_ends_a_trial_and_condemns_nothing() -> None:
    bus = broker(ack_wait_s=0.5).bus()
    await publish(bus, 1)
    await delivered_without_outcome(bus, 2)

    def hangs(spans: SpanBatch) -> SpanBatch:
        threading.Event().wait(PATIENCE_S * 2)
        return spans

    async with running_stage(bus, hangs, QUICK.model_copy(update={"drain_s": 0.3})):
        await asyncio.sleep(0.5)  # time for the trial to begin
    assert await pending(bus) == 1
    async with running_stage(bus, unchanged):
        assert len(await outputs(bus, 1)) == 1
        assert await dead_letters(bus, 0) == []


async def test_a_stop_in_the_middle_of_taking_a_batch_apart_condemns_nothing() -> None:
    bus = broker(ack_wait_s=60).bus()
    await publish(bus, 1, rows=8)
    apart, go_on = threading.Event(), threading.Event()

    def fails(spans: SpanBatch) -> SpanBatch:
        if len(names(spans)) < 8:
            apart.set()
            go_on.wait(PATIENCE_S)
        raise InvalidArgumentError("a defect")

    async with running_stage(bus, fails) as stop:
        await until(apart.is_set)
        stop.set()
        go_on.set()
    async with running_stage(bus, unchanged):
        assert len(await outputs(bus, 1)) == 1
        assert await dead_letters(bus, 0) == []


async def test_a_stage_that_fails_on_everything_stops_and_resumes_when_it_can() -> None:
    bus = broker(ack_wait_s=60).bus()
    await publish(bus, 60, rows=5)
    broken, calls = True, 0

    def defective(spans: SpanBatch) -> SpanBatch:
        nonlocal calls
        calls += 1
        if broken:
            raise InvalidArgumentError("a defect")
        return spans

    health, stop = StageHealth(), asyncio.Event()
    settings = QUICK.model_copy(update={"dead_letters": DeadLetterLimit(min_items=50, pause_s=0.5)})
    running = asyncio.create_task(run_stage(bus, STAGE, defective, settings, stop, dead_letter_key=KEY, health=health))
    await until(lambda: not health.serving)
    await asyncio.sleep(0.2)  # what was held comes to its end
    calls_when_stopped = calls
    await asyncio.sleep(1.5)  # time to fail on everything else
    probes = (calls - calls_when_stopped) / 10  # the batch, and its parts
    assert probes <= 4
    assert not health.serving
    broken = False
    await until(lambda: health.serving)
    buried = {letter.message_id for letter in await dead_letters(bus, 9)}
    await until_settled(bus)
    stop.set()
    await running
    assert len(await drained(bus)) == 60 - len(buried)


def test_the_settings_are_such_that_a_stop_ends_in_the_services_budget() -> None:
    assert RunnerSettings().drain_s < 10
