"""A service's book of the ledger, on a bus in memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain

import pytest
from prometheus_client import REGISTRY

from a11i.telemetry.v1 import ledger_entries_pb2, span_batch_pb2
from a11i.telemetry.v1.ledger_entries_pb2 import (
    LEDGER_OUTCOME_QUEUED,
    LEDGER_OUTCOME_STORED,
    LEDGER_OUTCOME_TOKENIZED,
)
from a11i_bus import Bus, Message
from a11i_bus.ledger import Entry, LedgerBook, entry, entry_of, happened, ledger_book
from a11i_bus.memory import MemoryBroker, MemoryBus
from a11i_bus.topology import LEDGER
from a11i_chassis.errors import TooLargeError, UnavailableError
from tests.unit.bus.stage_kit import RefusingBus, batch, broker, until

_ID = "0123456789abcdef" * 2


class HeldBus(MemoryBus):
    """A bus whose publishing waits until it is let go."""

    def __init__(self, holder: MemoryBroker) -> None:
        super().__init__(holder)
        self.go = asyncio.Event()
        self.begun = 0

    async def publish(self, topic: str, message: Message) -> None:
        self.begun += 1
        await self.go.wait()
        await super().publish(topic, message)


def entries(*numbers: int) -> list[Entry]:
    """Return entries, told apart by their first row."""
    envelope = span_batch_pb2.SpanBatch(batch_id=_ID, tenant_id="tenant-1", project_id="project-1", span_count=1)
    made = []
    for number in numbers:
        envelope.first_item = number
        made.append(entry_of(envelope, time.time_ns(), LEDGER_OUTCOME_QUEUED))
    return made


async def pages(bus: Bus) -> list[list[int]]:
    """Return what is on the topic: the first rows of each message's entries."""
    async with bus.subscribe(LEDGER, "delivery", max_unsettled=1000) as subscription:
        found = await subscription.fetch(1000, 0.0)
    opened = [ledger_entries_pb2.LedgerEntries.FromString(one.message.payload) for one in found]
    return [[one.first_item for one in page.entries] for page in opened]


@asynccontextmanager
async def held_book() -> AsyncIterator[tuple[HeldBus, Bus, LedgerBook]]:
    memory = broker()
    held = HeldBus(memory)
    async with asyncio.timeout(20), ledger_book(held) as book:
        yield held, memory.bus(), book


def test_an_entry_says_whose_rows_it_is_about_and_which_and_when() -> None:
    spans = replace(batch(_ID + "-2-5", 5), received_time_ns=1_700_000_000_123_456_789, replay="r.1").rows(2, 5)
    made = entry(spans, LEDGER_OUTCOME_STORED, reason="why", time_ns=7)
    envelope = span_batch_pb2.SpanBatch.FromString(spans.encode())
    assert made == entry_of(envelope, spans.received_time_ns, LEDGER_OUTCOME_STORED, reason="why", time_ns=7)
    assert (made.tenant_id, made.project_id, made.signal) == ("tenant-1", "project-1", span_batch_pb2.SIGNAL_SPANS)
    assert (made.batch_id, made.replay, made.first_item, made.item_count) == (_ID, "r.1", 2, 3)
    assert (made.received_time.ToNanoseconds(), made.time.ToNanoseconds()) == (1_700_000_000_123_456_789, 7)


async def test_what_is_committed_is_on_the_bus_on_return() -> None:
    bus = broker().bus()
    async with ledger_book(bus) as book:
        await book.commit(entries(1, 2))
        assert await pages(bus) == [[1, 2]]


async def test_a_commit_does_not_return_before_the_bus_has_it() -> None:
    async with held_book() as (held, bus, book), asyncio.TaskGroup() as tasks:
        commit = tasks.create_task(book.commit(entries(1)))
        await until(lambda: held.begun == 1)
        assert not commit.done()
        held.go.set()
        await commit
        assert await pages(bus) == [[1]]


