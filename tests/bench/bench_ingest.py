"""Measures ingest alone: OTLP/gRPC in, columns out to the durable bus, acknowledged. python -m tests.bench.bench_ingest

One ingest process, one NATS server that syncs every message to disk, auth on PostgreSQL, and a client process; all on
this machine. The same texts are sent again and again under new trace ids, as ingest does not care about text.
"""

import argparse
import time
from collections.abc import Sequence

from tests.bench.errors import MeasurementError
from tests.bench.load import Request, describe, generate, resalted
from tests.bench.mesh import BenchMesh, bench_mesh, measuring
from tests.bench.sender import Plan
from tests.bench.sending import Ack, sender
from tests.bench.usage import cpu_rows, percentile, table

DISTINCT_SPANS = 20_000
QUICK_SPANS = 40_000
CONCURRENCY = 16
"""Requests under way at once, as from 16 programs that export in batches."""


async def run(spans: int) -> None:
    """Measure and print."""
    base = generate(DISTINCT_SPANS, seed=1, now_ns=time.time_ns())
    async with bench_mesh(("auth", "ingest")) as mesh:
        idle = mesh.usage()
        await _round(mesh, base)  # warms connections, caches and the interpreter
        copies = max(1, round(spans / sum(request.spans for request in base)))
        requests = [request for copy in range(copies) for request in resalted(base, seed=2 + copy)]
        before = mesh.usage()
        acks = await _round(mesh, requests)
        after = mesh.usage()
        if mesh.deaths:
            raise MeasurementError("a process died during the measurement")
    print(_report(requests, acks))
    total = sum(request.spans for request in requests)
    header = ("process", "CPU s", "CPU s per 1,000 spans", "MB resident")
    print(table("Processes under load", header, cpu_rows(before, after, total)))
    print(f"Resident before the first request: {sum(usage.memory_bytes for usage in idle.values()) / 1e6:,.0f} MB")


async def _round(mesh: BenchMesh, requests: Sequence[Request]) -> list[Ack]:
    plan = Plan(mesh.address("otlp_grpc"), [request.payload for request in requests], concurrency=CONCURRENCY)
    async with sender(plan, mesh.api_key) as running:
        return await running.all_acks()


def _report(requests: Sequence[Request], acks: Sequence[Ack]) -> str:
    elapsed_s = max(ack.acked_s for ack in acks) - min(ack.sent_s for ack in acks)
    spans, size = sum(request.spans for request in requests), sum(len(request.payload) for request in requests)
    waits_ms = [(ack.acked_s - ack.sent_s) * 1000 for ack in acks]
    rows = [
        ("spans a second, acknowledged and durable", f"{spans / elapsed_s:,.0f}"),
        ("MB a second, as sent", f"{size / elapsed_s / 1e6:,.1f}"),
        ("acknowledged after, p50", f"{percentile(waits_ms, 0.5):,.0f} ms"),
        ("acknowledged after, p99", f"{percentile(waits_ms, 0.99):,.0f} ms"),
        ("refused and sent again", f"{sum(ack.refusals for ack in acks):,}"),
        ("not plain success", f"{sum(ack.partial for ack in acks):,}"),
        ("measured for", f"{elapsed_s:,.1f} s"),
    ]
    return table(f"Ingest: {describe(requests)}; {CONCURRENCY} requests at once", ("", ""), rows)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=400_000, help="spans to send")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    arguments = parser.parse_args()
    measuring(run(QUICK_SPANS if arguments.quick else arguments.spans))


if __name__ == "__main__":
    main()
