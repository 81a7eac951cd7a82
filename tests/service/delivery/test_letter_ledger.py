"""What delivery enters in the ledger: before what rests on it, and again after a death."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from pydantic import SecretStr

from a11i.telemetry.v1.ledger_entries_pb2 import LedgerEntries, LedgerEntry, LedgerOutcome
from a11i_bus import Bus, BusSettings, Message
from a11i_bus.dead_letters import DeadLetters
from a11i_bus.failures import describe
from a11i_bus.ledger import LedgerBook, ledger_book
from a11i_bus.memory import MemoryBroker, MemoryBus
from a11i_bus.sealing import Seal
from a11i_bus.topology import DEADLETTERS, LEDGER, SPANS_TOKENIZED
from a11i_chassis.errors import UnavailableError
from a11i_delivery.intake import take_in
from a11i_delivery.letter_entries import discarded
from a11i_delivery.replay import Replayer
from a11i_delivery.retention import enter_discarded, keep_retention
from a11i_storage.postgres import DeadLetterStore, PostgresSettings, open_dead_letters
from a11i_storage.postgres.dead_letters import Letter, LetterFilter, LetterState, NewAction
from a11i_telemetry.batch import SpanBatch
from tests.service.delivery.delivery_kit import KEY, Engines, batch, eventually

ANY = LetterFilter()
SOMEBODY = NewAction("somebody", "")


class Ledgerless(MemoryBus):
    """A bus whose ledger takes nothing while it is told so."""

    def __init__(self, broker: MemoryBroker) -> None:
        super().__init__(broker)
        self.full = True
        self.refused = 0

    async def publish(self, topic: str, message: Message) -> None:
        if topic == LEDGER and self.full:
            self.refused += 1
            raise UnavailableError("topic ledger is full", retry_delay_s=0.01)
        await super().publish(topic, message)


@pytest_asyncio.fixture
async def store(engines: Engines) -> AsyncIterator[DeadLetterStore]:
    async with open_dead_letters(PostgresSettings.model_validate({"dsn": engines.postgres_dsn})) as opened:
        yield opened


@pytest.fixture
def bus() -> Ledgerless:
    made = Ledgerless(MemoryBroker(BusSettings(url=SecretStr("memory://"), ack_wait_s=0.2)))
    made.full = False
    return made


@pytest.fixture
def tenant() -> str:
    return str(uuid.uuid4())


@asynccontextmanager
async def taking_in(bus: Bus, store: DeadLetterStore) -> AsyncIterator[LedgerBook]:
    stop = asyncio.Event()
    async with ledger_book(bus) as ledger, asyncio.TaskGroup() as tasks:
        tasks.create_task(take_in(bus, store, ledger, Seal(KEY), stop))
        try:
            yield ledger
        finally:
            stop.set()


async def bury(bus: Bus, spans: SpanBatch) -> None:
    message = Message(f"{spans.batch_id}:tokenization.2", spans.tenant_id, spans.encode())
    await DeadLetters(bus, "redaction.1", SPANS_TOKENIZED, KEY).put(message, describe(ValueError("x")), 3)


async def entries(bus: Bus, tenant: str) -> list[LedgerEntry]:
    """Return what is on the topic, and take it off."""
    found: list[LedgerEntry] = []
    async with bus.subscribe(LEDGER, "delivery", max_unsettled=100) as subscription:
        for delivery in await subscription.fetch(100, 0.0):
            found += LedgerEntries.FromString(delivery.message.payload).entries
            await delivery.ack()
    return [entry for entry in found if entry.tenant_id == tenant]


def said(found: list[LedgerEntry]) -> list[tuple[str, str, str, int, int]]:
    return [
        (
            LedgerOutcome.Name(one.outcome).removeprefix("LEDGER_OUTCOME_"),
            one.batch_id,
            one.replay,
            one.first_item,
            one.item_count,
        )
        for one in found
    ]


async def settled(bus: Bus) -> bool:
    return await bus.pending(DEADLETTERS, "delivery") == 0


async def waiting(store: DeadLetterStore, tenant: str) -> list[Letter]:
    return await store.list_letters(tenant, LetterFilter(state=LetterState.WAITING), 10, None)


async def test_a_letter_is_not_settled_before_the_ledger_has_it(
    bus: Ledgerless, store: DeadLetterStore, tenant: str
) -> None:
    """The service that dies in between keeps it again: here it is given back, to the same end."""
    spans, bus.full = batch(tenant, ["a", "b", "c"]).rows(1, 3), True
    async with taking_in(bus, store):
        await bury(bus, spans)
        await eventually(lambda: waiting(store, tenant))
        assert not await settled(bus)
        assert await entries(bus, tenant) == []
        bus.full = False
        await eventually(lambda: settled(bus))
    (entry,) = await entries(bus, tenant)
    assert said([entry]) == [("DEAD_LETTERED", spans.batch_id, "", 1, 2)]
    assert entry.reason == "redaction/INTERNAL"
    assert len(await waiting(store, tenant)) == 1


async def test_a_replay_is_entered_before_it_counts_as_done_and_the_same_after_a_death(
    bus: Ledgerless, store: DeadLetterStore, tenant: str
) -> None:
    spans = batch(tenant, ["a", "b"])
    async with taking_in(bus, store) as ledger:
        await bury(bus, spans)
        (letter,) = await eventually(lambda: waiting(store, tenant))
        await eventually(lambda: settled(bus))
        await entries(bus, tenant)
        await store.begin_replay(tenant, ANY, "", SOMEBODY, 10)
        replayer, bus.full = Replayer(store, bus, ledger, Seal(KEY)), True
        with pytest.raises(UnavailableError):
            await replayer.drain()
        assert [one.state for one in await store.list_letters(tenant, ANY, 10, None)] == [LetterState.REPLAYING]
        bus.full = False
        await replayer.drain()
        assert [one.state for one in await store.list_letters(tenant, ANY, 10, None)] == [LetterState.REPLAYED]
    mark = f"{letter.id.hex}.1"
    assert said(await entries(bus, tenant)) == [("REPLAYED", spans.batch_id, mark, 0, 2)]
    async with bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=10) as subscription:
        (found,) = await subscription.fetch(10, 0.0)
    assert SpanBatch.decode(found.message.payload).replay == mark


async def test_a_replay_that_fails_leaves_its_own_account(bus: Ledgerless, store: DeadLetterStore, tenant: str) -> None:
    spans = batch(tenant, ["a", "b"])
    async with taking_in(bus, store) as ledger:
        await bury(bus, spans)
        await eventually(lambda: waiting(store, tenant))
        await store.begin_replay(tenant, ANY, "", SOMEBODY, 10)
        await Replayer(store, bus, ledger, Seal(KEY)).drain()
        async with bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=10) as subscription:
            (again,) = await subscription.fetch(10, 0.0)
        dead_letters = DeadLetters(bus, "redaction.1", SPANS_TOKENIZED, KEY)
        await dead_letters.put(again.message, describe(ValueError("x")), 3)
        await eventually(lambda: settled(bus))
        await eventually(lambda: waiting(store, tenant))
    account = SpanBatch.decode(again.message.payload).replay
    assert [(outcome, replay) for outcome, _, replay, _, _ in said(await entries(bus, tenant))] == [
        ("DEAD_LETTERED", ""),
        ("REPLAYED", account),
        ("DEAD_LETTERED", account),
    ]


async def test_discarded_and_expired_letters_are_entered(bus: Ledgerless, store: DeadLetterStore, tenant: str) -> None:
    first, second = batch(tenant, ["a"]), batch(tenant, ["b", "c"])
    stop = asyncio.Event()
    async with taking_in(bus, store) as ledger, asyncio.TaskGroup() as tasks:
        await bury(bus, first)
        await bury(bus, second)

        async def both() -> list[Letter]:
            found = await waiting(store, tenant)
            return found if len(found) == 2 else []

        letters = await eventually(both)
        await eventually(lambda: settled(bus))
        await entries(bus, tenant)

        async def enter(gone: Sequence[Letter]) -> None:
            await ledger.commit(discarded(gone))

        (chosen,) = [one.id for one in letters if one.batch_id == first.batch_id]
        await store.discard(tenant, LetterFilter(ids=(chosen,)), SOMEBODY, 10)
        bus.full = True
        tasks.create_task(enter_discarded(store, enter, 0.02, stop))
        await eventually(lambda: _refused(bus, 2))
        bus.full = False
        found: list[LedgerEntry] = []

        async def look() -> list[LedgerEntry]:
            found.extend(await entries(bus, tenant))
            return found

        await eventually(look)
        assert said(found) == [("DISCARDED", first.batch_id, "", 0, 1)]

        later = datetime.now(UTC) + timedelta(days=31)
        tasks.create_task(keep_retention(store, enter, timedelta(days=30), 0.02, stop, lambda: later))
        found.clear()
        await eventually(look)
        stop.set()
    assert said(found) == [("DISCARDED", second.batch_id, "", 0, 2)]


async def _refused(bus: Ledgerless, count: int) -> bool:
    return bus.refused >= count
