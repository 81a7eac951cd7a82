"""Wires the ingest service."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from a11i_bus import connect
from a11i_bus.ledger import ledger_book
from a11i_bus.port import Bus
from a11i_chassis.app import App
from a11i_chassis.auth import KeyVerifier
from a11i_chassis.grpc_client import open_channel
from a11i_ingest.http_door import HttpDoor
from a11i_ingest.http_server import listening
from a11i_ingest.intake import Intake
from a11i_ingest.kinds import KINDS
from a11i_ingest.pacing import Pace
from a11i_ingest.service import SERVER_OPTIONS, Authenticator, OtlpService
from a11i_ingest.settings import IngestSettings
from a11i_ingest.stream import INGEST_SERVICE, StreamService

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wired:
    """The service, wired up."""

    app: App
    http_address: str
    """host:port of OTLP/HTTP; the port is the real one."""


@asynccontextmanager
async def build(settings: IngestSettings) -> AsyncIterator[App]:
    """Yield the service on the bus of its settings. Raises OSError if the HTTP address cannot be had."""
    async with connect(settings.bus) as bus, wire(settings, bus) as wired:
        _log.info("serving_http", address=wired.http_address)
        yield wired.app


@asynccontextmanager
async def wire(settings: IngestSettings, bus: Bus) -> AsyncIterator[Wired]:
    """Yield the service on a bus, with OTLP/HTTP listening already."""
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(open_channel(settings.auth))
        executor = stack.enter_context(ThreadPoolExecutor(settings.intake.decode_threads, "decode"))
        verifier = KeyVerifier(channel, timeout_s=settings.auth.timeout_s)
        ledger = await stack.enter_async_context(ledger_book(bus))
        pace = Pace(bus, settings.bus.capacity_bytes)
        intake = Intake(bus, ledger, pace, executor, settings.intake, max_request_bytes=settings.grpc.max_receive_bytes)
        door = HttpDoor(verifier, intake, settings.http)
        shares_ports = settings.worker_of != 0
        http_address = await stack.enter_async_context(listening(settings.http, door.handle, share_port=shares_ports))
        authenticator = Authenticator(verifier)
        doors = [
            OtlpService(kind, authenticator, intake, read_timeout_s=settings.grpc.read_timeout_s)
            for kind in KINDS.values()
        ]
        stopping = asyncio.Event()
        streams = StreamService(
            authenticator,
            intake,
            window=settings.intake.stream_window,
            streams_per_tenant=settings.intake.streams_per_tenant,
            stopping=stopping,
        )

        async def end_streams(stop: asyncio.Event) -> None:
            await stop.wait()
            stopping.set()

        app = App(
            register=[*(door.register for door in doors), streams.register],
            services=[*(kind.service for kind in KINDS.values()), INGEST_SERVICE],
            background=[end_streams, pace.run],
            ready=bus.ready,
            server_options=(*SERVER_OPTIONS, ("grpc.so_reuseport", int(shares_ports))),
        )
        yield Wired(app, http_address)
