"""Measures the store of spans alone: python -m tests.bench.bench_store [--spans N] [--rows-an-insert N] [--in-flight N]

Inserts through the store's own writer into chDB behind its HTTP front, then reads traces and lists them.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil

from a11i_storage.clickhouse import (
    ClickHouseSpanReader,
    ClickHouseWriter,
    Scope,
    TraceFilter,
    migrate,
    open_clickhouse,
)
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.otlp import decode_traces
from tests.bench.load import describe, generate, resalted
from tests.engines import clickhouse as engine

SCOPE = Scope("tenant", "project")
_DISTINCT_SPANS = 20_000
"""Spans whose text differs; more are these under other trace ids. ClickHouse's packing sees no further than a block."""
_READS = 50
_DAY_NS = 24 * 3600 * 10**9


def _batches(spans: int, rows_each: int) -> list[SpanBatch]:
    now_ns = time.time_ns()
    requests = generate(min(spans, _DISTINCT_SPANS), seed=1, now_ns=now_ns, spans_a_request=rows_each)
    print(describe(requests))
    rounds = max(1, spans // _DISTINCT_SPANS)
    return [
        SpanBatch(
            f"{round_number}-{number}", SCOPE.tenant_id, SCOPE.project_id, now_ns, decode_traces(one.payload).columns
        )
        for round_number in range(rounds)
        for number, one in enumerate(resalted(requests, round_number))
    ]


async def _insert(writer: ClickHouseWriter, batches: Sequence[SpanBatch], in_flight: int) -> None:
    """Insert all batches, one an insert, with some inserts under way at once; print the rate."""
    waiting = list(batches)
    seconds: list[float] = []

    async def work() -> None:
        while waiting:
            batch = waiting.pop()
            start = time.perf_counter()
            await writer.insert([batch])
            seconds.append(time.perf_counter() - start)

    start = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(in_flight):
            tasks.create_task(work())
    elapsed = time.perf_counter() - start
    rows = sum(batch.columns.num_rows for batch in batches)
    size = sum(batch.columns.nbytes for batch in batches)
    print(
        f"insert      {rows / elapsed:9,.0f} rows/s  {size / elapsed / 1e6:6.0f} MB/s  {len(batches)} inserts, "
        f"{in_flight} at once, each {statistics.median(seconds) * 1e3:,.0f} ms"
    )


async def _time(name: str, read: Callable[[], Awaitable[object]]) -> None:
    milliseconds = []
    for _ in range(_READS):
        start = time.perf_counter()
        await read()
        milliseconds.append((time.perf_counter() - start) * 1e3)
    milliseconds.sort()
    print(f"{name:<34} p50 {milliseconds[len(milliseconds) // 2]:6.0f} ms   p95 {milliseconds[-3]:6.0f} ms")


async def _read(reader: ClickHouseSpanReader) -> None:
    now_ns = time.time_ns()
    day = TraceFilter(start_time_ns=now_ns - _DAY_NS, end_time_ns=now_ns)
    first = await reader.list_traces(SCOPE, day, limit=50)
    trace, after = first.traces[0], first.next
    by_session = TraceFilter(day.start_time_ns, day.end_time_ns, session_id=trace.session_id)
    by_model = TraceFilter(day.start_time_ns, day.end_time_ns, model=trace.models[0], has_error=False)
    await _time(
        f"GetTrace, {trace.span_count} spans",
        lambda: reader.get_trace(SCOPE, trace.trace_id, limit=10_000, max_bytes=2**25),
    )
    await _time("ListTraces, first page of 50", lambda: reader.list_traces(SCOPE, day, limit=50))
    await _time("ListTraces, second page", lambda: reader.list_traces(SCOPE, day, limit=50, after=after))
    await _time("ListTraces of a session", lambda: reader.list_traces(SCOPE, by_session, limit=50))
    await _time("ListTraces of a model, no errors", lambda: reader.list_traces(SCOPE, by_model, limit=50))


async def _measure(server: engine.ClickHouseServer, batches: Sequence[SpanBatch], in_flight: int) -> None:
    await migrate(server.settings)
    process = psutil.Process(server.pid)
    async with open_clickhouse(server.settings) as clickhouse:
        await _insert(ClickHouseWriter(clickhouse), batches, in_flight)
        used = process.cpu_times()
        rows = sum(batch.columns.num_rows for batch in batches)
        print(f"front       {(used.user + used.system) / rows * 1e3:9.3f} CPU s per 1,000 spans, merges included")
        await _read(ClickHouseSpanReader(clickhouse))
        print(f"front       {process.memory_info().rss / 1e6:9,.0f} MB resident")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--rows-an-insert", type=int, default=5_000)
    parser.add_argument("--in-flight", type=int, default=2)
    options = parser.parse_args()
    batches = _batches(options.spans, options.rows_an_insert)
    with tempfile.TemporaryDirectory() as directory, engine.running(Path(directory) / "data") as server:
        asyncio.run(_measure(server, batches, options.in_flight))


if __name__ == "__main__":
    main()
