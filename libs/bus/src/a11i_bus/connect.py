"""Picks the bus adapter by URL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from a11i_bus.memory import MemoryBroker
from a11i_bus.nats import open_nats
from a11i_bus.port import Bus
from a11i_bus.settings import BusSettings


@asynccontextmanager
async def connect(settings: BusSettings) -> AsyncIterator[Bus]:
    """Open the bus of the settings for the time of the block.

    A server that cannot be reached is no error here: calls raise UnavailableError until it is there, and `ready`
    is False. Raises ValueError for a URL of another kind.
    """
    scheme = settings.url.get_secret_value().partition("://")[0]
    if scheme == "memory":
        yield MemoryBroker(settings).bus()
    elif scheme in ("nats", "tls"):
        async with open_nats(settings) as bus:
            yield bus
    elif scheme == "kafka":
        # Imported here: a mesh on another bus need not load Kafka's client.
        from a11i_bus.kafka.bus import open_kafka

        async with open_kafka(settings) as bus:
            yield bus
    else:
        raise ValueError(f"the bus URL must begin with nats://, tls://, kafka:// or memory://, not {scheme!r}")
