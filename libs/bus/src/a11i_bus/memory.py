"""A bus within one process: a peer of the others in all but outliving the process.

The broker holds the messages and may be stopped and started, as a server is; buses are connections to it.
"""

import asyncio
import heapq
import itertools
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from a11i.errors.v1.error_reason_pb2 import ERROR_REASON_BUS_UNAVAILABLE
from a11i_bus import topology
from a11i_bus.port import Bus, Delivery, Message, Subscription
from a11i_bus.settings import BusSettings
from a11i_bus.topology import Topic
from a11i_bus.window import Window
from a11i_chassis.errors import TooLargeError, UnavailableError

MAX_PAYLOAD_BYTES: Final = 8 * 1024 * 1024
"""The same as the embedded NATS server's."""

_MESSAGE_OVERHEAD_BYTES: Final = 64
"""What a message counts beside its payload, so that empty ones fill a topic too."""


_NOW: Final = 0.0
"""In `_Group.due`: may be delivered at once."""


@dataclass(slots=True)
class _Group:
    """What a group has yet to settle, by sequence number. The heaps may hold entries that `due` has overtaken."""

    due: dict[int, float] = field(default_factory=dict)
    """When each unsettled message may be delivered (again)."""
    attempts: dict[int, int] = field(default_factory=dict)
    _ready: list[int] = field(default_factory=list)
    """Heap: the oldest message first, redeliveries before what came after them."""
    _later: list[tuple[float, int]] = field(default_factory=list)
    """Heap of (time, number): deliveries under way, which come back at that time, and retries that wait for it."""

    def offer(self, number: int) -> None:
        self.due[number] = _NOW
        heapq.heappush(self._ready, number)

    def postpone(self, number: int, until: float) -> None:
        self.due[number] = until
        heapq.heappush(self._later, (until, number))

    def settle(self, number: int) -> None:
        self.due.pop(number, None)
        self.attempts.pop(number, None)

    def next(self, now: float) -> int | None:
        """Return the next message to deliver, counted as one more attempt. None: there is none at this time."""
        while self._later and self._later[0][0] <= now:
            until, number = heapq.heappop(self._later)
            if self.due.get(number) == until:
                self.offer(number)
        while self._ready:
            number = heapq.heappop(self._ready)
            if self.due.get(number) == _NOW:
                self.attempts[number] = self.attempts.get(number, 0) + 1
                return number
        return None

    def next_time(self) -> float | None:
        """Return when a postponed message may be due. None: no message is postponed."""
        return self._later[0][0] if self._later else None


class _TopicLog:
    """The messages of one topic and where its group stands."""

    def __init__(self, topic: Topic, settings: BusSettings, duplicate_window_s: float) -> None:
        self._capacity_bytes = int(settings.capacity_bytes * topic.capacity_share)
        self._duplicate_window_s = duplicate_window_s
        self._max_age_s = topic.max_age_s
        self._numbers = itertools.count(1)
        self._stored: dict[int, Message] = {}
        self._stored_at: dict[int, float] = {}
        self._stored_bytes = 0
        self._seen: OrderedDict[str, float] = OrderedDict()
        self.group = _Group()
        self.changed = asyncio.Event()

    def append(self, message: Message) -> bool:
        """Store the message unless its id is known. Return False if there is no room for it."""
        now = time.monotonic()
        self._forget_old(now)
        self._drop_old(now)
        if message.id in self._seen:
            return True
        size = _size(message)
        if self._stored_bytes + size > self._capacity_bytes:
            return False
        number = next(self._numbers)
        self._seen[message.id] = now
        self._stored[number] = message
        self._stored_at[number] = now
        self._stored_bytes += size
        self.group.offer(number)
        self.changed.set()
        return True

    def message(self, number: int) -> Message:
        """Return a stored message."""
        return self._stored[number]

    def settle(self, number: int) -> None:
        """Take the message off the group's work, and off the topic with it."""
        self.group.settle(number)
        self._stored_at.pop(number, None)
        if (stored := self._stored.pop(number, None)) is not None:
            self._stored_bytes -= _size(stored)

    def _drop_old(self, now: float) -> None:
        while self._max_age_s is not None and self._stored_at:
            number, stored_at = next(iter(self._stored_at.items()))
            if stored_at > now - self._max_age_s:
                return
            self.settle(number)

    def _forget_old(self, now: float) -> None:
        while self._seen and next(iter(self._seen.values())) <= now - self._duplicate_window_s:
            self._seen.popitem(last=False)


