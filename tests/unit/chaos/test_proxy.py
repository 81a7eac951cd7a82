"""The proxy passes on what no rule forbids, and does what rules say."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.proxy import Proxy
from tests.chaos.rules import CutInside, Double, Hold, Swallow, Trap, any_frame, to_client


@asynccontextmanager
async def echo() -> AsyncIterator[Proxy]:
    """A proxy in front of a server that sends back what it gets."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Proxy("echo", server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


async def ask(proxy: Proxy, data: bytes = b"hello") -> bytes:
    """What comes back until the end, or until as much as was sent has come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(data)
    try:
        async with asyncio.timeout(5):
            return await reader.readexactly(len(data))
    except asyncio.IncompleteReadError as error:
        return error.partial
    finally:
        writer.close()


async def test_bytes_pass_in_both_directions() -> None:
    async with echo() as proxy:
        assert await ask(proxy) == b"hello"


async def test_an_answer_can_be_cut_inside_and_the_next_is_whole() -> None:
    async with echo() as proxy:
        with proxy.rule(CutInside(to_client, 1, random.Random(1))):  # noqa: S311  # where to cut is no secret
            assert len(await ask(proxy)) < 5
            assert await ask(proxy) == b"hello"


async def test_what_is_held_back_comes_after_the_release() -> None:
    async with echo() as proxy:
        hold = Hold()
        with proxy.rule(hold):
            asking = asyncio.create_task(ask(proxy))
            done, _ = await asyncio.wait({asking}, timeout=0.1)
            assert not done
            hold.release()
            assert await asking == b"hello"


async def test_frames_can_be_swallowed_or_doubled() -> None:
    async with echo() as proxy:
        swallow = Swallow(lambda frame: frame.data == b"lost")
        with proxy.rule(swallow), proxy.rule(Double(lambda frame: frame.data == b"twice")):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"lost")
            await writer.drain()
            async with asyncio.timeout(5):
                await swallow.met.wait()
                writer.write(b"twice")
                assert await reader.readexactly(10) == b"twicetwice"
            writer.close()


async def test_a_trap_acts_once_and_sends_nothing_on() -> None:
    async with echo() as proxy:
        acts: list[str] = []
        trap = Trap(any_frame, lambda: acts.append("sprung"))
        with proxy.rule(trap):
            assert await ask(proxy) == b""
            assert await ask(proxy) == b"hello"
        assert acts == ["sprung"]
        assert trap.sprung.is_set()


async def test_a_target_that_is_away_ends_the_connection() -> None:
    async with Proxy("nobody", target_port=1) as proxy:
        assert await ask(proxy) == b""
