"""Running a service: wiring in, a serving process out, and one order in which it stops."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeVar

import grpc
import structlog
import uvloop

from a11i_chassis.grpc_server import HealthReporter, build_server
from a11i_chassis.logging import configure, frames_of
from a11i_chassis.metrics import start_metrics_listener
from a11i_chassis.settings import EXIT_BAD_SETTINGS, ServiceSettings, load_settings

_log = structlog.get_logger()

_READY_POLL_S: Final = 0.5
"""How often readiness is asked for; health follows it with at most this delay."""

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
Background = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class App:
    """What a service is made of, as its `build` wires it."""

    register: Sequence[Callable[[grpc.aio.Server], None]] = ()
    """Each adds a servicer or a generic handler to the server."""
    services: Sequence[str] = ()
    """Full names of the gRPC services, for health and reflection."""
    background: Sequence[Background] = ()
    """Loops that run until the event is set and then drain. One that ends early or raises ends the service."""
    ready: Callable[[], Awaitable[bool]] | None = None
    """Asked twice a second; health says NOT_SERVING while it answers False. None: always ready."""
    server_options: Sequence[tuple[str, int]] = ()
    """gRPC channel arguments that this service's server needs beside the usual ones."""


BuildApp = Callable[[SettingsT], AbstractAsyncContextManager[App]]


class AddressInUseError(Exception):
    """The address that the settings name cannot be listened on."""


@dataclass(slots=True)
class RunningServer:
    """A service that serves."""

    address: str
    """host:port of the gRPC listener; the port is the real one."""
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a background loop ended by itself."""


@asynccontextmanager
async def serving(name: str, settings: ServiceSettings, app: App) -> AsyncIterator[RunningServer]:
    """Serve `app` while the context is open, then stop it in order.

    The order: health says NOT_SERVING, background loops are told to drain, new calls are refused and running ones
    finish; all within `settings.shutdown_budget_s`, after which what is left is cancelled.
    Raises AddressInUseError if the listener's address cannot be had.
    """
    reporter = HealthReporter(app.services)
    await reporter.set_serving(False)
    try:
        server, port = build_server(settings.grpc, app.services, app.register, reporter, app.server_options)
    except RuntimeError as error:
        raise AddressInUseError(settings.grpc.listen) from error
    host = settings.grpc.listen.rsplit(":", 1)[0]
    running = RunningServer(f"{host}:{port}")
    stop = asyncio.Event()
    with ExitStack() as stack:
        end_metrics = start_metrics_listener(settings.metrics)
        if end_metrics is not None:
            stack.callback(end_metrics)
        await server.start()
        tasks = [asyncio.create_task(_guard(name, loop, stop, running)) for loop in app.background]
        health_task = asyncio.create_task(_follow_readiness(reporter, app.ready))
        try:
            yield running
        finally:
            health_task.cancel()
            await asyncio.gather(health_task, return_exceptions=True)
            await reporter.shut_down()
            stop.set()
            await _finish(server, tasks, settings.shutdown_budget_s)


async def _guard(name: str, loop: Background, stop: asyncio.Event, running: RunningServer) -> None:
    try:
        await loop(stop)
    except Exception as error:
        _log.error("background_failed", loop=name, error_type=type(error).__name__, frames=frames_of(error))
    if not stop.is_set():
        running.failed.set()


async def _follow_readiness(reporter: HealthReporter, ready: Callable[[], Awaitable[bool]] | None) -> None:
    serving_now = False
    while True:
        is_ready = True
        if ready is not None:
            try:
                is_ready = await ready()
            except Exception as error:
                _log.warning("readiness_failed", error_type=type(error).__name__)
                is_ready = False
        if is_ready != serving_now:
            serving_now = is_ready
            await reporter.set_serving(is_ready)
        await asyncio.sleep(_READY_POLL_S)


async def _finish(server: grpc.aio.Server, tasks: Sequence[asyncio.Task[None]], budget_s: float) -> None:
    stopping = asyncio.create_task(server.stop(budget_s))
    _, late = await asyncio.wait({*tasks, stopping}, timeout=budget_s)
    for task in late:
        _log.warning("shutdown_over_budget", budget_s=budget_s)
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


def run(name: str, settings_class: type[SettingsT], build: BuildApp[SettingsT]) -> NoReturn:
    """Run a service as a process until SIGTERM or SIGINT; exit with 0 then.

    Exits with 2 and one line for wrong settings or an address that is taken, with 1 if a background loop fails.
    """
    settings = load_settings(settings_class, sys.argv[1:])
    configure(name, settings.log)
    raise SystemExit(uvloop.run(_run(name, settings, build)))


async def _run(name: str, settings: SettingsT, build: BuildApp[SettingsT]) -> int:
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, asked_to_stop.set)
    try:
        async with build(settings) as app, serving(name, settings, app) as running:
            _log.info("serving", address=running.address)
            waits = [asyncio.create_task(event.wait()) for event in (asked_to_stop, running.failed)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            _log.info("stopping", failed=running.failed.is_set())
    except AddressInUseError as error:
        sys.stderr.write(f"{name}: cannot listen on {error}: the port is taken or the address is not this machine's\n")
        return EXIT_BAD_SETTINGS
    except OSError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return EXIT_BAD_SETTINGS
    return 1 if running.failed.is_set() else 0
