"""What a look at budgets costs over many stored calls, on a real engine: python -m tests.bench.bench_budgets [calls].

The calls are of one tenant and of thirty days, four of them a trace, each below a roll-up with their sum. One budget is
of the day, one of the month, one of the month and a model. A look at all calls is what each look was at before sums
were kept; the others are after so many new calls. CPU time is of this process and of ClickHouse: the machine is shared.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from a11i_storage.clickhouse import ClickHouse, ClickHouseSpending, SpendingQuestion, open_clickhouse
from a11i_storage.postgres import PostgresSettings, open_repricings
from a11i_tokenization.budgeting.known_spending import KnownSpending
from a11i_tokenization.settings import BudgetSettings
from tests.contract.stored_spans import S
from tests.service.tokenization.stored_calls import DAY_S, NOON_S, Engines, Spans, call, engines

_DAYS = 30
_CALLS_OF_A_TRACE = 4
_ROUNDS = 5
_INSERT = 50_000
_FILL = """
INSERT INTO spans
SELECT span.* REPLACE (
  'copy' AS name,
  CAST(MD5(concat('trace ', toString(place.trace))), 'FixedString(16)') AS trace_id,
  CAST(substring(MD5(concat('span ', toString(place.number))), 1, 8), 'FixedString(8)') AS span_id,
  if(
    place.number % 5 = 0, NULL,
    CAST(substring(MD5(concat('span ', toString(place.trace * 5))), 1, 8), 'FixedString(8)')
  ) AS parent_span_id,
  if(place.number % 5 = 0, 'chain', 'llm') AS step_kind,
  if(place.number % 5 = 0, 4, 1) * span.total_cost_usd AS total_cost_usd,
  ['gpt-4o', 'gpt-4o-mini', 'o3'][place.number % 3 + 1] AS request_model,
  span.start_time + toIntervalSecond(place.second) AS start_time,
  span.start_time + toIntervalSecond(place.second + 2) AS end_time,
  toDate(span.start_time + toIntervalSecond(place.second)) AS partition_date,
  span.stored_time + toIntervalSecond(place.second) - INTERVAL 40 DAY AS stored_time
)
FROM spans AS span
CROSS JOIN (
  SELECT number, intDiv(number, 5) AS trace, intDiv(trace * {seconds:UInt64}, {traces:UInt64}) + number % 5 AS second
  FROM numbers({first:UInt64}, {count:UInt64})
) AS place
WHERE span.tenant_id = {tenant:String} AND span.name = 'model'
SETTINGS max_partitions_per_insert_block = 0
"""


async def fill(spans: Spans, calls: int) -> None:
    """Store the calls, and for each four the roll-up above them."""
    await spans.put(call("model", input_messages="m" * 400))
    traces = calls // _CALLS_OF_A_TRACE
    rows = traces * (_CALLS_OF_A_TRACE + 1)
    for first in range(0, rows, _INSERT):
        values = {"first": first, "count": min(_INSERT, rows - first), "traces": traces, "seconds": _DAYS * DAY_S}
        await spans.clickhouse.command(_FILL, {"tenant": spans.tenant, **values})


def questions() -> list[SpendingQuestion]:
    """Return what the budgets ask, on the last of the days."""
    month = SpendingQuestion(NOON_S * S, (NOON_S + _DAYS * DAY_S) * S)
    day = SpendingQuestion((NOON_S + (_DAYS - 1) * DAY_S) * S, month.end_ns)
    return [day, month, SpendingQuestion(month.start_ns, month.end_ns, model="gpt-4o*")]


async def measured(engine: psutil.Process, work: Callable[[], Awaitable[object]]) -> float:
    """Return the seconds of CPU that work took, here and in the engine."""
    here = psutil.Process()

    def spent() -> float:
        return sum(sum(process.cpu_times()[:2]) for process in (here, engine))

    before = spent()
    await work()
    return spent() - before


async def looks(clickhouse: ClickHouse, running: Engines, calls: int) -> None:
    """Fill, look and print JSON lines."""
    spans, engine = Spans(clickhouse), psutil.Process(running.clickhouse.pid)
    await fill(spans, calls)
    asked, everything = questions(), ClickHouseSpending(clickhouse)
    async with open_repricings(PostgresSettings.model_validate({"dsn": running.dsn})) as repricings:
        known = KnownSpending(everything, repricings, BudgetSettings())
        full_s = [await measured(engine, lambda: everything.spent(spans.tenant, asked)) for _ in range(_ROUNDS)]
        print(json.dumps({"look": "at all calls", "calls": calls, "cpu_s": round(min(full_s), 3)}), flush=True)
        first_s = await measured(engine, lambda: known.spent(spans.tenant, asked))
        print(json.dumps({"look": "the first", "calls": calls, "cpu_s": round(first_s, 3)}), flush=True)
        for new in (0, 10, 100, 1_000):
            times: list[float] = []
            for turn in range(_ROUNDS):
                at_s = NOON_S + _DAYS * DAY_S - 60
                await spans.put(*(call(f"new {new} {turn} {one}", start_s=at_s) for one in range(new // _ROUNDS)))
                times.append(await measured(engine, lambda: known.spent(spans.tenant, asked)))
            print(
                json.dumps({"look": f"after {new} new calls", "calls": calls, "cpu_s": round(min(times), 3)}),
                flush=True,
            )
        assert await known.spent(spans.tenant, asked) == await everything.spent(spans.tenant, asked)


async def run(running: Engines, calls: int) -> None:
    """Run the bench on engines."""
    settings = running.clickhouse.settings.model_copy(update={"query_max_memory_bytes": 4 * 1024**3})
    async with open_clickhouse(settings.model_copy(update={"query_timeout_s": 120.0})) as clickhouse:
        await looks(clickhouse, running, calls)


def main() -> None:
    """Run on engines of its own."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as directory, engines(Path(directory)) as running:
        asyncio.run(run(running, calls))


if __name__ == "__main__":
    main()
