"""The stage runner, on a bus in memory."""

import asyncio
import threading
import time

import pytest
from pydantic import SecretStr

from a11i_bus.port import Message
from a11i_bus.runner import RunnerSettings, run_stage
from a11i_bus.topology import SPANS_RECEIVED
from a11i_chassis.errors import InvalidArgumentError, UnavailableError
from a11i_telemetry.batch import SpanBatch
from tests.unit.bus.stage_kit import (
    KEY,
    QUICK,
    STAGE,
    WatchedBus,
    batch,
    broker,
    dead_letters,
    message,
    message_of_unknown_schema,
    outputs,
    pending,
    running_stage,
    strings,
    unchanged,
    until,
    until_settled,
)


def renamed(spans: SpanBatch) -> SpanBatch:
    names = [f"renamed {name}" for name in spans.columns["name"].to_pylist()]
    return spans.with_columns(name=strings(names))


async def test_each_batch_comes_out_once_transformed_and_under_an_id_of_the_stage() -> None:
    bus = broker().bus()
    for number in range(20):
        await bus.publish(SPANS_RECEIVED, message(batch(f"batch-{number}")))
    async with running_stage(bus, renamed):
        out = await outputs(bus, 20)
    assert sorted(one.id for one in out) == sorted(f"batch-{number}:tokenization.1" for number in range(20))
    spans = SpanBatch.decode(out[0].payload)
    assert spans.columns["name"].to_pylist() == [f"renamed {spans.batch_id}/{row}" for row in range(3)]
    assert out[0].key == spans.tenant_id == "tenant-1"
    assert await pending(bus) == 0


async def test_a_member_that_dies_between_output_and_acknowledgement_doubles_nothing() -> None:
    server = broker()
    bus = server.bus()
    await bus.publish(SPANS_RECEIVED, message(batch("batch-1")))
    dying = WatchedBus(bus, dies=True)
    first = asyncio.create_task(run_stage(dying, STAGE, unchanged, QUICK, asyncio.Event(), dead_letter_key=KEY))
    await dying.dying.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert await pending(bus) == 1
    async with running_stage(bus, unchanged):
        await until_settled(bus)
        out = await outputs(bus, 1)
    assert [one.id for one in out] == ["batch-1:tokenization.1"]


async def test_an_unavailable_collaborator_makes_a_batch_wait_however_often_it_fails() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(batch("batch-1")))
    calls = 0

    def comes_back_late(spans: SpanBatch) -> SpanBatch:
        nonlocal calls
        calls += 1
        if calls <= QUICK.max_tries * 3:
            raise UnavailableError("no policy to be had", retry_delay_s=0.01)
        return spans

    async with running_stage(bus, comes_back_late):
        assert len(await outputs(bus, 1)) == 1
    assert calls == QUICK.max_tries * 3 + 1


async def test_a_batch_that_waits_too_long_is_given_back_and_does_not_hold_up_others() -> None:
    bus = broker().bus()
    settings = QUICK.model_copy(update={"window": 1, "patience_s": 0.1})
    await bus.publish(SPANS_RECEIVED, message(batch("stuck")))
    await bus.publish(SPANS_RECEIVED, message(batch("free")))
    unstuck = threading.Event()

    def sticks_at_one(spans: SpanBatch) -> SpanBatch:
        if spans.batch_id == "stuck" and not unstuck.is_set():
            raise UnavailableError("no policy for this tenant", retry_delay_s=0.01)
        return spans

    async with running_stage(bus, sticks_at_one, settings):
        assert [one.id for one in await outputs(bus, 1)] == ["free:tokenization.1"]
        unstuck.set()
        assert [one.id for one in await outputs(bus, 1)] == ["stuck:tokenization.1"]


