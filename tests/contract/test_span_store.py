"""What the store of spans promises its writers and readers, on the real engine."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from a11i_storage.clickhouse import ClickHouseWriter, Scope, TraceSummary
from a11i_telemetry.schema import COLUMNS, ENVELOPE_COLUMNS, SCHEMA
from tests.contract.span_store import Store, around_noon
from tests.contract.stored_spans import NOON_NS, S, batch, record_batch, span, span_id, trace_id

FULL: dict[str, Any] = {
    "parent_span_id": span_id("parent"),
    "trace_state": "a=1",
    "name": "chat gpt-4o",
    "kind": 3,
    "status_code": 2,
    "status_message": "nöt found",
    "flags": 257,
    "service_name": "shop",
    "scope_name": "scope",
    "scope_version": "1.2",
    "scope_attributes": '{"a":1}',
    "resource_attributes": '{"service.name":"shop"}',
    "attr_string": [("z", "text \x00 with zero"), ("a", "")],
    "attr_int": [("i", -(2**63))],
    "attr_double": [("d", 0.1)],
    "attr_bool": [("yes", True), ("no", False)],
    "attr_json": [("list", "[1,2]")],
    "lifted": ["gen_ai.input.messages"],
    "events": '[{"name":"e"}]',
    "links": "[]",
    "dropped_attributes_count": 4_000_000_000,
    "dropped_events_count": 2,
    "dropped_links_count": 3,
    "step_kind": "llm",
    "operation": "chat",
    "provider": "openai",
    "request_model": "gpt-4o",
    "response_model": "gpt-4o-2024-08-06",
    "response_id": "r-1",
    "finish_reasons": ["stop", "length"],
    "input_tokens": 10,
    "output_tokens": 20,
    "cache_read_tokens": 3,
    "cache_write_tokens": 4,
    "reasoning_tokens": 5,
    "input_source": "reported",
    "output_source": "counted",
    "input_cost_usd": Decimal("0.000000000001"),
    "output_cost_usd": Decimal("12345678901234567890.123456789012"),
    "total_cost_usd": Decimal("0.25"),
    "price_version": "genai-prices 1",
    "priced_as": "openai/gpt-4o",
    "input_messages": '[{"role":"user"}]',
    "output_messages": "[]",
    "system_instructions": "be kind",
    "tool_definitions": "[{}]",
    "tool_name": "search",
    "tool_call_id": "call-1",
    "tool_arguments": "{}",
    "tool_result": "42",
    "agent_name": "helper",
    "agent_id": "agent-1",
    "workflow_name": "flow",
    "session_id": "session-1",
    "user_id": "user-1",
    "time_to_first_chunk_s": 0.5,
    "redacted_entities": [("EMAIL_ADDRESS", 2)],
    "redaction_policy": "standard/1",
    "redaction_detector": "patterns/1",
    "withheld_values": 1,
    "redacted_where": [("input_messages:EMAIL_ADDRESS", 2)],
    "redaction_us": 1_500,
    "redaction_bytes": 20_000,
    "defects": ["end before start", "value cut: key"],
    "resource_schema_url": "https://opentelemetry.io/schemas/1.38.0",
    "scope_schema_url": "https://opentelemetry.io/schemas/1.37.0",
    "service_tier": "priority",
    "reported_cost_usd": Decimal("0.125"),
    "evaluation_name": "Relevance",
    "evaluation_score": 0.75,
    "evaluation_label": "pass",
    "evaluation_explanation": "to the point",
    "cache_write_1h_tokens": 1,
    "input_audio_tokens": 2,
    "input_image_tokens": 3,
    "output_audio_tokens": 4,
    "output_image_tokens": 5,
    "counted_input_tokens": 6,
    "counted_output_tokens": 7,
    "tokenizer": "o200k_base",
    "counted_source": "counted",
    "part_tokens": [("system", 2), ("user", 4)],
    "input_message_tokens": [2, 4],
    "output_message_tokens": [7],
    "context_window": 128_000,
    "usage_flags": ["cached over input"],
    "price_basis": '{"v":1}',
    "units": [("pictures/hd/1792x1024", 2), ("web_searches", 3)],
}


async def test_table_has_the_columns_of_the_schema_and_no_others(store: Store) -> None:
    table = await store.clickhouse.query(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'spans'"
    )
    stored = {row["name"]: row["type"] for row in table.to_pylist()}
    of_rows = {column.name: column.clickhouse.replace('"', "'") for column in (*COLUMNS, *ENVELOPE_COLUMNS)}
    assert stored == of_rows | {"version": "UInt128"}


async def test_every_column_comes_back_as_it_was_stored(store: Store) -> None:
    spans = [span(start_ns=NOON_NS + 123_456_789, **FULL), span(span="empty", start_ns=NOON_NS + 2 * S)]
    assert spans[0].keys() == set(SCHEMA.names), "the test must name every column"
    await store.put(*spans)
    found = await store.trace()
    assert found is not None
    sent = record_batch(spans)
    for name in SCHEMA.names:
        assert found.spans[name].combine_chunks().equals(sent.column(name)), name
    assert found.spans["received_time"].cast(pa.int64()).to_pylist() == [NOON_NS + 60 * S] * 2


async def test_rows_keep_the_key_that_their_request_came_with(store: Store) -> None:
    await store.writer.insert([replace(batch(span(), scope=store.scope), key_id="key-1")])
    sql = "SELECT key_id FROM spans WHERE project_id = {project_id:String}"
    table = await store.clickhouse.query(sql, {"project_id": store.scope.project_id})
    assert table["key_id"].to_pylist() == ["key-1"]


async def test_a_batch_stored_twice_is_read_once(store: Store) -> None:
    call = span(step_kind="llm", input_tokens=7, total_cost_usd=Decimal("0.5"))
    for _ in range(2):
        await store.put(call)
    found = await store.trace()
    assert found is not None
    assert (found.spans.num_rows, found.summary.span_count) == (1, 1)
    assert (found.summary.input_tokens, found.summary.cost_usd) == (7, 0.5)


@pytest.mark.parametrize("moved_ns", [0, 24 * 3600 * S], ids=["same partition", "other partition"])
@pytest.mark.parametrize("inserts", [1, 2])
async def test_of_versions_received_at_once_every_read_takes_the_one_stored_last(
    store: Store, inserts: int, moved_ns: int
) -> None:
    """As when a batch is redelivered after a stage's upgrade: the older version may be the less redacted one."""
    versions = [
        span(number, name=f"{name} {number}", start_ns=NOON_NS - moved, step_kind="llm", input_tokens=tokens)
        for name, moved, tokens in (("older", moved_ns, 1), ("newer", 0, 2))
        for number in range(4)
    ]
    step = len(versions) // inserts
    for start in range(0, len(versions), step):
        await store.put(*versions[start : start + step])
    for number in range(4):
        found = await store.trace(number)
        assert found is not None
        assert found.spans["name"].to_pylist() == [f"newer {number}"]
        assert (found.summary.name, found.summary.input_tokens) == (f"newer {number}", 2)
        assert await store.listed(name=f"newer {number}") == [trace_id(number)]
        assert await store.listed(name=f"older {number}", start_time_ns=NOON_NS - 2 * 24 * 3600 * S) == []


