"""Waiting before another try: growing, spread, within a budget, and cut short when the service stops."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

from a11i_bus.settings import RunnerSettings
from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import Stopping, stopped_within

_RETRIES_PER_S: Final = 1.0
"""Retries that are always free: enough to notice that something is back."""
_MOST_SAVED: Final = 20.0
"""Retries that can be saved up: what a short trouble of a few batches takes."""


class RetryBudget:
    """How many retries a stage may make soon: a share of its new batches, and one a second.

    With every batch in trouble, each one's own pauses would multiply what the troubled thing gets to bear; beyond the
    budget all go at the slowest pace. Nothing is given up for it.
    """

    def __init__(self, share: float, now: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._now = now
        self._saved = _MOST_SAVED
        self._filled_at = now()

    def earn(self) -> None:
        """Count a new batch."""
        self._saved = min(_MOST_SAVED, self._saved + self._share)

    def spend(self) -> bool:
        """Return whether a retry is within the budget, and count it if it is."""
        now = self._now()
        self._saved = min(_MOST_SAVED, self._saved + (now - self._filled_at) * _RETRIES_PER_S)
        self._filled_at = now
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


class Backoff:
    """The pauses between tries: doubled each time, and spread so that many waiters do not come back at once."""

    def __init__(self, settings: RunnerSettings, stop: asyncio.Event, budget: RetryBudget | None = None) -> None:
        """Without a budget only the pauses grow."""
        self._next_s = settings.retry_base_s
        self._max_s = settings.retry_max_s
        self._stop = stop
        self._budget = budget

    async def wait(self, at_least_s: float = 0.0) -> None:
        """Pause. Raises Stopping at once if the service stops, or is stopping."""
        delay_s = max(self._next_s, min(at_least_s, self._max_s))
        if self._budget is not None and not self._budget.spend():
            delay_s = self._max_s
        self._next_s = min(self._next_s * 2, self._max_s)
        if await stopped_within(self._stop, spread(delay_s)):
            raise Stopping


def spread(delay_s: float) -> float:
    """Return about the same time, other than another caller's."""
    return delay_s * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, keeps no secret


async def insist(call: Callable[[], Awaitable[None]], backoff: Backoff) -> None:
    """Call until it succeeds or fails for good, however long something is away. Raises Stopping when told to stop."""
    while True:
        try:
            await call()
        except TransientError as error:
            await backoff.wait(error.retry_delay_s)
        else:
            return
