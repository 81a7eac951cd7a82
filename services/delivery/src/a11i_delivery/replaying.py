"""The wiring of replays of the archive: what the service has for them beside what it has for dead letters."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

from a11i.delivery.v1 import replay_service_pb2, replay_service_pb2_grpc
from a11i_bus import Bus
from a11i_bus.ledger import ledger_book
from a11i_chassis.app import App
from a11i_delivery.admin import admin_check
from a11i_delivery.archive_replay import ArchiveReplayer
from a11i_delivery.replay_service import ReplayServicer
from a11i_delivery.settings import DeliverySettings
from a11i_storage.archive import open_archive
from a11i_storage.postgres import open_replays


@asynccontextmanager
async def replaying(app: App, settings: DeliverySettings, bus: Bus) -> AsyncIterator[App]:
    """Yield the service with ReplayService, which carries replays out if the settings name an archive."""
    background = list(app.background)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_replays(settings.postgres))
        if settings.archive is not None:
            archive = await stack.enter_async_context(open_archive(settings.archive))
            book = await stack.enter_async_context(ledger_book(bus))
            background.append(ArchiveReplayer(store, archive, bus, book, settings.archive_replay).run)
        check = admin_check(settings)
        servicer = ReplayServicer(store, check, has_archive=settings.archive is not None)
        services = replay_service_pb2.DESCRIPTOR.services_by_name.values()
        yield replace(
            app,
            register=[*app.register, partial(replay_service_pb2_grpc.add_ReplayServiceServicer_to_server, servicer)],
            services=[*app.services, *(service.full_name for service in services)],
            background=background,
        )
