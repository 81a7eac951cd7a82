"""Clients that send as exporters do: again and again until acknowledged, or given up after a while."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

import aiohttp
import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.chaos.model import Batch, Record, Spans

TRY_TIMEOUT_S: Final = 5.0
RETRY_PAUSE_S: Final = (0.1, 0.5)
SEND_AGAIN_SHARE: Final = 0.05
"""Of the requests that were acknowledged: sent once more, as by a client that did not hear it."""
_SPANS: Final = (1, 12)
"""In a request."""
_USUAL_WORDS: Final = 30
_FULL: Final = ("does not take messages", "is full")
"""What ingest says of a bus on NATS and on Kafka that has no room."""
_FLOOD_WORDS: Final = 600
"""A span of about 6 kB, so that a stream is full soon."""


class SendError(Exception):
    """A try that was not acknowledged: how it failed, in a word."""

    def __init__(self, how: str, said: str = "") -> None:
        super().__init__(how)
        self.bus_is_full = any(words in said for words in _FULL)
        """By what the answer says."""


class Way(Protocol):
    """One way of sending a request."""

    async def send(self, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse:
        """Return the acknowledgement. Raises SendError."""


class Pace:
    """How fast all clients send."""

    def __init__(self, pause_s: float) -> None:
        self.pause_s = pause_s
        self.flooding = False
        """Without pauses, and large spans."""


class Client:
    """Sends requests one after the other until told to stop."""

    def __init__(self, seed: str, way: Way, record: Record, pace: Pace, give_up_s: float) -> None:
        self._rng = random.Random(seed)  # noqa: S311  # a test's plan, not a secret
        self._spans = Spans(seed)
        self._way = way
        self._record = record
        self._pace = pace
        self._give_up_s = give_up_s

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; the last request is still brought to its end."""
        while not stop.is_set():
            words = _FLOOD_WORDS if self._pace.flooding else _USUAL_WORDS
            batch = self._spans.batch(self._rng.randint(*_SPANS), words)
            self._record.note_sent(batch)
            if await self._send(batch) and self._rng.random() < SEND_AGAIN_SHARE:
                await self._send(batch)
            pause_s = 0.0 if self._pace.flooding else self._rng.uniform(0, 2 * self._pace.pause_s)
            await asyncio.sleep(pause_s)

    async def _send(self, batch: Batch) -> bool:
        deadline = time.monotonic() + self._give_up_s
        while True:
            try:
                answer = await self._way.send(batch.request)
            except SendError as error:
                self._record.refusals[str(error)] += 1
                self._record.full += error.bus_is_full
            else:
                if answer.partial_success.rejected_spans:
                    raise AssertionError(f"good spans were rejected: {answer.partial_success.error_message}")
                self._record.note_acknowledged(batch)
                return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(self._rng.uniform(*RETRY_PAUSE_S))


class GrpcWay:
    """OTLP/gRPC."""

    def __init__(self, channel: grpc.aio.Channel, api_key: str) -> None:
        self._stub = trace_service_pb2_grpc.TraceServiceStub(channel)  # type: ignore[no-untyped-call]  # OTLP's own lack
        self._metadata = (("authorization", f"Bearer {api_key}"),)

    async def send(self, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse:
        """Return the acknowledgement. Raises SendError."""
        try:
            answer: ExportTraceServiceResponse = await self._stub.Export(
                request, metadata=self._metadata, timeout=TRY_TIMEOUT_S
            )
        except grpc.aio.AioRpcError as error:
            raise SendError(error.code().name, error.details() or "") from error
        return answer


class HttpWay:
    """OTLP/HTTP, protobuf."""

    def __init__(self, session: aiohttp.ClientSession, port: int, api_key: str) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{port}/v1/traces"
        self._headers = {"authorization": f"Bearer {api_key}", "content-type": "application/x-protobuf"}

    async def send(self, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse:
        """Return the acknowledgement. Raises SendError."""
        try:
            async with self._session.post(
                self._url, data=request.SerializeToString(), headers=self._headers
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SendError(type(error).__name__) from error
        if response.status != 200:
            raise SendError(f"HTTP {response.status}", body.decode(errors="replace"))
        return ExportTraceServiceResponse.FromString(body)


@asynccontextmanager
async def ways(grpc_port: int, http_port: int, api_key: str, of_each: int) -> AsyncIterator[list[Way]]:
    """Yield ways of sending, half of each kind, each with connections of its own."""
    # Without the global pool of subchannels two channels to one address have two connections.
    options = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_reconnect_backoff_ms", 1000))
    channels = [grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}", options=options) for _ in range(of_each)]
    timeout = aiohttp.ClientTimeout(total=TRY_TIMEOUT_S)
    sessions = [aiohttp.ClientSession(timeout=timeout) for _ in range(of_each)]
    try:
        yield [
            *(GrpcWay(channel, api_key) for channel in channels),
            *(HttpWay(session, http_port, api_key) for session in sessions),
        ]
    finally:
        for channel in channels:
            await channel.close()
        for session in sessions:
            await session.close()
