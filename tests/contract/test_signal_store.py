"""What the store of logs, metric points and issues promises its writers and readers, on the real engine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pytest

from a11i_storage.clickhouse import (
    ClickHouseSignalReader,
    IssueFilter,
    LogFilter,
    MetricFilter,
    RowCursor,
    RowPage,
    Scope,
    TimeRange,
    TraceEvents,
)
from a11i_storage.clickhouse.tables import TABLES
from a11i_telemetry.signals import SCHEMAS, Signal
from tests.contract.span_store import Store
from tests.contract.stored_signals import record_batch, row, row_id, signal_batch
from tests.contract.stored_spans import NOON_NS, S, batch, span, span_id, trace_id

DAY_NS = 24 * 3600 * S
DAY = TimeRange(NOON_NS - DAY_NS // 2, NOON_NS + DAY_NS // 2)
OTHERS = [Signal.LOGS, Signal.METRICS, Signal.ISSUES]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one signal as a test sees them."""

    store: Store
    signal: Signal

    async def put(self, *rows: dict[str, Any], **options: Any) -> None:
        await self.store.writer.insert([signal_batch(self.signal, *rows, **{"scope": self.store.scope, **options})])

    async def page(
        self,
        *,
        times: TimeRange = DAY,
        limit: int = 50,
        max_bytes: int = 2**24,
        after: RowCursor | None = None,
        scope: Scope | None = None,
        **which: Any,
    ) -> RowPage:
        reader = ClickHouseSignalReader(self.store.clickhouse)
        scope = scope or self.store.scope
        if self.signal is Signal.ISSUES:
            return await reader.list_ingest_issues(scope, IssueFilter(times, **which), limit=limit, after=after)
        bounds: dict[str, Any] = {"limit": limit, "max_bytes": max_bytes, "after": after}
        if self.signal is Signal.LOGS:
            return await reader.list_logs(scope, LogFilter(times, **which), **bounds)
        return await reader.list_metric_points(scope, MetricFilter(times, **which), **bounds)

    async def texts(self, **options: Any) -> list[str]:
        """Return the texts of the rows on a page."""
        return [text.as_py() for text in (await self.page(**options)).rows[TEXT[self.signal]]]


TEXT = {Signal.LOGS: "body", Signal.METRICS: "description", Signal.ISSUES: "reason"}
RowsOf = Callable[[Signal], Rows]


@pytest.fixture
def rows_of(store: Store) -> RowsOf:
    return lambda signal: Rows(store, signal)


def text(signal: Signal, name: object, **columns: Any) -> dict[str, Any]:
    """Return a row that says its name."""
    return row(name, **{TEXT[signal]: str(name), **columns})


@pytest.mark.parametrize("signal", Signal)
async def test_a_table_has_the_columns_of_its_schema_and_no_others(store: Store, signal: Signal) -> None:
    table = await store.clickhouse.query(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {name:String}",
        {"name": TABLES[signal].name},
    )
    stored = {one["name"]: one["type"] for one in table.to_pylist()}
    expected = {column.name: column.clickhouse for column in TABLES[signal].stored_columns} | {"version": "UInt128"}
    if signal is Signal.LOGS:
        expected["trace_key"] = "FixedString(16)"
    assert stored == expected


FULL_LOG: dict[str, Any] = {
    "observed_time": NOON_NS + 5, "severity_number": 17, "severity_text": "ERROR", "event_name": "gen_ai.choice",
    "body": "nöt \x00 found", "body_is_json": True, "trace_id": trace_id("t"), "span_id": span_id("s"), "flags": 1,
    "service_name": "shop", "scope_name": "lib", "scope_version": "1", "scope_attributes": '{"a":1}',
    "resource_attributes": '{"b":2}', "resource_schema_url": "https://r", "scope_schema_url": "https://s",
    "attr_string": [("z", "text"), ("a", "")], "attr_int": [("i", -(2**63))], "attr_double": [("d", 0.1)],
    "attr_bool": [("yes", True)], "attr_json": [("list", "[1,2]")], "dropped_attributes_count": 2**32 - 1,
    "input_messages": "[1]", "output_messages": "[2]", "system_instructions": "[3]", "tool_definitions": "[4]",
    "evaluation_name": "Relevance", "evaluation_score": 0.5, "evaluation_label": "pass", "evaluation_explanation": "so",
    "defects": ["cut: body"], "redacted_entities": [("IBAN", 2)], "redaction_policy": "standard/1",
    "redaction_detector": "d/1", "withheld_values": 1, "redacted_where": [("body:IBAN", 2)], "redaction_us": 1_500,
    "redaction_bytes": 20_000,
}  # fmt: skip
FULL_POINT: dict[str, Any] = {
    "metric_name": "gen_ai.client.token.usage", "description": "tokens", "unit": "{token}", "metadata": '{"m":1}',
    "metric_type": "histogram", "temporality": "delta", "is_monotonic": True, "start_time": NOON_NS - 5, "flags": 1,
    "value_double": -0.5, "value_int": -(2**63), "count": 2**64 - 1, "sum": 1e300, "min": -1.0, "max": 2.0,
    "bucket_counts": [1, 2**64 - 1], "explicit_bounds": [0.5], "scale": -3, "zero_count": 4, "zero_threshold": 0.25,
    "positive_offset": -2, "positive_counts": [7], "negative_offset": 3, "negative_counts": [8, 9],
    "quantiles": [0.5, 0.99], "quantile_values": [1.0, 2.0], "exemplars": "[]", "service_name": "shop",
    "scope_name": "lib", "scope_version": "1", "scope_attributes": "{}", "resource_attributes": '{"b":2}',
    "resource_schema_url": "https://r", "scope_schema_url": "https://s", "attr_string": [("k", "v")],
    "attr_int": [("i", 2**63 - 1)], "attr_double": [("d", 0.1)], "attr_bool": [("no", False)],
    "attr_json": [("e", "null")],
}  # fmt: skip
FULL_ISSUE: dict[str, Any] = {
    "signal": "logs", "outcome": "rejected", "reason": "bad", "count": 2**64 - 1, "key_id": "key", "door": "otlp_http",
    "example_trace_id": "ab", "example_span_id": "cd", "example_where": "attributes",
}  # fmt: skip


