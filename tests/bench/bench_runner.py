"""Measures what the stage runner costs: python -m tests.bench.bench_runner [--quick].

First on the bus in memory, where the adapter costs next to nothing: the loop that fetches, calls the stage, publishes
and acknowledges, beside `run_stage` doing the same with payloads prepared, so that neither decodes nor encodes. The
difference is the runner's overhead. Then on a real NATS server: a backlog of a million spans is worked off, and the
runner's process is asked for its memory.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pyarrow as pa
import uvloop
from pydantic import SecretStr

from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_TOKENIZED
from a11i_bus import Bus, BusSettings, Message, connect
from a11i_bus.memory import MemoryBroker
from a11i_bus.runner import RunnerSettings, StageSpec, run_stage
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA
from tests.bench.usage import table
from tests.engines.nats import NatsServer

_KEY: Final = SecretStr("k" * 32)
_PAYLOAD_BYTES: Final = 200_000
"""What batches aim at."""
_SPANS_A_BATCH: Final = 250
_TEXT_BYTES: Final = 400
"""Text of a span that makes a batch about as large: the empty columns take the rest."""
_TENANTS: Final = 8
_ROUNDS: Final = 7


class _Prepared(SpanBatch):
    """A batch whose encoding is at hand."""

    __slots__ = ()

    def encode(self) -> bytes:
        return _PREPARED_PAYLOAD


_PREPARED_PAYLOAD: Final = bytes(_PAYLOAD_BYTES)


def _batch(rows: int, text_bytes: int, kind: type[SpanBatch] = SpanBatch) -> SpanBatch:
    columns = [pa.nulls(rows, field.type) for field in SCHEMA]
    columns[SCHEMA.get_field_index("name")] = pa.array(["x" * text_bytes] * rows)
    record_batch = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
    return kind("batch", "tenant", "project", time.time_ns(), record_batch)


_PREPARED: Final = _batch(10, 100, _Prepared)


def _unchanged(spans: SpanBatch) -> SpanBatch:
    return spans


def _spec(decode: Callable[[bytes], SpanBatch] = SpanBatch.decode) -> StageSpec:
    return StageSpec(
        "bench", 1, SPANS_RECEIVED, "tokenization", SPANS_TOKENIZED, decode, outcome=LEDGER_OUTCOME_TOKENIZED
    )


def _prepared(_: bytes) -> SpanBatch:
    return _PREPARED


def _settings(url: str) -> BusSettings:
    return BusSettings(url=SecretStr(url), ack_wait_s=60, capacity_bytes=16 * 1024**3, connect_wait_s=30)


@dataclass(frozen=True, slots=True)
class _Cost:
    wall_us: float
    cpu_us: float


class _Watch:
    """Measures from its making on."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def cost(self) -> _Cost:
        """Return what each of `count` batches has cost so far."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return _Cost(wall / self._count * 1e6, cpu / self._count * 1e6)


async def _bare(bus: Bus, count: int) -> _Cost:
    """Work off the backlog with nothing but the adapter."""
    watch = _Watch(count)
    async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=128) as subscription:
        done = 0
        while done < count:
            for delivery in await subscription.fetch(16, 1.0):
                message = delivery.message
                made = _unchanged(_prepared(message.payload)).encode()
                await bus.publish(SPANS_TOKENIZED, Message(f"{message.id}:bench.1", message.key, made))
                await delivery.ack()
                done += 1
    return watch.cost()


async def _run(bus: Bus, count: int) -> _Cost:
    """Work off the backlog with the runner."""
    watch = _Watch(count)
    stop = asyncio.Event()
    runner = asyncio.create_task(
        run_stage(bus, _spec(_prepared), _unchanged, RunnerSettings(), stop, dead_letter_key=_KEY)
    )
    async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=1) as subscription:
        while await subscription.pending():
            await asyncio.sleep(0.002)
    cost = watch.cost()
    stop.set()
    await runner
    return cost


async def _measure(work: Callable[[Bus, int], Awaitable[_Cost]], count: int) -> _Cost:
    """Return what a batch costs."""
    bus = MemoryBroker(_settings("memory://")).bus()
    for number in range(count):
        await bus.publish(SPANS_RECEIVED, Message(f"b-{number}", f"tenant-{number % _TENANTS}", _PREPARED_PAYLOAD))
    return await work(bus, count)


async def _overhead(count: int) -> str:
    costs: dict[str, list[_Cost]] = {"adapter alone": [], "with the runner": []}
    for _ in range(_ROUNDS):
        costs["adapter alone"].append(await _measure(_bare, count))
        costs["with the runner"].append(await _measure(_run, count))
    alone, run = (_figures(found) for found in costs.values())
    overhead = tuple(more - less for more, less in zip(run, alone, strict=True))
    rows = [*zip(costs, (alone, run), strict=True), ("the runner's overhead", overhead)]
    return table(
        f"Stage runner, bus in memory, {_ROUNDS} rounds of {count} batches; us a batch",
        ("", "median", "best round", "CPU, median"),
        [(name, *(f"{figure:,.0f}" for figure in figures)) for name, figures in rows],
    )


def _figures(costs: Sequence[_Cost]) -> tuple[float, ...]:
    walls = [one.wall_us for one in costs]
    return statistics.median(walls), min(walls), statistics.median(one.cpu_us for one in costs)


async def _backlog(spans: int) -> str:
    """Work off a backlog on NATS and say what memory that took."""
    count = spans // _SPANS_A_BATCH
    payload = _batch(_SPANS_A_BATCH, _TEXT_BYTES).encode()
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as directory:
        server = NatsServer(Path(directory))
        server.start()
        try:
            async with connect(_settings(server.url)) as bus:
                await _fill(bus, payload, count)
                before = most = process.memory_info().rss
                started = time.perf_counter()
                stop = asyncio.Event()
                stage = run_stage(bus, _spec(), _unchanged, RunnerSettings(), stop, dead_letter_key=_KEY)
                drained = asyncio.create_task(stage)
                async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=1) as subscription:
                    while await subscription.pending():
                        await asyncio.sleep(0.05)
                        most = max(most, process.memory_info().rss)
                elapsed_s = time.perf_counter() - started
                stop.set()
                await drained
        finally:
            server.kill()
    return table(
        f"A backlog of {spans:,} spans on NATS: {count:,} batches of {len(payload):,} bytes",
        ("", ""),
        [
            ("memory before", f"{before / 1e6:,.0f} MB"),
            ("most while it is worked off", f"{most / 1e6:,.0f} MB"),
            ("growth", f"{(most - before) / 1e6:,.0f} MB"),
            ("backlog", f"{count * len(payload) / 1e6:,.0f} MB"),
            ("worked off at", f"{spans / elapsed_s:,.0f} spans/s"),
        ],
    )


async def _fill(bus: Bus, payload: bytes, count: int) -> None:
    numbers = iter(range(count))

    async def publish() -> None:
        for number in numbers:
            await bus.publish(SPANS_RECEIVED, Message(f"b-{number}", f"tenant-{number % _TENANTS}", payload))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(16):
            tasks.create_task(publish())


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer batches, a tenth of the backlog")
    quick = parser.parse_args().quick
    print(uvloop.run(_overhead(300 if quick else 1000)))
    print(uvloop.run(_backlog(100_000 if quick else 1_000_000)))


if __name__ == "__main__":
    main()
