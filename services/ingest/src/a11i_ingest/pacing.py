"""Slows clients down while the bus fills, so that they notice before it is full and refuses."""

import asyncio
from contextlib import suppress
from typing import Final

from a11i_bus import topology
from a11i_bus.port import Bus
from a11i_chassis import metrics
from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import stopped_within

_LOOK_S: Final = 0.5
"""Between looks at how much waits. At 100 MB/s half a second fills less than a hundredth of the usual topic."""
_MEAN_OF: Final = 50
"""Messages over which their mean size is taken."""
SLOW_FROM: Final = 0.5
"""Part of the topic that may be full before answers are held back."""
MOST_S: Final = 1.0
"""Longest time that an answer is held back, when the topic is full: a tenth of the time-out of usual exporters."""


class Pace:
    """Holds answers back the longer the fuller `spans.received` is. Exporters wait for an answer before they go on."""

    def __init__(self, bus: Bus, capacity_bytes: int) -> None:
        """`capacity_bytes` is that of all topics together."""
        self._bus = bus
        self._topic = topology.topic(topology.SPANS_RECEIVED)
        self._capacity_bytes = capacity_bytes * self._topic.capacity_share
        self._mean_bytes = 0.0
        self._waiting = 0

    @property
    def fill(self) -> float:
        """About which part of the topic is full. The bus counts messages; their size is that of the last ones here."""
        return self._waiting * self._mean_bytes / self._capacity_bytes

    @property
    def delay_s(self) -> float:
        """How long an answer is to be held back now."""
        return MOST_S * min(1.0, max(0.0, (self.fill - SLOW_FROM) / (1 - SLOW_FROM)))

    def published(self, size_bytes: int) -> None:
        """Take note of a message that is on the topic now."""
        self._mean_bytes += (size_bytes - self._mean_bytes) / _MEAN_OF if self._mean_bytes else size_bytes
        self._waiting += 1

    async def hold(self) -> None:
        """Hold an answer back, if it is time for that."""
        if delay_s := self.delay_s:
            metrics.INGEST_SLOWED_SECONDS.inc(delay_s)
            await asyncio.sleep(delay_s)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep looking at how much waits until `stop` is set."""
        while not await stopped_within(stop, _LOOK_S):
            await self.look()

    async def look(self) -> None:
        """See how much waits. While the bus cannot be asked the last look holds."""
        with suppress(TransientError):
            self._waiting = await self._bus.pending(self._topic.name, self._topic.group)
        metrics.INGEST_BUS_FILL.set(self.fill)
