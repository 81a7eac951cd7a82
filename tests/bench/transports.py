"""The ways in which `tests.bench.sender` puts ready-made OTLP requests on the wire."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, Literal

import aiohttp
import grpc
import grpc.aio

Protocol = Literal["grpc", "http/protobuf", "http/json"]
"""Named as in OTEL_EXPORTER_OTLP_PROTOCOL."""
Export = Callable[[bytes], Awaitable[bytes]]
"""Sends a request; returns the answer's bytes. Raises RefusedError, or what the client library raises."""

EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PATH: Final = "/v1/traces"
CONTENT_TYPES: Final = {"http/protobuf": "application/x-protobuf", "http/json": "application/json"}
TIMEOUT_S: Final = 30.0
"""More than an exporter's 10 s, so that a slow acknowledgement is measured and not cut off."""
RETRYABLE: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
RETRYABLE_HTTP: Final = (429, 502, 503, 504)
"""As the OTLP specification has them."""
CHANNEL_OPTIONS: Final = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
"""A connection for each channel, as separate programs have, and none through a proxy."""
PLAIN_SUCCESS: Final = (b"", b"\n\x00", b"{}", b'{"partialSuccess":{}}')
"""Answers without a rejected span or a warning. The second and the fourth are the Collector's."""


class RefusedError(Exception):
    """The server asks to send the request again later."""


class RejectedError(Exception):
    """The server will never take the request."""


@asynccontextmanager
async def connections(protocol: Protocol, target: str, count: int, api_key: str) -> AsyncIterator[list[Export]]:
    """Open connections to `target` (host:port); closed when the block ends.

    gRPC gets `count` of them. HTTP/1.1 carries a request at a time and gets as many as there are requests under way.
    """
    authorization = f"Bearer {api_key}"
    async with AsyncExitStack() as stack:
        if protocol == "grpc":
            channels = [grpc.aio.insecure_channel(target, options=CHANNEL_OPTIONS) for _ in range(count)]
            for channel in channels:
                stack.push_async_callback(channel.close, None)
            yield [_over_grpc(channel, authorization) for channel in channels]
        else:
            session = aiohttp.ClientSession(
                f"http://{target}",
                headers={"content-type": CONTENT_TYPES[protocol], "authorization": authorization},
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            )
            await stack.enter_async_context(session)
            yield [_over_http(session)]


def _over_grpc(channel: grpc.aio.Channel, authorization: str) -> Export:
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(EXPORT, None, None)

    async def export(payload: bytes) -> bytes:
        try:
            return await call(payload, metadata=(("authorization", authorization),), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            if error.code() in RETRYABLE:
                raise RefusedError(error.details()) from None
            raise

    return export


def _over_http(session: aiohttp.ClientSession) -> Export:
    async def export(payload: bytes) -> bytes:
        async with session.post(PATH, data=payload) as answer:
            body = await answer.read()
            if answer.status in RETRYABLE_HTTP:
                raise RefusedError(f"status {answer.status}")
            if answer.status != 200:
                raise RejectedError(f"status {answer.status}: {body[:300]!r}")
            return body

    return export
