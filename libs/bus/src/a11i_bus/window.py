"""The bound on what one member of a group holds unsettled."""

import asyncio
import time


class Window:
    """Counts the deliveries that a member holds, and forgets those that the bus has taken back.

    A delivery counts from `add` until `release`, or until `hold_s` seconds after its last `add` or `extend`: then the
    bus gives it to another member, and what its first holder does with it no longer matters.
    """

    def __init__(self, size: int, hold_s: float) -> None:
        self.size = size
        self._hold_s = hold_s
        self._until: dict[str, float] = {}
        self._changed = asyncio.Event()

    def room(self) -> int:
        """Return how many more deliveries fit."""
        now = time.monotonic()
        for name in [name for name, until in self._until.items() if until <= now]:
            del self._until[name]
        return self.size - len(self._until)

    def add(self, name: str) -> None:
        """Count a delivery, from now."""
        self._until[name] = time.monotonic() + self._hold_s

    def extend(self, name: str) -> None:
        """Count a delivery anew from now, if it still counts."""
        if name in self._until:
            self.add(name)

    def release(self, name: str) -> None:
        """Count a delivery no more."""
        self._until.pop(name, None)
        self._changed.set()

    async def wait_for_room(self, timeout_s: float) -> None:
        """Return when a delivery may fit, or after `timeout_s`."""
        self._changed.clear()
        if self.room() > 0:
            return
        first_end = min(self._until.values()) - time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(timeout_s, first_end))):
                await self._changed.wait()
        except TimeoutError:
            return

    async def wait_for_release(self, timeout_s: float) -> None:
        """Return when a delivery has been released, or after `timeout_s`."""
        self._changed.clear()
        try:
            async with asyncio.timeout(max(0.0, timeout_s)):
                await self._changed.wait()
        except TimeoutError:
            return
