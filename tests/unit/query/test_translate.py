"""Rows of the store as messages."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1 import common_pb2 as otlp

from a11i.query.v1 import query_service_pb2 as query
from a11i.telemetry.v1 import span_pb2 as pb
from a11i_query import translate
from a11i_query.columns import rows
from a11i_query.event_join import EventsBySpan
from a11i_storage.clickhouse import EVENT_SCHEMA, SPAN_SCHEMA, StoredTrace, TraceEvents, TraceSummary
from tests.contract.stored_spans import NOON_NS, S, record_batch, span, span_id, trace_id

SUMMARY = TraceSummary(
    trace_id=trace_id("t"),
    name="n",
    service_name="v",
    start_time_ns=NOON_NS + 1,
    end_time_ns=NOON_NS + 2 * S,
    span_count=3,
    error_count=1,
    input_tokens=4,
    output_tokens=5,
    cost_usd=0.5,
    unpriced_calls=6,
    calls_without_usage=8,
    models=("a", "b"),
    session_id="s",
    user_id="u",
    redacted_entities={"IBAN": 7},
)

NO_EVENTS = EventsBySpan(TraceEvents(EVENT_SCHEMA.empty_table(), truncated=False))


def stored(*spans: dict[str, Any]) -> pa.Table:
    """The spans as the reader returns them."""
    columns = record_batch(spans)
    received = pa.array([NOON_NS + 5] * len(spans), SPAN_SCHEMA.field("received_time").type)
    return pa.Table.from_batches([columns.append_column("received_time", received)]).cast(SPAN_SCHEMA)


def translated(**columns: Any) -> pb.Span:
    """One span's message."""
    [message] = answer(stored(span(**columns))).spans
    return message


def answer(table: pa.Table) -> query.GetTraceResponse:
    """The answer with these spans."""
    joined = b"".join(translate.trace(StoredTrace(table, SUMMARY), NO_EVENTS))
    return query.GetTraceResponse.FromString(joined)


def text(key: str, value: str) -> otlp.KeyValue:
    return otlp.KeyValue(key=key, value=otlp.AnyValue(string_value=value))


