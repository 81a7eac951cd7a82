"""Ingest with a deliberate fault: it says that a request is stored before it is. For the test of the checker.

Run as a program in place of `python -m a11i_ingest`, with the same environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from a11i_bus import Bus, Message, Subscription, connect
from a11i_chassis.app import App, run
from a11i_ingest.app import wire
from a11i_ingest.settings import IngestSettings

LAG_S = 0.5
"""From the acknowledgement to the publication: longer than an answer takes to its client."""


class EagerBus:
    """A bus whose publish returns before the message is stored."""

    def __init__(self, bus: Bus, tasks: asyncio.TaskGroup) -> None:
        self._bus = bus
        self._tasks = tasks

    @property
    def max_payload_bytes(self) -> int:
        """The largest payload that publish takes."""
        return self._bus.max_payload_bytes

    async def publish(self, topic: str, message: Message) -> None:
        """Return at once; store the message later."""
        self._tasks.create_task(self._publish_later(topic, message))

    def subscribe(self, topic: str, group: str, *, max_unsettled: int) -> AbstractAsyncContextManager[Subscription]:
        """Join a group."""
        return self._bus.subscribe(topic, group, max_unsettled=max_unsettled)

    async def pending(self, topic: str, group: str) -> int:
        """Return how many messages wait for the group."""
        return await self._bus.pending(topic, group)

    async def ready(self) -> bool:
        """Return whether the bus would take a message now."""
        return await self._bus.ready()

    async def _publish_later(self, topic: str, message: Message) -> None:
        await asyncio.sleep(LAG_S)
        await self._bus.publish(topic, message)


@asynccontextmanager
async def build(settings: IngestSettings) -> AsyncIterator[App]:
    """Yield the service, on the eager bus."""
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(connect(settings.bus))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        wired = await stack.enter_async_context(wire(settings, EagerBus(bus, tasks)))
        yield wired.app


if __name__ == "__main__":
    run("ingest", IngestSettings, build)
