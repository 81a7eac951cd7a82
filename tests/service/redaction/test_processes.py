"""Redaction as several processes of one group, on a real bus."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import psutil
import pytest
from pydantic import SecretStr

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1.redaction_service_pb2_grpc import RedactionServiceStub
from a11i_bus import BusSettings, connect, topology
from a11i_bus.port import Bus, Message
from a11i_telemetry.batch import SpanBatch
from tests.engines import nats
from tests.unit.redaction.redaction_kit import batch, column

CAPACITY_BYTES = 64 * 1024**2
PATIENCE_S = 50.0
"""For processes to load and start on a busy machine."""
ACK_WAIT_S = 2.0
BATCHES = 12


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nats.NatsServer]:
    with nats.running(tmp_path_factory.mktemp("nats")) as running:
        yield running


@pytest.fixture
async def bus(server: nats.NatsServer) -> AsyncIterator[Bus]:
    settings = BusSettings(url=SecretStr(server.url), capacity_bytes=CAPACITY_BYTES, ack_wait_s=ACK_WAIT_S)
    async with connect(settings) as connected:
        yield connected


class Redaction:
    """The process that starts the others."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.serving: list[str] = []
        """Addresses of gRPC, in the order in which workers began to serve."""

    def workers(self) -> list[int]:
        """Return the process ids of its workers, the first one's first."""
        return sorted(child.pid for child in psutil.Process(self.process.pid).children())


@asynccontextmanager
async def _redaction(bus_url: str, **more: str) -> AsyncIterator[Redaction]:
    """Start the processes; killed at the end, if they have not ended by then."""
    environment = {
        "PATH": os.environ["PATH"],
        "A11I_REDACTION_PROCESSES": "2",
        "A11I_REDACTION_BUS__URL": bus_url,
        "A11I_REDACTION_BUS__CAPACITY_BYTES": str(CAPACITY_BYTES),
        "A11I_REDACTION_BUS__ACK_WAIT_S": str(ACK_WAIT_S),
        "A11I_REDACTION_PSEUDONYM_KEY": "a key of the tests",
        "A11I_REDACTION_DEAD_LETTER_KEY": "k" * 32,
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "a11i_redaction", env=environment, stderr=asyncio.subprocess.PIPE
    )
    redaction = Redaction(process)

    async def follow() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            if line.startswith(b"{") and (event := json.loads(line))["event"] == "serving":
                redaction.serving.append(event["address"])

    async with asyncio.TaskGroup() as group:
        following = group.create_task(follow())
        try:
            await _until(lambda: len(redaction.serving) >= 2)
            yield redaction
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            following.cancel()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.05)


async def _publish(bus: Bus, name: str) -> set[str]:
    """Publish batches that each hold a number of their own. Return the numbers."""
    numbers = {f"{name}-{number}" for number in range(BATCHES)}
    for number in sorted(numbers):
        spans = batch(1, status_message=[f"{number} mail maria@example.com, says Maria Garcia"])
        await bus.publish(topology.SPANS_TOKENIZED, Message(id=number, key=spans.tenant_id, payload=spans.encode()))
    return numbers


async def _redacted(bus: Bus, wanted: set[str]) -> None:
    """Take redacted batches until all that are wanted have come."""
    missing = set(wanted)
    async with (
        asyncio.timeout(PATIENCE_S),
        bus.subscribe(topology.SPANS_REDACTED, "writer", max_unsettled=100) as group,
    ):
        while missing:
            for delivery in await group.fetch(100, 0.5):
                for message in column(SpanBatch.decode(delivery.message.payload), "status_message"):
                    number, _, text = str(message).partition(" ")
                    assert text.startswith("mail <EMAIL_ADDRESS_")
                    assert "Maria" not in text
                    missing.discard(number)
                await delivery.ack()


async def test_either_works_while_the_other_hangs_and_when_one_is_killed_nothing_is_lost(
    server: nats.NatsServer, bus: Bus
) -> None:
    async with _redaction(server.url) as redaction:
        first, second = redaction.workers()
        os.kill(first, signal.SIGSTOP)
        await _redacted(bus, await _publish(bus, "by-the-second"))
        os.kill(first, signal.SIGCONT)
        os.kill(second, signal.SIGSTOP)
        await _redacted(bus, await _publish(bus, "by-the-first"))

        # It may hold batches that it has not settled.
        numbers = await _publish(bus, "between-them")
        os.kill(second, signal.SIGKILL)
        await _redacted(bus, numbers)
        await _until(lambda: len(redaction.serving) == 3)
        [other, started] = redaction.workers()
        assert (other, started != second) == (first, True)

        redaction.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            assert await redaction.process.wait() == 0
        assert not any(psutil.pid_exists(pid) for pid in (other, started))


async def test_workers_share_what_was_loaded_and_the_first_answers_calls(server: nats.NatsServer, bus: Bus) -> None:
    address = f"127.0.0.1:{nats.free_port()}"
    async with _redaction(server.url, A11I_REDACTION_GRPC__LISTEN=address) as redaction:
        await _redacted(bus, await _publish(bus, "both"))
        assert address in redaction.serving
        async with grpc.aio.insecure_channel(address) as channel:
            answer = await RedactionServiceStub(channel).Redact(
                pb.RedactRequest(texts=["a@example.com"]), timeout=PATIENCE_S
            )
        assert answer.texts[0].text.startswith("<EMAIL_ADDRESS_")

        first, second = redaction.workers()
        # Loaded by each for itself, the two would be the same.
        assert _memory(second, "Pss_Anon") < 0.75 * _memory(second, "Anonymous")

        # Whoever started them is killed: no worker stays behind.
        redaction.process.kill()
        await _until(lambda: not any(psutil.pid_exists(pid) for pid in (first, second)))


def _memory(pid: int, kind: str) -> int:
    """Return kilobytes: all of a kind, or with each shared page divided among those that share it."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


async def test_an_address_that_is_taken_ends_all(server: nats.NatsServer) -> None:
    address = f"127.0.0.1:{nats.free_port()}"
    async with _redaction(server.url, A11I_REDACTION_GRPC__LISTEN=address, A11I_REDACTION_NAMES="false"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "a11i_redaction", stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "A11I_REDACTION_PROCESSES": "2", "A11I_REDACTION_NAMES": "false",
                 "A11I_REDACTION_GRPC__LISTEN": address, "A11I_REDACTION_BUS__URL": server.url,
                 "A11I_REDACTION_PSEUDONYM_KEY": "a key of the tests",
                 "A11I_REDACTION_DEAD_LETTER_KEY": "k" * 32},
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE_S):
            _, said = await process.communicate()
    assert process.returncode == 2
    assert f"redaction: cannot listen on {address}" in said.decode()