def test_ids_times_and_plain_fields() -> None:
    message = translated(
        start_ns=NOON_NS + 123_456_789, parent_span_id=span_id("p"), kind=3, status_code=2, flags=257, name="n"
    )  # fmt: skip
    assert message.trace_id == trace_id("trace").hex()
    assert message.span_id == span_id("span").hex()
    assert message.parent_span_id == span_id("p").hex()
    assert message.start_time == Timestamp(seconds=NOON_NS // S, nanos=123_456_789)
    assert message.end_time == Timestamp(seconds=NOON_NS // S + 1, nanos=123_456_789)
    assert message.duration == Duration(seconds=1)
    assert message.received_time == Timestamp(seconds=NOON_NS // S, nanos=5)
    assert (message.kind, message.status_code) == (pb.SPAN_KIND_CLIENT, pb.STATUS_CODE_ERROR)
    assert (message.flags, message.name) == (257, "n")


def test_a_root_has_no_parent_and_a_span_without_genai_no_genai() -> None:
    message = translated()
    assert message.parent_span_id == ""
    assert not message.HasField("gen_ai")
    assert not message.attributes


def test_attributes_come_back_with_their_types_sorted_and_lifted_ones_among_them() -> None:
    message = translated(
        attr_string=[("z", "1")],
        attr_int=[("i", 2)],
        attr_double=[("d", 3.0)],
        attr_bool=[("b", False)],
        attr_json=[("list", '["x",1]')],
        lifted=["gen_ai.input.messages"],
        input_messages="[]",
        resource_attributes='{"service.name":"shop","a":null}',
        scope_attributes='{"s":1}',
    )
    items = otlp.ArrayValue(values=[otlp.AnyValue(string_value="x"), otlp.AnyValue(int_value=1)])
    assert list(message.attributes) == [
        otlp.KeyValue(key="b", value=otlp.AnyValue(bool_value=False)),
        otlp.KeyValue(key="d", value=otlp.AnyValue(double_value=3.0)),
        text("gen_ai.input.messages", "[]"),
        otlp.KeyValue(key="i", value=otlp.AnyValue(int_value=2)),
        otlp.KeyValue(key="list", value=otlp.AnyValue(array_value=items)),
        text("z", "1"),
    ]
    nothing = otlp.KeyValue(key="a", value=otlp.AnyValue())
    assert list(message.resource_attributes) == [nothing, text("service.name", "shop")]
    assert list(message.scope_attributes) == [otlp.KeyValue(key="s", value=otlp.AnyValue(int_value=1))]


def test_events_and_links() -> None:
    message = translated(
        events='[{"time_unix_nano":1000000001,"name":"e","attributes":{"k":"v"},"dropped_attributes_count":4}]',
        links='[{"trace_id":"ab","span_id":"cd","trace_state":"t","attributes":{},"dropped_attributes_count":5,"flags":1}]',
    )
    assert list(message.events) == [
        pb.SpanEvent(
            time=Timestamp(seconds=1, nanos=1), name="e", attributes=[text("k", "v")], dropped_attributes_count=4
        )
    ]
    link = pb.SpanLink(trace_id="ab", span_id="cd", trace_state="t", dropped_attributes_count=5, flags=1)
    assert list(message.links) == [link]


def test_unknown_tokens_and_cost_are_unset_and_known_zeroes_are_not() -> None:
    unknown = translated(step_kind="tool").gen_ai
    assert not unknown.HasField("usage")
    assert not unknown.HasField("cost")
    assert not unknown.HasField("time_to_first_chunk_s")
    known = translated(
        step_kind="llm", input_tokens=0, input_source="reported", total_cost_usd=Decimal("0.5"), time_to_first_chunk_s=0
    ).gen_ai
    assert known.usage.HasField("input_tokens")
    assert not known.usage.HasField("output_tokens")
    assert known.usage.input_source == pb.NUMBER_SOURCE_REPORTED
    assert known.usage.output_source == pb.NUMBER_SOURCE_UNSPECIFIED
    assert known.cost.total_usd == 0.5
    assert known.HasField("time_to_first_chunk_s")


def test_every_field_of_usage_is_filled_from_its_column() -> None:
    other = {
        "input_source",
        "output_source",
        "counted_source",
        "flags",
        "tokenizer",
        "part_tokens",
        "context_utilisation",
        "units",
    }
    names = [field.name for field in pb.Usage.DESCRIPTOR.fields if field.name not in other]
    columns: dict[str, Any] = {
        name: [number, 7] if name.endswith("message_tokens") else number for number, name in enumerate(names, 1)
    }
    usage = translated(
        step_kind="llm",
        input_source="reported",
        output_source="counted",
        counted_source="estimated",
        tokenizer="o200k_base",
        part_tokens=[("system", 5), ("user", 6)],
        units=[("web_searches", 3)],
        usage_flags=["cached over input"],
        **columns,
    ).gen_ai.usage
    for name, value in columns.items():
        found = getattr(usage, name)
        assert (list(found) if isinstance(value, list) else found) == value, name
    assert usage.input_source == pb.NUMBER_SOURCE_REPORTED
    assert usage.output_source == pb.NUMBER_SOURCE_COUNTED
    assert usage.counted_source == pb.NUMBER_SOURCE_ESTIMATED
    assert (usage.tokenizer, list(usage.flags)) == ("o200k_base", ["cached over input"])
    assert dict(usage.part_tokens) == {"system": 5, "user": 6}
    assert dict(usage.units) == {"web_searches": 3}


def test_the_share_of_the_context_window_is_of_the_reported_input_else_of_the_counted() -> None:
    def share(**columns: Any) -> float | None:
        usage = translated(step_kind="llm", output_tokens=1, **columns).gen_ai.usage
        return usage.context_utilisation if usage.HasField("context_utilisation") else None

    assert share(context_window=200, input_tokens=50, counted_input_tokens=60) == 0.25
    assert share(context_window=200, counted_input_tokens=60) == 0.3
    assert share(context_window=200) is None
    assert share(input_tokens=50) is None


def test_a_call_of_which_nothing_usable_was_reported_says_why() -> None:
    usage = translated(step_kind="llm", usage_flags=["negative input_tokens"]).gen_ai.usage
    assert list(usage.flags) == ["negative input_tokens"]


def test_a_call_that_tells_no_tokens_says_what_else_it_used() -> None:
    usage = translated(step_kind="llm", units=[("pictures/hd/1792x1024", 2)]).gen_ai.usage
    assert dict(usage.units) == {"pictures/hd/1792x1024": 2}


def test_a_cost_says_what_it_was_worked_out_with() -> None:
    assert translated(step_kind="llm", total_cost_usd=Decimal(1), price_basis="{}").gen_ai.cost.basis == "{}"


def test_every_step_kind_is_known_and_a_future_one_does_no_harm() -> None:
    kinds = ["agent", "workflow", "llm", "tool", "retrieval", "embedding", "rerank", "guardrail", "evaluation", "chain"]
    numbers = [translated(step_kind=kind).gen_ai.step_kind for kind in kinds]
    assert numbers == list(range(1, 11))
    future = translated(step_kind="dream", operation="dream").gen_ai
    assert (future.step_kind, future.operation) == (pb.STEP_KIND_UNSPECIFIED, "dream")


def test_every_field_of_genai_is_filled_from_its_column() -> None:
    """A field added to the message and not to the translation would come out empty."""
    texts = {
        field.name: f"a {field.name}"
        for field in pb.GenAi.DESCRIPTOR.fields
        if field.type == field.TYPE_STRING and not field.is_repeated
    }
    rest: dict[str, Any] = {
        "finish_reasons": ["stop"], "time_to_first_chunk_s": 0.5, "input_tokens": 1, "total_cost_usd": Decimal(1),
        "reported_cost_usd": Decimal(2), "evaluation_score": 0.5
    }  # fmt: skip
    message = translated(step_kind="llm", **texts, **rest).gen_ai
    assert {field.name for field, _ in message.ListFields()} == {field.name for field in pb.GenAi.DESCRIPTOR.fields}
    assert {name: getattr(message, name) for name in texts} == texts


def test_a_judgement_is_there_if_any_of_it_is_known() -> None:
    assert not translated(step_kind="llm").gen_ai.HasField("evaluation")
    assert translated(step_kind="llm", evaluation_score=0.0).gen_ai.evaluation == pb.Evaluation(score=0)
    judged = translated(
        step_kind="evaluation", evaluation_name="Relevance", evaluation_label="pass", evaluation_explanation="so"
    ).gen_ai.evaluation
    assert judged == pb.Evaluation(name="Relevance", label="pass", explanation="so")


def test_the_cost_that_the_sender_states_stands_beside_the_one_worked_out() -> None:
    gen_ai = translated(step_kind="llm", reported_cost_usd=Decimal("0.25")).gen_ai
    assert (gen_ai.reported_cost_usd, gen_ai.HasField("cost")) == (0.25, False)


def test_the_receipt_is_always_there() -> None:
    message = translated(
        redacted_entities=[("IBAN", 2)],
        redaction_policy="standard/1",
        withheld_values=3,
        redacted_where=[("events:IBAN", 2)],
        redaction_us=1_500,
        redaction_bytes=20_000,
    )
    assert dict(message.redaction.where) == {"events:IBAN": 2}
    assert (message.redaction.took_us, message.redaction.examined_bytes) == (1_500, 20_000)
    assert dict(message.redaction.entities) == {"IBAN": 2}
    assert (message.redaction.policy, message.redaction.withheld_values) == ("standard/1", 3)


def test_an_answer_in_parts_is_one_answer() -> None:
    spans = [span(span=number, start_ns=NOON_NS + number, name=f"span {number}") for number in range(260)]
    trace = StoredTrace(stored(*spans), replace(SUMMARY, span_count=300))
    joined = b"".join(translate.trace(trace, NO_EVENTS))
    message = query.GetTraceResponse.FromString(joined)
    assert [one.name for one in message.spans] == [one["name"] for one in spans]
    assert message.summary.span_count == 300
    assert message.truncated


_COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), st.none() | st.text(max_size=3)),
    "id": (pa.binary(2), st.none() | st.binary(min_size=2, max_size=2)),
    "integer": (pa.int64(), st.none() | st.integers(-(2**63), 2**63 - 1)),
    "number": (pa.float64(), st.none() | st.floats(allow_nan=False)),
    "flag": (pa.bool_(), st.none() | st.booleans()),
    "cost": (pa.decimal128(38, 12), st.none() | st.decimals(0, 9, places=12)),
    "list": (pa.list_(pa.string()), st.lists(st.text(max_size=2), max_size=3)),
    "integers": (pa.map_(pa.string(), pa.int64()), st.dictionaries(st.text(max_size=2), st.integers(0, 9), max_size=3)),
    "flags": (pa.map_(pa.string(), pa.bool_()), st.dictionaries(st.text(max_size=2), st.booleans(), max_size=3)),
}


