"""The rules that a proxy can be given."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from tests.chaos.frames import Frame, Way
from tests.chaos.proxy import Fate

Matches = Callable[[Frame], bool]


def any_frame(frame: Frame) -> bool:
    """Match all."""
    return bool(frame.data)


def to_client(frame: Frame) -> bool:
    """Match answers."""
    return frame.way is Way.TO_CLIENT


def to_server(frame: Frame) -> bool:
    """Match what is sent to the server."""
    return frame.way is Way.TO_SERVER


class Delay:
    """Hold each frame back for a random time; order within a connection stays."""

    def __init__(self, longest_s: float, rng: random.Random) -> None:
        self._longest_s = longest_s
        self._rng = rng

    async def decide(self, frame: Frame) -> Fate:
        """Wait, then pass on."""
        await asyncio.sleep(self._rng.uniform(0, self._longest_s))
        return Fate(frame.data)


class Hold:
    """Let nothing pass until `release`: the network as it is when a cable is out, and nobody is told."""

    def __init__(self) -> None:
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let everything pass that was held back, in order."""
        self._released.set()

    async def decide(self, frame: Frame) -> Fate:
        """Wait for the release, then pass on."""
        await self._released.wait()
        return Fate(frame.data)


class Swallow:
    """Let what matches vanish, as if it had been lost on the way."""

    def __init__(self, matches: Matches) -> None:
        self._matches = matches
        self.met = asyncio.Event()
        """Set once something matched."""

    async def decide(self, frame: Frame) -> Fate:
        """Drop what matches."""
        if not self._matches(frame):
            return Fate(frame.data)
        self.met.set()
        return Fate(b"")


class Double:
    """Send what matches twice."""

    def __init__(self, matches: Matches) -> None:
        self._matches = matches
        self.met = asyncio.Event()
        """Set once something matched."""

    async def decide(self, frame: Frame) -> Fate:
        """Double what matches."""
        if not self._matches(frame):
            return Fate(frame.data)
        self.met.set()
        return Fate(frame.data * 2)


class CutInside:
    """End connections in the middle of what matches, up to `times`."""

    def __init__(self, matches: Matches, times: int, rng: random.Random) -> None:
        self._matches = matches
        self._left = times
        self._rng = rng
        self.cut = asyncio.Event()
        """Set once something was cut."""

    async def decide(self, frame: Frame) -> Fate:
        """Send a part of what matches, at least nothing and never all, and cut."""
        if self._left <= 0 or not self._matches(frame):
            return Fate(frame.data)
        self._left -= 1
        self.cut.set()
        return Fate(frame.data[: self._rng.randrange(len(frame.data))], cut=True)


class Trap:
    """Act once, at the first frame that matches, which is not sent on: whoever sent it is dead by then."""

    def __init__(self, matches: Matches, act: Callable[[], None]) -> None:
        self._matches = matches
        self._act = act
        self.sprung = asyncio.Event()

    async def decide(self, frame: Frame) -> Fate:
        """Act, and cut the connection."""
        if self.sprung.is_set() or not self._matches(frame):
            return Fate(frame.data)
        self.sprung.set()
        self._act()
        return Fate(b"", cut=True)


class AnswerTrap:
    """Act once, when the answer comes to the first request that matches; the answer is not sent on."""

    def __init__(self, matches: Matches, act: Callable[[], None]) -> None:
        self._matches = matches
        self._act = act
        self._asked: tuple[int, str] | None = None
        self.sprung = asyncio.Event()

    async def decide(self, frame: Frame) -> Fate:
        """Note the request; act at its answer."""
        if self.sprung.is_set():
            return Fate(frame.data)
        if self._asked is None and frame.way is Way.TO_SERVER and self._matches(frame):
            self._asked = (frame.connection, frame.reply)
        elif frame.way is Way.TO_CLIENT and (frame.connection, frame.subject) == self._asked:
            self.sprung.set()
            self._act()
            return Fate(b"", cut=True)
        return Fate(frame.data)
