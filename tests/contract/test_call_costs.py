"""What the store of costs promises a repricing: every call of a range in one slice, in the version that counts."""

import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa

from a11i_storage.clickhouse import CallCostStore
from a11i_storage.clickhouse.call_costs import FIRST, LAST, VERSION_COLUMNS, CallRange, Slice
from a11i_tokenization.repricing.pricing import READ_COLUMNS
from tests.contract.span_store import Store
from tests.contract.stored_spans import NOON_NS, S, span

DAY_NS = 86_400 * S


def call(trace: object, name: object = "call", **columns: Any) -> dict[str, Any]:
    return span(trace, name, **{"step_kind": "llm", "input_tokens": 1, **columns})


def whole(store: Store) -> CallRange:
    return CallRange(store.scope.tenant_id, store.scope.project_id, NOON_NS - DAY_NS, NOON_NS + DAY_NS)


async def slices(costs: CallCostStore, day: CallRange, size: int) -> list[Slice]:
    """Return a day's slices."""
    found = [await costs.next_slice(day, FIRST, size)]
    while found[-1].last != LAST:
        found.append(await costs.next_slice(day, found[-1].last, size))
    return found


def staged(calls: pa.RecordBatch, usd: str) -> pa.Table:
    """Return new costs of calls: all the same."""
    table = pa.Table.from_batches([calls]).select(list(VERSION_COLUMNS))
    for name in ("input_cost_usd", "output_cost_usd", "total_cost_usd"):
        table = table.append_column(name, pa.array([Decimal(usd)] * calls.num_rows, pa.decimal128(38, 12)))
    for name in ("price_version", "priced_as", "price_basis"):
        table = table.append_column(name, pa.array(["new"] * calls.num_rows))
    return table.append_column("usage_flags", pa.array([[]] * calls.num_rows, pa.list_(pa.string())))


async def test_every_call_is_in_one_slice_whatever_the_slices_size(store: Store) -> None:
    costs = CallCostStore(store.clickhouse)
    spans = [call(trace, number) for trace in range(7) for number in range(trace)]
    await store.put(*spans, span("none", "agent", step_kind="agent"))
    (day,) = await costs.days(whole(store))
    for size in (1, 2, 5, 100):
        parts = await slices(costs, day, size)
        read = [await costs.read(part, READ_COLUMNS, unpriced_only=False) for part in parts]
        # A slice holds so many calls, but for the rest of its last trace; the last one may be empty.
        assert all(size <= one.num_rows < size + 6 for one in read[:-1])
        seen = [(row["trace_id"], row["span_id"]) for one in read for row in one.to_pylist()]
        assert sorted(seen) == sorted((one["trace_id"], one["span_id"]) for one in spans)
        assert len(seen) == len(spans)


async def test_days_are_told_in_order_and_end_with_the_range(store: Store) -> None:
    costs = CallCostStore(store.clickhouse)
    for days in (0, -1, -2, 1):
        start_ns = NOON_NS + days * DAY_NS
        await store.put(call(days, start_ns=start_ns), received_ns=start_ns + S)
    found = await costs.days(whole(store))
    # The range begins at a call and ends before one.
    assert [(one.start_ns, one.end_ns) for one in found] == [
        (NOON_NS - DAY_NS, NOON_NS - NOON_NS % DAY_NS),
        (NOON_NS - NOON_NS % DAY_NS, NOON_NS - NOON_NS % DAY_NS + DAY_NS),
    ]


async def test_the_version_that_counts_is_read_wherever_it_begins(store: Store) -> None:
    costs = CallCostStore(store.clickhouse)
    await store.put(call("moved"), call("corrected", total_cost_usd=Decimal(1)))
    later = NOON_NS + 120 * S
    await store.put(
        call("moved", start_ns=NOON_NS - 2 * DAY_NS), call("corrected", total_cost_usd=Decimal(2)), received_ns=later
    )
    (day,) = await costs.days(whole(store))
    read = await costs.read(Slice(day, FIRST, LAST), READ_COLUMNS, unpriced_only=False)
    assert read["total_cost_usd"].to_pylist() == [Decimal(2)]


async def test_a_copy_keeps_what_this_version_of_the_service_does_not_know(store: Store) -> None:
    costs = CallCostStore(store.clickhouse)
    await store.clickhouse.command("ALTER TABLE spans ADD COLUMN IF NOT EXISTS of_tomorrow String")
    await store.put(call("a", input_messages="text", attr_string=[("key", "value")]))
    move = (
        "ALTER TABLE spans UPDATE of_tomorrow = 'kept' WHERE project_id = {project:String} SETTINGS mutations_sync = 1"
    )
    await store.clickhouse.command(move, {"project": store.scope.project_id})
    (day,) = await costs.days(whole(store))
    part, slice_id = Slice(day, FIRST, LAST), uuid.uuid4()
    calls = await costs.read(part, READ_COLUMNS, unpriced_only=False)
    await costs.stage(slice_id, staged(calls, "3"))
    assert await costs.staged_count(slice_id) == 1
    await costs.apply(slice_id, part)
    sql = (
        "SELECT of_tomorrow, input_messages, attr_string, total_cost_usd, price_version FROM spans FINAL "
        "WHERE project_id = {project:String}"
    )
    found = (await store.clickhouse.query(sql, {"project": store.scope.project_id})).to_pylist()
    await store.clickhouse.command("ALTER TABLE spans DROP COLUMN of_tomorrow")
    assert found == [
        {
            "of_tomorrow": "kept",
            "input_messages": "text",
            "attr_string": [("key", "value")],
            "total_cost_usd": Decimal(3),
            "price_version": "new",
        }
    ]
