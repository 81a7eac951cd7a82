"""How much waits in a topic, and whether there is room for more.

Kafka never refuses a message because a topic is full: it drops old ones, or fills its disk. So publishers hold the
topic's share of the capacity themselves. Kafka counts messages; their bytes are estimated from the mean size of what
this publisher has published of late.
"""

import asyncio
import time
from typing import Final

from aiokafka import TopicPartition

from a11i_bus import topology
from a11i_bus.kafka.ledger import Ledger
from a11i_bus.kafka.link import Clients, KafkaLink, away
from a11i_bus.kafka.records import group_name
from a11i_bus.settings import BusSettings
from a11i_bus.topology import Topic

FULL_RETRY_S: Final = 2.0
_FRESH_S: Final = 1.0
"""Age from which a measurement is renewed, beside the publishing. What is published meanwhile is added to it."""
_STALE_S: Final = 5.0
"""Age from which publishing waits for a new one."""
_MEAN_OF: Final = 50
"""Messages over which the mean size is taken."""
_OVERHEAD_BYTES: Final = 64


async def pending(link: KafkaLink, topic: Topic, timeout_s: float) -> int:
    """Return how many messages of the topic its group has not settled. Raises UnavailableError."""
    partitions = link.tps(topic.name)
    async with link.call(timeout_s) as clients:
        return await _unsettled(clients, group_name(link.endpoint.namespace, topic.name, topic.group), partitions)


async def _unsettled(clients: Clients, group: str, partitions: list[TopicPartition]) -> int:
    committed = await clients.admin.list_consumer_group_offsets(group, partitions=partitions)
    new = [tp for tp in partitions if tp not in committed or committed[tp].offset < 0]
    begins = await clients.reader.beginning_offsets(new) if new else {}
    # Last, so that nothing is counted as settled that has not been published by then.
    ends = await clients.reader.end_offsets(partitions)
    count = 0
    for tp in partitions:
        if tp in begins:
            count += ends[tp] - begins[tp]
        else:
            ledger = Ledger.decode(committed[tp].offset, committed[tp].metadata)
            count += max(0, ends[tp] - ledger.frontier) + len(ledger)
    return count


class Room:
    """The room that is left in one topic, as one publisher sees it."""

    def __init__(self, link: KafkaLink, topic: Topic, settings: BusSettings) -> None:
        self._link = link
        self._topic = topic
        self._capacity = settings.capacity_bytes * topic.capacity_share
        self._timeout_s = settings.publish_timeout_s
        self._measured_at = -_STALE_S
        self._count = 0
        self._mean = 0.0
        self._own_bytes = 0
        self._measuring = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None
        self.refused_at = -FULL_RETRY_S
        """When a message was last refused; a time of the monotonic clock."""

    async def admit(self, payload_bytes: int) -> None:
        """Return if the message fits. Raises UnavailableError if it does not, or nobody can say."""
        size = payload_bytes + _OVERHEAD_BYTES
        self._mean = self._mean + (size - self._mean) / _MEAN_OF if self._mean else float(size)
        age_s = time.monotonic() - self._measured_at
        if age_s > _STALE_S or not self._fits(size):
            await self._measure()
            if not self._fits(size):
                self.refused_at = time.monotonic()
                raise away(f"topic {self._topic.name} is full", FULL_RETRY_S)
        elif age_s > _FRESH_S and (self._renewal is None or self._renewal.done()):
            self._renewal = asyncio.create_task(self._renew(), name="bus-room")

    def add(self, payload_bytes: int) -> None:
        """Count a message that was published."""
        self._own_bytes += payload_bytes + _OVERHEAD_BYTES

    async def close(self) -> None:
        """End what is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    def _fits(self, size: int) -> bool:
        return self._count * self._mean + self._own_bytes + size <= self._capacity

    async def _renew(self) -> None:
        try:
            await self._measure()
        except Exception:  # the next publish says what is wrong, if it needs the measurement
            return

    async def _measure(self) -> None:
        async with self._measuring:
            before = self._own_bytes
            self._count = await pending(self._link, self._topic, self._timeout_s)
            # What was published while it was counted may count twice: that refuses too early rather than too late.
            self._own_bytes -= before
            self._measured_at = time.monotonic()


def rooms(link: KafkaLink, settings: BusSettings) -> dict[str, Room]:
    """Return a room for each topic."""
    return {topic.name: Room(link, topic, settings) for topic in topology.TOPICS}