@pytest.mark.parametrize(("signal", "full"), list(zip(OTHERS, (FULL_LOG, FULL_POINT, FULL_ISSUE), strict=True)))
async def test_every_column_comes_back_as_it_was_stored(rows_of: RowsOf, signal: Signal, full: dict[str, Any]) -> None:
    sent = [row("full", time_ns=NOON_NS + 1_234, **full), row("empty")]
    columns = record_batch(signal, sent)
    assert set(columns.schema.names) - {"time", "record_id", "point_id"} == full.keys(), "the test must name every one"
    await rows_of(signal).put(*sent)
    found = (await rows_of(signal).page()).rows
    for name in SCHEMAS[signal].names:
        assert found[name].combine_chunks().equals(columns.column(name)), name
    assert found["received_time"].cast(pa.int64()).to_pylist() == [NOON_NS + 60 * S] * 2


@pytest.mark.parametrize("signal", OTHERS)
async def test_what_is_stored_again_is_read_once_in_the_version_received_last(rows_of: RowsOf, signal: Signal) -> None:
    rows = rows_of(signal)
    await rows.put(text(signal, "one"), text(signal, "two", time_ns=NOON_NS + 1))
    again = [{**row("one"), TEXT[signal]: "one, redacted"}, text(signal, "two", time_ns=NOON_NS + 1)]
    await rows.put(*again, received_ns=NOON_NS + 61 * S)
    await rows.put(text(signal, "one"), text(signal, "two", time_ns=NOON_NS + 1))
    assert await rows.texts() == ["two", "one, redacted"]


async def test_issues_of_different_batches_are_different(rows_of: RowsOf) -> None:
    rows = rows_of(Signal.ISSUES)
    for batch_id in ("a", "b"):
        await rows.put(text(Signal.ISSUES, "same"), text(Signal.ISSUES, "same"), batch_id=batch_id)
    assert len(await rows.texts()) == 4


async def test_an_issue_of_a_request_that_came_again_later_is_one(rows_of: RowsOf) -> None:
    rows = rows_of(Signal.ISSUES)
    for seconds in (0, 3600, 7200):
        again = text(Signal.ISSUES, "again", time_ns=NOON_NS + seconds * S)
        await rows.put(again, received_ns=NOON_NS + seconds * S)
    assert (await rows.page()).rows["time"].cast(pa.int64()).to_pylist() == [NOON_NS + 7200 * S]
    assert await rows.texts(times=TimeRange(NOON_NS, NOON_NS + S)) == []


async def test_an_issue_is_one_however_its_batch_was_taken_apart(store: Store, rows_of: RowsOf) -> None:
    rows, names = rows_of(Signal.ISSUES), ["a", "b", "c"]
    whole = signal_batch(
        Signal.ISSUES, *(text(Signal.ISSUES, name) for name in names), scope=store.scope, batch_id="1" * 32
    )
    for parts in ([whole], [whole.rows(1, 3).rows(1, 2)], whole.split(1), [whole]):
        await store.writer.insert(parts)
        assert sorted(await rows.texts()) == names


async def test_all_signals_go_in_at_once(store: Store, rows_of: RowsOf) -> None:
    others = [signal_batch(signal, text(signal, signal.name), scope=store.scope) for signal in OTHERS]
    await store.writer.insert([*others, batch(span(name="a span"), scope=store.scope), *others])
    assert (await store.summary()).name == "a span"
    for signal in OTHERS:
        assert await rows_of(signal).texts() == [signal.name]


