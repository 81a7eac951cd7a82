"""Publishing to Kafka, and opening the bus."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    RecordListTooLargeError,
    UnknownProducerId,
)

from a11i_bus import topology
from a11i_bus.kafka.backlog import FULL_RETRY_S, pending, rooms
from a11i_bus.kafka.endpoint import parse
from a11i_bus.kafka.link import KafkaLink, away, open_link
from a11i_bus.kafka.records import (
    HEADER_ROOM_BYTES,
    MAX_PAYLOAD_BYTES,
    Moved,
    SeenIds,
    headers_of,
    topic_name,
)
from a11i_bus.kafka.subscription import open_subscription
from a11i_bus.port import Bus, Message, Subscription
from a11i_bus.settings import BusSettings
from a11i_chassis.errors import TooLargeError

_SEEN_LIMIT = 200_000
"""Ids that a publisher remembers for a topic: some 30 MB."""
_PRODUCER_LOST = (
    OutOfOrderSequenceNumber,
    UnknownProducerId,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    ProducerFenced,
)
"""Errors after which a producer takes nothing more."""


class KafkaBus:
    """A connection to Kafka. Made by `open_kafka`."""

    def __init__(self, link: KafkaLink, settings: BusSettings) -> None:
        self._link = link
        self._settings = settings
        self._rooms = rooms(link, settings)
        self._seen = {topic.name: SeenIds(topology.DUPLICATE_WINDOW_S, _SEEN_LIMIT) for topic in topology.TOPICS}

    @property
    def max_payload_bytes(self) -> int:
        """The largest payload that publish takes. Raises UnavailableError before the topics take as much."""
        if not self._link.partitions:
            raise away("the bus has not been reached yet")
        return MAX_PAYLOAD_BYTES

    async def publish(self, topic: str, message: Message) -> None:
        """Store a message, as `Bus.publish` says."""
        topology.topic(topic)
        if not message.key:
            raise ValueError("a message needs a key")
        headers = headers_of(message)
        _check_size(message, headers)
        if self._seen[topic].find(message.id) is not None:
            return
        await self._rooms[topic].admit(len(message.payload))
        await self._send(topic, message, headers)
        # Only what is stored counts as known.
        self._seen[topic].add(message.id)
        self._rooms[topic].add(len(message.payload))

    @asynccontextmanager
    async def subscribe(self, topic: str, group: str, *, max_unsettled: int) -> AsyncIterator[Subscription]:
        """Join a group, as `Bus.subscribe` says."""
        checked = topology.check_group(topic, group)

        async def move(message: Message, moved: Moved) -> None:
            await self._send(topic, message, headers_of(message, moved))

        async with open_subscription(
            self._link, checked, move, max_unsettled=max_unsettled, settings=self._settings
        ) as subscription:
            yield subscription

    async def pending(self, topic: str, group: str) -> int:
        """Return how many messages wait for the group, as `Bus.pending` says."""
        checked = topology.check_group(topic, group)
        return await pending(self._link, checked, self._settings.publish_timeout_s)

    async def ready(self) -> bool:
        """Return whether the cluster is there, its topics are in order, and none has just refused a message."""
        refused_at = max(room.refused_at for room in self._rooms.values())
        return self._link.trusted and time.monotonic() - refused_at > FULL_RETRY_S

    async def close(self) -> None:
        """End what is under way in the background."""
        for room in self._rooms.values():
            await room.close()

    async def _send(self, topic: str, message: Message, headers: list[tuple[str, bytes]]) -> None:
        name = topic_name(self._link.endpoint.namespace, topic)
        async with self._link.call(self._settings.publish_timeout_s) as clients:
            try:
                stored = await clients.producer.send(name, message.payload, key=message.key.encode(), headers=headers)
                await stored
            except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
                raise TooLargeError(f"topic {topic} does not take a message of {len(message.payload)} bytes") from error
            except _PRODUCER_LOST:
                self._link.renew()
                raise


def _check_size(message: Message, headers: list[tuple[str, bytes]]) -> None:
    header_bytes = len(message.key.encode()) + sum(len(name) + len(value) + 8 for name, value in headers)
    if len(message.payload) > MAX_PAYLOAD_BYTES or header_bytes > HEADER_ROOM_BYTES:
        raise TooLargeError(
            f"a message of {len(message.payload)} bytes and {header_bytes} of headers is over the bus's "
            f"{MAX_PAYLOAD_BYTES} and {HEADER_ROOM_BYTES}"
        )


@asynccontextmanager
async def open_kafka(settings: BusSettings) -> AsyncIterator[Bus]:
    """Open a bus on the cluster of the settings' URL for the time of the block. Raises ValueError for a wrong URL."""
    async with open_link(parse(settings.url.get_secret_value()), settings) as link:
        bus = KafkaBus(link, settings)
        try:
            yield bus
        finally:
            await bus.close()