async def test_what_is_committed_while_a_message_is_on_its_way_shares_the_next() -> None:
    async with held_book() as (held, bus, book):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(book.commit(entries(0)))
            await until(lambda: held.begun == 1)
            for number in range(1, 50):
                tasks.create_task(book.commit(entries(number)))
            book.note(entries(99))
            await asyncio.sleep(0)  # the tasks' first step
            held.go.set()
        assert await pages(bus) == [[0], [*range(1, 50), 99]]


async def test_many_entries_go_in_messages_that_every_bus_takes() -> None:
    bus = broker().bus()
    async with ledger_book(bus) as book:
        await book.commit(entries(*range(5_000)))
        found = await pages(bus)
    assert [len(page) for page in found] == [2_000, 2_000, 1_000]
    assert [*chain(*found)] == list(range(5_000))


async def test_messages_shrink_to_what_a_bus_takes_that_takes_little() -> None:
    """A server's limit is its operator's to set. Notes gather while the bus is away, so that a message is full."""

    def refusal(_topic: str, message: Message) -> TooLargeError | None:
        return TooLargeError("over the limit") if len(message.payload) > 100_000 else None

    memory = broker()
    noted, committed = list(range(2_000)), list(range(2_000, 5_000))
    async with asyncio.timeout(20), ledger_book(RefusingBus(memory.bus(), refusal)) as book:
        book.note(entries(*noted))
        while True:
            try:
                await book.commit(entries(*committed))
                break
            except UnavailableError:
                pass  # tried again, as all who commit do
    found = [*chain(*await pages(memory.bus()))]
    assert sorted({*found}) == noted + committed
    assert [one for one in found if one in noted] == noted


async def test_committing_nothing_takes_no_message() -> None:
    bus = broker().bus()
    async with ledger_book(bus) as book:
        await book.commit([])
    assert await pages(bus) == []