async def test_a_clock_that_is_set_back_does_not_bring_an_older_version_back(store: Store) -> None:
    times_ns = iter([NOON_NS, NOON_NS - S])
    writer = ClickHouseWriter(store.clickhouse, now_ns=lambda: next(times_ns))
    for name in ("older", "newer"):
        await writer.insert([batch(span(name=name), scope=store.scope)])
    assert (await store.summary()).name == "newer"


async def test_a_version_received_earlier_does_not_come_back_when_it_is_stored_again(store: Store) -> None:
    for name, received_ns in (("first", NOON_NS), ("corrected", NOON_NS + S), ("first", NOON_NS)):
        await store.put(span(name=name), received_ns=received_ns)
    assert (await store.summary()).name == "corrected"
    assert await store.listed(name="first") == []


async def test_a_span_in_another_batch_is_read_once_in_the_version_received_last(store: Store) -> None:
    await store.put(span(name="second", input_tokens=2, step_kind="llm"), batch_id="b", received_ns=NOON_NS + 2 * S)
    await store.put(span(name="first", input_tokens=1, step_kind="llm"), batch_id="a", received_ns=NOON_NS + S)
    found = await store.trace()
    assert found is not None
    assert found.spans["name"].to_pylist() == ["second"]
    assert found.summary.input_tokens == 2
    assert await store.listed(name="second") == [trace_id("trace")]
    assert await store.listed(name="first") == []


async def test_versions_of_a_span_in_different_partitions_are_one_span(store: Store) -> None:
    day = 24 * 3600 * S
    await store.put(span(start_ns=NOON_NS, name="near"), received_ns=NOON_NS + S)
    await store.put(span(start_ns=NOON_NS, name="far"), received_ns=NOON_NS + 30 * day)
    found = await store.trace()
    assert found is not None
    assert found.spans["name"].to_pylist() == ["far"]
    assert await store.listed() == [trace_id("trace")]


async def test_concurrent_inserts_of_the_same_and_of_other_spans_are_all_stored_once(store: Store) -> None:
    async def put(number: int) -> None:
        await store.put(span(span=f"own-{number}"), span(span="shared"), batch_id=f"batch-{number}")

    await asyncio.gather(*(put(number) for number in range(8)))
    summary = await store.summary()
    assert summary.span_count == 9