@given(st.data(), st.integers(0, 9), st.integers(0, 9))
@settings(deadline=None)  # the first call loads libraries, however slow the machine is
def test_columns_become_the_values_that_arrow_has_for_them(data: st.DataObject, count: int, cut: int) -> None:
    columns = {
        name: pa.array(data.draw(st.lists(values, min_size=count, max_size=count)), kind)
        for name, (kind, values) in _COLUMNS.items()
    }
    batch = pa.RecordBatch.from_pydict(columns).slice(cut)
    assert list(rows(batch)) == batch.to_pylist(maps_as_pydicts="strict")


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 11)), max_size=12))
def test_spans_come_by_start_and_each_after_its_parent_of_the_same_start(shape: list[tuple[int, int]]) -> None:
    """`shape` is (start, number of the parent or -1) for each span; parents may form rings or be missing."""
    starts = [start for start, _ in shape]
    spans = [
        span(
            span=number,
            start_ns=NOON_NS + start,
            parent_span_id=span_id(parent) if parent >= 0 else None,
            name=str(number),
        )
        for number, (start, parent) in enumerate(shape)
    ]
    spans.sort(key=lambda one: (one["start_time"], one["span_id"]))
    order = [int(message.name) for message in answer(stored(*spans)).spans] if spans else []
    assert sorted(order) == list(range(len(shape)))
    assert [starts[number] for number in order] == sorted(starts)
    for number, (start, parent) in enumerate(shape):
        in_reach = 0 <= parent < len(shape) and starts[parent] == start
        if in_reach and not _in_ring(number, shape):
            assert order.index(parent) < order.index(number)


def _in_ring(number: int, shape: list[tuple[int, int]]) -> bool:
    """Whether the ancestors of a span, among those of its start, come round again."""
    seen = set()
    while 0 <= number < len(shape) and number not in seen:
        seen.add(number)
        parent = shape[number][1]
        if not 0 <= parent < len(shape) or shape[parent][0] != shape[number][0]:
            return False
        number = parent
    return True


def test_a_summary_keeps_its_numbers() -> None:
    message = translate.summary(SUMMARY)
    assert message.trace_id == trace_id("t").hex()
    assert message.start_time == Timestamp(seconds=NOON_NS // S, nanos=1)
    assert message.duration == Duration(seconds=1, nanos=S - 1)
    assert {field.name for field, _ in message.ListFields()} == {field.name for field in message.DESCRIPTOR.fields}
    assert (message.span_count, message.error_count) == (3, 1)
    assert (message.unpriced_calls, message.calls_without_usage) == (6, 8)
    assert (message.input_tokens, message.output_tokens, message.cost_usd) == (4, 5, 0.5)
    assert list(message.models) == ["a", "b"]
    assert dict(message.redacted_entities) == {"IBAN": 7}
