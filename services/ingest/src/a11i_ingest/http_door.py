"""The HTTP door: OTLP/HTTP with protobuf bodies, POST /v1/traces."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from google.rpc import code_pb2, status_pb2

from a11i_chassis.auth import SCOPE_INGEST, KeyVerifier, bearer_token
from a11i_chassis.errors import A11iError, RateLimitedError, TransientError, to_status
from a11i_chassis.logging import log_defect
from a11i_ingest.compression import too_large
from a11i_ingest.intake import Intake
from a11i_ingest.kinds import KINDS
from a11i_ingest.settings import HttpSettings
from a11i_telemetry.signals import Signal

_DOOR: Final = "otlp_http"
_PATH: Final = "/v1/traces"
_CONTENT_TYPE: Final = "application/x-protobuf"
_RETRY_DELAY_S: Final = 2.0
"""After a defect, which no client can tell from a short trouble."""
_SHUTDOWN_S: Final = 5.0
"""Time that requests get to finish; publishing takes as long at most."""

_HTTP_STATUS: Final = {
    code_pb2.INVALID_ARGUMENT: 400,
    code_pb2.UNAUTHENTICATED: 401,
    code_pb2.PERMISSION_DENIED: 403,
    code_pb2.RESOURCE_EXHAUSTED: 413,
}
"""HTTP status by google.rpc code, as OTLP has it; any other is 503, which clients retry."""


class HttpDoor:
    """Answers OTLP/HTTP requests. Every answer but a success is a google.rpc.Status, in protobuf too."""

    def __init__(self, verifier: KeyVerifier, intake: Intake, *, read_timeout_s: float) -> None:
        self._verifier = verifier
        self._intake = intake
        self._read_timeout_s = read_timeout_s

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request of the listener."""
        try:
            return await self._answer(request)
        except A11iError as error:
            status = to_status(error)
            retry_after_s = error.retry_delay_s if isinstance(error, TransientError) else None
            return _refusal(_http_status(error), status, retry_after_s)
        except TimeoutError:
            return _refusal(408, status_pb2.Status(code=code_pb2.CANCELLED, message="the body did not arrive in time"))
        except Exception as error:
            message = log_defect("http_failed", error)
            return _refusal(503, status_pb2.Status(code=code_pb2.INTERNAL, message=message), _RETRY_DELAY_S)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        # The raw path: what only looks like it once decoded is another path.
        if request.raw_path.partition("?")[0] != _PATH:
            return _refusal(404, status_pb2.Status(code=code_pb2.NOT_FOUND, message=f"there is only {_PATH} here"))
        if request.method != "POST":
            status = status_pb2.Status(code=code_pb2.UNIMPLEMENTED, message=f"{_PATH} takes POST alone")
            return _refusal(405, status, headers={"Allow": "POST"})
        principal = await self._verifier.verify(bearer_token(request.headers.items()), SCOPE_INGEST)
        encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
        if request.content_type != _CONTENT_TYPE or encoding not in ("identity", "gzip"):
            message = f"send Content-Type {_CONTENT_TYPE}, and Content-Encoding gzip or none"
            return _refusal(415, status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message=message))
        async with self._intake.receiving(_DOOR, principal, request.content_length) as arrival:
            async with arrival.reservation.reading(self._read_timeout_s):
                body = await self._read(request)
            receipt = await self._intake.take(arrival, KINDS[Signal.SPANS], body, gzipped=encoding == "gzip")
        answer = KINDS[Signal.SPANS].answer(receipt.rejected, receipt.message)
        return web.Response(body=answer, content_type=_CONTENT_TYPE)

    async def _read(self, request: web.BaseRequest) -> bytes:
        """Return the body. Raises TooLargeError as soon as it is over the limit."""
        limit = self._intake.max_request_bytes
        if (request.content_length or 0) > limit:
            raise too_large(limit)
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > limit:
                raise too_large(limit)
        return bytes(body)


def _http_status(error: A11iError) -> int:
    if isinstance(error, RateLimitedError):
        return 429
    return _HTTP_STATUS.get(error.code.value[0], 503)


def _refusal(
    http_status: int,
    status: status_pb2.Status,
    retry_after_s: float | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    answer = web.Response(
        status=http_status, body=status.SerializeToString(), content_type=_CONTENT_TYPE, headers=headers
    )
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    return answer


@asynccontextmanager
async def listening(
    settings: HttpSettings,
    handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    *,
    share_port: bool = False,
) -> AsyncIterator[str]:
    """Serve HTTP while the context is open, and yield host:port with the real port.

    `share_port` lets other processes of the same user listen there as well.
    Raises OSError if the address cannot be had.
    """
    host, port = settings.listen.rsplit(":", 1)
    # Bodies as they came: aiohttp's own decompression knows no limit.
    runner = web.ServerRunner(web.Server(handle, auto_decompress=False, access_log=None), shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, int(port), reuse_port=share_port).start()
        yield f"{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
