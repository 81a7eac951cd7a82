"""A subscription: hands out what is due again and what is new, within a window."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError

from a11i_bus.kafka import backlog
from a11i_bus.kafka.delivery import KafkaDelivery
from a11i_bus.kafka.ledger import now
from a11i_bus.kafka.link import KafkaLink
from a11i_bus.kafka.member import Member, Share
from a11i_bus.kafka.reader import read_again
from a11i_bus.kafka.records import Moved, Record, message_of, moved_of
from a11i_bus.port import Delivery, Message
from a11i_bus.settings import BusSettings
from a11i_bus.topology import Topic
from a11i_bus.window import Window
from a11i_chassis.errors import UnavailableError

_LOOK_S: Final = 0.25
"""Between two looks whether the bus is still there, while nothing comes."""
_STIR_S: Final = 0.05
"""The same while messages are open: one of them may be given back at any time."""
_CLOSE_TIMEOUT_S: Final = 10.0
_OPEN_LIMIT: Final = 20_000
"""Unsettled messages of one partition from which no new ones are taken from it."""


class Move(Protocol):
    """Publishes a message again."""

    async def __call__(self, message: Message, moved: Moved) -> None:
        """Raises UnavailableError."""


class KafkaSubscription:
    """A member of a group. Made by `open_subscription`."""

    def __init__(self, link: KafkaLink, topic: Topic, move: Move, *, max_unsettled: int, settings: BusSettings) -> None:
        self._link = link
        self._topic = topic
        self._move = move
        self._settings = settings
        self._window = Window(max_unsettled, settings.ack_wait_s)
        self.member = Member(link, topic, settings, self._window)
        self._fetching = asyncio.Lock()
        self._paused: set[TopicPartition] = set()

    async def fetch(self, max_messages: int, timeout_s: float) -> list[Delivery]:
        """Return deliveries, as `Subscription.fetch` says."""
        deadline = time.monotonic() + timeout_s
        async with self._fetching:
            while True:
                self.check_up()
                room = min(max_messages, self._window.room())
                if room > 0:
                    due = await self._take_due(room)
                    wait_s = 0.0 if due else self._patience_s(deadline)
                    new = await self._take_new(room - len(due), wait_s) if len(due) < room else []
                    if deliveries := [*due, *new]:
                        await self._count(deliveries)
                        return [*deliveries]
                remaining_s = deadline - time.monotonic()
                if remaining_s <= 0:
                    return []
                if room <= 0:
                    await self._window.wait_for_room(min(remaining_s, _LOOK_S))

    async def pending(self) -> int:
        """Return how many messages wait for the group, as `Subscription.pending` says."""
        return await backlog.pending(self._link, self._topic, self._settings.publish_timeout_s)

    async def flush(self, share: Share) -> None:
        """Return when Kafka holds what the share's ledger says. Raises UnavailableError."""
        await self.member.flush([share], self._settings.publish_timeout_s)

    async def move(self, message: Message, moved: Moved) -> bool:
        """Publish the message again at the end of its partition. False: it could not be, and stays where it is."""
        try:
            await self._move(message, moved)
        except UnavailableError:
            return False
        return True

    def check_up(self) -> None:
        """Raise UnavailableError while the bus is away."""
        _ = self._link.clients

    def _patience_s(self, deadline: float) -> float:
        """Return how long to wait for new messages before looking after the others."""
        shares = self.member.shares.values()
        look_s = _STIR_S if any(len(share.ledger) for share in shares) else _LOOK_S
        return max(0.0, min(look_s, deadline - time.monotonic()))

    async def _take_due(self, room: int) -> list[KafkaDelivery]:
        deliveries: list[KafkaDelivery] = []
        if not self.member.assigned.is_set():
            return deliveries
        for share in list(self.member.shares.values()):
            offsets = share.ledger.take_due(room - len(deliveries), now())
            if not offsets:
                continue
            records = await read_again(self._link, share.tp, offsets)
            if share.lost:
                continue
            for offset in offsets:
                if (record := records.get(offset)) is not None:
                    message = message_of(record)
                    share.seen.add(message.id, offset)
                    deliveries.append(self._deliver(share, offset, message))
                else:
                    share.ledger.settle(offset)  # too old for the topic to keep it
        return deliveries

    async def _take_new(self, room: int, wait_s: float) -> list[KafkaDelivery]:
        consumer = self.member.consumer
        if consumer is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self.member.assigned.wait()
            return []
        self._pause()
        try:
            answer: dict[TopicPartition, list[Record]] = await consumer.getmany(
                timeout_ms=int(wait_s * 1000), max_records=room
            )
        except (KafkaError, ConsumerStoppedError) as error:
            self.member.fail(error)
            return []
        deliveries: list[KafkaDelivery] = []
        for tp, records in answer.items():
            share = self.member.shares.get(tp)
            if share is None or not self.member.assigned.is_set():
                continue  # read again from where the group is, once that is known
            for record in records:
                if record.offset < share.ledger.frontier:
                    continue
                message = message_of(record)
                if self._is_new(share, record, message):
                    deliveries.append(self._deliver(share, record.offset, message))
        return deliveries

    def _is_new(self, share: Share, record: Record, message: Message) -> bool:
        """See a record for the first time. False: it is no work, or not yet."""
        moved = moved_of(record)
        if moved is None and share.seen.find(message.id) not in (None, record.offset):
            share.ledger.skip(record.offset)
            return False
        share.seen.add(message.id, record.offset)
        if moved is None:
            return True
        share.ledger.wait(record.offset, moved.attempts, moved.due)
        return moved.due <= now()

    def _deliver(self, share: Share, offset: int, message: Message) -> KafkaDelivery:
        attempt = share.ledger.deliver(offset, now() + self._settings.ack_wait_s)
        return KafkaDelivery(self, share, offset, attempt, message, self._window, self._settings.ack_wait_s)

    async def _count(self, deliveries: list[KafkaDelivery]) -> None:
        """Have Kafka know of deliveries that may kill this process."""
        shares = {delivery.share.tp: delivery.share for delivery in deliveries if delivery.share.cautious}
        if shares:
            await self.member.flush(list(shares.values()), self._settings.publish_timeout_s)

    def _pause(self) -> None:
        """Take nothing new from partitions of which too much is open."""
        consumer = self.member.consumer
        full = {
            tp for tp, share in self.member.shares.items() if share.ledger.truncated or len(share.ledger) > _OPEN_LIMIT
        }
        if consumer is not None and full != self._paused:
            here = set(self.member.shares)
            consumer.resume(*(self._paused - full) & here)
            consumer.pause(*full)
            self._paused = full


@asynccontextmanager
async def open_subscription(
    link: KafkaLink, topic: Topic, move: Move, *, max_unsettled: int, settings: BusSettings
) -> AsyncIterator[KafkaSubscription]:
    """Join a group for the time of the block."""
    subscription = KafkaSubscription(link, topic, move, max_unsettled=max_unsettled, settings=settings)
    keeping = asyncio.create_task(subscription.member.keep(), name="bus-member")
    try:
        if link.up:
            with suppress(TimeoutError):
                async with asyncio.timeout(settings.connect_wait_s):
                    await subscription.member.assigned.wait()
        yield subscription
    finally:
        subscription.member.close()
        _, late = await asyncio.wait({keeping}, timeout=_CLOSE_TIMEOUT_S)
        for task in late:
            task.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
