"""A TCP proxy on 127.0.0.1 that does what rules say: pass on, hold back, swallow, double, cut in the middle.

async with Proxy("nats", target_port, NatsFrames) as proxy:
    with proxy.rule(Delay(0.2)):
        ...
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol

from tests.chaos.frames import Chunks, Frame, MakeSplitter, Splitter, Way

_READ_BYTES: Final = 64 * 1024
_MAX_CONNECTIONS: Final = 500
"""Of a proxy at once: a mesh on one machine has some dozen."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a frame."""

    data: bytes
    """What is sent on; empty: nothing."""
    cut: bool = False
    """The connection ends after that, both ways, without a word."""


class Rule(Protocol):
    """Decides about frames. Frames of one direction of a connection come one after the other, each awaited."""

    async def decide(self, frame: Frame) -> Fate:
        """Return what becomes of the frame."""


class Proxy:
    """Listens on a free port from `start` on. The target need not be there: a connection to it is then refused."""

    def __init__(self, name: str, target_port: int = 0, splitter: MakeSplitter = Chunks) -> None:
        self.name = name
        self.target_port = target_port
        self.port = 0
        self._splitter = splitter
        self._rules: list[Rule] = []
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.cut_all()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @contextmanager
    def rule(self, rule: Rule) -> Iterator[None]:
        """Ask the rule about each frame for the time of the block. The rule that came first is asked first."""
        self._rules.append(rule)
        try:
            yield
        finally:
            self._rules.remove(rule)

    def cut_all(self) -> int:
        """End all connections; return how many there were."""
        for connection in tuple(self._connections):
            connection.cancel()
        return len(self._connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= _MAX_CONNECTIONS:
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._connect(reader, writer)
        except asyncio.CancelledError:
            # By `cut_all`: the server's own handling of a cancelled connection would log it as an error.
            return
        finally:
            self._connections.discard(task)
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            return
        try:
            number = next(self._numbers)
            ways = [
                asyncio.create_task(self._pass_on(reader, far_writer, self._splitter(Way.TO_SERVER, number))),
                asyncio.create_task(self._pass_on(far_reader, writer, self._splitter(Way.TO_CLIENT, number))),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            far_writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, splitter: Splitter) -> None:
        """Return when either side has ended, or a rule cuts."""
        with suppress(OSError):
            while data := await reader.read(_READ_BYTES):
                for frame in splitter.feed(data):
                    fate = await self._decide(frame)
                    writer.write(fate.data)
                    await writer.drain()
                    if fate.cut:
                        return

    async def _decide(self, frame: Frame) -> Fate:
        for rule in tuple(self._rules):
            fate = await rule.decide(frame)
            if fate.cut or fate.data != frame.data:
                return fate
        return Fate(frame.data)
