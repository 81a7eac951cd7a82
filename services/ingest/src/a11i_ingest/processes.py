"""Ingest as several processes on the same ports (SO_REUSEPORT): the kernel gives each connection to one of them.

The first process serves nothing itself. It holds the ports, so that nobody else takes them while no worker listens;
starts the workers; passes SIGTERM on; and starts a worker that died again, after a second at first and after more, up
to 30, if it goes on dying. Meanwhile the others serve: what a dead worker had acknowledged is on the bus, and the
clients of what it had not see their connection end and send again. A worker that finds its settings wrong ends all.

Each worker answers for its own health, has its own limits and its own /metrics, the n-th (from 0) on the port of the
settings plus n.
"""

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, NoReturn

import structlog

from a11i_chassis.logging import configure
from a11i_chassis.settings import EXIT_BAD_SETTINGS
from a11i_ingest.settings import IngestSettings

_log = structlog.get_logger()

_FIRST_DELAY_S: Final = 1.0
_LAST_DELAY_S: Final = 30.0
"""Between a worker's death and its next start: often enough to come back by itself, too seldom to be a load."""
_STEADY_S: Final = 60.0
"""A worker that lived for so long did not die of its start."""
_KILL_AFTER_S: Final = 5.0
"""Beyond the workers' own shutdown budget."""
_PR_SET_PDEATHSIG: Final = 1
"""linux/prctl.h"""


def serve(settings: IngestSettings) -> NoReturn:
    """Run `settings.processes` workers until SIGTERM or SIGINT; exit with 0 then.

    Exits with 2 and one line if a port cannot be had or a worker finds its settings wrong.
    """
    configure("ingest", settings.log)
    try:
        with _held(settings.grpc.listen) as grpc_address, _held(settings.http.listen) as http_address:
            shared = {"A11I_INGEST_GRPC__LISTEN": grpc_address, "A11I_INGEST_HTTP__LISTEN": http_address}
            _log.info("serving_processes", processes=settings.processes, grpc=grpc_address, http=http_address)
            exit_status = asyncio.run(_run(settings, shared))
    except OSError as error:
        sys.stderr.write(f"ingest: {error}\n")
        exit_status = EXIT_BAD_SETTINGS
    raise SystemExit(exit_status)


def end_with(parent_pid: int) -> None:
    """Make the kernel end this process when its parent does, however that comes about."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent_pid:
        raise SystemExit(0)  # it ended before


@contextmanager
def _held(address: str) -> Iterator[str]:
    """Keep an address for the workers: yield host:port with the real port. Raises OSError if it is taken."""
    host, port = address.rsplit(":", 1)
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, where = found[0]
    with socket.socket(family, kind, protocol) as probe:
        # Alone at first: another ingest of the same user would share the port with this one in silence.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(probe, where, address)
    with socket.socket(family, kind, protocol) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _bind(held, where, address)
        # Bound and never listening: the kernel gives it no connections.
        yield f"{host}:{held.getsockname()[1]}"


def _bind(bound: socket.socket, where: object, address: str) -> None:
    try:
        bound.bind(where)  # type: ignore[arg-type]  # as getaddrinfo returned it
    except OSError as error:
        raise OSError(f"cannot listen on {address}: {error.strerror}") from None


async def _run(settings: IngestSettings, shared: Mapping[str, str]) -> int:
    """Return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    async with asyncio.TaskGroup() as group:
        workers = [
            group.create_task(
                _keep_running(
                    number, {**shared, "A11I_INGEST_METRICS__LISTEN": _metrics(settings, number)}, settings, stop
                )
            )
            for number in range(settings.processes)
        ]
    return max(worker.result() for worker in workers)


async def _keep_running(number: int, told: Mapping[str, str], settings: IngestSettings, stop: asyncio.Event) -> int:
    """Return the exit status that the worker means for all."""
    loop = asyncio.get_running_loop()
    delay_s = _FIRST_DELAY_S
    while not stop.is_set():
        started_s = loop.time()
        async with _worker(told, settings.shutdown_budget_s) as process:
            _log.info("worker_started", number=number, pid=process.pid)
            await _first(process.wait(), stop.wait())
        if stop.is_set():
            break
        if process.returncode == EXIT_BAD_SETTINGS:
            stop.set()
            return EXIT_BAD_SETTINGS
        delay_s = _FIRST_DELAY_S if loop.time() - started_s > _STEADY_S else delay_s
        _log.error("worker_died", number=number, pid=process.pid, exit=process.returncode, started_again_in_s=delay_s)
        await _first(asyncio.sleep(delay_s), stop.wait())
        delay_s = min(2 * delay_s, _LAST_DELAY_S)
    return 0


@asynccontextmanager
async def _worker(told: Mapping[str, str], shutdown_budget_s: float) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a worker; when the block ends, so does it."""
    environment = {**os.environ, **told, "A11I_INGEST_PROCESSES": "1", "A11I_INGEST_WORKER_OF": str(os.getpid())}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "a11i_ingest", env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(shutdown_budget_s + _KILL_AFTER_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _first(*coroutines: Coroutine[Any, Any, object]) -> None:
    """Return when the first is done; the others are cancelled."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _metrics(settings: IngestSettings, number: int) -> str:
    """Return the n-th worker's address of /metrics."""
    listen = settings.metrics.listen
    if not listen or listen.endswith(":0"):
        return listen
    host, port = listen.rsplit(":", 1)
    return f"{host}:{int(port) + number}"
