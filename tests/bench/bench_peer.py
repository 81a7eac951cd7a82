"""Measures ingest beside an OpenTelemetry Collector, on the same load. python -m tests.bench.bench_peer

One after the other: a11i's ingest, a Collector that throws spans away, a Collector that writes them to a file. The same
client sends the same bytes to each, as fast as they are acknowledged and then at a steady rate.

What an acknowledgement means is not the same: a11i's says that the spans are on the disk, in NATS JetStream, which
syncs each message. The Collector's says that they are in its memory: its batch processor has them, no exporter yet, and
they are lost if it dies. With neither exporter does anything wait for the disk.
"""

import argparse
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from tests.bench.collector import Exporter, built, running_collector
from tests.bench.errors import MeasurementError
from tests.bench.load import Request, generate
from tests.bench.mesh import bench_mesh, measuring
from tests.bench.otlp_json import to_json
from tests.bench.sender import Plan
from tests.bench.sending import Ack, sender
from tests.bench.small_spans import generate_small
from tests.bench.transports import Protocol
from tests.bench.usage import Usage, percentile, table

DISTINCT_SPANS: Final = 20_000
CONCURRENCY: Final = 16
"""Requests under way at once, as from 16 programs that export in batches."""
STEADY_SPANS_A_SECOND: Final = 5_000
WARM_S: Final = 1.0
"""Opens connections and fills caches."""
SERVERS: Final = ("a11i", "nop", "file")
LABELS: Final = {
    "a11i": "a11i ingest, on disk",
    "nop": "Collector, to nothing",
    "file": "Collector, to a file",
}
HEADER: Final = (
    *("server", "protocol", "bytes a span", "spans/s", "MB/s", "CPU s per 1,000 spans", "cores busy"),
    *("ack p50 ms", "ack p99 ms", "p50 ms at 5,000/s", "p99 ms at 5,000/s"),
)
NOTE: Final = """\
a11i acknowledges what is on the disk (NATS JetStream, each message synced). The Collector acknowledges what is in its
memory: NOT durable, with either exporter; what it has acknowledged and not yet exported is lost if it dies.
CPU: the Collector's process; for a11i ingest, NATS, auth and PostgreSQL together, and under it ingest alone. "cores
busy" is the same a second. The client runs on the same cores. Acknowledgements: first at full load, mostly waiting in
line, then at a steady rate."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that is being measured."""

    name: str
    grpc: str
    http: str
    api_key: str
    usage: Callable[[], dict[str, Usage]]
    """Of its processes; the one that talks OTLP is the first."""
    deaths: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent, and how."""

    protocol: Protocol
    requests: Sequence[Request]
    salt: bytes
    """What all trace ids begin with, as it stands in the payloads."""


async def run(servers: Sequence[str], seconds: float) -> None:
    """Measure and print."""
    if set(servers) - {"a11i"}:
        await built()  # before anything is measured, as it takes all cores
    loads = _loads(time.time_ns())
    rows: list[Sequence[str]] = []
    for server in servers:
        async with _target(server) as target:
            for load in loads:
                rows += await _measure(target, load, seconds)
    print(table(f"OTLP receivers side by side; {CONCURRENCY} requests at once, {seconds:.0f} s each", HEADER, rows))
    print(NOTE)


def _loads(now_ns: int) -> list[Load]:
    loads = []
    for requests in (generate(DISTINCT_SPANS, 1, now_ns), generate_small(DISTINCT_SPANS, 2, now_ns)):
        salt = bytes.fromhex(requests[0].trace_id)[:8]
        json_requests = [replace(request, payload=to_json(request.payload)) for request in requests]
        loads += [
            Load("grpc", requests, salt),
            Load("http/protobuf", requests, salt),
            Load("http/json", json_requests, salt.hex().encode()),
        ]
    return loads


@asynccontextmanager
async def _target(server: str) -> AsyncIterator[Target]:
    if server == "a11i":
        async with bench_mesh(("auth", "ingest")) as mesh:

            def mesh_usage() -> dict[str, Usage]:
                usage = mesh.usage()
                return {"ingest": usage.pop("ingest"), **usage}

            yield Target(
                server,
                mesh.address("otlp_grpc"),
                mesh.address("otlp_http"),
                mesh.api_key,
                mesh_usage,
                lambda: mesh.deaths,
            )
        return
    exporter: Exporter = "file" if server == "file" else "nop"
    async with running_collector(exporter) as collector:
        yield Target(
            server,
            collector.grpc,
            collector.http,
            "none-needed",
            lambda: {"collector": collector.usage()},
            lambda: collector.deaths,
        )


async def _measure(target: Target, load: Load, seconds: float) -> list[Sequence[str]]:
    """Return the rows of one server and load."""
    await _send(target, load, WARM_S)
    before = target.usage()
    acks = await _send(target, load, seconds)
    after = target.usage()
    spans_a_request = sum(request.spans for request in load.requests) / len(load.requests)
    steady = await _send(target, load, seconds, interval_s=spans_a_request / STEADY_SPANS_A_SECOND)
    if target.deaths():
        raise MeasurementError(f"{LABELS[target.name]}: a process died during the measurement")
    elapsed_s = max(ack.acked_s for ack in acks) - min(ack.sent_s for ack in acks)
    sent = [load.requests[ack.index % len(load.requests)] for ack in acks]
    spans, size = sum(request.spans for request in sent), sum(len(request.payload) for request in sent)
    cpu_s = {name: after[name].cpu_s - before[name].cpu_s for name in after}
    figures = [
        *(load.protocol, f"{size / spans:,.0f}", f"{spans / elapsed_s:,.0f}", f"{size / elapsed_s / 1e6:,.1f}"),
        *_cpu(sum(cpu_s.values()), spans, elapsed_s),
        *_waits(acks),
        *_waits(steady),
    ]
    rows: list[Sequence[str]] = [(LABELS[target.name], *figures)]
    if len(cpu_s) > 1:
        first = next(iter(cpu_s))
        rows.append((f"  of it {first}", *("",) * 4, *_cpu(cpu_s[first], spans, elapsed_s), *("",) * 4))
    return rows


async def _send(target: Target, load: Load, seconds: float, interval_s: float = 0.0) -> list[Ack]:
    plan = Plan(
        target.grpc if load.protocol == "grpc" else target.http,
        [request.payload for request in load.requests],
        concurrency=CONCURRENCY,
        protocol=load.protocol,
        interval_s=interval_s,
        repeat_s=seconds,
        salt=load.salt,
    )
    async with sender(plan, target.api_key) as running:
        acks = await running.all_acks()
    if any(ack.partial for ack in acks):
        raise MeasurementError(f"{LABELS[target.name]} did not take all spans")
    return acks


def _cpu(cpu_s: float, spans: int, elapsed_s: float) -> tuple[str, str]:
    return f"{cpu_s / spans * 1000:.4f}", f"{cpu_s / elapsed_s:.2f}"


def _waits(acks: Sequence[Ack]) -> tuple[str, str]:
    waits_ms = [(ack.acked_s - ack.sent_s) * 1000 for ack in acks]
    return f"{percentile(waits_ms, 0.5):,.1f}", f"{percentile(waits_ms, 0.99):,.1f}"


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=SERVERS, help="what to measure, in order")
    arguments = parser.parse_args()
    measuring(run(arguments.servers, 1.0 if arguments.quick else arguments.seconds))


if __name__ == "__main__":
    main()
