"""Fetching as much as may be held."""

import asyncio
from typing import Final

from a11i_bus.port import Delivery, Message, Subscription
from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import stopped_within

POLL_S: Final = 0.5
"""Longest wait for a message, and so the longest that a stop goes unnoticed."""
FETCHED_AT_ONCE: Final = 16
"""Messages asked for at once at most: their sizes are known only when they are there."""
_PARTS: Final = 16
"""Into how many parts the room is thought divided; one of them is free before more is fetched."""
_PATIENCE_S: Final = 0.05
"""How long that is waited for, as what is held may wait for long."""


async def fetch(subscription: Subscription, count: int, timeout_s: float, stop: asyncio.Event) -> list[Delivery]:
    """Return deliveries; none, after a pause, while the bus is away."""
    try:
        return await subscription.fetch(count, timeout_s)
    except TransientError as error:
        await stopped_within(stop, min(error.retry_delay_s, POLL_S))
        return []


class Room:
    """The bound on what a stage holds, in messages and bytes; the last messages fetched may go over that of bytes."""

    def __init__(self, window: int, window_bytes: int) -> None:
        self._all = self._count = window
        self._all_bytes = self._bytes = window_bytes
        self._largest = 1
        self._freed = asyncio.Event()

    @property
    def empty(self) -> bool:
        """Whether nothing is held."""
        return self._count == self._all

    def take(self, message: Message) -> None:
        """Count a message as held."""
        size = len(message.payload)
        self._count -= 1
        self._bytes -= size
        self._largest = max(self._largest, size)

    def release(self, message: Message) -> None:
        """Count a message as held no more."""
        self._count += 1
        self._bytes += len(message.payload)
        if self._worth_a_fetch():
            self._freed.set()

    async def free(self) -> int:
        """Return how many messages to fetch: when some part of the room is free, or what is after a moment.

        Each fetch asks the bus, so it does not fetch after every batch that is finished.
        """
        if not self._worth_a_fetch():
            self._freed.clear()
            await stopped_within(self._freed, _PATIENCE_S)
        if self._count <= 0 or self._bytes <= 0:
            return 0
        return max(1, min(FETCHED_AT_ONCE, self._count, self._bytes // self._largest))

    def _worth_a_fetch(self) -> bool:
        return (self._count * _PARTS >= self._all and self._bytes * _PARTS >= self._all_bytes) or self.empty
