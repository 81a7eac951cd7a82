"""What the stage runner does with spans that cannot go on, so that none is lost and none holds up the others."""

import asyncio
from dataclasses import replace

from a11i_bus.limits import output_limit, received_limit
from a11i_bus.port import Bus, Message
from a11i_bus.runner import run_stage
from a11i_bus.sealing import SEAL_BYTES
from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED
from a11i_chassis.errors import InvalidArgumentError, TooLargeError, UnavailableError
from a11i_telemetry.batch import SpanBatch
from tests.unit.bus.stage_kit import (
    KEY,
    QUICK,
    STAGE,
    RefusingBus,
    batch,
    broker,
    dead_letters,
    message,
    outputs,
    pending,
    running_stage,
    strings,
    unchanged,
    until,
    until_settled,
)


def names(payload: bytes) -> list[str]:
    return [str(name) for name in SpanBatch.decode(payload).columns["name"].to_pylist()]


class FailsOn:
    """A stage that does not take spans of some names."""

    def __init__(self, *bad: str) -> None:
        self.bad = set(bad)
        self.calls = 0

    def __call__(self, spans: SpanBatch) -> SpanBatch:
        self.calls += 1
        if self.bad & {str(name) for name in spans.columns["name"].to_pylist()}:
            raise InvalidArgumentError("bad span")
        return spans


async def _run_until_output_fails(bus: Bus, stage: FailsOn, after: int) -> None:
    """Run a member that is killed when it has stored that many outputs."""
    stored = 0
    dying = asyncio.Event()

    def dies(topic: str, _: Message) -> Exception | None:
        nonlocal stored
        if topic == STAGE.sink:
            stored += 1
            if stored > after:
                dying.set()
                return UnavailableError("the member dies")
        return None

    refusing = RefusingBus(bus, dies)
    member = asyncio.create_task(run_stage(refusing, STAGE, stage, QUICK, asyncio.Event(), dead_letter_key=KEY))
    await dying.wait()
    member.cancel()
    await asyncio.gather(member, return_exceptions=True)


async def test_a_batch_that_fails_elsewhere_at_its_second_delivery_loses_no_span() -> None:
    for after in (1, 2, 3):
        bus = broker().bus()
        await bus.publish(SPANS_RECEIVED, message(batch("b", rows=8)))
        await _run_until_output_fails(bus, FailsOn("b/2"), after) if after < 3 else None
        async with running_stage(bus, FailsOn("b/6")):
            await until_settled(bus)
            letters = await dead_letters(bus, 1)
            async with bus.subscribe(STAGE.sink, "redaction", max_unsettled=100) as subscription:
                out = [one.message for one in await subscription.fetch(100, 1.0)]
        found = {name for one in out for name in names(one.payload)} | set(names(letters[0].payload))
        assert found == {f"b/{row}" for row in range(8)}


async def test_an_output_that_is_cut_elsewhere_at_its_second_delivery_loses_no_span() -> None:
    bus = broker(capacity_bytes=500_000_000).bus()
    await bus.publish(SPANS_RECEIVED, message(batch("b", rows=10)))

    class Grows(FailsOn):
        chars = 2_500_000

        def __call__(self, spans: SpanBatch) -> SpanBatch:
            return spans.with_columns(status_message=strings(["x" * self.chars] * spans.columns.num_rows))

    stage = Grows()
    await _run_until_output_fails(bus, stage, 1)
    stage.chars = 1_500_000
    async with running_stage(bus, stage):
        await until_settled(bus)
    async with bus.subscribe(STAGE.sink, "redaction", max_unsettled=100) as subscription:
        out = [one.message for one in await subscription.fetch(100, 1.0)]
    assert {name for one in out for name in names(one.payload)} == {f"b/{row}" for row in range(10)}


