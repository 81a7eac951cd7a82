"""gRPC errors as HTTP answers: a google.rpc.Status in JSON, with the HTTP code that google/rpc/code.proto gives it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

import grpc
from aiohttp import web
from google.protobuf.json_format import MessageToDict
from google.rpc import code_pb2, error_details_pb2
from google.rpc.status_pb2 import Status

DETAILS_KEY = "grpc-status-details-bin"

HTTP_CODES = {
    code_pb2.CANCELLED: 499,
    code_pb2.INVALID_ARGUMENT: 400,
    code_pb2.DEADLINE_EXCEEDED: 504,
    code_pb2.NOT_FOUND: 404,
    code_pb2.ALREADY_EXISTS: 409,
    code_pb2.PERMISSION_DENIED: 403,
    code_pb2.UNAUTHENTICATED: 401,
    code_pb2.RESOURCE_EXHAUSTED: 429,
    code_pb2.FAILED_PRECONDITION: 400,
    code_pb2.ABORTED: 409,
    code_pb2.OUT_OF_RANGE: 400,
    code_pb2.UNIMPLEMENTED: 501,
    code_pb2.UNAVAILABLE: 503,
}
"""All others are 500."""


def status_of(error: grpc.aio.AioRpcError) -> Status:
    """The error as the service sent it, details included."""
    metadata: Iterable[tuple[str, str | bytes]] = error.trailing_metadata()
    for key, value in metadata:
        if key == DETAILS_KEY and isinstance(value, bytes):
            return Status.FromString(value)
    number, _ = error.code().value
    return Status(code=number, message=error.details() or "")


def answer(status: Status) -> web.Response:
    """The HTTP answer for a status."""
    headers = {}
    if status.code == code_pb2.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    for detail in status.details:
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            headers["Retry-After"] = str(max(1, math.ceil(retry.retry_delay.ToTimedelta().total_seconds())))
    return web.Response(
        status=HTTP_CODES.get(status.code, 500),
        text=json.dumps(_as_dict(status)),
        content_type="application/json",
        headers=headers,
    )


def _as_dict(status: Status) -> dict[str, object]:
    try:
        return MessageToDict(status)
    except TypeError:
        # A detail of a type that the gateway doesn't know has no JSON.
        return {"code": status.code, "message": status.message}
