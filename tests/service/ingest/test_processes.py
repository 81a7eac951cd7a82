"""Ingest as several processes on the same ports, on a real bus."""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import psutil
import pytest
from pydantic import SecretStr

from a11i.auth.v1 import auth_service_pb2_grpc
from a11i_bus import BusSettings, connect, topology
from a11i_telemetry import received
from tests.engines import nats
from tests.service.ingest.ingest_harness import KEY, FakeAuth, request

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
CAPACITY_BYTES = 64 * 1024**2
PATIENCE_S = 40.0
"""For processes to start on a busy machine."""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nats.NatsServer]:
    with nats.running(tmp_path_factory.mktemp("nats")) as server:
        yield server


@dataclass(slots=True)
class Ingest:
    """The process that starts the others, and what it logs."""

    process: asyncio.subprocess.Process
    grpc_address: str = ""
    http_address: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)

    def workers(self) -> set[int]:
        """Return the process ids of its workers."""
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def serving(self) -> set[int]:
        """Return the workers that listen for gRPC and HTTP both."""
        ports = {int(address.rsplit(":", 1)[1]) for address in (self.grpc_address, self.http_address)}
        return {pid for pid in self.workers() if ports <= _ports_of(pid, psutil.CONN_LISTEN)}

    def connected(self) -> set[int]:
        """Return the workers that have clients."""
        port = int(self.grpc_address.rsplit(":", 1)[1])
        return {pid for pid in self.workers() if port in _ports_of(pid, psutil.CONN_ESTABLISHED)}


def _ports_of(pid: int, status: str) -> set[int]:
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return set()
    return {connection.laddr.port for connection in connections if connection.status == status}


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.05)


def _environment(bus_url: str, auth_address: str, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "A11I_INGEST_PROCESSES": "2",
        "A11I_INGEST_GRPC__LISTEN": "127.0.0.1:0",
        "A11I_INGEST_HTTP__LISTEN": "127.0.0.1:0",
        "A11I_INGEST_BUS__URL": bus_url,
        "A11I_INGEST_BUS__CAPACITY_BYTES": str(CAPACITY_BYTES),
        "A11I_INGEST_AUTH__ADDRESS": auth_address,
        **more,
    }


