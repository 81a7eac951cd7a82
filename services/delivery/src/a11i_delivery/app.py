"""The delivery service's wiring."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from a11i.delivery.v1 import dead_letter_service_pb2, dead_letter_service_pb2_grpc
from a11i.redaction.v1 import redaction_service_pb2_grpc
from a11i_bus import Bus, connect
from a11i_bus.ledger import LedgerBook, ledger_book
from a11i_bus.sealing import Seal
from a11i_chassis.app import App
from a11i_chassis.errors import A11iError
from a11i_chassis.grpc_client import open_channel
from a11i_delivery.admin import admin_check
from a11i_delivery.auditing import auditing
from a11i_delivery.intake import take_in, utc_now
from a11i_delivery.letter_entries import discarded
from a11i_delivery.redaction import Redaction
from a11i_delivery.replay import Replayer
from a11i_delivery.replaying import replaying
from a11i_delivery.retention import count_waiting, enter_discarded, keep_retention
from a11i_delivery.service import DeadLetterServicer
from a11i_delivery.settings import DeliverySettings
from a11i_storage.postgres import DeadLetterStore, open_dead_letters
from a11i_storage.postgres.dead_letters import Letter


@asynccontextmanager
async def build(settings: DeliverySettings) -> AsyncIterator[App]:
    """Yield the service; bus, PostgreSQL and redaction need not be there yet."""
    async with (
        connect(settings.bus) as bus,
        open_dead_letters(settings.postgres) as store,
        ledger_book(bus) as ledger,
        open_channel(settings.redaction) as channel,
    ):
        stub = redaction_service_pb2_grpc.RedactionServiceStub(channel)
        app = build_app(settings, bus, store, ledger, Redaction(stub, settings.redaction.timeout_s))
        async with replaying(app, settings, bus) as replays, auditing(replays, settings, bus) as whole:
            yield whole


def build_app(
    settings: DeliverySettings, bus: Bus, store: DeadLetterStore, ledger: LedgerBook, redaction: Redaction
) -> App:
    """Return the service on a bus and a store. It is ready while both are there."""
    seal = Seal(settings.dead_letter_key)
    replayer = Replayer(store, bus, ledger, seal)
    letters = settings.dead_letters
    dead_letters = DeadLetterServicer(store, replayer, redaction, seal, admin_check(settings), letters)

    async def take(stop: asyncio.Event) -> None:
        await take_in(bus, store, ledger, seal, stop)

    async def replay(stop: asyncio.Event) -> None:
        await replayer.run(letters.replay_interval_s, stop)

    async def enter(gone: Sequence[Letter]) -> None:
        await ledger.commit(discarded(gone))

    async def discard(stop: asyncio.Event) -> None:
        await enter_discarded(store, enter, letters.replay_interval_s, stop)

    async def expire(stop: asyncio.Event) -> None:
        retention = timedelta(days=letters.retention_days)
        await keep_retention(store, enter, retention, letters.expire_interval_s, stop, utc_now)

    async def count(stop: asyncio.Event) -> None:
        await count_waiting(store, stop)

    async def ready() -> bool:
        try:
            await store.ping()
        except A11iError:
            return False
        return await bus.ready()

    register = dead_letter_service_pb2_grpc.add_DeadLetterServiceServicer_to_server
    services = dead_letter_service_pb2.DESCRIPTOR.services_by_name
    return App(
        register=[partial(register, dead_letters)],
        services=[service.full_name for service in services.values()],
        background=[take, replay, discard, expire, count],
        ready=ready,
    )
