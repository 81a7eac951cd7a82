"""Answers of OTLP/HTTP: each in the type of its request, each that is no success a google.rpc.Status."""

import math
from enum import Enum
from typing import Final

from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import code_pb2, status_pb2

from a11i_chassis.errors import A11iError, TransientError, to_status
from a11i_ingest.accept import Encoding

RETRY_DELAY_S: Final = 2.0
"""Advised where nothing better is known."""

_HTTP_STATUS: Final = {
    code_pb2.INVALID_ARGUMENT: 400,
    code_pb2.UNAUTHENTICATED: 401,
    code_pb2.PERMISSION_DENIED: 403,
    code_pb2.NOT_FOUND: 404,
    code_pb2.UNIMPLEMENTED: 404,
    code_pb2.RESOURCE_EXHAUSTED: 429,
}
"""HTTP status by google.rpc code, as OTLP has it; any other is 503, which clients retry."""
_TOO_LARGE: Final = 413
_RETRYABLE: Final = frozenset({429, 502, 503, 504})


class MediaType(Enum):
    """How requests are written, and so their answers."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"

    @property
    def encoding(self) -> Encoding:
        """What the intake calls it."""
        return Encoding.JSON if self is MediaType.JSON else Encoding.PROTOBUF


def media_type(content_type: str) -> MediaType | None:
    """Return the type that a request says it has, without its parameters; None if OTLP/HTTP has none such."""
    try:
        return MediaType(content_type.lower())
    except ValueError:
        return None


def answer_type(content_type: str) -> MediaType:
    """Return the type to answer in. Who sends neither type is most likely a person, who can read JSON."""
    return media_type(content_type) or MediaType.JSON


def success(message: Message, media: MediaType) -> web.Response:
    """Return the answer to a request that was taken, in full or in part."""
    return _response(200, message, media)


def failure(error: A11iError, media: MediaType) -> web.Response:
    """Return the answer to a request of which nothing was taken."""
    status = to_status(error)
    if isinstance(error, TransientError):
        return refusal(_HTTP_STATUS.get(status.code, 503), status, media, retry_delay_s=error.retry_delay_s)
    too_large = status.code == code_pb2.RESOURCE_EXHAUSTED
    return refusal(_TOO_LARGE if too_large else _HTTP_STATUS.get(status.code, 503), status, media)


def refusal(
    http_status: int, status: status_pb2.Status, media: MediaType, *, retry_delay_s: float = RETRY_DELAY_S
) -> web.Response:
    """Return an answer that says why; one that clients may try again after also says when."""
    answer = _response(http_status, status, media)
    if http_status in _RETRYABLE:
        answer.headers["Retry-After"] = str(max(1, math.ceil(retry_delay_s)))
    return answer


def _response(http_status: int, message: Message, media: MediaType) -> web.Response:
    if media is MediaType.JSON:
        body = json_format.MessageToJson(message, indent=None).encode()
    else:
        body = message.SerializeToString()
    return web.Response(status=http_status, body=body, content_type=media.value)
