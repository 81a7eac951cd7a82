"""The sink runner, on a bus in memory."""

import asyncio
import time

from a11i_bus import Bus, Message
from a11i_bus.topology import DEADLETTERS, SPANS_REDACTED
from a11i_chassis.errors import InvalidArgumentError, UnavailableError
from a11i_telemetry.batch import SpanBatch
from tests.unit.bus.stage_kit import (
    QUICK_SINK,
    RefusingBus,
    WatchedBus,
    batch,
    broker,
    dead_letters,
    message,
    message_of_unknown_schema,
    pending,
    running_sink,
    until,
    until_settled,
)

GROUP = "writer"


class Store:
    """Keeps batches by id, and fails when told to."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.stored: dict[str, int] = {}
        self.spans: set[str] = set()
        self.down = False
        self.poison: set[str] = set()
        self.poison_span = ""
        self.max_batches = 1_000_000
        self.permanent = True
        self.slow_s = 0.0

    async def insert(self, batches: list[SpanBatch]) -> None:
        ids = [one.batch_id for one in batches]
        self.calls.append(ids)
        await asyncio.sleep(self.slow_s)
        if self.down:
            raise UnavailableError("the store is down", retry_delay_s=0.01)
        if len(batches) > self.max_batches:
            raise UnavailableError("the store has not the memory for it", retry_delay_s=0.01)
        if self.poison_span in [name for one in batches for name in one.columns["name"].to_pylist()]:
            raise InvalidArgumentError("not storable")
        if self.poison & set(ids):
            raise InvalidArgumentError("not storable") if self.permanent else RuntimeError("not storable")
        for batch_id in ids:
            self.stored[batch_id] = self.stored.get(batch_id, 0) + 1
        self.spans |= {str(name) for one in batches for name in one.columns["name"].to_pylist()}


async def published(bus: Bus, count: int, *, rows: int = 3) -> list[str]:
    ids = [f"batch-{number:03}" for number in range(count)]
    for batch_id in ids:
        await bus.publish(SPANS_REDACTED, message(batch(batch_id, rows)))
    return ids


async def test_waiting_batches_are_stored_in_one_call_and_then_acknowledged() -> None:
    bus, store = broker().bus(), Store()
    ids = await published(bus, 30)
    async with running_sink(bus, store.insert):
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert store.calls == [ids]


async def test_a_single_batch_waits_for_others_only_so_long() -> None:
    bus, store = broker().bus(), Store()
    async with running_sink(bus, store.insert):
        await published(bus, 1)
        started = time.monotonic()
        await until(lambda: bool(store.stored))
        assert time.monotonic() - started < 5


async def test_a_call_is_no_larger_than_told() -> None:
    size = len(batch("batch-000", 10).encode())
    for limits in ({"max_rows": 300}, {"max_bytes": 30 * size}, {"window": 30}):
        bus, store = broker().bus(), Store()
        await published(bus, 100, rows=10)
        async with running_sink(bus, store.insert, QUICK_SINK.model_copy(update=limits)):
            await until_settled(bus, SPANS_REDACTED, GROUP)
        assert 30 <= max(len(call) for call in store.calls) <= 31  # where the last one begins under the limit
        assert len(store.stored) == 100


async def test_a_call_too_large_for_the_store_is_made_smaller_until_it_goes_through() -> None:
    bus, store = broker().bus(), Store()
    store.max_batches = 3
    ids = await published(bus, 40)
    async with running_sink(bus, store.insert):
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert store.stored == dict.fromkeys(ids, 1)
    assert await pending(bus, DEADLETTERS, "delivery") == 0


async def test_after_an_outage_batches_are_stored_together_again() -> None:
    bus, store = broker(ack_wait_s=60).bus(), Store()
    store.down = True
    ids = await published(bus, 64)
    async with running_sink(bus, store.insert):
        await until(lambda: len(store.calls) > 12)
        store.down, calls = False, len(store.calls)
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert store.stored == dict.fromkeys(ids, 1)
    assert len(store.calls) - calls < 12


async def test_full_dead_letters_hold_up_no_other_batch() -> None:
    bus, store = broker(ack_wait_s=60).bus(), Store()
    full = True

    def refuses(topic: str, _: Message) -> Exception | None:
        return UnavailableError("full") if full and topic == DEADLETTERS else None

    store.poison = {"batch-002"}
    await bus.publish(SPANS_REDACTED, Message(id="noise", key="tenant-1", payload=b"\xff\xff noise"))
    await published(bus, 5)
    async with running_sink(RefusingBus(bus, refuses), store.insert, QUICK_SINK.model_copy(update={"patience_s": 0.2})):
        await until(lambda: len(store.stored) == 4)
        await bus.publish(SPANS_REDACTED, message(batch("later")))
        await until(lambda: "later" in store.stored)
        assert await pending(bus, SPANS_REDACTED, GROUP) == 2
        full = False
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert {letter.message_id for letter in await dead_letters(bus, 2)} == {"noise", "batch-002"}


async def test_a_span_that_the_store_refuses_does_not_take_the_others_of_its_batch_with_it() -> None:
    bus, store = broker().bus(), Store()
    store.poison_span = "batch-001/6"
    await published(bus, 3, rows=8)
    async with running_sink(bus, store.insert):
        (letter,) = await dead_letters(bus, 1)
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert (letter.message_id, letter.reason) == ("batch-001/6-7", "ARGUMENT_INVALID")
    assert SpanBatch.decode(letter.payload).columns["name"].to_pylist() == ["batch-001/6"]
    assert store.spans == {f"batch-{number:03}/{row}" for number in range(3) for row in range(8)} - {"batch-001/6"}


async def test_while_the_store_works_the_next_call_is_gathered() -> None:
    bus, store = broker(ack_wait_s=60).bus(), Store()
    store.slow_s = 0.5
    async with running_sink(bus, store.insert):
        await published(bus, 1)
        await until(lambda: len(store.calls) == 1)
        for number in range(20):
            await bus.publish(SPANS_REDACTED, message(batch(f"later-{number}")))
            await asyncio.sleep(0.01)
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert [len(call) for call in store.calls] == [1, 20]


async def test_while_the_store_is_down_nothing_is_acknowledged_and_nothing_given_to_others() -> None:
    server, store = broker(ack_wait_s=0.3), Store()
    bus = server.bus()
    store.down = True
    ids = await published(bus, 5)
    async with running_sink(bus, store.insert):
        await until(lambda: len(store.calls) > 20)
        assert await pending(bus, SPANS_REDACTED, GROUP) == 5
        async with bus.subscribe(SPANS_REDACTED, GROUP, max_unsettled=10) as other:
            assert await other.fetch(10, timeout_s=0.6) == []
        store.down = False
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert store.stored == dict.fromkeys(ids, 1)


async def test_one_poison_batch_does_not_hold_up_the_others() -> None:
    bus, store = broker().bus(), Store()
    store.poison = {"batch-005"}
    ids = await published(bus, 16)
    async with running_sink(bus, store.insert):
        (letter,) = await dead_letters(bus, 1)
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert store.stored == {batch_id: 1 for batch_id in ids if batch_id != "batch-005"}
    assert (letter.message_id, letter.stage, letter.reason) == ("batch-005", "writer.1", "ARGUMENT_INVALID")
    assert SpanBatch.decode(letter.payload).batch_id == "batch-005"


async def test_a_batch_that_fails_for_an_unknown_reason_is_tried_again_alone() -> None:
    bus, store = broker().bus(), Store()
    store.poison, store.permanent = {"batch-001"}, False
    await published(bus, 2)
    async with running_sink(bus, store.insert):
        (letter,) = await dead_letters(bus, 1)
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert letter.tries == QUICK_SINK.max_tries
    assert store.calls.count(["batch-001"]) == letter.tries + 4  # the two halves, and the halves of the larger one
    assert letter.error_type == "RuntimeError"


async def test_what_is_no_batch_is_taken_out_and_an_unknown_schema_put_off() -> None:
    bus, store = broker().bus(), Store()
    await bus.publish(SPANS_REDACTED, Message(id="noise", key="tenant-1", payload=b"\xff\xff noise"))
    await bus.publish(SPANS_REDACTED, message_of_unknown_schema("from-tomorrow"))
    await published(bus, 1)
    async with running_sink(bus, store.insert):
        (letter,) = await dead_letters(bus, 1)
        await until(lambda: bool(store.stored))
    assert letter.message_id == "noise"
    assert list(store.stored) == ["batch-000"]
    assert await pending(bus, SPANS_REDACTED, GROUP) == 1


async def test_a_stop_stores_what_was_gathered() -> None:
    bus, store = WatchedBus(broker(ack_wait_s=60).bus()), Store()
    store.slow_s = 0.2
    await published(bus, 1)
    async with running_sink(bus, store.insert, QUICK_SINK.model_copy(update={"max_wait_s": 30.0})):
        await bus.taken.wait()
        assert store.calls == []
    assert list(store.stored) == ["batch-000"]
    assert await pending(bus, SPANS_REDACTED, GROUP) == 0


async def test_a_stop_while_the_store_is_down_gives_everything_back_at_once() -> None:
    server, store = broker(ack_wait_s=60), Store()
    bus = server.bus()
    store.down = True
    ids = await published(bus, 3)
    async with running_sink(bus, store.insert):
        await until(lambda: len(store.calls) > 2)
    store.down = False
    async with running_sink(bus, store.insert):
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert store.stored == dict.fromkeys(ids, 1)
