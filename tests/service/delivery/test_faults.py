"""What goes wrong on the way of dead letters: answers that are lost, stores that are away, keys that are others'."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import grpc
import pytest
import pytest_asyncio
from pydantic import SecretStr

from a11i_bus import Bus, Message, Subscription, connect
from a11i_bus.dead_letters import DeadLetters
from a11i_bus.failures import describe
from a11i_bus.ledger import LedgerBook, ledger_book
from a11i_bus.sealing import Seal
from a11i_bus.topology import SPANS_TOKENIZED
from a11i_chassis.errors import UnavailableError
from a11i_delivery.intake import take_in
from a11i_delivery.replay import Replayer
from a11i_delivery.retention import keep_retention
from a11i_storage.postgres import DeadLetterStore, PostgresSettings, migrate, open_dead_letters
from a11i_storage.postgres.dead_letters import Letter, LetterFilter, LetterState, NewAction
from a11i_telemetry.batch import SpanBatch
from tests.engines import nats, postgres
from tests.service.delivery.delivery_kit import (
    KEY,
    Delivery,
    Engines,
    RedactionServer,
    batch,
    eventually,
    serving_delivery,
)


class ForgetfulBus:
    """A bus that stores what it is given, and whose answers are lost for a while."""

    def __init__(self, bus: Bus, losses: int) -> None:
        self._bus = bus
        self.losses = losses
        self.published: list[str] = []

    @property
    def max_payload_bytes(self) -> int:
        return self._bus.max_payload_bytes

    async def publish(self, topic: str, message: Message) -> None:
        await self._bus.publish(topic, message)
        self.published.append(message.id)
        if self.losses:
            self.losses -= 1
            raise UnavailableError("the answer is lost")

    def subscribe(self, topic: str, group: str, *, max_unsettled: int) -> AbstractAsyncContextManager[Subscription]:
        return self._bus.subscribe(topic, group, max_unsettled=max_unsettled)

    async def ready(self) -> bool:
        return await self._bus.ready()

    async def pending(self, topic: str, group: str) -> int:
        return await self._bus.pending(topic, group)


@pytest_asyncio.fixture
async def store(engines: Engines) -> AsyncIterator[DeadLetterStore]:
    async with open_dead_letters(PostgresSettings.model_validate({"dsn": engines.postgres_dsn})) as opened:
        yield opened


@asynccontextmanager
async def taking_in(bus: Bus, store: DeadLetterStore) -> AsyncIterator[LedgerBook]:
    """Keep what arrives for the time of the block."""
    stop = asyncio.Event()
    async with ledger_book(bus) as ledger, asyncio.TaskGroup() as tasks:
        tasks.create_task(take_in(bus, store, ledger, Seal(KEY), stop))
        try:
            yield ledger
        finally:
            stop.set()


async def test_a_crash_between_publish_and_the_change_of_state_doubles_nothing(
    engines: Engines, store: DeadLetterStore
) -> None:
    tenant = str(uuid.uuid4())
    any_letter = LetterFilter()
    async with connect(engines.bus) as bus, taking_in(bus, store) as ledger:
        spans = batch(tenant, ["once"])
        message = Message(uuid.uuid4().hex, tenant, spans.encode())
        await DeadLetters(bus, "redaction.1", SPANS_TOKENIZED, KEY).put(message, describe(ValueError("x")), 3)
        (letter,) = await eventually(lambda: store.list_letters(tenant, any_letter, 10, None))
        await store.begin_replay(tenant, any_letter, "", NewAction("somebody", ""), 10)
        forgetful = ForgetfulBus(bus, losses=2)
        replayer = Replayer(store, forgetful, ledger, Seal(KEY))

        for _ in range(2):
            with pytest.raises(UnavailableError, match="the answer is lost"):
                await replayer.drain()
            assert [one.state for one in await store.list_letters(tenant, any_letter, 10, None)] == [
                LetterState.REPLAYING
            ]
        await replayer.drain()

        assert [one.state for one in await store.list_letters(tenant, any_letter, 10, None)] == [LetterState.REPLAYED]
        assert forgetful.published == [f"{message.id}:replay.{letter.id.hex}.1"] * 3
        async with bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=10) as subscription:
            found = [*await subscription.fetch(10, 5.0), *await subscription.fetch(10, 0.5)]
            for one in found:
                await one.ack()
        assert [SpanBatch.decode(one.message.payload) for one in found] == [replace(spans, replay=f"{letter.id.hex}.1")]


async def test_a_letter_waits_on_the_bus_while_postgresql_is_away(
    nats_server: nats.NatsServer,
    redaction_server: RedactionServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    server = postgres.PostgresServer(tmp_path)
    await asyncio.to_thread(server.start)
    try:
        await migrate(PostgresSettings.model_validate({"dsn": server.dsn}))
        engines = Engines(nats_server.url, server.dsn)
        async with serving_delivery(engines, redaction_server.address, str(uuid.uuid4())) as delivery:
            await asyncio.to_thread(server.stop)
            await delivery.bury(batch(delivery.tenant, ["a"]))
            await eventually(lambda: _says(capfd, "dead_letters_wait"))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await delivery.letters()
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            await asyncio.to_thread(server.start)
            await eventually(lambda: _has_one(delivery))
    finally:
        await asyncio.to_thread(server.stop)


async def _says(capfd: pytest.CaptureFixture[str], event: str) -> bool:
    return event in capfd.readouterr().out


async def _has_one(delivery: Delivery) -> bool:
    with suppress(grpc.aio.AioRpcError):  # until the service has noticed that the store is back
        return len(await delivery.letters()) == 1
    return False


async def test_a_letter_under_another_key_is_kept_and_neither_shown_nor_replayed(delivery: Delivery) -> None:
    other = DeadLetters(delivery.bus, "redaction.1", SPANS_TOKENIZED, SecretStr("another key " + "1" * 32))
    payload = batch(delivery.tenant, ["a"]).encode()
    await other.put(Message(uuid.uuid4().hex, delivery.tenant, payload), describe(ValueError("x")), 1)
    (letter,) = await delivery.waiting(1)

    assert letter.project_id == ""
    assert "another key" in (await delivery.get(letter)).contents.unreadable
    answer = await delivery.replay(letter)
    assert (answer.replayed_count, answer.skipped_count) == (0, 1)
    assert await delivery.waiting(1) == [letter]


async def test_a_letter_that_was_put_among_another_tenants_is_refused_and_waits_again(
    delivery: Delivery, engines: Engines
) -> None:
    await delivery.bury(batch(delivery.tenant, ["a"]))
    (letter,) = await delivery.waiting(1)
    stranger = replace(delivery, tenant=str(uuid.uuid4()))
    connection = await asyncpg.connect(engines.postgres_dsn)
    await connection.execute(
        "UPDATE dead_letters SET tenant_id = $1 WHERE id = $2", stranger.tenant, uuid.UUID(letter.dead_letter_id)
    )
    await connection.close()

    assert not (await stranger.get(letter)).contents.items
    answer = await stranger.replay(letter)

    assert (answer.replayed_count, answer.refused_count) == (0, 1)
    assert [one.dead_letter_id for one in await stranger.waiting(1)] == [letter.dead_letter_id]


async def test_old_letters_are_deleted(store: DeadLetterStore, delivery: Delivery) -> None:
    await delivery.bury(batch(delivery.tenant, ["a"]))
    await delivery.waiting(1)
    stop = asyncio.Event()
    entered: list[Letter] = []

    async def enter(letters: Sequence[Letter]) -> None:
        entered.extend(letters)

    async def look() -> bool:
        return not await delivery.letters()

    async with asyncio.TaskGroup() as tasks:
        later = datetime.now(UTC) + timedelta(days=31)
        tasks.create_task(keep_retention(store, enter, timedelta(days=30), 0.05, stop, lambda: later))
        await eventually(look)
        stop.set()
    (action,) = await store.list_actions(delivery.tenant, None, 10, None)
    assert (action.actor, action.letter_count) == ("retention", 1)
    assert delivery.tenant in {one.tenant_id for one in entered}
