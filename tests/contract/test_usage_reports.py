"""What the store tells of counts and prices, on the real engine: counted beside reported, and what has no price."""

from decimal import Decimal
from typing import Any

from a11i_storage.clickhouse import ClickHouseUsageReader, TimeRange, UsageFilter
from tests.contract.span_store import Store
from tests.contract.stored_spans import NOON_NS, S, span, span_id

_DAY = TimeRange(NOON_NS - 12 * 3600 * S, NOON_NS + 12 * 3600 * S)
_COUNTED: dict[str, Any] = {"input_source": "counted", "output_source": "counted"}
_GPT: dict[str, Any] = {"step_kind": "llm", "provider": "openai", "request_model": "gpt-4o", "input_source": "reported"}


def call(trace: str, name: str, reported: int, counted: int | None, **columns: Any) -> dict[str, Any]:
    """A call with as many tokens in, and a tenth of them out."""
    sides: dict[str, Any] = {
        "input_tokens": reported,
        "output_tokens": reported // 10,
        "output_source": "reported",
        "counted_input_tokens": counted,
        "counted_output_tokens": None if counted is None else counted // 10,
        "tokenizer": "" if counted is None else "o200k_base",
        "counted_source": "" if counted is None else "counted",
    }
    return span(trace, name, **{**_GPT, **sides, **columns})


async def _compare(store: Store, *, limit: int = 50, offset: int = 0, **which: Any) -> list[dict[str, Any]]:
    reader = ClickHouseUsageReader(store.clickhouse)
    found = await reader.compare_counts(store.scope, UsageFilter(_DAY, **which), limit=limit, offset=offset)
    return [{name: getattr(row, name) for name in row.__slots__} for row in found]


async def _unpriced(store: Store, *, times: TimeRange = _DAY, **which: Any) -> list[tuple[str, int, int, int]]:
    reader = ClickHouseUsageReader(store.clickhouse)
    found = await reader.unpriced_models(store.scope, UsageFilter(times, **which), limit=50)
    return [(row.model, row.call_count, row.input_tokens, row.output_tokens) for row in found]


async def test_a_side_is_added_up_over_the_calls_that_have_both_numbers(store: Store) -> None:
    await store.put(
        call("t", "1", 100, 90, response_model="gpt-4o-2024-08-06", reasoning_tokens=4),
        call("t", "2", 200, 210, response_model="gpt-4o-2024-08-06"),
        # Nobody reported its input: the count stands in both columns, and tells nothing.
        call("t", "3", 70, 70, response_model="gpt-4o-2024-08-06", input_source="counted"),
    )
    [found] = await _compare(store)
    assert found == {
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "tokenizer": "o200k_base",
        "counted_source": "counted",
        "call_count": 3,
        "flagged_call_count": 0,
        "input_call_count": 2,
        "input_reported": 300,
        "input_counted": 300,
        "output_call_count": 3,
        "output_reported": 37,
        "output_counted": 37,
        "reasoning_tokens": 4,
    }


async def test_odd_numbers_are_named_and_in_no_sum(store: Store) -> None:
    absurd = {"input_tokens": 2**62, "usage_flags": ["absurd input_tokens"]}
    await store.put(call("t", "1", 100, 90), call("t", "2", 100, 90, **absurd), call("t", "3", 100, 90, **absurd))
    [found] = await _compare(store)
    assert (found["call_count"], found["flagged_call_count"]) == (3, 2)
    assert (found["input_reported"], found["output_reported"]) == (100, 10)


async def test_calls_without_text_and_other_tokenizers_stand_apart(store: Store) -> None:
    await store.put(
        *(call("t", f"a{number}", 100, None) for number in range(3)),
        *(call("t", f"b{number}", 100, 100) for number in range(2)),
        call("t", "c", 100, 80, tokenizer="claude2", counted_source="estimated", provider="anthropic"),
        span("t", "tool", step_kind="tool", input_tokens=5),
    )
    told = [(row["tokenizer"], row["call_count"], row["input_call_count"]) for row in await _compare(store)]
    assert told == [("", 3, 0), ("o200k_base", 2, 2), ("claude2", 1, 1)]
    assert [row["tokenizer"] for row in await _compare(store, limit=1, offset=1)] == ["o200k_base"]
    assert [row["tokenizer"] for row in await _compare(store, provider="anthropic")] == ["claude2"]
    assert await _compare(store, model="another") == await _compare(store, service_name="another") == []


