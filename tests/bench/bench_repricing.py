"""How many stored calls a second are repriced, on real engines: python -m tests.bench.bench_repricing [calls] [bytes].

The calls are of one day and project, with so many bytes of text each. CPU time is of this process, which prices, and
of ClickHouse, which reads and copies: the machine is shared.
"""

import asyncio
import json
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np
import psutil

from a11i_storage.clickhouse import CallCostStore, ClickHouseWriter, open_clickhouse
from a11i_storage.postgres import PostgresSettings, open_price_tables, open_repricings
from a11i_storage.postgres.repricings import NewRepricing
from a11i_telemetry.batch import SpanBatch
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.repricing.repricer import Repricer, Workshop
from a11i_tokenization.repricing.tables import RepricingTables
from a11i_tokenization.settings import RepricingSettings
from tests.contract.stored_spans import S, record_batch, span
from tests.service.tokenization.stored_calls import DAY_S, NOON_S, Engines, call, engines

_MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "o3", "gpt-4.1")
_INSERT = 10_000


def batch_of(first: int, count: int, text_bytes: int) -> SpanBatch:
    """Return calls of a day with texts that do not compress to nothing."""
    random = np.random.default_rng(first)
    rows = []
    for number in range(first, first + count):
        one = call(f"c{number}", request_model=_MODELS[number % len(_MODELS)], output_tokens=200)
        one["input_messages"] = random.bytes(text_bytes // 2).hex()
        one["price_version"] = "old"
        rows.append(span(number // 4, one.pop("name"), start_ns=(NOON_S + number % 40_000) * S, **one))
    return SpanBatch(f"b{first}", "tenant", "p", (NOON_S + DAY_S) * S, record_batch(rows))


async def fill(running: Engines, calls: int, text_bytes: int) -> None:
    """Store the calls."""
    async with open_clickhouse(running.clickhouse.settings) as clickhouse:
        writer = ClickHouseWriter(clickhouse)
        for first in range(0, calls, _INSERT):
            await writer.insert([batch_of(first, min(_INSERT, calls - first), text_bytes)])


async def reprice(running: Engines, *, dry_run: bool) -> dict[str, object]:
    """Reprice them all; return what it took."""
    postgres = PostgresSettings.model_validate({"dsn": running.dsn})
    book = PriceBook()
    async with (
        open_clickhouse(running.clickhouse.settings) as clickhouse,
        open_price_tables(postgres) as prices,
        open_repricings(postgres) as store,
    ):
        start, end, request = (NOON_S - DAY_S) * S, (NOON_S + DAY_S) * S, str(uuid.uuid4())
        order = NewRepricing(uuid.uuid4(), "tenant", "", start, end, False, dry_run, "bench", request, book.tables, 0)
        await store.add(order)
        workshop = Workshop(store, CallCostStore(clickhouse), RepricingTables(prices, book), RepricingSettings())
        stop, engine = asyncio.Event(), psutil.Process(running.clickhouse.pid)
        began, own_s, engine_s = time.monotonic(), time.process_time(), sum(engine.cpu_times()[:2])
        process = asyncio.ensure_future(Repricer(workshop).run(stop))
        while (found := await store.get(order.id)) is not None and found.state == 1:
            await asyncio.sleep(0.05)
        took_s, own_s = time.monotonic() - began, time.process_time() - own_s
        engine_s = sum(engine.cpu_times()[:2]) - engine_s
        stop.set()
        await process
        assert found is not None
        calls = found.progress.call_count
        return {
            "dry_run": dry_run,
            "calls": calls,
            "changed": found.progress.changed_count,
            "seconds": round(took_s, 2),
            "calls_per_s": round(calls / took_s),
            "own_cpu_us_per_call": round(own_s / calls * 1e6, 2),
            "clickhouse_cpu_us_per_call": round(engine_s / calls * 1e6, 2),
        }


def main() -> None:
    """Run and print JSON lines."""
    calls, text_bytes = (int(argument) for argument in (*sys.argv[1:], "100000", "4000")[:2])
    with tempfile.TemporaryDirectory() as directory, engines(Path(directory)) as running:
        asyncio.run(fill(running, calls, text_bytes))
        for dry_run in (True, False, False):
            print(json.dumps(asyncio.run(reprice(running, dry_run=dry_run))))


if __name__ == "__main__":
    main()
