"""A stage in a process of its own, that a batch kills or holds up, or that is told to stop: nothing is lost."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from a11i_bus import Bus, Message
from a11i_bus.dead_letters import DeadLetter, open_dead_letter
from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA
from tests.contract.bus_harness import ACK_WAIT_S, CAPACITY_BYTES, PARTITIONS, PATIENCE_S, KafkaHarness, NatsHarness
from tests.contract.stage_process import KEY

DEADLINE_S = 45.0
"""For a service that dies and starts anew several times."""


@pytest.fixture(params=["nats", "kafka"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NatsHarness | KafkaHarness]:
    """A bus that processes share."""
    if request.param == "kafka":
        yield KafkaHarness(request.getfixturevalue("kafka_server"))
        return
    harness = NatsHarness(tmp_path)
    harness.start()
    yield harness
    harness.stop()


class Supervisor:
    """Starts the service again when it ends."""

    def __init__(self, url: str, runner: dict[str, str]) -> None:
        settings = {
            "BUS__URL": url,
            "BUS__ACK_WAIT_S": str(ACK_WAIT_S),
            "BUS__CAPACITY_BYTES": str(CAPACITY_BYTES),
            "BUS__PARTITIONS": str(PARTITIONS),
            "BUS__CONNECT_WAIT_S": str(PATIENCE_S),
            "RUNNER__HEARTBEAT_S": "0.2",
            "RUNNER__RETRY_BASE_S": "0.05",
            **runner,
        }
        self._environment = os.environ | {f"A11I_TESTSTAGE_{name}": value for name, value in settings.items()}
        self.exits: list[int] = []
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.contract.stage_process"],
            env=self._environment,
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )

    async def keep(self) -> None:
        """Supervise until cancelled."""
        while True:
            if (code := self.process.poll()) is not None:
                self.exits.append(code)
                self._close()
                self.process = self._start()
            await asyncio.sleep(0.05)

    def end(self) -> None:
        """End the service."""
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def service(url: str, **runner: str) -> Iterator[Supervisor]:
    """Run the service, unsupervised."""
    supervisor = Supervisor(url, {f"RUNNER__{name}": value for name, value in runner.items()})
    try:
        yield supervisor
    finally:
        supervisor.end()


@asynccontextmanager
async def supervised(supervisor: Supervisor) -> AsyncIterator[None]:
    """Start the service anew whenever it ends."""
    keeping = asyncio.create_task(supervisor.keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def publish(bus: Bus, batch_id: str, names: Sequence[str]) -> None:
    columns = [pa.nulls(len(names), field.type) for field in SCHEMA]
    columns[SCHEMA.get_field_index("name")] = pa.array(names)
    record_batch = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
    spans = SpanBatch(batch_id, "tenant-1", "project-1", time.time_ns(), record_batch)
    await bus.publish(SPANS_RECEIVED, Message(batch_id, "tenant-1", spans.encode()))


async def outputs(bus: Bus, names: set[str]) -> None:
    """Wait until spans of these names, and no others, have come out."""
    found: set[str] = set()
    deadline = time.monotonic() + DEADLINE_S
    async with bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=100) as subscription:
        while not names <= found:
            assert time.monotonic() < deadline, f"{names - found} did not come out"
            for delivery in await subscription.fetch(100, 0.5):
                found |= {str(name) for name in SpanBatch.decode(delivery.message.payload).columns["name"].to_pylist()}
                await delivery.ack()
    assert found == names


async def dead_letter(bus: Bus) -> DeadLetter:
    """Wait for the one dead letter."""
    deadline = time.monotonic() + DEADLINE_S
    async with bus.subscribe(DEADLETTERS, "delivery", max_unsettled=10) as subscription:
        while not (deliveries := await subscription.fetch(10, 0.5)):
            assert time.monotonic() < deadline, "there is no dead letter"
        (delivery,) = deliveries
        await delivery.ack()
        return open_dead_letter(delivery.message, KEY)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("deed", "reason", "code"), [("kill", "WORKER_DIED", -signal.SIGKILL), ("hang", "OVER_BUDGET", 1)]
)
async def test_the_span_that_ends_every_worker_is_given_up_alone(
    server: NatsHarness | KafkaHarness, deed: str, reason: str, code: int
) -> None:
    async with server.connect() as bus:
        for number in range(4):
            names = [f"{number}/{row}" for row in range(4)]
            await publish(bus, f"batch-{number}", [*names[:2], deed, *names[2:]] if number == 1 else names)
        with service(server.url, CALL_BUDGET_S="1.0") as supervisor:
            async with supervised(supervisor):
                letter = await dead_letter(bus)
                await outputs(bus, {f"{number}/{row}" for number in range(4) for row in range(4)})
            # It died of the batch twice, and not once more; on Kafka a delivery that ended otherwise counts too.
            known = ([code], [code, code]) if isinstance(server, KafkaHarness) else ([code, code],)
            assert supervisor.exits in known
    assert (letter.message_id, letter.reason) == ("batch-1/2-3", reason)
    assert SpanBatch.decode(letter.payload).columns["name"].to_pylist() == [deed]


@pytest.mark.timeout(120)
async def test_a_stop_in_the_middle_of_long_work_ends_in_its_budget_and_gives_the_batch_back(
    server: NatsHarness | KafkaHarness,
) -> None:
    async with server.connect() as bus:
        await publish(bus, "batch-1", ["slow"])
        with service(server.url, DRAIN_S="0.5") as supervisor:
            assert supervisor.process.stdout is not None
            assert await asyncio.to_thread(supervisor.process.stdout.readline) == "slow\n"
            supervisor.process.send_signal(signal.SIGTERM)
            told_at = time.monotonic()
            assert await asyncio.to_thread(supervisor.process.wait, DEADLINE_S) == 0
            assert time.monotonic() - told_at < 10  # the chassis's budget, far from the 30 s that the work takes
        async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=10) as subscription:
            (again,) = await subscription.fetch(10, PATIENCE_S)
            assert again.attempt == 2
            await again.ack()
