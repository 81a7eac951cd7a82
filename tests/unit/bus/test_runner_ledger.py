"""What stages and sinks write in the ledger, and when, on a bus in memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_STORED, LEDGER_OUTCOME_TOKENIZED, LedgerEntries
from a11i_bus import Bus, Message
from a11i_bus.ledger import Entry
from a11i_bus.topology import DEADLETTERS, LEDGER, SPANS_RECEIVED, SPANS_REDACTED, SPANS_TOKENIZED
from a11i_chassis.errors import InvalidArgumentError, TooLargeError, UnavailableError
from a11i_telemetry.batch import SpanBatch
from tests.unit.bus.stage_kit import (
    PATIENCE_S,
    RefusingBus,
    WatchedBus,
    batch,
    broker,
    message,
    outputs,
    pending,
    running_sink,
    running_stage,
    strings,
    unchanged,
    until,
    until_settled,
)

GROUP = "writer"
_ID = "0123456789abcdef" * 2
_Rows = tuple[str, int, int]
"""The batch, its first row and the row after its last."""


async def entries(bus: Bus) -> list[Entry]:
    """Return what is in the ledger, and take it off."""
    found: list[Entry] = []
    async with bus.subscribe(LEDGER, "delivery", max_unsettled=100) as subscription:
        for delivery in await subscription.fetch(100, 0.0):
            found += LedgerEntries.FromString(delivery.message.payload).entries
            await delivery.ack()
    return found


def rows(found: list[Entry]) -> list[_Rows]:
    return sorted((one.batch_id, one.first_item, one.first_item + one.item_count) for one in found)


def part(first: int, end: int) -> SpanBatch:
    """Return rows of a batch that ingest made, as a stage before has made them a batch of their own."""
    whole = replace(batch(_ID, 20), replay="replay.1", received_time_ns=1_700_000_000_000_000_000)
    return replace(whole.rows(first, end), batch_id=f"{_ID}-{first}-{end}")


def failing(*bad: str) -> Callable[[SpanBatch], SpanBatch]:
    """Return a stage that does not take spans of some names."""

    def stage(spans: SpanBatch) -> SpanBatch:
        if {str(name) for name in spans.columns["name"].to_pylist()} & set(bad):
            raise InvalidArgumentError("bad span")
        return spans

    return stage


async def test_a_stage_notes_which_rows_its_output_holds_and_whose() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(part(5, 9)))
    before = time.time_ns()
    async with running_stage(bus, unchanged):
        await until_settled(bus)
    (entry,) = await entries(bus)
    assert rows([entry]) == [(_ID, 5, 9)]
    assert (entry.tenant_id, entry.project_id, entry.replay) == ("tenant-1", "project-1", "replay.1")
    assert (entry.outcome, entry.reason) == (LEDGER_OUTCOME_TOKENIZED, "")
    assert entry.received_time.ToNanoseconds() == 1_700_000_000_000_000_000
    assert entry.time.ToNanoseconds() >= before


async def test_nothing_is_noted_of_output_that_is_not_stored_and_it_is_as_of_when_it_was() -> None:
    away, full = True, UnavailableError("the topic is full", retry_delay_s=0.01)
    memory = broker(ack_wait_s=60)
    bus = RefusingBus(memory.bus(), lambda topic, _: full if topic == SPANS_TOKENIZED and away else None)
    await bus.publish(SPANS_RECEIVED, message(part(0, 3)))
    async with running_stage(bus, unchanged):
        await until(lambda: bus.refused > 2)
        assert await entries(bus) == []
        back_at, away = time.time_ns(), False
        await until_settled(bus)
    (entry,) = await entries(bus)
    assert entry.time.ToNanoseconds() >= back_at


async def test_a_batch_that_is_split_is_noted_whole() -> None:
    memory = broker(capacity_bytes=500_000_000)

    def grown(spans: SpanBatch) -> SpanBatch:
        return spans.with_columns(name=strings(["x" * 3_000_000] * spans.columns.num_rows))

    await memory.bus().publish(SPANS_RECEIVED, message(part(4, 8)))
    async with running_stage(memory.bus(), grown):
        await until_settled(memory.bus())
    made = [SpanBatch.decode(one.payload) for one in await outputs(memory.bus(), 2)]
    assert [(one.first_item, one.columns.num_rows) for one in made] == [(4, 2), (6, 2)]
    assert rows(await entries(memory.bus())) == [(_ID, 4, 8)]


async def test_of_a_batch_taken_apart_the_rows_that_went_on_are_noted() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(part(10, 18)))
    async with running_stage(bus, failing(f"{_ID}/13")):
        await until_settled(bus)
    assert await pending(bus, DEADLETTERS, "delivery") == 1
    assert rows(await entries(bus)) == [(_ID, 10, 12), (_ID, 12, 13), (_ID, 14, 18)]


async def test_rows_whose_output_the_bus_refuses_are_not_noted() -> None:
    def refuses(topic: str, published: Message) -> Exception | None:
        too_large = topic == SPANS_TOKENIZED and published.id.endswith(("tokenization.1", "/1-2"))
        return TooLargeError("too large") if too_large else None

    bus = RefusingBus(broker().bus(), refuses)
    await bus.publish(SPANS_RECEIVED, message(part(0, 4)))
    async with running_stage(bus, unchanged):
        await until_settled(bus)
    noted = rows(await entries(bus))
    kept = [SpanBatch.decode(one.payload) for one in await outputs(bus, len(noted))]
    assert noted == sorted((_ID, one.first_item, one.first_item + one.columns.num_rows) for one in kept)


async def test_what_a_child_process_made_is_noted_too() -> None:
    bus = broker().bus()
    await bus.publish(SPANS_RECEIVED, message(part(0, 3)))
    for _ in range(2):  # workers that die of it
        async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=10) as subscription:
            assert await subscription.fetch(10, PATIENCE_S)
        await asyncio.sleep(0.5)  # the acknowledgement time
    async with running_stage(bus, unchanged):
        await until_settled(bus)
    assert rows(await entries(bus)) == [(_ID, 0, 3)]


async def until_killed(running: AbstractAsyncContextManager[object], point: asyncio.Event) -> None:
    """Run a member until the point, and not a step further."""

    async def kill() -> None:
        await point.wait()
        raise ConnectionAbortedError("killed")

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kill())
            async with running:
                await asyncio.Event().wait()
    except* ConnectionAbortedError:
        pass


async def test_a_batch_that_comes_again_is_noted_as_the_same_rows() -> None:
    memory = broker()
    await memory.bus().publish(SPANS_RECEIVED, message(part(0, 3)))
    dying = WatchedBus(memory.bus(), dies=True)
    await until_killed(running_stage(dying, unchanged), dying.dying)
    async with running_stage(memory.bus(), unchanged):
        await until_settled(memory.bus())
    found = rows(await entries(memory.bus()))
    assert found
    assert set(found) == {(_ID, 0, 3)}
    assert len(await outputs(memory.bus(), 1)) == 1


class Shelf:
    """A store that remembers its calls."""

    def __init__(self, *bad: str) -> None:
        self.calls: list[list[str]] = []
        self._bad = set(bad)

    async def insert(self, batches: list[SpanBatch]) -> None:
        self.calls.append([one.batch_id for one in batches])
        if self._bad & {str(name) for one in batches for name in one.columns["name"].to_pylist()}:
            raise InvalidArgumentError("not storable")


@asynccontextmanager
async def sink_without_ledger(store: Shelf) -> AsyncIterator[tuple[RefusingBus, asyncio.Event, Callable[[], None]]]:
    """Run a sink whose ledger is away until the function is called."""
    away = True

    def come_back() -> None:
        nonlocal away
        away = False

    full = UnavailableError("topic ledger is full", retry_delay_s=0.01)
    bus = RefusingBus(broker(ack_wait_s=60).bus(), lambda topic, _: full if topic == LEDGER and away else None)
    await bus.publish(SPANS_REDACTED, message(part(5, 9)))
    async with running_sink(bus, store.insert) as stop:
        yield bus, stop, come_back


async def test_a_sink_enters_what_it_stored_in_one_message_before_it_acknowledges() -> None:
    bus, store = broker().bus(), Shelf()
    for first in range(0, 20, 4):
        await bus.publish(SPANS_REDACTED, message(part(first, first + 4)))
    acknowledging = WatchedBus(bus, dies=True)
    await until_killed(running_sink(acknowledging, store.insert), acknowledging.dying)
    found = await entries(bus)
    assert rows(found) == [(_ID, first, first + 4) for first in range(0, 20, 4)]
    assert {(one.outcome, one.replay) for one in found} == {(LEDGER_OUTCOME_STORED, "replay.1")}
    assert await pending(bus, SPANS_REDACTED, GROUP) == 5
    assert len(store.calls) == 1
    async with running_sink(bus, store.insert):  # another member: it stores and enters the same again
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert rows(await entries(bus)) == [(_ID, first, first + 4) for first in range(0, 20, 4)]


async def test_while_the_ledger_is_away_nothing_is_acknowledged_and_nothing_stored_twice() -> None:
    store = Shelf()
    async with sink_without_ledger(store) as (bus, _stop, come_back):
        await until(lambda: bus.refused > 2)
        assert await pending(bus, SPANS_REDACTED, GROUP) == 1
        come_back()
        await until_settled(bus, SPANS_REDACTED, GROUP)
        assert rows(await entries(bus)) == [(_ID, 5, 9)]
    assert len(store.calls) == 1


async def test_a_stop_while_the_ledger_is_away_gives_the_batches_back() -> None:
    store = Shelf()
    async with sink_without_ledger(store) as (bus, stop, _come_back):
        await until(lambda: bus.refused > 0)
        stop.set()
        async with bus.subscribe(SPANS_REDACTED, GROUP, max_unsettled=10) as subscription:
            assert len(await subscription.fetch(10, PATIENCE_S)) == 1


async def test_of_a_batch_with_rows_that_cannot_be_stored_the_others_are_entered() -> None:
    bus, store = broker().bus(), Shelf(f"{_ID}/13")
    await bus.publish(SPANS_REDACTED, message(part(10, 18)))
    async with running_sink(bus, store.insert):
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert await pending(bus, DEADLETTERS, "delivery") == 1
    found = await entries(bus)
    assert rows(found) == [(_ID, 10, 12), (_ID, 12, 13), (_ID, 14, 18)]
    assert {one.outcome for one in found} == {LEDGER_OUTCOME_STORED}


async def test_nothing_is_entered_of_a_batch_that_cannot_be_stored_at_all() -> None:
    bus, store = broker().bus(), Shelf(*(f"{_ID}/{row}" for row in range(20)))
    await bus.publish(SPANS_REDACTED, message(part(0, 3)))
    async with running_sink(bus, store.insert):
        await until_settled(bus, SPANS_REDACTED, GROUP)
    assert await entries(bus) == []
