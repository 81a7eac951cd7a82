"""Listing traces: ranges, filters, pages; on the real engine."""

import asyncio
from typing import Any

import pytest

from a11i_storage.clickhouse import Cursor, TraceFilter
from tests.contract.span_store import Store, around_noon
from tests.contract.stored_spans import NOON_NS, S, span, span_id, trace_id

DAY_NS = 24 * 3600 * S


async def all_pages(store: Store, which: TraceFilter, *, limit: int) -> list[list[bytes]]:
    pages: list[list[bytes]] = []
    after: Cursor | None = None
    while True:
        page = await store.reader.list_traces(store.scope, which, limit=limit, after=after)
        pages.append([trace.trace_id for trace in page.traces])
        after = page.next
        if after is None:
            return pages


async def test_traces_come_by_their_earliest_span_latest_first(store: Store) -> None:
    await store.put(
        span("old", "1", start_ns=NOON_NS),
        span("old", "2", start_ns=NOON_NS + 9 * S),
        span("new", "1", start_ns=NOON_NS + 5 * S),
    )
    assert await store.listed() == [trace_id("new"), trace_id("old")]


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (8, [7])])
async def test_pages_hold_every_trace_once(store: Store, limit: int, sizes: list[int]) -> None:
    """Five of the seven start at the same nanosecond."""
    await store.put(*(span(number, start_ns=NOON_NS + max(0, number - 4)) for number in range(7)))
    pages = await all_pages(store, around_noon(), limit=limit)
    assert [len(page) for page in pages] == sizes
    listed = [one for page in pages for one in page]
    assert listed[:2] == [trace_id(6), trace_id(5)]
    assert sorted(listed) == sorted(trace_id(number) for number in range(7))


async def test_a_full_last_page_has_no_next(store: Store) -> None:
    await store.put(span("a"), span("b"))
    page = await store.reader.list_traces(store.scope, around_noon(), limit=2)
    assert page.next is None


async def test_spans_that_arrive_between_pages_make_no_gap_and_no_repeat(store: Store) -> None:
    await store.put(*(span(number, f"{number}-child", start_ns=NOON_NS + number * S) for number in range(6)))
    first = await store.reader.list_traces(store.scope, around_noon(), limit=3)
    assert [trace.trace_id for trace in first.traces] == [trace_id(5), trace_id(4), trace_id(3)]
    # A new trace at the top, and the root of a trace already shown, which began before those not yet shown.
    await store.put(
        span("new", start_ns=NOON_NS + 60 * S),
        span(5, "5-root", start_ns=NOON_NS - S),
        received_ns=NOON_NS + 90 * S,
        batch_id="later",
    )
    second = await store.reader.list_traces(store.scope, around_noon(), limit=3, after=first.next)
    assert [trace.trace_id for trace in second.traces] == [trace_id(2), trace_id(1), trace_id(0)]
    assert second.next is None


async def test_traces_that_are_sent_again_between_pages_stay_where_they_were(store: Store) -> None:
    spans = [span(number, start_ns=NOON_NS + number * S) for number in range(6)]
    await store.put(*spans)
    first = await store.reader.list_traces(store.scope, around_noon(), limit=3)
    await store.put(*spans, received_ns=NOON_NS + 90 * S, batch_id="again")
    second = await store.reader.list_traces(store.scope, around_noon(), limit=3, after=first.next)
    assert [trace.trace_id for trace in second.traces] == [trace_id(2), trace_id(1), trace_id(0)]


async def test_a_root_received_early_and_stored_between_pages_does_not_move_its_trace(store: Store) -> None:
    await store.put(*(span(number, f"{number}-child", start_ns=NOON_NS + number * S) for number in range(6)))
    first = await store.reader.list_traces(store.scope, around_noon(), limit=3)
    await store.put(span(5, "5-root", start_ns=NOON_NS - S), received_ns=NOON_NS, batch_id="held up on its way")
    second = await store.reader.list_traces(store.scope, around_noon(), limit=3, after=first.next)
    assert [trace.trace_id for trace in second.traces] == [trace_id(2), trace_id(1), trace_id(0)]
    assert second.next is None


async def test_a_span_whose_start_changed_counts_where_it_is_now(store: Store) -> None:
    await store.put(span(start_ns=NOON_NS), received_ns=NOON_NS + S)
    await store.put(span(start_ns=NOON_NS + 100), received_ns=NOON_NS + 2 * S)
    assert await store.listed(start_time_ns=NOON_NS - 50, end_time_ns=NOON_NS + 50) == []
    assert await store.listed(start_time_ns=NOON_NS + 50, end_time_ns=NOON_NS + 150) == [trace_id("trace")]


