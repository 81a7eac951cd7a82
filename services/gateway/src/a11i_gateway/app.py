"""Wires the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
from aiohttp import web
from grpc_health.v1 import health_pb2, health_pb2_grpc

from a11i.query.v1 import query_service_pb2
from a11i_chassis.app import App
from a11i_chassis.grpc_client import open_channel
from a11i_gateway.routes import routes
from a11i_gateway.server import application
from a11i_gateway.settings import GatewaySettings

HEALTH_TIMEOUT_S = 2.0
SERVICE = query_service_pb2.DESCRIPTOR.services_by_name["QueryService"]


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway's wiring, with its REST listener open."""

    app: App
    address: str
    """host:port of the REST listener; the port is the real one."""


@asynccontextmanager
async def build(settings: GatewaySettings) -> AsyncIterator[App]:
    """What the chassis runs."""
    async with build_gateway(settings) as gateway:
        yield gateway.app


@asynccontextmanager
async def build_gateway(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """Opens the REST listener; the gRPC port that the chassis adds serves health and reflection.

    Raises OSError if the address can't be had.
    """
    async with open_channel(settings.query) as channel:
        health = health_pb2_grpc.HealthStub(channel)

        async def ready() -> bool:
            try:
                answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_TIMEOUT_S)
            except grpc.aio.AioRpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

        rest = application(routes(SERVICE), channel, ready, settings.query.timeout_s)
        runner = web.AppRunner(rest, access_log=None, shutdown_timeout=settings.shutdown_budget_s)
        await runner.setup()
        try:
            await web.TCPSite(runner, *settings.http.address).start()
            host, port = runner.addresses[0][:2]
            yield Gateway(App(ready=ready), f"{host}:{port}")
        finally:
            await runner.cleanup()
