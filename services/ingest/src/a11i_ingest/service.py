"""The gRPC door: OTLP's Export for traces, logs and metrics, and IngestService/StreamSpans.

All read their requests themselves, without deserializers, and get the bytes as the client sent them, compressed ones
too (the server runs with SERVER_OPTIONS): a call is authenticated before anything in it is read, decompressed or
parsed, decompression has a bound, and a string that is not UTF-8 does not refuse a request.
"""

from typing import Any, Final

import grpc

from a11i.errors.v1 import error_reason_pb2 as reasons
from a11i_chassis.auth import SCOPE_INGEST, KeyVerifier, Principal, bearer_token
from a11i_chassis.errors import A11iError, InvalidArgumentError, OverloadedError, UnavailableError
from a11i_chassis.logging import log_defect
from a11i_ingest.compression import GZIP_MAGIC
from a11i_ingest.intake import Arrival, Intake
from a11i_ingest.kinds import Kind

SERVER_OPTIONS: Final = (("grpc.per_message_decompression", 0),)
"""gRPC's own decompression knows no limit, and runs before any handler."""

_DOOR: Final = "otlp_grpc"

Context = grpc.aio.ServicerContext[bytes, bytes]


class Authenticator:
    """Says whose call it is."""

    def __init__(self, verifier: KeyVerifier) -> None:
        self._verifier = verifier

    async def principal(self, context: Context) -> Principal:
        """Return who the call's credential belongs to.

        Raises UnauthenticatedError, PermissionDeniedError, or UnavailableError (auth cannot be asked).
        """
        return await self._verifier.verify(bearer_token(context.invocation_metadata()), SCOPE_INGEST)


class OtlpService:
    """OTLP's one-shot export of one signal."""

    def __init__(self, kind: Kind, authenticator: Authenticator, intake: Intake, *, read_timeout_s: float) -> None:
        self._kind = kind
        self._authenticator = authenticator
        self._intake = intake
        self._read_timeout_s = read_timeout_s

    def register(self, server: grpc.aio.Server) -> None:
        """Add the service to `server`."""
        # To gRPC's server a call with a stream of requests, as it reads a single request before it calls the handler:
        # whoever comes without a key could fill the memory. Clients cannot tell the difference.
        methods: dict[str, Any] = {"Export": grpc.stream_unary_rpc_method_handler(self.export)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(self._kind.service, methods),))

    async def export(self, _requests: object, context: Context) -> bytes:
        """Answer the call's Export...ServiceRequest with the response, both serialized."""
        try:
            return await self._export(context)
        except (A11iError, grpc.aio.BaseError):
            raise
        except Exception as error:
            # INTERNAL would have clients throw the request away, for a defect that may pass with a restart.
            raise UnavailableError(log_defect("export_failed", error), reason=reasons.ERROR_REASON_INTERNAL) from error

    async def _export(self, context: Context) -> bytes:
        principal = await self._authenticator.principal(context)
        async with self._intake.receiving(_DOOR, principal) as arrival:
            body = await self._read(context, arrival)
            receipt = await self._intake.take(arrival, self._kind, body, gzipped=body.startswith(GZIP_MAGIC))
        return self._kind.answer(receipt.rejected, receipt.message)

    async def _read(self, context: Context, arrival: Arrival) -> bytes:
        try:
            async with arrival.reservation.reading(self._read_timeout_s):
                body: object = await context.read()
        except TimeoutError:
            message = f"the request did not arrive within {self._read_timeout_s:g} seconds; send again"
            raise OverloadedError(message) from None
        if not isinstance(body, bytes):
            # gRPC's sign that the caller has ended its side.
            raise InvalidArgumentError("the call has no request")
        return body