async def test_a_span_that_the_stage_makes_too_large_is_given_up_alone() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(batch("b", rows=4)))
    calls = 0

    def grows(spans: SpanBatch) -> SpanBatch:
        nonlocal calls
        calls += 1
        texts = ["x" * bus.max_payload_bytes if name == "b/1" else "" for name in names(spans.encode())]
        return spans.with_columns(status_message=strings(texts))

    async with running_stage(bus, grows):
        (letter,) = await dead_letters(bus, 1)
        await until_settled(bus)
        out = await outputs(bus, 2)
    assert (letter.reason, names(letter.payload)) == ("TOO_LARGE", ["b/1"])
    assert sorted(name for one in out for name in names(one.payload)) == ["b/0", "b/2", "b/3"]
    assert calls == 5


async def test_a_part_that_the_bus_refuses_is_given_up_and_the_other_goes_on() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(batch("b", rows=4)))

    def refuses(topic: str, published: Message) -> Exception | None:
        return TooLargeError("no") if topic == STAGE.sink and "b/1" in names(published.payload) else None

    async with running_stage(RefusingBus(bus, refuses), unchanged):
        (letter,) = await dead_letters(bus, 1)
        await until_settled(bus)
        (good,) = await outputs(bus, 1)
    assert (names(letter.payload), names(good.payload)) == (["b/0", "b/1"], ["b/2", "b/3"])


async def test_a_batch_that_not_even_the_dead_letters_take_is_put_off_not_tried_without_end() -> None:
    bus, stage = broker().bus(), FailsOn("b/0")
    await bus.publish(SPANS_RECEIVED, message(batch("b", rows=1)))

    def refuses(topic: str, _: Message) -> Exception | None:
        return RuntimeError("a defect") if topic == DEADLETTERS else None

    refusing = RefusingBus(bus, refuses)
    async with running_stage(refusing, stage):
        await until(lambda: refusing.refused > 0)
        await asyncio.sleep(0.3)  # time for many tries
        assert await pending(bus) == 1
    assert (stage.calls, refusing.refused) == (1, 1)


async def test_full_dead_letters_hold_up_nothing_else() -> None:
    bus = broker(ack_wait_s=60).bus()
    full = True

    def refuses(topic: str, _: Message) -> Exception | None:
        return UnavailableError("full") if full and topic == DEADLETTERS else None

    for number in range(4):
        await bus.publish(SPANS_RECEIVED, message(batch(f"bad-{number}", rows=1)))
    await bus.publish(SPANS_RECEIVED, message(batch("good", rows=1)))
    settings = QUICK.model_copy(update={"window": 2, "patience_s": 0.5})
    stage = FailsOn(*(f"bad-{number}/0" for number in range(4)))
    async with running_stage(RefusingBus(bus, refuses), stage, settings):
        assert [one.id for one in await outputs(bus, 1)] == ["good:tokenization.1"]
        assert await pending(bus) == 4
        full = False
        await until_settled(bus)
    assert await pending(bus, DEADLETTERS, "delivery") == 4


async def test_what_a_stage_may_put_out_fits_into_the_dead_letters_sealed() -> None:
    bus = broker(capacity_bytes=500_000_000).bus()
    for limit in (received_limit(bus), output_limit(bus)):
        spans = batch(f"b-{limit}", rows=1)
        spans = spans.with_columns(status_message=strings(["x" * (limit - len(spans.encode()) - 200)]))
        spans = replace(spans, traceparent="0" * (limit - len(spans.encode()) - 3))  # to the byte, or nearly
        assert limit - SEAL_BYTES < len(spans.encode()) <= limit
        await bus.publish(SPANS_RECEIVED, Message(id=spans.batch_id, key="tenant-1", payload=spans.encode()))
        async with running_stage(bus, FailsOn(f"b-{limit}/0")):
            await until_settled(bus)
    assert len(await dead_letters(bus, 2)) == 2


async def test_a_span_as_large_as_ingest_takes_has_room_to_grow() -> None:
    bus = broker(capacity_bytes=500_000_000).bus()
    spans = batch("b", rows=1).with_columns(status_message=strings(["x" * (received_limit(bus) - 50_000)]))
    await bus.publish(SPANS_RECEIVED, message(spans))

    def grows(received: SpanBatch) -> SpanBatch:
        return received.with_columns(input_messages=strings(["y" * (received_limit(bus) // 4)]))

    async with running_stage(bus, grows):
        await outputs(bus, 1)