@pytest.mark.parametrize("signal", OTHERS)
@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (8, [7])])
async def test_pages_hold_every_row_once_latest_first(
    rows_of: RowsOf, signal: Signal, limit: int, sizes: list[int]
) -> None:
    """Five of the seven have the same time."""
    rows = rows_of(signal)
    await rows.put(*(text(signal, number, time_ns=NOON_NS + max(0, number - 4)) for number in range(7)))
    pages: list[pa.Table] = []
    after: RowCursor | None = None
    while not pages or after is not None:
        page = await rows.page(limit=limit, after=after)
        pages.append(page.rows)
        after = page.next
    assert [page.num_rows for page in pages] == sizes
    found = pa.concat_tables(pages)
    assert sorted(str(one) for one in found[TEXT[signal]].to_pylist()) == [str(number) for number in range(7)]
    times = found["time"].cast(pa.int64()).to_numpy()
    assert (times[1:] <= times[:-1]).all()


@pytest.mark.parametrize("signal", [Signal.LOGS, Signal.METRICS])
async def test_a_page_is_cut_at_its_bytes_and_goes_on_after(rows_of: RowsOf, signal: Signal) -> None:
    rows = rows_of(signal)
    large = {"resource_attributes": "x" * 10_000}
    await rows.put(*(text(signal, number, time_ns=NOON_NS + number, **large) for number in range(5)))
    first = await rows.page(max_bytes=25_000)
    assert first.rows[TEXT[signal]].to_pylist() == ["4", "3"]
    assert await rows.texts(max_bytes=1, after=first.next) == ["2"], "a row that is too large alone comes alone"


@pytest.mark.parametrize("signal", OTHERS)
async def test_the_ranges_start_is_in_it_and_its_end_is_not(rows_of: RowsOf, signal: Signal) -> None:
    rows = rows_of(signal)
    await rows.put(*(text(signal, number, time_ns=NOON_NS + number) for number in range(4)))
    assert await rows.texts(times=TimeRange(NOON_NS + 1, NOON_NS + 3)) == ["2", "1"]


@pytest.mark.parametrize(
    ("signal", "which", "columns"),
    [
        (Signal.LOGS, {"trace_id": trace_id("t")}, {"trace_id": trace_id("t")}),
        (Signal.LOGS, {"span_id": span_id("s")}, {"span_id": span_id("s")}),
        (Signal.LOGS, {"event_name": "it's"}, {"event_name": "it's"}),
        (Signal.LOGS, {"service_name": "shop"}, {"service_name": "shop"}),
        (Signal.LOGS, {"min_severity": 13}, {"severity_number": 13}),
        (Signal.METRICS, {"metric_name": "load"}, {"metric_name": "load"}),
        (Signal.METRICS, {"service_name": "shop"}, {"service_name": "shop"}),
        (Signal.ISSUES, {"signal": "logs"}, {"signal": "logs"}),
        (Signal.ISSUES, {"outcome": "repaired"}, {"outcome": "repaired"}),
    ],
)
async def test_each_filter_finds_its_rows(
    rows_of: RowsOf, signal: Signal, which: dict[str, Any], columns: dict[str, Any]
) -> None:
    rows = rows_of(signal)
    await rows.put(text(signal, "hit") | columns, text(signal, "miss"))
    assert await rows.texts(**which) == ["hit"]


@pytest.mark.parametrize("signal", OTHERS)
@pytest.mark.parametrize("change", [{"tenant_id": "stranger"}, {"project_id": "stranger"}], ids=str)
async def test_another_tenant_or_project_sees_nothing(rows_of: RowsOf, signal: Signal, change: dict[str, str]) -> None:
    rows = rows_of(signal)
    await rows.put(text(signal, "mine"))
    stranger = replace(rows.store.scope, **change)
    assert await rows.texts(scope=stranger) == []
    assert (await rows.page()).rows.num_rows == 1


async def test_a_traces_genai_events_come_by_time_and_only_they(store: Store, rows_of: RowsOf) -> None:
    of_span: dict[str, Any] = {"trace_id": trace_id("t"), "span_id": span_id("s")}
    records = [
        row("late", time_ns=NOON_NS + 9, event_name="gen_ai.choice", body="late", **of_span),
        row("early", time_ns=NOON_NS, event_name="gen_ai.user.message", body="early", **of_span),
        row("other event", event_name="exception", **of_span),
        row("no span", event_name="gen_ai.choice", trace_id=trace_id("t")),
        row("other trace", event_name="gen_ai.choice", trace_id=trace_id("u"), span_id=span_id("s")),
    ]
    for _ in range(2):
        await rows_of(Signal.LOGS).put(*records)
    reader = ClickHouseSignalReader(store.clickhouse)
    read: Callable[..., Awaitable[TraceEvents]] = reader.trace_events
    found = await read(store.scope, trace_id("t"), limit=10, max_bytes=2**20)
    assert found.rows["body"].to_pylist() == ["early", "late"]
    assert found.rows["record_id"].to_pylist() == [row_id("early"), row_id("late")]
    assert not found.truncated
    for bounds in ({"limit": 1, "max_bytes": 2**20}, {"limit": 10, "max_bytes": 1}):
        cut = await read(store.scope, trace_id("t"), **bounds)
        assert (cut.rows["body"].to_pylist(), cut.truncated) == (["early"], True)
    stranger = replace(store.scope, tenant_id="stranger")
    assert (await read(stranger, trace_id("t"), limit=10, max_bytes=2**20)).rows.num_rows == 0
