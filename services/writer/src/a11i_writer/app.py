"""The writer's wiring."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from a11i_bus import Bus, connect
from a11i_bus.runner import StageHealth, run_sink
from a11i_chassis.app import App
from a11i_storage.archive import open_archive
from a11i_storage.clickhouse import ClickHouseWriter, open_clickhouse
from a11i_writer.pipeline import SINK, Archive, Store, storing
from a11i_writer.settings import WriterSettings


@asynccontextmanager
async def build(settings: WriterSettings) -> AsyncIterator[App]:
    """Yield the service on bus, ClickHouse and archive of the settings, none of which has to be there yet."""
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(connect(settings.bus))
        clickhouse = await stack.enter_async_context(open_clickhouse(settings.clickhouse))
        archive = None
        if settings.archive is not None:
            archive = await stack.enter_async_context(open_archive(settings.archive))
        yield build_app(settings, bus, ClickHouseWriter(clickhouse), clickhouse.ready, archive)


def build_app(
    settings: WriterSettings,
    bus: Bus,
    store: Store,
    store_ready: Callable[[], Awaitable[bool]],
    archive: Archive | None = None,
) -> App:
    """Return the service on a bus, a store and perhaps an archive.

    It has no RPC of its own: health and reflection only.
    """

    health = StageHealth()

    async def write(stop: asyncio.Event) -> None:
        key = settings.dead_letter_key
        await run_sink(bus, SINK, storing(store, archive), settings.runner, stop, dead_letter_key=key, health=health)

    async def ready() -> bool:
        return health.serving and await bus.ready() and await store_ready() and (archive is None or archive.ready)

    return App(background=[write], ready=ready)