class MemoryBroker:
    """Holds the topics of a mesh in memory. `stop` and `start` make it unreachable and reachable again."""

    def __init__(self, settings: BusSettings, *, duplicate_window_s: float = topology.DUPLICATE_WINDOW_S) -> None:
        self.settings = settings
        self.up = True
        self.logs = {topic.name: _TopicLog(topic, settings, duplicate_window_s) for topic in topology.TOPICS}

    def bus(self) -> Bus:
        """Return a connection to the broker."""
        return MemoryBus(self)

    def stop(self) -> None:
        """Answer every call with UnavailableError from now on; messages stay."""
        self.up = False

    def start(self) -> None:
        """Undo stop."""
        self.up = True

    def check_up(self) -> None:
        """Raise UnavailableError if the broker is stopped."""
        if not self.up:
            raise UnavailableError("the bus cannot be reached", reason=ERROR_REASON_BUS_UNAVAILABLE, retry_delay_s=1.0)


class MemoryBus:
    """A connection to a MemoryBroker."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    @property
    def max_payload_bytes(self) -> int:
        """The largest payload that publish takes."""
        return MAX_PAYLOAD_BYTES

    async def publish(self, topic: str, message: Message) -> None:
        """Store a message, as `Bus.publish` says."""
        topology.topic(topic)
        self._broker.check_up()
        if len(message.payload) > MAX_PAYLOAD_BYTES:
            raise TooLargeError(f"a message of {len(message.payload)} bytes is over the bus's {MAX_PAYLOAD_BYTES}")
        if not self._broker.logs[topic].append(message):
            raise UnavailableError(f"topic {topic} is full", reason=ERROR_REASON_BUS_UNAVAILABLE, retry_delay_s=2.0)

    @asynccontextmanager
    async def subscribe(self, topic: str, group: str, *, max_unsettled: int) -> AsyncIterator[Subscription]:
        """Join a group, as `Bus.subscribe` says."""
        topology.check_group(topic, group)
        log = self._broker.logs[topic]
        yield _MemorySubscription(self._broker, log, max_unsettled)

    async def pending(self, topic: str, group: str) -> int:
        """Return how many messages wait for the group, as `Bus.pending` says."""
        topology.check_group(topic, group)
        self._broker.check_up()
        return len(self._broker.logs[topic].group.due)

    async def ready(self) -> bool:
        """Return whether the broker is up."""
        return self._broker.up


class _MemorySubscription:
    def __init__(self, broker: MemoryBroker, log: _TopicLog, max_unsettled: int) -> None:
        self._broker = broker
        self._log = log
        self._group = log.group
        self._hold_s = broker.settings.ack_wait_s
        self._window = Window(max_unsettled, self._hold_s)

    async def fetch(self, max_messages: int, timeout_s: float) -> list[Delivery]:
        deadline = time.monotonic() + timeout_s
        while True:
            self._broker.check_up()
            room = min(max_messages, self._window.room())
            if deliveries := self._take(room):
                return deliveries
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return []
            if room == 0:
                await self._window.wait_for_room(remaining_s)
            else:
                await self._wait_for_message(remaining_s)

    async def pending(self) -> int:
        self._broker.check_up()
        return len(self._group.due)

    def _take(self, count: int) -> list[Delivery]:
        now = time.monotonic()
        deliveries: list[Delivery] = []
        while len(deliveries) < count and (number := self._group.next(now)) is not None:
            self._group.postpone(number, now + self._hold_s)
            delivery = _MemoryDelivery(self._broker, self._log, self._window, number)
            self._window.add(delivery.name)
            deliveries.append(delivery)
        return deliveries

    async def _wait_for_message(self, timeout_s: float) -> None:
        self._log.changed.clear()
        if (due := self._group.next_time()) is not None:
            timeout_s = min(timeout_s, max(0.0, due - time.monotonic()))
        try:
            async with asyncio.timeout(timeout_s):
                await self._log.changed.wait()
        except TimeoutError:
            return


class _MemoryDelivery:
    def __init__(self, broker: MemoryBroker, log: _TopicLog, window: Window, number: int) -> None:
        self._broker = broker
        self._log = log
        self._group = log.group
        self._window = window
        self._number = number
        self._message = log.message(number)
        self._attempt = log.group.attempts[number]
        self._settled = False
        self.name = f"{number}/{self._attempt}"

    @property
    def message(self) -> Message:
        return self._message

    @property
    def attempt(self) -> int:
        return self._attempt

    async def ack(self) -> None:
        self._broker.check_up()
        if self._settle():
            self._log.settle(self._number)

    async def retry(self, delay_s: float) -> None:
        self._broker.check_up()
        # A delivery that came back is another's now; only its latest holder may say when it comes again.
        if self._settle() and self._group.attempts.get(self._number) == self._attempt:
            self._group.postpone(self._number, time.monotonic() + delay_s)
            self._log.changed.set()

    async def term(self) -> None:
        await self.ack()

    async def in_progress(self) -> None:
        self._broker.check_up()
        if not self._settled and self._group.attempts.get(self._number) == self._attempt:
            self._group.postpone(self._number, time.monotonic() + self._broker.settings.ack_wait_s)
            self._window.extend(self.name)

    def _settle(self) -> bool:
        first, self._settled = not self._settled, True
        self._window.release(self.name)
        return first


def _size(message: Message) -> int:
    return len(message.payload) + _MESSAGE_OVERHEAD_BYTES
