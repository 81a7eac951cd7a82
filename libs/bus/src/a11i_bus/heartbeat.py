"""Tells the bus that held batches are still being worked on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from a11i_bus.port import Delivery
from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import stopped_within


class Heartbeats:
    """Reports on each held delivery every `interval_s` seconds, while `run` runs."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._held: dict[int, Delivery] = {}
        self._ended = asyncio.Event()

    @contextmanager
    def hold(self, delivery: Delivery) -> Iterator[None]:
        """Report on the delivery for the time of the block."""
        self._held[id(delivery)] = delivery
        try:
            yield
        finally:
            del self._held[id(delivery)]

    async def run(self) -> None:
        """Report until `end`."""
        while not await stopped_within(self._ended, self._interval_s):
            for delivery in list(self._held.values()):
                # A bus that is away redelivers when it is back; the ids make that harmless.
                with suppress(TransientError):
                    await delivery.in_progress()

    def end(self) -> None:
        """End `run`."""
        self._ended.set()
