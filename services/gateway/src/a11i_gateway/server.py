"""The REST server: each request becomes one gRPC call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable

import grpc
from aiohttp import web
from google.protobuf.json_format import MessageToJson
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from a11i_chassis.errors import A11iError, UnauthenticatedError, to_status
from a11i_chassis.logging import log_defect
from a11i_gateway.problems import answer, status_of
from a11i_gateway.requests import request as message_from
from a11i_gateway.routes import Route

PASSED_ON = ("authorization", "x-api-key", "traceparent", "tracestate")
"""Headers that become metadata: who asks, and for which trace."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(
    routes: Iterable[Route], channel: grpc.aio.Channel, ready: Callable[[], Awaitable[bool]], call_timeout_s: float
) -> web.Application:
    """The REST application: the routes, /healthz, and / with a list of them."""
    app = web.Application(middlewares=[_problems])
    served = list(routes)
    for route in served:
        app.router.add_get(route.path, _handler(route, channel, call_timeout_s))

    async def healthz(_: web.Request) -> web.Response:
        serving = await ready()
        status = "SERVING" if serving else "NOT_SERVING"
        return web.json_response({"status": status}, status=200 if serving else 503)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/", _index(served))
    return app


def _index(routes: Iterable[Route]) -> Handler:
    """What can be asked for. It needs no key: the contracts are public."""
    paths = [
        {
            "path": route.path,
            "rpc": route.method.strip("/"),
            "parameters": list(route.request.DESCRIPTOR.fields_by_name),
        }
        for route in routes
    ]
    text = json.dumps({"paths": [*paths, {"path": "/healthz"}]}, indent=2) + "\n"

    async def handle(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/json")

    return handle


def _handler(route: Route, channel: grpc.aio.Channel, call_timeout_s: float) -> Handler:
    call = channel.unary_unary(
        route.method,
        request_serializer=route.request.SerializeToString,
        response_deserializer=route.response.FromString,
    )

    async def handle(http: web.Request) -> web.Response:
        message = message_from(route.request, http.match_info, http.query.items())
        response = await call(message, metadata=_metadata(http), timeout=call_timeout_s)
        # In a thread: a trace of 10,000 spans takes a second, and others want to be served.
        text = await asyncio.to_thread(MessageToJson, response, indent=None)
        return web.Response(text=text, content_type="application/json")

    return handle


def _metadata(http: web.Request) -> tuple[tuple[str, str], ...]:
    passed = tuple((name, http.headers[name]) for name in PASSED_ON if name in http.headers)
    # gRPC's metadata is printable ASCII; no key of ours is anything else.
    if not all(value.isascii() and value.isprintable() for _, value in passed):
        raise UnauthenticatedError("a header holds characters that no credential has")
    return passed


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure as a google.rpc.Status."""
    try:
        return await handler(request)
    except grpc.aio.AioRpcError as error:
        return answer(status_of(error))
    except A11iError as error:
        return answer(to_status(error))
    except web.HTTPException as error:
        code = code_pb2.NOT_FOUND if error.status == 404 else code_pb2.INVALID_ARGUMENT
        hint = "; GET / lists what there is" if error.status in (404, 405) else ""
        response = answer(Status(code=code, message=f"{request.method} {request.path}: {error.reason}{hint}"))
        response.set_status(error.status)
        return response
    except Exception as error:
        return answer(to_status(A11iError(log_defect("request_failed", error, path=request.path))))
