"""IngestService/StreamSpans: many chunks on one call, each acknowledged once it is durable."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

from a11i.errors.v1 import error_reason_pb2 as reasons
from a11i.ingest.v1 import ingest_service_pb2
from a11i_chassis.errors import (
    A11iError,
    InvalidArgumentError,
    OverloadedError,
    PermissionDeniedError,
    UnauthenticatedError,
    UnavailableError,
    to_status,
)
from a11i_chassis.logging import log_defect
from a11i_ingest.compression import GZIP_MAGIC, gunzip_head
from a11i_ingest.intake import Intake, Receipt
from a11i_ingest.kinds import KINDS
from a11i_ingest.service import Authenticator, Context
from a11i_telemetry.signals import Signal

INGEST_SERVICE: Final = ingest_service_pb2.DESCRIPTOR.services_by_name["IngestService"].full_name

_DOOR: Final = "stream"
_SEQUENCE_TAG: Final = b"\x08"
"""How StreamSpansRequest.sequence begins: field 1, a varint."""
_SEQUENCE_BYTES: Final = 11
"""The tag, and the ten bytes that the longest varint takes."""
_RETRY_DELAY_S: Final = 1.0
"""By then a load balancer leads to another instance, or this one has been started again."""


class StreamService:
    """a11i's streaming export. When `stopping` is set, calls end as soon as what they have read is acknowledged.

    gRPC reads a chunk whole before anybody can say whether there is room for it, so a tenant's streams are bounded.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        intake: Intake,
        *,
        window: int,
        streams_per_tenant: int,
        stopping: asyncio.Event,
    ) -> None:
        self._authenticator = authenticator
        self._intake = intake
        self._window = window
        self._streams_per_tenant = streams_per_tenant
        self._streams: Counter[str] = Counter()
        self._stopping = stopping

    def register(self, server: grpc.aio.Server) -> None:
        """Add the service to `server`."""
        methods: dict[str, Any] = {"StreamSpans": grpc.stream_stream_rpc_method_handler(self.stream_spans)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(INGEST_SERVICE, methods),))

    async def stream_spans(self, _requests: object, context: Context) -> None:
        """Serve one call of serialized StreamSpansRequests with serialized StreamSpansResponses."""
        principal = await self._authenticator.principal(context)
        with self._counted(principal.tenant_id):
            await self._serve(context)

    @contextmanager
    def _counted(self, tenant_id: str) -> Iterator[None]:
        if self._streams[tenant_id] >= self._streams_per_tenant:
            message = f"{self._streams_per_tenant} streams are open already; send on one of them, or again later"
            raise OverloadedError(message, retry_delay_s=_RETRY_DELAY_S)
        self._streams[tenant_id] += 1
        try:
            yield
        finally:
            self._streams[tenant_id] -= 1
            if not self._streams[tenant_id]:
                del self._streams[tenant_id]

    async def _serve(self, context: Context) -> None:
        call = _Call(context, self._authenticator, self._intake, self._window)
        await call.send(ingest_service_pb2.StreamSpansResponse(window=self._window))
        try:
            await call.run(self._stopping)
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        if self._stopping.is_set():
            message = "ingest is shutting down; open another stream and resend what was not acknowledged"
            raise UnavailableError(message, reason=reasons.ERROR_REASON_OVERLOADED, retry_delay_s=_RETRY_DELAY_S)


class _Call:
    def __init__(self, context: Context, authenticator: Authenticator, intake: Intake, window: int) -> None:
        self._context = context
        self._authenticator = authenticator
        self._intake = intake
        self._slots = asyncio.Semaphore(window)
        self._writing = asyncio.Lock()

    async def send(self, response: ingest_service_pb2.StreamSpansResponse) -> None:
        """Write a response; gRPC takes one at a time."""
        async with self._writing:
            await self._context.write(response.SerializeToString())

    async def run(self, stopping: asyncio.Event) -> None:
        """Work on chunks, no more than the window at once, until the caller ends its side or `stopping` is set."""
        async with asyncio.TaskGroup() as group:
            stop = group.create_task(stopping.wait())
            while (body := await self._next(group, stop)) is not None:
                await self._slots.acquire()
                group.create_task(self._answer(body))
            stop.cancel()

    async def _next(self, group: asyncio.TaskGroup, stop: asyncio.Task[bool]) -> bytes | None:
        """Return the next message; None if none will be read."""
        reading = group.create_task(self._context.read())
        await asyncio.wait((reading, stop), return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            reading.cancel()
            return None
        body: object = reading.result()
        # What is no message is gRPC's sign that the caller has ended its side.
        return body if isinstance(body, bytes) else None

    async def _answer(self, body: bytes) -> None:
        """Store one chunk and acknowledge it, or say in the acknowledgement why it was not stored."""
        answer = ingest_service_pb2.StreamSpansResponse(sequence=_sequence(body))
        try:
            sequence, receipt = await self._store(body)
        except (UnauthenticatedError, PermissionDeniedError):
            raise
        except A11iError as error:
            if not answer.sequence:
                # Nothing says which chunk this was, so that only the end of the call can tell of it.
                raise
            answer.error.CopyFrom(to_status(error))
        except Exception as error:
            # As for one-shot exports: a defect may pass with a restart, so the chunk is to be sent again.
            answer.error.CopyFrom(to_status(UnavailableError(log_defect("chunk_failed", error))))
        else:
            answer.sequence = sequence
            answer.accepted_spans = receipt.accepted
            answer.rejected_spans = receipt.rejected
            answer.message = receipt.message
        await self.send(answer)
        self._slots.release()

    async def _store(self, body: bytes) -> tuple[int, Receipt]:
        """Store a serialized chunk; return its sequence and what became of its spans."""
        # Verified again for each chunk, from memory mostly: a revoked key ends streams as well.
        principal = await self._authenticator.principal(self._context)
        async with self._intake.receiving(_DOOR, principal, len(body)) as arrival:
            if body.startswith(GZIP_MAGIC):
                body = await self._intake.gunzip(arrival, body)
            try:
                chunk = ingest_service_pb2.StreamSpansRequest.FromString(body)
            except DecodeError:
                raise InvalidArgumentError("a message on the stream is no StreamSpansRequest") from None
            return chunk.sequence, await self._intake.take(
                arrival, KINDS[Signal.SPANS], chunk.otlp_traces, gzipped=False
            )


def _sequence(body: bytes) -> int:
    """Return the sequence of a serialized chunk, compressed or not, that need not parse; 0 if it does not begin so.

    Protobuf's writers put fields in the order of their numbers, and the sequence is the first.
    """
    head = gunzip_head(body, _SEQUENCE_BYTES) if body.startswith(GZIP_MAGIC) else body[:_SEQUENCE_BYTES]
    if head[:1] != _SEQUENCE_TAG:
        return 0
    end = next((place for place, byte in enumerate(head[1:], start=2) if byte < 0x80), 0)
    try:
        return ingest_service_pb2.StreamSpansRequest.FromString(head[:end]).sequence
    except DecodeError:
        return 0
