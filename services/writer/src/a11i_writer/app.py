"""The writer's wiring."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from a11i_bus import Bus, connect
from a11i_bus.runner import StageHealth, run_sink
from a11i_chassis.app import App
from a11i_storage.clickhouse import ClickHouseWriter, open_clickhouse
from a11i_writer.pipeline import SINK, Store, storing
from a11i_writer.settings import WriterSettings


@asynccontextmanager
async def build(settings: WriterSettings) -> AsyncIterator[App]:
    """Yield the service on the bus and the ClickHouse of the settings, neither of which has to be there yet."""
    async with connect(settings.bus) as bus, open_clickhouse(settings.clickhouse) as clickhouse:
        yield build_app(settings, bus, ClickHouseWriter(clickhouse), clickhouse.ready)


def build_app(settings: WriterSettings, bus: Bus, store: Store, store_ready: Callable[[], Awaitable[bool]]) -> App:
    """Return the service on a bus and a store. It has no RPC of its own: health and reflection only."""

    health = StageHealth()

    async def write(stop: asyncio.Event) -> None:
        key = settings.dead_letter_key
        await run_sink(bus, SINK, storing(store), settings.runner, stop, dead_letter_key=key, health=health)

    async def ready() -> bool:
        return health.serving and await bus.ready() and await store_ready()

    return App(background=[write], ready=ready)