@pytest.mark.parametrize(
    "refusal", [UnavailableError("the bus is full", retry_delay_s=7.0), TooLargeError("a message of many bytes")]
)
async def test_a_failure_reaches_all_who_wait_as_something_to_try_again(
    refusal: UnavailableError | TooLargeError,
) -> None:
    memory = broker()
    refusing = RefusingBus(memory.bus(), lambda _topic, _message: refusal)
    async with asyncio.timeout(20), ledger_book(refusing) as book:
        answers = await asyncio.gather(*(book.commit(entries(number)) for number in range(5)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [UnavailableError] * 5
        assert len({id(answer) for answer in answers}) == 5
        assert {answer.reason for answer in answers if isinstance(answer, UnavailableError)} == {refusal.reason}


async def test_a_book_goes_on_after_an_outage() -> None:
    memory = broker()
    bus = memory.bus()
    async with ledger_book(bus) as book:
        memory.stop()
        with pytest.raises(UnavailableError):
            await book.commit(entries(1))
        memory.start()
        await book.commit(entries(2))
        assert await pages(bus) == [[2]]


async def test_notes_go_by_themselves_after_a_moment() -> None:
    bus = broker().bus()
    found: list[list[int]] = []
    async with asyncio.timeout(20), ledger_book(bus) as book:
        book.note(entries(1))
        book.note(entries(2))
        assert await pages(bus) == []
        while not found:
            await asyncio.sleep(0.02)  # between looks
            found = await pages(bus)
    assert found == [[1, 2]]


async def test_notes_outlive_an_outage_and_keep_their_order() -> None:
    memory = broker()
    refusing = RefusingBus(memory.bus(), lambda _topic, _message: None if memory.up else UnavailableError("away"))
    memory.stop()
    async with ledger_book(refusing) as book:
        book.note(entries(1, 2))
        await until(lambda: refusing.refused > 0)
        book.note(entries(3))
        memory.start()
    assert await pages(memory.bus()) == [[1, 2, 3]]


async def test_notes_go_at_the_end() -> None:
    bus = broker().bus()
    async with ledger_book(bus) as book:
        book.note(entries(1))
    assert await pages(bus) == [[1]]


async def test_the_oldest_notes_go_when_there_are_too_many() -> None:
    bus = broker(capacity_bytes=500_000_000).bus()
    dropped = _dropped()
    async with ledger_book(bus) as book:
        many = entries(0) * 30_000
        book.note(entries(1))
        book.note(many)
        book.note(many)
    kept = await pages(bus)
    assert sum(len(page) for page in kept) == 50_000
    assert 1 not in chain(*kept)
    assert _dropped() == dropped + 10_001


async def test_nobody_waits_after_the_end() -> None:
    """The bus hangs: who has committed is told, whether their message was on its way or not, and so is who comes."""
    async with asyncio.TaskGroup() as tasks, held_book() as (held, _bus, book):
        commits = [tasks.create_task(_answer(book, 1))]
        await until(lambda: held.begun == 1)
        commits.append(tasks.create_task(_answer(book, 2)))
        await asyncio.sleep(0)  # the task's first step
    assert [type(one.result()) for one in commits] == [UnavailableError, UnavailableError]
    assert isinstance(await _answer(book, 3), UnavailableError)


async def test_a_caller_that_goes_away_takes_nobody_along() -> None:
    async with held_book() as (held, bus, book), asyncio.TaskGroup() as tasks:
        gone = tasks.create_task(book.commit(entries(1)))
        await until(lambda: held.begun == 1)
        also_gone = tasks.create_task(book.commit(entries(2)))
        stays = tasks.create_task(book.commit(entries(3)))
        await asyncio.sleep(0)  # the tasks' first step
        gone.cancel()
        also_gone.cancel()
        held.go.set()
        await stays
        assert await pages(bus) == [[1], [2, 3]]


async def test_a_defect_leaves_nobody_waiting_and_the_book_goes_on() -> None:
    defects = [ZeroDivisionError("with a secret")]
    bus = broker().bus()
    failing = RefusingBus(bus, lambda _topic, _message: defects.pop() if defects else None)
    async with asyncio.timeout(20), ledger_book(failing) as book:
        with pytest.raises(UnavailableError, match=r"^(?!.*secret)"):
            await book.commit(entries(1))
        await book.commit(entries(2))
    assert await pages(bus) == [[2]]


async def test_an_error_of_the_block_comes_out_as_it_is() -> None:
    with pytest.raises(OSError, match="in use"):
        async with ledger_book(broker().bus()):
            raise OSError("the address is in use")


async def test_entries_can_be_given_the_time_at_which_they_became_true() -> None:
    made = entries(1, 2)
    assert [one.time.ToNanoseconds() for one in happened(made, 5_000_000_007)] == [5_000_000_007] * 2
    before = time.time_ns()
    assert all(one.time.ToNanoseconds() >= before for one in happened(made))


async def test_an_entry_costs_microseconds() -> None:
    """A generous bound, on a busy machine: ingest makes thousands of entries a second."""
    spans, book_bus = batch(_ID), broker().bus()

    def make() -> None:
        for _ in range(1_000):
            entry(spans, LEDGER_OUTCOME_TOKENIZED)

    assert min(_seconds(make) for _ in range(5)) / 1_000 < 50e-6
    async with ledger_book(book_bus) as book:
        started = time.process_time()
        async with asyncio.TaskGroup() as tasks:
            for number in range(1_000):
                tasks.create_task(book.commit(entries(number)))
        assert (time.process_time() - started) / 1_000 < 500e-6


async def _answer(book: LedgerBook, number: int) -> Exception | None:
    try:
        await book.commit(entries(number))
    except UnavailableError as error:
        return error
    return None


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _dropped() -> float:
    return REGISTRY.get_sample_value("a11i_ledger_notes_dropped_total") or 0.0