async def test_a_failing_batch_is_tried_again_and_then_becomes_a_sealed_dead_letter(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(batch("poison")))
    await bus.publish(SPANS_RECEIVED, message(batch("good")))
    calls = 0

    def chokes(spans: SpanBatch) -> SpanBatch:
        nonlocal calls
        if spans.batch_id == "poison":
            calls += 1
            raise KeyError(f"cannot digest {spans.columns['name'][0]}")
        return spans

    async with running_stage(bus, chokes):
        assert [one.id for one in await outputs(bus, 1)] == ["good:tokenization.1"]
        (letter,) = await dead_letters(bus, 1)
    assert calls >= QUICK.max_tries
    assert (letter.message_id, letter.tenant_id, letter.source) == ("poison", "tenant-1", SPANS_RECEIVED)
    assert (letter.stage, letter.reason, letter.error_type) == ("tokenization.1", "INTERNAL", "KeyError")
    assert letter.tries == QUICK.max_tries
    assert SpanBatch.decode(letter.payload).batch_id == "poison"
    assert await pending(bus) == 0
    logged = caplog.text + "".join(capsys.readouterr())
    assert letter.error_id in logged
    assert "cannot digest" not in logged
    assert "poison/0" not in logged


async def test_a_span_that_fails_does_not_take_the_others_of_its_batch_with_it() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(batch("batch-1", rows=10)))

    def chokes_on_two(spans: SpanBatch) -> SpanBatch:
        if {"batch-1/3", "batch-1/8"} & set(spans.columns["name"].to_pylist()):
            raise RuntimeError("bad span")
        return renamed(spans)

    async with running_stage(bus, chokes_on_two):
        letters = await dead_letters(bus, 2)
        await until_settled(bus)
        out = await outputs(bus, 6)
    names = [name for one in out for name in SpanBatch.decode(one.payload).columns["name"].to_pylist()]
    assert sorted(map(str, names)) == [f"renamed batch-1/{row}" for row in range(10) if row not in (3, 8)]
    assert len({one.id for one in out}) == 6
    buried = {letter.message_id: SpanBatch.decode(letter.payload).columns["name"].to_pylist() for letter in letters}
    assert buried == {"batch-1/3-4": ["batch-1/3"], "batch-1/8-9": ["batch-1/8"]}


async def test_a_batch_that_can_never_be_worked_on_is_not_tried_again() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(batch("poison", rows=1)))
    calls = 0

    def refuses(spans: SpanBatch) -> SpanBatch:
        nonlocal calls
        calls += 1
        raise InvalidArgumentError("not for us")

    async with running_stage(bus, refuses):
        (letter,) = await dead_letters(bus, 1)
    assert (calls, letter.tries, letter.reason) == (1, 1, "ARGUMENT_INVALID")


async def test_a_payload_that_is_no_batch_becomes_a_dead_letter() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, Message(id="noise", key="tenant-1", payload=b"\xff\xff noise"))
    async with running_stage(bus, unchanged):
        (letter,) = await dead_letters(bus, 1)
    assert letter.payload == b"\xff\xff noise"
    assert letter.error_type == "BatchDecodeError"


async def test_a_member_that_dies_between_dead_letter_and_term_leaves_one_dead_letter() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, Message(id="noise", key="tenant-1", payload=b"\xff\xff noise"))
    dying = WatchedBus(bus, dies=True)
    first = asyncio.create_task(run_stage(dying, STAGE, unchanged, QUICK, asyncio.Event(), dead_letter_key=KEY))
    await dying.dying.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    async with running_stage(bus, unchanged):
        await until_settled(bus)
        assert len(await dead_letters(bus, 1)) == 1


async def test_a_batch_of_an_unknown_schema_is_put_off_not_lost() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message_of_unknown_schema("from-tomorrow"))
    await bus.publish(SPANS_RECEIVED, message(batch("of-today")))
    async with running_stage(bus, unchanged, QUICK.model_copy(update={"park_s": 0.1})):
        assert [one.id for one in await outputs(bus, 1)] == ["of-today:tokenization.1"]
        assert await dead_letters(bus, 0) == []
    assert await pending(bus) == 1


async def test_long_work_is_not_given_to_another_member() -> None:
    server = broker(ack_wait_s=0.3)
    await server.bus().publish(SPANS_RECEIVED, message(batch("batch-1")))
    calls = 0

    def takes_long(spans: SpanBatch) -> SpanBatch:
        nonlocal calls
        calls += 1
        time.sleep(1.0)
        return spans

    async with running_stage(server.bus(), takes_long), running_stage(server.bus(), takes_long):
        await outputs(server.bus(), 1)
    assert calls == 1


