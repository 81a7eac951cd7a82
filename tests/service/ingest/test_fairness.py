"""Many clients, more than there is room for: who waits, who is refused, and who does not notice."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from a11i_chassis import metrics
from a11i_ingest.settings import IntakeSettings
from tests.service.ingest.ingest_harness import Harness, request, running_ingest, status_of

MIB = 1024 * 1024
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class Client:
    """A program with a key and a connection of its own."""

    def __init__(self, ingest: Harness, key: str) -> None:
        options = (("grpc.use_local_subchannel_pool", 1),)
        self._channel = grpc.aio.insecure_channel(ingest.grpc_address, options=options)
        self._metadata = (("authorization", f"Bearer {key}"),)
        self.codes: Counter[grpc.StatusCode] = Counter()
        self.waits_s: list[float] = []

    async def export(self, body: bytes) -> None:
        """Send a request, and note how it ended and how long that took."""
        channel: Any = self._channel  # Its stub wants serializers, which bytes do not need.
        started_s = time.monotonic()
        self.codes[await channel.unary_unary(EXPORT)(body, metadata=self._metadata, timeout=20).code()] += 1
        self.waits_s.append(time.monotonic() - started_s)

    def begin(self) -> Any:
        """Open a call without sending its request."""
        channel: Any = self._channel
        return channel.stream_unary(EXPORT)(metadata=self._metadata, timeout=20)

    async def close(self) -> None:
        """End the connection."""
        await self._channel.close()


@asynccontextmanager
async def _clients(ingest: Harness, tenant: str, count: int) -> AsyncIterator[list[Client]]:
    key = ingest.auth.add_tenant(tenant)
    clients = [Client(ingest, key) for _ in range(count)]
    try:
        yield clients
    finally:
        for client in clients:
            await client.close()


async def _until_in_flight(requests: int) -> None:
    """Wait until ingest holds room for so many requests."""
    async with asyncio.timeout(10):
        while metrics.INGEST_REQUESTS_IN_FLIGHT._value.get() < requests:
            await asyncio.sleep(0.01)


async def test_requests_wait_for_room_and_are_not_refused_at_once() -> None:
    async with (
        running_ingest(IntakeSettings(max_bytes_in_flight=200_000), max_receive_bytes=100_000) as ingest,
        _clients(ingest, "a", 8) as clients,
    ):
        bodies = [request(number, text="x" * 50_000).SerializeToString() for number in range(1, 9)]
        await asyncio.gather(*(client.export(body) for client, body in zip(clients, bodies, strict=True)))
        stored = await ingest.stored()
    assert sum((client.codes for client in clients), Counter()) == {grpc.StatusCode.OK: 8}
    assert len(stored) == 8


async def test_who_finds_no_room_in_time_is_told_when_to_come_back() -> None:
    async with (
        running_ingest(IntakeSettings(max_requests_in_flight=2)) as ingest,
        _clients(ingest, "slow", 1) as [slow],
        _clients(ingest, "many", 12) as many,
    ):
        # One request never comes: it keeps half of the places until others have waited for them for a second.
        held = slow.begin()
        await _until_in_flight(1)
        await asyncio.gather(*(client.export(request(1).SerializeToString()) for client in many))
        codes = sum((client.codes for client in many), Counter())
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)
    # Two places and two that wait: the rest is refused, and nobody ends in any other way.
    assert set(codes) <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    assert codes[grpc.StatusCode.OK] >= 3


async def test_a_flood_leaves_another_tenants_latency_alone() -> None:
    settings = IntakeSettings(max_bytes_in_flight=32 * MIB)
    async with (
        running_ingest(settings, capacity_bytes=4 * 1024 * MIB) as ingest,
        _clients(ingest, "flood", 64) as flood,
        _clients(ingest, "small", 1) as [small],
    ):
        large = request(*range(1, 40), text="x" * 50_000).SerializeToString()
        stop = asyncio.Event()

        async def keep_sending(client: Client) -> None:
            while not stop.is_set():
                await client.export(large)

        async with asyncio.TaskGroup() as group:
            for client in flood:
                group.create_task(keep_sending(client))
            while sum(len(client.waits_s) for client in flood) < 64:
                await asyncio.sleep(0.01)
            for number in range(1, 31):
                await small.export(request(number).SerializeToString())
            stop.set()
    assert small.codes == {grpc.StatusCode.OK: 30}
    floods_wait_s = statistics.median(wait_s for client in flood for wait_s in client.waits_s)
    assert statistics.median(small.waits_s) < floods_wait_s / 2


async def test_bodies_that_never_come_keep_nobody_else_out() -> None:
    settings = IntakeSettings(max_bytes_in_flight=16 * MIB)
    async with (
        running_ingest(settings) as ingest,
        _clients(ingest, "slow", 10) as slow,
        _clients(ingest, "other", 1) as [other],
    ):
        calls = [client.begin() for client in slow]
        # Half of the room is theirs: two requests of the least that is expected.
        await _until_in_flight(2)
        started_s = time.monotonic()
        for number in range(1, 6):
            await other.export(request(number).SerializeToString())
        took_s = time.monotonic() - started_s
        # The tenant's own share is full of them, but for a second only if more of its requests come.
        ends = [asyncio.create_task(call.code()) for call in calls]
        ended, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        codes = {end.result() for end in ended}
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, *ends, return_exceptions=True)
    assert other.codes == {grpc.StatusCode.OK: 5}
    assert took_s < 1
    # Not of the first call alone: which one is let in last, and keeps its place as no other waits, is left open.
    assert codes == {grpc.StatusCode.UNAVAILABLE}


async def test_a_slow_body_is_asked_for_again() -> None:
    async with (
        running_ingest(IntakeSettings(max_bytes_in_flight=8 * MIB)) as ingest,
        _clients(ingest, "slow", 2) as [first, second],
    ):
        held = first.begin()
        await _until_in_flight(1)
        second_sent = asyncio.create_task(second.export(request(1).SerializeToString()))
        try:
            await held
        except grpc.aio.AioRpcError as error:
            status = status_of(error)
        await second_sent
    assert "slow to come" in status.message
    assert second.codes == {grpc.StatusCode.OK: 1}
