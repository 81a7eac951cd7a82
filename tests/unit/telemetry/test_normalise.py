"""Which attributes say what the GenAI columns hold."""

from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.rules import MOVED_COLUMNS, RULES, STEP_KIND_BY_OPERATION, Take
from a11i_telemetry.schema import COLUMNS, SCHEMA

Row = dict[str, Any]


def _value(value: object) -> AnyValue:
    match value:
        case str():
            return AnyValue(string_value=value)
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[_value(one) for one in value]))
        case dict():
            pairs = [KeyValue(key=key, value=_value(one)) for key, one in value.items()]
            return AnyValue(kvlist_value=KeyValueList(values=pairs))
    return AnyValue()


def _rows(*spans: dict[str, object]) -> list[Row]:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for attributes in spans:
        span = scope_spans.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
        for key, value in attributes.items():
            span.attributes.add(key=key, value=_value(value))
    rows: list[Row] = decode_traces(request.SerializeToString()).columns.to_pylist(maps_as_pydicts="strict")
    return rows


def _row(attributes: dict[str, object]) -> Row:
    [row] = _rows(attributes)
    return row


_OF_EACH_KIND: dict[Take, tuple[object, object]] = {
    Take.TEXT: ("text", "text"),
    Take.MOVED_TEXT: ("text", "text"),
    Take.TEXT_LIST: (["stop", "length"], ["stop", "length"]),
    Take.COUNT: (7, 7),
    Take.NUMBER: (0.25, 0.25),
}


@pytest.mark.parametrize(("key", "rule"), [(key, rule) for rule in RULES for key in rule.keys])
def test_each_key_of_the_table_fills_its_column(key: str, rule: Any) -> None:
    sent, expected = _OF_EACH_KIND[rule.take]
    empty, row = _rows({"other": 1}, {key: sent})
    assert row[rule.column] == expected
    assert empty[rule.column] == ([] if rule.take is Take.TEXT_LIST else None if expected != "text" else "")


@pytest.mark.parametrize("rule", [rule for rule in RULES if len(rule.keys) > 1], ids=lambda rule: rule.column)
def test_the_first_key_of_a_rule_wins_in_any_order(rule: Any) -> None:
    counts = rule.take is Take.COUNT
    values = {key: number if counts else f"text {number}" for number, key in enumerate(rule.keys)}
    for attributes in (values, dict(reversed(values.items()))):
        assert _row(dict(attributes))[rule.column] == values[rule.keys[0]]


def test_a_key_without_a_usable_value_leaves_it_to_the_next() -> None:
    row = _row(
        {
            "gen_ai.provider.name": "",
            "gen_ai.system": "openai",
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.prompt_tokens": 12,
        }
    )
    assert (row["provider"], row["input_tokens"]) == ("openai", 12)


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        (12, 12),
        (12.0, 12),
        ("12", 12),
        (0, 0),
        (10**12, 10**12),
        (10**12 + 1, None),
        (2**63 - 1, None),
        ("1000000000001", None),
        (12.5, None),
        ("12.5", None),
        ("", None),
        (" 12", None),
        ("9" * 30, None),
        (-1, None),
        (-1.0, None),
        (float("nan"), None),
        (float("inf"), None),
        (2.0**63, None),
        (True, None),
        ([12], None),
    ],
)
def test_counts_convert_where_that_is_exact(sent: object, count: int | None) -> None:
    row = _row({"gen_ai.usage.input_tokens": sent})
    assert row["input_tokens"] == count
    assert row["input_source"] == ("" if count is None else "reported")


@pytest.mark.parametrize(
    ("sent", "number"),
    [(0.5, 0.5), (2, 2.0), ("0.5", 0.5), ("1e-3", 0.001), ("soon", None), (float("inf"), None), (True, None)],
)
def test_numbers_convert_where_that_is_exact(sent: object, number: float | None) -> None:
    assert _row({"gen_ai.response.time_to_first_chunk": sent})["time_to_first_chunk_s"] == number


def test_numbers_stay_among_the_attributes_as_they_came() -> None:
    row = _row({"gen_ai.usage.input_tokens": "12", "gen_ai.usage.output_tokens": 3})
    assert row["attr_string"] == {"gen_ai.usage.input_tokens": "12"}
    assert row["attr_int"] == {"gen_ai.usage.output_tokens": 3}


@pytest.mark.parametrize(("key", "column"), MOVED_COLUMNS.items())
def test_long_text_is_moved_and_its_key_remembered(key: str, column: str) -> None:
    row = _row({key: '[{"role": "user"}]', "other": "stays"})
    assert row[column] == '[{"role": "user"}]'
    assert row["lifted"] == [key]
    assert row["attr_string"] == {"other": "stays"}


def test_structured_messages_are_copied_as_json() -> None:
    row = _row({"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": 'a "b"'}]}]})
    text = '[{"role":"user","parts":[{"type":"text","content":"a \\"b\\""}]}]'
    assert row["input_messages"] == text
    assert row["attr_json"] == {"gen_ai.input.messages": text}
    assert row["lifted"] == []


def test_moved_text_of_every_type_meets_in_one_column() -> None:
    key = "gen_ai.tool.call.arguments"
    rows = _rows({key: "text"}, {key: {"a": 1}}, {key: 7}, {key: ""}, {key: True}, {})
    assert [row["tool_arguments"] for row in rows] == ["text", '{"a":1}', "7", "", "", ""]
    assert [row["lifted"] for row in rows] == [[key], [], [], [], [], []]
    assert rows[3]["attr_string"] == {key: ""}


def test_an_integer_is_an_id_too() -> None:
    assert _row({"session.id": 42})["session_id"] == "42"


@pytest.mark.parametrize(
    ("sent", "reasons"),
    [
        (["stop"], ["stop"]),
        ("stop", ["stop"]),
        ([], []),
        ("", []),
        (["stop", 3, "length"], ["stop", "length"]),
        (3, []),
    ],
)
def test_finish_reasons_are_a_list_of_text(sent: object, reasons: list[str]) -> None:
    absent, row = _rows({}, {"gen_ai.response.finish_reasons": sent})
    assert absent["finish_reasons"] == []
    assert row["finish_reasons"] == reasons


@pytest.mark.parametrize(("operation", "kind"), [*STEP_KIND_BY_OPERATION.items(), ("plan", "chain")])
def test_the_operation_says_what_kind_of_step_it_is(operation: str, kind: str) -> None:
    plain, row = _rows({"http.request.method": "GET"}, {"gen_ai.operation.name": operation})
    assert (plain["step_kind"], row["step_kind"]) == ("", kind)


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.request.model": "gpt-4o"}, "llm"),
        ({"gen_ai.response.model": "gpt-4o"}, "llm"),
        ({"gen_ai.tool.name": "look_up", "gen_ai.request.model": "gpt-4o"}, "tool"),
        ({"gen_ai.agent.name": "desk"}, ""),
    ],
)
def test_without_an_operation_the_step_is_inferred(attributes: dict[str, object], kind: str) -> None:
    assert _row(attributes)["step_kind"] == kind


def test_the_table_names_columns_of_the_schema_that_fit() -> None:
    assert len({rule.column for rule in RULES}) == len(RULES)
    text_columns = {column.name for column in COLUMNS if column.text}
    for rule in RULES:
        if rule.take in (Take.TEXT, Take.MOVED_TEXT, Take.TEXT_LIST):
            assert rule.column in text_columns
        assert rule.column in SCHEMA.names
