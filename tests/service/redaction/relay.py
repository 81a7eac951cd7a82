"""A way to a server that can be cut: the server is away then, for whoever takes this way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.engines.nats import free_port


class Relay:
    """Passes bytes on between a port of its own and a server's."""

    def __init__(self, dsn: str) -> None:
        self._url = urlsplit(dsn)
        self._port = free_port()
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.StreamWriter] = set()

    @property
    def dsn(self) -> str:
        """The server's address by this way."""
        return self._url._replace(netloc=f"{self._url.netloc.rpartition(':')[0]}:{self._port}").geturl()

    async def open(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self._port)

    async def cut(self) -> None:
        """End all connections and refuse new ones."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for way in list(self._ways):
            way.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self._url.hostname, self._url.port)
        ways = {writer, there[1]}
        self._ways |= ways
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, there[1]))
                both.create_task(_pump(there[0], writer))
        finally:
            self._ways -= ways


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()


@asynccontextmanager
async def relay(dsn: str) -> AsyncIterator[Relay]:
    """Yield a way that is open."""
    way = Relay(dsn)
    await way.open()
    try:
        yield way
    finally:
        await way.cut()