async def test_a_call_is_compared_once_whatever_is_around_it(store: Store) -> None:
    outer, inner = span_id("outer"), span_id("inner")
    await store.put(
        span("t", "agent", step_kind="agent", input_tokens=300, input_source="reported"),
        call("t", "outer", 300, 300, parent_span_id=span_id("agent")),
        call("t", "inner", 100, 90, parent_span_id=outer, response_id="r1"),
        call("t", "its request", 100, None, parent_span_id=inner, tokenizer="o200k_base", counted_source="counted"),
        call("t", "twin", 100, 90, parent_span_id=outer, response_id="r1"),
        # Nothing was reported inside: the counts there stand beside what the wrapper reports.
        call("u", "reported", 50, 40),
        call(
            "u", "stream", 45, 45, parent_span_id=span_id("reported"), input_source="counted", output_source="counted"
        ),
    )
    [found] = await _compare(store)
    assert (found["call_count"], found["input_call_count"]) == (2, 2)
    assert (found["input_reported"], found["input_counted"]) == (150, 130)


async def test_a_model_without_a_price_is_listed_with_what_its_calls_used(store: Store) -> None:
    later = NOON_NS + 60 * S
    await store.put(
        call("t", "1", 100, None, request_model="acme-1"),
        call("t", "2", 200, None, request_model="acme-1", start_ns=later, usage_flags=["absurd output_tokens"]),
        call("t", "3", 300, None, total_cost_usd=Decimal("0.5")),
        call("t", "4", 10, None, request_model="other"),
        span("t", "5", step_kind="llm", request_model="silent"),
    )
    assert await _unpriced(store) == [("acme-1", 2, 300, 30), ("silent", 1, 0, 0), ("other", 1, 10, 1)]
    [first, *_] = await ClickHouseUsageReader(store.clickhouse).unpriced_models(
        store.scope, UsageFilter(_DAY), limit=50
    )
    assert (first.first_time_ns, first.last_time_ns, first.flagged_call_count) == (NOON_NS, later, 1)


async def test_a_call_is_listed_once_whatever_is_around_it(store: Store) -> None:
    outer, inner = span_id("outer"), span_id("inner")
    await store.put(
        call("t", "outer", 300, None, request_model="acme-1"),
        call("t", "inner", 100, None, request_model="acme-1", parent_span_id=outer, response_id="r1"),
        call("t", "again", 100, None, request_model="acme-1", parent_span_id=inner, response_id="r1"),
        call("t", "beside", 100, None, request_model="acme-1", parent_span_id=outer, response_id="r2"),
        call("t", "twin", 100, None, request_model="acme-1", parent_span_id=outer, response_id="r2"),
        # A call whose priced span begins before the range, and its other one within.
        call("u", "1", 50, None, start_ns=_DAY.start_ns - S, response_id="r3", total_cost_usd=Decimal(1)),
        call("u", "2", 50, None, request_model="acme-2", start_ns=_DAY.start_ns, response_id="r3"),
        # And a roll-up within the range, of a call after its end.
        call("v", "last", 500, None, request_model="acme-3", start_ns=_DAY.end_ns - S),
        call("v", "after", 50, None, request_model="acme-3", parent_span_id=span_id("last"), start_ns=_DAY.end_ns),
    )
    assert await _unpriced(store) == [("acme-1", 2, 200, 20)]


async def test_calls_whose_tokens_nobody_says_are_listed_too(store: Store) -> None:
    silent = {"input_tokens": None, "output_tokens": None}
    await store.put(
        call("t", "picture", 0, None, request_model="dall-e-3", **silent),
        call("t", "wrapper", 100, None, request_model="acme-1"),
        call("t", "its request", 0, None, parent_span_id=span_id("wrapper"), request_model="as sent", **silent),
        call("t", "outer", 0, None, request_model="outer", **silent),
        call("t", "inner", 50, None, parent_span_id=span_id("outer"), total_cost_usd=Decimal(1)),
        call("t", "refused", 0, None, request_model="dall-e-3", status_code=2, **silent),
    )
    assert await _unpriced(store) == [("acme-1", 1, 100, 10), ("dall-e-3", 1, 0, 0)]
    found = await ClickHouseUsageReader(store.clickhouse).unpriced_models(store.scope, UsageFilter(_DAY), limit=50)
    assert [row.calls_without_usage for row in found] == [0, 1]


async def test_unpriced_models_are_of_the_service_that_is_asked_for(store: Store) -> None:
    await store.put(
        call("t", "1", 100, None, request_model="acme-1", service_name="shop"),
        call("t", "2", 100, None, request_model="acme-2", service_name="desk"),
    )
    assert await _unpriced(store, service_name="desk") == [("acme-2", 1, 100, 10)]


async def test_sums_of_what_clients_say_do_not_turn_over(store: Store) -> None:
    await store.put(*(call("t", name, 2**63 - 1, 2**63 - 1, request_model="acme-1") for name in "ab"))
    [found] = await _compare(store)
    assert (found["input_reported"], found["input_counted"]) == (2**63 - 1, 2**63 - 1)
    assert (await _unpriced(store))[0][:3] == ("acme-1", 2, 2**63 - 1)
