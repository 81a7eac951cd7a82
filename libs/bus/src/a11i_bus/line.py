"""The line at a bus that is away or full: who came first goes first."""

import asyncio
from collections.abc import Awaitable, Callable

from a11i_bus.waiting import Backoff, insist
from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import Stopping


class Line:
    """Lets calls through side by side until one is refused for now, and from then on one after the other.

    Each with pauses of its own, those refused last would come back first, and a backlog drain in no order.
    """

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._first = asyncio.Lock()
        """Held by the one at the front. Passed on in the order of asking."""
        self._length = 0

    async def insist(self, call: Callable[[], Awaitable[None]], backoff: Backoff) -> None:
        """Call until it succeeds or fails for good, after those that came before. Raises Stopping when told to stop."""
        refusal: TransientError | None = None
        if not self._length:
            try:
                return await call()
            except TransientError as error:
                refusal = error
        alone = not self._length
        self._length += 1
        try:
            async with self._first:
                if alone and refusal is not None:
                    await backoff.wait(refusal.retry_delay_s)
                elif self._stop.is_set():
                    raise Stopping
                await insist(call, backoff)
        finally:
            self._length -= 1
