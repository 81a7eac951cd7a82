"""Measures the whole mesh: acknowledged to queryable, freshness, CPU and memory. python -m tests.bench.bench_e2e

Each round is a mesh of its own in a temporary directory: first with patterns and token counts, then with names too,
as it comes. No text is sent twice but what agents resend within a trace.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.errors import MeasurementError
from tests.bench.freshness import measure_freshness
from tests.bench.load import Request, describe, generate
from tests.bench.mesh import BenchMesh, bench_mesh, measuring
from tests.bench.sender import Plan
from tests.bench.sending import Ack, sender
from tests.bench.store import SpanStore
from tests.bench.usage import Usage, cpu_rows, percentile, table

QUICK = (4_000, 1_500, 5.0)
"""Spans without names, with names, and seconds of freshness of a short run."""
WARM_UP_SPANS = 512
CONCURRENCY = 8
POLL_INTERVAL_S = 0.25
DRAIN_TIMEOUT_S = 150.0
"""Time for everything acknowledged to become queryable; at the least rates asked for it takes a third of it."""
IDLE_S = 5.0
"""Time after the start in which nothing is sent, for the mesh's idle memory."""


@dataclass(frozen=True, slots=True)
class Round:
    """One configuration of the mesh."""

    name: str
    environment: dict[str, str]
    spans: int
    fresh_s: float
    """How long to measure freshness; 0: not in this round."""


async def run(rounds: Sequence[Round]) -> None:
    """Measure and print every round."""
    for number, chosen in enumerate(rounds):
        requests = generate(chosen.spans, seed=10 + number, now_ns=time.time_ns())
        async with bench_mesh(environment=chosen.environment) as mesh:
            await asyncio.sleep(IDLE_S)
            idle = mesh.usage()
            async with SpanStore(mesh.urls.clickhouse) as store:
                await _drained(mesh, store, generate(WARM_UP_SPANS, seed=99 + number, now_ns=time.time_ns()))
                await _throughput(chosen, mesh, store, requests, idle)
            if chosen.fresh_s:
                print(await measure_freshness(mesh, chosen.name, chosen.fresh_s))


async def _throughput(
    chosen: Round, mesh: BenchMesh, store: SpanStore, requests: Sequence[Request], idle: dict[str, Usage]
) -> None:
    before = mesh.usage()
    acks, queryable_s = await _drained(mesh, store, requests)
    after = mesh.usage()
    begun_s, acked_s = min(ack.sent_s for ack in acks), max(ack.acked_s for ack in acks)
    spans = sum(request.spans for request in requests)
    waits_ms = [(ack.acked_s - ack.sent_s) * 1000 for ack in acks]
    rows = [
        ("spans a second, sent to queryable", f"{spans / (queryable_s - begun_s):,.0f}"),
        ("MB a second", f"{sum(len(r.payload) for r in requests) / (queryable_s - begun_s) / 1e6:,.1f}"),
        ("all acknowledged after", f"{acked_s - begun_s:,.1f} s"),
        ("all queryable after", f"{queryable_s - begun_s:,.1f} s"),
        ("acknowledged after, p50 / p99", f"{percentile(waits_ms, 0.5):,.0f} / {percentile(waits_ms, 0.99):,.0f} ms"),
        ("stored, each once", f"{await store.distinct():,}"),
    ]
    print(table(f"End to end, {chosen.name}: {describe(requests)}", ("", ""), rows))
    header = ("process", "CPU s", "CPU s per 1,000 spans", "MB resident", "MB idle")
    usage = cpu_rows(before, after, spans)
    idle_mb = [f"{idle[name].memory_bytes / 1e6:,.0f}" for name in after]
    idle_mb.append(f"{sum(usage.memory_bytes for usage in idle.values()) / 1e6:,.0f}")
    print(table("Processes", header, [(*row, mb) for row, mb in zip(usage, idle_mb, strict=True)]))


async def _drained(mesh: BenchMesh, store: SpanStore, requests: Sequence[Request]) -> tuple[list[Ack], float]:
    """Send everything as fast as it is acknowledged; return the acknowledgements and when all was queryable."""
    expected = await store.rows() + sum(request.spans for request in requests)
    plan = Plan(mesh.address("otlp_grpc"), [request.payload for request in requests], concurrency=CONCURRENCY)
    async with sender(plan, mesh.api_key) as running:
        acks = await running.all_acks()
    deadline_s = time.monotonic() + DRAIN_TIMEOUT_S
    while (rows := await store.rows()) < expected:
        if mesh.deaths or time.monotonic() > deadline_s:
            raise MeasurementError(f"{expected - rows:,} spans were acknowledged but are not queryable")
        await asyncio.sleep(POLL_INTERVAL_S)
    return acks, time.monotonic()


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=30_000, help="spans of the round without names")
    parser.add_argument("--spans-names", type=int, default=10_000, help="spans of the round with names")
    parser.add_argument("--fresh-s", type=float, default=30.0, help="seconds to measure freshness for")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.spans, arguments.spans_names, arguments.fresh_s = QUICK
    rounds = (
        Round("patterns and token counts", {"A11I_REDACTION_NAMES": "false"}, arguments.spans, 0.0),
        Round("patterns, names and token counts", {}, arguments.spans_names, arguments.fresh_s),
    )
    measuring(run(rounds))


if __name__ == "__main__":
    main()
