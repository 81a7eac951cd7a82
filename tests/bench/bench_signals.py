"""Measures logs and metrics without a mesh: python -m tests.bench.bench_signals [--items N]

Decodes requests, inserts their rows through the store's own writer into chDB behind its HTTP front, and lists them.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from a11i_storage.clickhouse import (
    ClickHouseSignalReader,
    ClickHouseWriter,
    LogFilter,
    MetricFilter,
    Scope,
    TimeRange,
    migrate,
    open_clickhouse,
)
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.log_records import decode_logs
from a11i_telemetry.metric_points import decode_metrics
from a11i_telemetry.signals import Signal
from tests.engines import clickhouse as engine

SCOPE = Scope("tenant", "project")
_ITEMS_A_REQUEST = 5_000
_READS = 30
_DAY_NS = 24 * 3600 * 10**9
_STEP_NS = 10**6


def _attributes(item: Any, number: int) -> None:
    for key, value in (("gen_ai.request.model", "gpt-4o"), ("gen_ai.token.type", "input"), ("request", str(number))):
        item.attributes.add(key=key).value.string_value = value


def _logs(first: int, now_ns: int) -> bytes:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "bench"
    records = group.scope_logs.add().log_records
    for number in range(first, first + _ITEMS_A_REQUEST):
        record = records.add(time_unix_nano=now_ns - number * _STEP_NS, severity_number=9)
        record.trace_id, record.span_id = (number // 10 + 1).to_bytes(16, "big"), (number + 1).to_bytes(8, "big")
        record.body.string_value = f"order {number} was looked up; " * 10
        _attributes(record, number)
    return request.SerializeToString()


def _metrics(first: int, now_ns: int) -> bytes:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.add(key="service.name").value.string_value = "bench"
    metric = group.scope_metrics.add().metrics.add(name="gen_ai.client.token.usage", unit="{token}")
    for number in range(first, first + _ITEMS_A_REQUEST):
        point = metric.histogram.data_points.add(time_unix_nano=now_ns - number * _STEP_NS, count=3, sum=1.5)
        point.bucket_counts.extend([1] * 16)
        point.explicit_bounds.extend(range(15))
        _attributes(point, number)
    return request.SerializeToString()


async def _store(
    writer: ClickHouseWriter, signal: Signal, requests: list[bytes], decode: Callable[[bytes], pa.RecordBatch]
) -> None:
    """Decode and insert the requests one after the other; print both rates."""
    decoding_s = inserting_s = 0.0
    for number, payload in enumerate(requests):
        start = time.perf_counter()
        columns = decode(payload)
        decoded = time.perf_counter()
        batch = SpanBatch(str(number), SCOPE.tenant_id, SCOPE.project_id, time.time_ns(), columns, signal=signal)
        await writer.insert([batch])
        decoding_s += decoded - start
        inserting_s += time.perf_counter() - decoded
    items = len(requests) * _ITEMS_A_REQUEST
    print(
        f"{signal.name.lower():<8} {sum(map(len, requests)) / items:5.0f} bytes an item   "
        f"decode {decoding_s / items * 1e6:5.0f} us   insert {items / inserting_s:8,.0f} rows/s"
    )


async def _time(name: str, read: Callable[[], Awaitable[object]]) -> None:
    milliseconds = []
    for _ in range(_READS):
        start = time.perf_counter()
        await read()
        milliseconds.append((time.perf_counter() - start) * 1e3)
    milliseconds.sort()
    print(f"{name:<34} p50 {milliseconds[len(milliseconds) // 2]:6.0f} ms   p95 {milliseconds[-2]:6.0f} ms")


async def _measure(server: engine.ClickHouseServer, items: int) -> None:
    await migrate(server.settings)
    now_ns = time.time_ns()
    starts = range(0, items, _ITEMS_A_REQUEST)
    async with open_clickhouse(server.settings) as clickhouse:
        writer, reader = ClickHouseWriter(clickhouse), ClickHouseSignalReader(clickhouse)
        await _store(writer, Signal.LOGS, [_logs(first, now_ns) for first in starts], decode_logs)
        await _store(writer, Signal.METRICS, [_metrics(first, now_ns) for first in starts], decode_metrics)
        day = TimeRange(now_ns - _DAY_NS, now_ns + 1)
        logs, points, trace_id = LogFilter(day), MetricFilter(day, "gen_ai.client.token.usage"), (1).to_bytes(16, "big")
        of_trace = LogFilter(day, trace_id=trace_id)
        size: dict[str, Any] = {"limit": 50, "max_bytes": 2**24}
        await _time("ListLogs, first page of 50", lambda: reader.list_logs(SCOPE, logs, **size))
        await _time("ListLogs of a trace", lambda: reader.list_logs(SCOPE, of_trace, **size))
        await _time("ListMetricPoints of a metric", lambda: reader.list_metric_points(SCOPE, points, **size))
        await _time("events of a trace, for GetTrace", lambda: reader.trace_events(SCOPE, trace_id, **size))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000, help="log records, and as many points")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, engine.running(Path(directory) / "data") as server:
        asyncio.run(_measure(server, options.items))


if __name__ == "__main__":
    main()