@asynccontextmanager
async def _auth() -> AsyncIterator[str]:
    server = grpc.aio.server()
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(FakeAuth(30), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def _ingest(environment: dict[str, str]) -> AsyncIterator[Ingest]:
    """Start the processes; killed at the end, if they have not ended by then."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "a11i_ingest", env=environment, stderr=asyncio.subprocess.PIPE
    )
    ingest = Ingest(process)

    async def follow() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            if line.startswith(b"{"):
                ingest.events.append(json.loads(line))

    async with asyncio.TaskGroup() as group:
        following = group.create_task(follow())
        try:
            await _until(lambda: bool(ingest.events))
            assert ingest.events[0]["event"] == "serving_processes"
            ingest.grpc_address, ingest.http_address = ingest.events[0]["grpc"], ingest.events[0]["http"]
            yield ingest
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            following.cancel()


class Sender:
    """Sends requests of one span each over a connection of its own, each again until it is acknowledged."""

    def __init__(self, address: str, numbers: Iterator[int]) -> None:
        self._address = address
        self._numbers = numbers
        self.acknowledged: set[int] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set."""
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_reconnect_backoff_ms", 200))
        async with grpc.aio.insecure_channel(self._address, options=options) as channel:
            any_channel: Any = channel  # Its stub wants serializers, which bytes do not need.
            export = any_channel.unary_unary(EXPORT)
            while not stop.is_set():
                number = next(self._numbers)
                body = request(number).SerializeToString()
                while number not in self.acknowledged:
                    try:
                        await export(body, metadata=(("authorization", f"Bearer {KEY}"),), timeout=5)
                        self.acknowledged.add(number)
                    except grpc.aio.AioRpcError as error:
                        if error.code() is not grpc.StatusCode.UNAVAILABLE:
                            raise
                        await asyncio.sleep(0.05)


async def _stored(bus_url: str) -> list[int]:
    """Take everything off the topic of received spans; return the spans' numbers."""
    settings = BusSettings(url=SecretStr(bus_url), capacity_bytes=CAPACITY_BYTES)
    numbers: list[int] = []
    async with (
        connect(settings) as connected,
        connected.subscribe(topology.SPANS_RECEIVED, "tokenization", max_unsettled=1000) as group,
    ):
        while deliveries := await group.fetch(500, 1.0):
            for delivery in deliveries:
                span_ids: list[Any] = received.decode(delivery.message.payload).columns.column("span_id").to_pylist()
                numbers += [int.from_bytes(span_id, "big") for span_id in span_ids]
                await delivery.ack()
    return numbers


async def test_both_serve_and_when_one_is_killed_nothing_acknowledged_is_lost(bus: nats.NatsServer) -> None:
    async with _auth() as auth_address, _ingest(_environment(bus.url, auth_address)) as ingest:
        await _until(lambda: len(ingest.serving()) == 2)
        numbers = itertools.count(1)
        senders = [Sender(ingest.grpc_address, numbers) for _ in range(24)]
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for sender in senders:
                group.create_task(sender.run(stop))
            await _until(lambda: all(sender.acknowledged for sender in senders))
            assert len(ingest.connected()) == 2

            [killed, other] = ingest.workers()
            os.kill(killed, signal.SIGKILL)
            before = [len(sender.acknowledged) for sender in senders]
            await _until(
                lambda: all(len(sender.acknowledged) > count + 3 for sender, count in zip(senders, before, strict=True))
            )
            # The other went on, and the one that was killed has been started again.
            await _until(lambda: len(ingest.serving()) == 2)
            assert other in ingest.serving()
            assert killed not in ingest.workers()
            stop.set()

        workers = ingest.workers()
        ingest.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            assert await ingest.process.wait() == 0
        assert not any(psutil.pid_exists(pid) for pid in workers)
    acknowledged = set().union(*(sender.acknowledged for sender in senders))
    stored = await _stored(bus.url)
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored))


async def test_workers_end_with_the_process_that_started_them(bus: nats.NatsServer) -> None:
    async with _auth() as auth_address, _ingest(_environment(bus.url, auth_address)) as ingest:
        await _until(lambda: len(ingest.serving()) == 2)
        workers = ingest.workers()
        ingest.process.kill()
        await _until(lambda: not any(psutil.pid_exists(pid) for pid in workers))


async def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, error = await _ended(_environment("memory://", "127.0.0.1:1", A11I_INGEST_GRPC__LISTEN=address))
    assert code == 2
    assert error == f"ingest: cannot listen on {address}: Address already in use\n"


async def test_another_ingest_on_the_same_ports_is_refused(bus: nats.NatsServer) -> None:
    async with _auth() as auth_address, _ingest(_environment(bus.url, auth_address)) as ingest:
        await _until(lambda: len(ingest.serving()) == 2)
        same = _environment(bus.url, auth_address, A11I_INGEST_HTTP__LISTEN=ingest.http_address)
        code, error = await _ended(same)
    assert code == 2
    assert f"cannot listen on {ingest.http_address}" in error


async def test_a_worker_that_finds_its_settings_wrong_ends_all(bus: nats.NatsServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        # The first worker's /metrics cannot be had.
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        started_s = time.monotonic()
        code, error = await _ended(_environment(bus.url, "127.0.0.1:1", A11I_INGEST_METRICS__LISTEN=address))
    assert code == 2
    assert "Address already in use" in error
    assert time.monotonic() - started_s < PATIENCE_S


async def _ended(environment: dict[str, str]) -> tuple[int | None, str]:
    """Run ingest where it cannot serve; return its exit status and what it said beside its log."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "a11i_ingest", env=environment, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE_S):
        _, error = await process.communicate()
    lines = [line for line in error.decode().splitlines(keepends=True) if not line.startswith("{")]
    return process.returncode, "".join(lines)