async def test_paging_holds_while_other_tasks_insert(store: Store) -> None:
    await store.put(*(span(number, start_ns=NOON_NS + number * S) for number in range(30)))
    done = asyncio.Event()

    async def keep_inserting() -> None:
        number = 0
        while not done.is_set():
            number += 1
            late = {"received_ns": NOON_NS + 100 * S + number, "batch_id": f"late-{number}"}
            await store.put(span(f"new-{number}", start_ns=NOON_NS + 3600 * S + number), **late)
            await store.put(span(number % 30, f"root-{number}", start_ns=NOON_NS - number * S), **late)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_inserting())
        pages = await all_pages(store, around_noon(end_time_ns=NOON_NS + 1800 * S), limit=7)
        done.set()
    listed = [one for page in pages for one in page]
    assert len(listed) == len(set(listed))
    # A root that arrived before the first page was asked for moves its trace, never hides it.
    assert set(listed) == {trace_id(number) for number in range(30)}


async def test_a_range_holds_its_start_and_not_its_end(store: Store) -> None:
    await store.put(*(span(number, start_ns=NOON_NS + number) for number in range(4)))
    listed = await store.listed(start_time_ns=NOON_NS + 1, end_time_ns=NOON_NS + 3)
    assert listed == [trace_id(2), trace_id(1)]


async def test_a_trace_belongs_where_its_earliest_span_is_wherever_the_others_are(store: Store) -> None:
    await store.put(
        span("straddles the start", "1", start_ns=NOON_NS - 1),
        span("straddles the start", "2", start_ns=NOON_NS + S),
        span("straddles the end", "1", start_ns=NOON_NS + 2 * S),
        span("straddles the end", "2", start_ns=NOON_NS + 40 * S, name="late", status_code=2),
    )
    minute = {"start_time_ns": NOON_NS, "end_time_ns": NOON_NS + 10 * S}
    assert await store.listed(**minute) == [trace_id("straddles the end")]
    assert await store.listed(**minute, name="late") == [trace_id("straddles the end")]
    assert await store.listed(**minute, has_error=False) == []


async def test_pages_are_filled_though_traces_from_before_the_range_have_spans_in_it(store: Store) -> None:
    for number in range(12):
        await store.put(
            span(f"before-{number}", "1", start_ns=NOON_NS - S),
            span(f"before-{number}", "2", start_ns=NOON_NS + number * S),
            batch_id=f"batch-{number}",
        )
    await store.put(span("within", start_ns=NOON_NS + 1))
    pages = await all_pages(store, around_noon(start_time_ns=NOON_NS), limit=2)
    assert [one for page in pages for one in page] == [trace_id("within")]
    assert len(pages) == 1


async def test_a_span_far_from_its_time_of_receipt_is_found_at_its_own_time(store: Store) -> None:
    """Its partition is then not its date's, so that clients' clocks cannot make partitions at will."""
    await store.put(span("old", start_ns=NOON_NS - 400 * DAY_NS), span("future", start_ns=NOON_NS + 400 * DAY_NS))
    then = {"start_time_ns": NOON_NS - 401 * DAY_NS, "end_time_ns": NOON_NS - 399 * DAY_NS}
    assert await store.listed(**then) == [trace_id("old")]
    ahead = {"start_time_ns": NOON_NS + 399 * DAY_NS, "end_time_ns": NOON_NS + 401 * DAY_NS}
    assert await store.listed(**ahead) == [trace_id("future")]
    partitions = await store.count(
        "SELECT uniqExact(partition_date) FROM spans WHERE project_id = {project:String}",
        project=store.scope.project_id,
    )
    assert partitions == 1


HOSTILE = 'it\'s \\ {name:String} "q" `b` \n\t ü %27; DROP TABLE spans --'


@pytest.mark.parametrize("value", ["plain", HOSTILE, " ", "\\N", "NULL"])
@pytest.mark.parametrize("column", ["name", "user_id", "session_id", "service_name", "request_model", "response_model"])
async def test_each_filter_finds_traces_with_a_span_of_that_value(store: Store, column: str, value: str) -> None:
    matching: dict[str, Any] = {column: value}
    other: dict[str, Any] = {column: f"{value}x"}
    await store.put(
        span("match", "root"),
        span("match", "child", parent_span_id=span_id("root"), **matching),
        span("other", "root", **other),
        span("empty", "root"),
    )
    which: dict[str, Any] = {"model" if column.endswith("model") else column: value}
    assert await store.listed(**which) == [trace_id("match")]


async def test_filters_by_error(store: Store) -> None:
    await store.put(span("good", status_code=1), span("bad", "1"), span("bad", "2", status_code=2))
    assert await store.listed(has_error=True) == [trace_id("bad")]
    assert await store.listed(has_error=False) == [trace_id("good")]
    assert len(await store.listed()) == 2


async def test_filters_join_over_the_spans_of_a_trace(store: Store) -> None:
    both: dict[str, Any] = {"user_id": "u", "name": "n", "has_error": True}
    await store.put(
        span("both", "1", user_id="u"),
        span("both", "2", name="n"),
        span("both", "3", status_code=2),
        span("one", "1", user_id="u", status_code=2),
    )
    assert await store.listed(**both) == [trace_id("both")]
