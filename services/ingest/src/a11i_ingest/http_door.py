"""The HTTP door: OTLP/HTTP, POST /v1/traces, /v1/logs and /v1/metrics, with protobuf or JSON bodies."""

from typing import Final

from aiohttp import web
from aiohttp.web_exceptions import HTTPException
from aiohttp.web_protocol import RequestPayloadError
from google.rpc import code_pb2, status_pb2

from a11i_chassis.auth import SCOPE_INGEST, KeyVerifier, bearer_token
from a11i_chassis.errors import A11iError, InvalidArgumentError, OverloadedError
from a11i_chassis.logging import log_defect
from a11i_ingest.compression import too_large
from a11i_ingest.http_answers import RETRY_DELAY_S, MediaType, answer_type, failure, media_type, refusal, success
from a11i_ingest.http_cors import Cors
from a11i_ingest.intake import Arrival, Intake
from a11i_ingest.kinds import KINDS, Kind
from a11i_ingest.settings import HttpSettings

_DOOR: Final = "otlp_http"
_KINDS: Final = {path: kind for kind in KINDS.values() for path in (kind.path, kind.alias) if path}
_METHODS: Final = "POST, OPTIONS"
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class HttpDoor:
    """Answers OTLP/HTTP requests. Every answer but a success is a google.rpc.Status in the request's type."""

    def __init__(self, verifier: KeyVerifier, intake: Intake, settings: HttpSettings) -> None:
        self._verifier = verifier
        self._intake = intake
        self._read_timeout_s = settings.read_timeout_s
        self._cors = Cors(settings.cors.allowed_origins, settings.cors.allowed_headers)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request of the listener."""
        media = answer_type(request.content_type)
        try:
            answer = await self._answer(request, media)
        except A11iError as error:
            answer = failure(error, media)
        except RequestPayloadError:
            answer = failure(InvalidArgumentError("the body's chunks are malformed"), media)
        except (ConnectionError, HTTPException):
            raise  # the client is gone, or aiohttp knows its answer
        except Exception as error:
            message = log_defect("http_failed", error)
            answer = refusal(503, status_pb2.Status(code=code_pb2.INTERNAL, message=message), media)
        answer.headers.update(self._cors.headers(request.headers.get("Origin")))
        return answer

    async def _answer(self, request: web.BaseRequest, media: MediaType) -> web.Response:
        # The raw path: what only looks like one of them once decoded is another path.
        kind = _KINDS.get(request.raw_path.partition("?")[0])
        if kind is None:
            message = f"there is only {', '.join(_KINDS)} here"
            return refusal(404, status_pb2.Status(code=code_pb2.NOT_FOUND, message=message), media)
        if request.method == "OPTIONS" and "Origin" in request.headers:
            return self._preflight(request.headers["Origin"], media)
        if request.method != "POST":
            status = status_pb2.Status(code=code_pb2.UNIMPLEMENTED, message=f"{kind.path} takes POST alone")
            answer = refusal(405, status, media)
            answer.headers["Allow"] = _METHODS
            return answer
        return await self._export(request, kind, media)

    def _preflight(self, origin: str, media: MediaType) -> web.Response:
        if not self._cors.allows(origin):
            message = "pages of this origin may not send here: see the setting http.cors.allowed_origins"
            return refusal(403, status_pb2.Status(code=code_pb2.PERMISSION_DENIED, message=message), media)
        return web.Response(status=204, headers=self._cors.preflight_headers)

    async def _export(self, request: web.BaseRequest, kind: Kind, media: MediaType) -> web.Response:
        principal = await self._verifier.verify(bearer_token(request.headers.items()), SCOPE_INGEST)
        encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
        if media_type(request.content_type) is None or encoding not in ("identity", "gzip"):
            types = " or ".join(one.value for one in MediaType)
            message = f"send Content-Type {types}, and Content-Encoding gzip or none"
            return refusal(415, status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message=message), media)
        async with self._intake.receiving(_DOOR, principal, request.content_length) as arrival:
            body = await self._read(request, arrival)
            receipt = await self._intake.take(arrival, kind, body, gzipped=encoding == "gzip", encoding=media.encoding)
        return success(kind.response.FromString(kind.answer(receipt.rejected, receipt.message)), media)

    async def _read(self, request: web.BaseRequest, arrival: Arrival) -> bytes:
        """Return the body. Raises TooLargeError as soon as it is over the limit, OverloadedError if it is slow."""
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(_CONTINUE)
            request.writer.output_size = 0  # what aiohttp takes for a part of the answer
        try:
            async with arrival.reservation.reading(self._read_timeout_s):
                return await self._read_bounded(request)
        except TimeoutError:
            message = f"the request did not arrive within {self._read_timeout_s:g} seconds; send again"
            raise OverloadedError(message, retry_delay_s=RETRY_DELAY_S) from None

    async def _read_bounded(self, request: web.BaseRequest) -> bytes:
        limit = self._intake.max_request_bytes
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > limit:
                raise too_large(limit)
        return bytes(body)
