"""Measures what the archive costs the writer: python -m tests.bench.bench_archive [--spans N] [--rows-a-gather N]

The writer's own sink, gather by gather, into chDB behind its HTTP front: without an archive, with one in a directory,
and with one in SeaweedFS over S3. CPU time is of this process, which is what the writer's process would use.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from a11i_storage.archive import ArchiveSettings, Selection, open_archive
from a11i_storage.clickhouse import ClickHouseWriter, migrate, open_clickhouse
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.signals import Signal
from a11i_writer.pipeline import storing
from tests.bench.load import describe, generate
from tests.engines import clickhouse, seaweedfs

_SPANS_A_BATCH = 200
"""About what ingest puts into a message."""


def _gathers(spans: int, rows_each: int) -> list[list[SpanBatch]]:
    now_ns = time.time_ns()
    requests = generate(spans, seed=1, now_ns=now_ns, spans_a_request=_SPANS_A_BATCH)
    print(describe(requests))
    batches = [
        SpanBatch(f"{number:032x}", "tenant", "project", now_ns, decode_traces(one.payload).columns)
        for number, one in enumerate(requests)
    ]
    count = max(1, rows_each // _SPANS_A_BATCH)
    return [batches[first : first + count] for first in range(0, len(batches), count)]


async def _store(
    name: str, server: clickhouse.ClickHouseServer, gathers: Sequence[Sequence[SpanBatch]], at: ArchiveSettings | None
) -> None:
    async with AsyncExitStack() as stack:
        store = ClickHouseWriter(await stack.enter_async_context(open_clickhouse(server.settings)))
        archive = None if at is None else await stack.enter_async_context(open_archive(at))
        sink = storing(store, archive)
        started, used = time.perf_counter(), time.process_time()
        for gather in gathers:
            await sink(gather)
        elapsed, used = time.perf_counter() - started, time.process_time() - used
        rows = sum(batch.columns.num_rows for gather in gathers for batch in gather)
        print(f"{name:<12} {rows / elapsed:9,.0f} rows/s   {used / rows * 1e6:6.1f} CPU us a row in the writer")
        if archive is not None:
            which = Selection("tenant", "project", frozenset(Signal), 0, 2**62)
            started, read = time.perf_counter(), 0
            for partition in await archive.partitions(which):
                plan = await archive.plan(partition, which, lambda mark: False)
                for piece in plan.pieces:
                    read += sum(one.columns.num_rows for one in await archive.read(piece) or [])
            assert read == rows
            print(f"{'':<12} {read / (time.perf_counter() - started):9,.0f} rows/s read again")


async def _measure(directory: Path, gathers: Sequence[Sequence[SpanBatch]]) -> None:
    with clickhouse.running(directory / "clickhouse") as server, seaweedfs.running(directory) as s3:
        await migrate(server.settings)
        patient = s3.settings("bench").model_copy(update={"timeout_s": 30, "stall_timeout_s": 10})
        places = {
            "no archive": None,
            "directory": ArchiveSettings(url=f"file://{directory}/archive"),
            "S3": patient,
        }
        for round_number in range(2):
            for name, at in places.items():
                mine = [
                    [replace(one, batch_id=f"{round_number}{one.batch_id[1:]}") for one in gather] for gather in gathers
                ]
                await _store(name, server, mine, at and at.model_copy(update={"url": f"{at.url}/{round_number}"}))
    size = sum(file.stat().st_size for file in (directory / "archive" / "0").rglob("*.parquet"))
    rows = sum(batch.columns.num_rows for gather in gathers for batch in gather)
    raw = sum(batch.columns.nbytes for gather in gathers for batch in gather)
    print(f"{size / rows:,.0f} bytes a row in the archive, {raw / rows:,.0f} in memory")


def _renamed(batch: SpanBatch, round_number: int) -> SpanBatch:
    return replace(batch, batch_id=f"{round_number}{batch.batch_id[1:]}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=40_000)
    parser.add_argument("--rows-a-gather", type=int, default=10_000)
    options = parser.parse_args()
    gathers = _gathers(options.spans, options.rows_a_gather)
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(_measure(Path(directory), gathers))


if __name__ == "__main__":
    main()
