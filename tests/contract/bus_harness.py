"""What the contract tests of the bus need of each adapter's server: to take it away and bring it back."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from a11i_bus import Bus, BusSettings, Delivery, Message, Subscription, connect
from a11i_bus.memory import MemoryBroker
from a11i_chassis.errors import UnavailableError
from tests.engines.kafka import KafkaServer
from tests.engines.nats import NatsServer

ACK_WAIT_S = 1.0
"""Short, so that a test of redelivery takes a second."""
CAPACITY_BYTES = 20_000_000
"""Small, so that a topic can be filled."""
PARTITIONS = 4
PATIENCE_S = 20.0
"""Deadline for what should happen at once, on a busy machine."""


class Harness(Protocol):
    """A bus server."""

    def connect(self) -> AbstractAsyncContextManager[Bus]:
        """Return a context manager with a connection."""

    def stop(self) -> None:
        """Make the server unreachable, suddenly."""

    def start(self) -> None:
        """Undo stop; what was stored is there."""


class MemoryHarness:
    """A broker in memory."""

    def __init__(self) -> None:
        self._broker = MemoryBroker(_settings("memory://"))

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Bus]:
        yield self._broker.bus()

    def stop(self) -> None:
        self._broker.stop()

    def start(self) -> None:
        self._broker.start()


class NatsHarness:
    """A real NATS server, stopped with SIGKILL."""

    def __init__(self, directory: Path) -> None:
        self._server = NatsServer(directory)
        self.url = self._server.url

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Bus]:
        async with connect(_settings(self._server.url)) as bus:
            yield bus

    def stop(self) -> None:
        self._server.kill()

    def start(self) -> None:
        self._server.start()


class KafkaHarness:
    """A real Kafka server, stopped with SIGKILL. Tests share it: each has topics of its own."""

    def __init__(self, server: KafkaServer) -> None:
        self._server = server
        self.url = f"{server.url}/test-{secrets.token_hex(4)}"

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Bus]:
        async with connect(_settings(self.url)) as bus:
            yield bus

    def stop(self) -> None:
        self._server.kill()

    def start(self) -> None:
        if not self._server.up:
            self._server.start()


def message(number: int, *, payload: bytes = b"", key: str = "tenant-1") -> Message:
    """Return a message that says which one it is."""
    return Message(id=f"id-{number}", key=key, payload=payload or str(number).encode())


async def publish_surely(bus: Bus, topic: str, published: Message) -> None:
    """Publish, and again while the bus is away: a JVM that starts on a busy machine takes its time."""
    deadline = time.monotonic() + 2 * PATIENCE_S
    while True:
        try:
            await bus.publish(topic, published)
            return
        except UnavailableError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.01)


async def fetch_one(subscription: Subscription) -> Delivery:
    """Return the next delivery."""
    (delivery,) = await fetch_exactly(subscription, 1)
    return delivery


async def fetch_exactly(subscription: Subscription, count: int) -> list[Delivery]:
    """Return that many deliveries, in the order of their arrival; none of them is settled."""
    deadline = time.monotonic() + PATIENCE_S
    deliveries: list[Delivery] = []
    while len(deliveries) < count:
        assert time.monotonic() < deadline, f"only {len(deliveries)} of {count} messages arrived"
        try:
            deliveries += await subscription.fetch(count - len(deliveries), timeout_s=1.0)
        except UnavailableError:
            await asyncio.sleep(0.01)
    return deliveries


def _settings(url: str) -> BusSettings:
    return BusSettings(
        url=SecretStr(url),
        ack_wait_s=ACK_WAIT_S,
        capacity_bytes=CAPACITY_BYTES,
        connect_wait_s=PATIENCE_S,
        partitions=PARTITIONS,
    )