@pytest.mark.parametrize("other", [Scope("tenant", "other"), Scope("other", "project")])
async def test_another_tenant_or_project_sees_nothing(store: Store, other: Scope) -> None:
    mine = Scope(other.tenant_id if other.project_id == "other" else "tenant", store.scope.project_id)
    await store.put(span(name="secret"), scope=mine)
    stranger = replace(mine, project_id="other") if other.project_id == "other" else replace(mine, tenant_id="other")
    assert await store.reader.get_trace(stranger, trace_id("trace"), limit=10, max_bytes=2**20) is None
    assert not (await store.reader.list_traces(stranger, around_noon(), limit=10)).traces
    assert not (await store.reader.list_traces(stranger, around_noon(name="secret"), limit=10)).traces
    assert (await store.reader.list_traces(mine, around_noon(name="secret"), limit=10)).traces


async def test_filters_look_at_the_callers_spans_alone(store: Store) -> None:
    """Two tenants share a trace id, as one can choose it: a span of the one must not answer for the other."""
    stranger = replace(store.scope, tenant_id="stranger")
    await store.put(span(name="mine"))
    await store.put(span(name="theirs", span="theirs", status_code=2), scope=stranger)
    assert await store.listed(name="theirs") == []
    assert await store.listed(has_error=True) == []
    assert await store.listed(has_error=False) == [trace_id("trace")]
    assert (await store.summary()).span_count == 1


async def test_a_scope_needs_a_tenant_and_a_project() -> None:
    for scope in (("", "project"), ("tenant", "")):
        with pytest.raises(ValueError, match="needs"):
            Scope(*scope)


async def test_spans_come_by_start_and_are_cut_at_the_limits(store: Store) -> None:
    await store.put(*(span(span=number, start_ns=NOON_NS - number, input_messages="x" * 1000) for number in range(9)))
    found = await store.trace(limit=3)
    assert found is not None
    assert found.spans["span_id"].to_pylist() == [span_id(8), span_id(7), span_id(6)]
    assert found.truncated
    assert found.summary.span_count == 9
    small = await store.trace(max_bytes=5000)
    assert small is not None
    assert 0 < small.spans.num_rows < 5
    assert small.truncated
    whole = await store.trace()
    assert whole is not None
    assert not whole.truncated


async def test_summary_adds_up_calls_only_and_names_the_root(store: Store) -> None:
    agent = span(
        "trace", "agent", name="invoke_agent", service_name="shop", step_kind="agent", input_tokens=1000,
        output_tokens=1000, total_cost_usd=Decimal(9), request_model="gpt-4o", start_ns=NOON_NS + S,
    )  # fmt: skip
    child: dict[str, Any] = {"parent_span_id": span_id("agent"), "start_ns": NOON_NS + 2 * S}
    early = {**child, "start_ns": NOON_NS}
    await store.put(
        agent,
        span("trace", "call-1", step_kind="llm", input_tokens=3, output_tokens=4, total_cost_usd=Decimal("0.25"),
             response_model="b", request_model="x", **child),
        span("trace", "call-2", step_kind="embedding", input_tokens=5, request_model="a", **child),
        span("trace", "call-3", step_kind="rerank", total_cost_usd=Decimal("0.5"), request_model="a", **child),
        span("trace", "refused", step_kind="llm", status_code=2, request_model="a", **child),
        span("trace", "tool", step_kind="tool", status_code=2, session_id="late", user_id="user",
             redacted_entities=[("EMAIL_ADDRESS", 2)], **child),
        span("trace", "first", name="early", session_id="soon", redacted_entities=[("EMAIL_ADDRESS", 1), ("IBAN", 1)],
             **early),
    )  # fmt: skip
    assert await store.summary() == TraceSummary(
        trace_id=trace_id("trace"),
        name="invoke_agent",
        service_name="shop",
        start_time_ns=NOON_NS,
        end_time_ns=NOON_NS + 3 * S,
        span_count=7,
        error_count=2,
        input_tokens=8,
        output_tokens=4,
        cost_usd=0.75,
        unpriced_calls=1,
        calls_without_usage=0,
        models=("a", "b"),
        session_id="soon",
        user_id="user",
        redacted_entities={"EMAIL_ADDRESS": 3, "IBAN": 1},
    )


async def test_sums_stay_within_what_an_answer_can_hold(store: Store) -> None:
    huge: dict[str, Any] = {"step_kind": "llm", "input_tokens": 2**62, "output_tokens": -(2**62)}
    await store.put(*(span(span=number, redacted_entities=[("IBAN", 2**31)], **huge) for number in range(5)))
    summary = await store.summary()
    assert (summary.input_tokens, summary.output_tokens) == (2**63 - 1, -(2**63))
    assert summary.redacted_entities == {"IBAN": 2**32 - 1}


async def test_without_a_stored_root_the_earliest_span_names_the_trace(store: Store) -> None:
    orphan: dict[str, Any] = {"parent_span_id": span_id("elsewhere")}
    await store.put(
        span(span="b", name="later", start_ns=NOON_NS + S, **orphan), span(span="a", name="earlier", **orphan)
    )
    assert (await store.summary()).name == "earlier"
