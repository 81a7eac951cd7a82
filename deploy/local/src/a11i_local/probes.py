"""Is it ready? One question for each protocol. All answer False while a process is still starting."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable

import grpc

TIMEOUT_S = 1.5
HEALTH_CHECK = "/grpc.health.v1.Health/Check"
HEALTH_SERVING = b"\x08\x01"  # A HealthCheckResponse whose status (field 1) is SERVING (1).
KAFKA_API_VERSIONS = 18  # The key of the ApiVersions request, which needs no log-in.
POSTGRES_PROTOCOL = 3 << 16  # Version 3.0 of the frontend/backend protocol.


async def http_answers(port: int, path: str = "/") -> bool:
    """Whether an HTTP server answers at all, with whatever status."""
    request = f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode()
    return (await _exchange(port, request, 5)).startswith(b"HTTP/")


async def nats_answers(port: int) -> bool:
    """Whether a NATS server greets."""
    return (await _exchange(port, b"", 5)) == b"INFO "


async def kafka_answers(port: int) -> bool:
    """Whether Kafka says which requests it knows."""
    request = struct.pack("!hhih", KAFKA_API_VERSIONS, 0, 0, -1)
    return len(await _exchange(port, struct.pack("!i", len(request)) + request, 4)) == 4


async def postgres_answers(port: int, user: str, database: str) -> bool:
    """Whether PostgreSQL asks for a password: while it starts or recovers it sends an error instead."""
    parameters = b"".join(text.encode() + b"\0" for text in ("user", user, "database", database)) + b"\0"
    startup = struct.pack("!ii", 8 + len(parameters), POSTGRES_PROTOCOL) + parameters
    return (await _exchange(port, startup, 1)) == b"R"


def grpc_serving(address: str) -> Callable[[], Awaitable[bool]]:
    """A probe: whether the service's health is SERVING."""

    port = int(address.rpartition(":")[2])

    async def probe() -> bool:
        # A channel costs milliseconds, and a process that isn't there yet is asked often.
        if not await _listens(port):
            return False
        async with grpc.aio.insecure_channel(address) as channel:
            try:
                # Raw bytes: the request is the empty message, "the server as a whole".
                check = channel.unary_unary(HEALTH_CHECK, request_serializer=bytes, response_deserializer=bytes)
                answer = await check(b"", timeout=TIMEOUT_S)
            except grpc.aio.AioRpcError:
                return False
            return bool(answer == HEALTH_SERVING)

    return probe


async def _listens(port: int) -> bool:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _exchange(port: int, request: bytes, answer_bytes: int) -> bytes:
    """The first bytes of the answer; empty if there is none."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                await writer.drain()
                return await reader.readexactly(answer_bytes)
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return b""