async def test_no_more_batches_are_worked_on_at_once_than_told() -> None:
    bus = broker().bus()
    for number in range(12):
        await bus.publish(SPANS_RECEIVED, message(batch(f"batch-{number}")))
    lock = threading.Lock()
    running = most = 0

    def counts(spans: SpanBatch) -> SpanBatch:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return spans

    async with running_stage(bus, counts, QUICK.model_copy(update={"concurrency": 3})):
        await outputs(bus, 12)
    assert most == 3


async def test_while_the_topic_downstream_is_full_the_input_stays_and_is_not_worked_on_again() -> None:
    server = broker(capacity_bytes=1_048_576)
    bus = server.bus()
    filling = 0
    with pytest.raises(UnavailableError):  # noqa: PT012 - fills the topic
        while True:
            await bus.publish(STAGE.sink, Message(id=f"filler-{filling}", key="t", payload=bytes(20_000)))
            filling += 1
    await bus.publish(SPANS_RECEIVED, message(batch("batch-1", rows=100)))
    calls = 0

    def grows(spans: SpanBatch) -> SpanBatch:
        nonlocal calls
        calls += 1
        return spans.with_columns(name=strings(["x" * 200] * 100))

    async with running_stage(bus, grows):
        await until(lambda: calls == 1)
        await asyncio.sleep(0.3)  # time to acknowledge the input too early
        assert await pending(bus) == 1
        out = await outputs(bus, filling + 1)
    assert out[-1].id == "batch-1:tokenization.1"
    assert calls == 1


async def test_an_output_over_the_bus_limit_is_split_the_same_way_each_time() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(batch("batch-1", rows=10)))

    def grows(spans: SpanBatch) -> SpanBatch:
        return spans.with_columns(name=strings([str(row) * 1_500_000 for row in range(10)]))

    async with running_stage(bus, grows):
        out = await outputs(bus, 3)
    assert [one.id for one in out] == [f"batch-1:tokenization.1-{rows}" for rows in ("0-4", "4-8", "8-10")]
    names = [str(name)[0] for one in out for name in SpanBatch.decode(one.payload).columns["name"].to_pylist()]
    assert names == [str(row) for row in range(10)]


async def test_the_bus_may_go_away_and_come_back() -> None:
    server = broker()
    bus = server.bus()
    for number in range(5):
        await bus.publish(SPANS_RECEIVED, message(batch(f"batch-{number}")))
    working = threading.Event()

    def tells(spans: SpanBatch) -> SpanBatch:
        working.set()
        return spans

    async with running_stage(bus, tells):
        await until(working.is_set)
        server.stop()
        await asyncio.sleep(0.1)  # the outage itself
        server.start()
        await outputs(bus, 5)


async def test_a_stop_finishes_what_is_under_way_and_gives_back_the_rest() -> None:
    server = broker(ack_wait_s=60)
    bus = server.bus()
    for number in range(10):
        await bus.publish(SPANS_RECEIVED, message(batch(f"batch-{number}")))
    started, finish = threading.Event(), threading.Event()
    worked_on: list[str] = []

    def waits(spans: SpanBatch) -> SpanBatch:
        worked_on.append(spans.batch_id)
        started.set()
        finish.wait(10)
        return spans

    settings = QUICK.model_copy(update={"concurrency": 1})
    async with running_stage(bus, waits, settings) as stop:
        await until(started.is_set)
        stop.set()
        finish.set()
    assert len(worked_on) == 1
    # Not after the acknowledgement time of a minute: given back, so at once.
    async with running_stage(bus, unchanged):
        assert len(await outputs(bus, 10)) == 10


def test_a_key_for_dead_letters_that_can_be_guessed_is_refused_at_once() -> None:
    bus = broker().bus()
    coroutine = run_stage(bus, STAGE, unchanged, RunnerSettings(), asyncio.Event(), dead_letter_key=SecretStr("short"))
    with pytest.raises(ValueError, match="at least 32 characters"):
        asyncio.run(coroutine)
