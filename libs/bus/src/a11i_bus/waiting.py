"""Waiting before another try: growing, spread, and cut short when the service stops."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from a11i_bus.settings import RunnerSettings
from a11i_chassis.errors import TransientError


class Stopping(Exception):
    """The service stops, so what waits is given back."""


class Backoff:
    """The pauses between tries: doubled each time, and spread so that many waiters do not come back at once."""

    def __init__(self, settings: RunnerSettings, stop: asyncio.Event) -> None:
        self._next_s = settings.retry_base_s
        self._max_s = settings.retry_max_s
        self._stop = stop

    async def wait(self, at_least_s: float = 0.0) -> None:
        """Pause. Raises Stopping at once if the service stops, or is stopping."""
        delay_s = max(self._next_s, min(at_least_s, self._max_s))
        self._next_s = min(self._next_s * 2, self._max_s)
        spread = random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, keeps no secret
        if await stopped_within(self._stop, delay_s * spread):
            raise Stopping


async def stopped_within(stop: asyncio.Event, delay_s: float) -> bool:
    """Wait for the event or for `delay_s`; return whether the event is set."""
    try:
        async with asyncio.timeout(delay_s):
            await stop.wait()
    except TimeoutError:
        return stop.is_set()
    return True


async def insist(call: Callable[[], Awaitable[None]], backoff: Backoff) -> None:
    """Call until it succeeds or fails for good, however long something is away. Raises Stopping when told to stop."""
    while True:
        try:
            await call()
        except TransientError as error:
            await backoff.wait(error.retry_delay_s)
        else:
            return
