"""OTLP/JSON item by item: what is taken, what is mended and what is rejected."""

import base64
import json
import math
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from a11i_telemetry.defects import DEFECTS_KEY
from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp_json import parse_logs, parse_traces
from a11i_telemetry.otlp_json_scalars import (
    ENUM_NOT_INTEGER,
    NOT_A_NUMBER,
    NOT_BASE64,
    NOT_HEX,
    OUT_OF_RANGE,
    WRONG_TYPE,
)
from a11i_telemetry.otlp_json_values import MAX_DEPTH, TEXT_NOT_UTF8, TOO_DEEP, TWO_MEMBERS
from tests.unit.telemetry.otlp_json_documents import (
    SPAN_ID,
    TRACE_ID,
    attribute,
    found,
    parse,
    parse_text,
    request,
    span,
)


def test_ids_are_hexadecimal_in_any_case() -> None:
    spans, findings = parse(span(parentSpanId=SPAN_ID.lower()), span(traceId=TRACE_ID.lower()))
    assert not findings
    assert [one.trace_id for one in spans] == [bytes.fromhex(TRACE_ID)] * 2
    assert spans[0].parent_span_id == bytes.fromhex(SPAN_ID)


@pytest.mark.parametrize("name", ["traceId", "spanId", "parentSpanId"])
@pytest.mark.parametrize(
    ("value", "reason"), [("abc", NOT_HEX), ("zz" * 8, NOT_HEX), ("aa " * 8, NOT_HEX), ("ää", NOT_HEX), (5, WRONG_TYPE)]
)
def test_another_id_rejects_its_span_alone(name: str, value: Any, reason: str) -> None:
    spans, findings = parse(span(), span(**{name: value}), span())
    assert len(spans) == 2
    assert found(findings) == [("rejected", reason, 1, name)]


def test_a_rejected_span_is_told_by_the_id_that_can_be_read() -> None:
    _, findings = parse(span(spanId="no"))
    [finding] = findings
    assert (finding.trace_id.hex(), finding.span_id) == (TRACE_ID.lower(), b"")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "SPAN_KIND_SERVER"}, ENUM_NOT_INTEGER),
        ({"kind": "2"}, ENUM_NOT_INTEGER),
        ({"kind": True}, ENUM_NOT_INTEGER),
        ({"kind": 2.5}, NOT_A_NUMBER),
        ({"kind": 2**31}, OUT_OF_RANGE),
        ({"status": {"code": "STATUS_CODE_ERROR"}}, ENUM_NOT_INTEGER),
        ({"status": 2}, WRONG_TYPE),
        ({"name": 5}, WRONG_TYPE),
        ({"startTimeUnixNano": -1}, OUT_OF_RANGE),
        ({"startTimeUnixNano": 2**64}, OUT_OF_RANGE),
        ({"startTimeUnixNano": str(2**64)}, OUT_OF_RANGE),
        ({"startTimeUnixNano": "9" * 5000}, NOT_A_NUMBER),
        ({"startTimeUnixNano": "1_0"}, NOT_A_NUMBER),
        ({"startTimeUnixNano": "٣"}, NOT_A_NUMBER),
        ({"startTimeUnixNano": ""}, NOT_A_NUMBER),
        ({"startTimeUnixNano": True}, WRONG_TYPE),
        ({"startTimeUnixNano": 1.5}, NOT_A_NUMBER),
        ({"startTimeUnixNano": 1e300}, OUT_OF_RANGE),
        ({"startTimeUnixNano": math.nan}, NOT_A_NUMBER),
        ({"flags": 2**32}, OUT_OF_RANGE),
        ({"droppedEventsCount": -1}, OUT_OF_RANGE),
        ({"attributes": {"a": 1}}, WRONG_TYPE),
        ({"events": "none"}, WRONG_TYPE),
    ],
)
def test_a_bad_field_of_its_own_rejects_the_span_alone(fields: dict[str, Any], reason: str) -> None:
    spans, findings = parse(span(**fields), span(name="good"))
    assert [one.name for one in spans] == ["good"]
    assert [(one[0], one[1], one[2]) for one in found(findings)] == [("rejected", reason, 1)]


@pytest.mark.parametrize("one", [None, 5, "span", [], True])
def test_what_is_no_object_is_a_rejected_span(one: Any) -> None:
    spans, findings = parse(span(), one)
    assert (len(spans), findings.rejected) == (1, 1)


@pytest.mark.parametrize("number", [0, 2, 6, 77, -1])
def test_enum_numbers_are_kept_known_or_not(number: int) -> None:
    [one], findings = parse(span(kind=number, status={"code": number}))
    assert (one.kind, one.status.code) == (number, number)
    assert not findings


@pytest.mark.parametrize("value", [2**63, str(2**63), 1e3, "1000", 0])
def test_integers_come_as_numbers_or_text(value: Any) -> None:
    [one], findings = parse(span(startTimeUnixNano=value))
    assert one.start_time_unix_nano == int(value)
    assert not findings


def test_names_are_lower_camel_case_alone_and_unknown_ones_are_passed_over() -> None:
    strange = {"x": [{"y": None}], "start_time_unix_nano": "bad", "Name": 5, "": {}}
    document = {"new": {"deep": [1]}, **request(span(**strange, attributes=[{"key": "k", "value": {"int_value": 5}}]))}
    document["resourceSpans"][0] |= {"schema_url": 5, "resource": {"attributes": [], **strange}}
    document["resourceSpans"][0]["scopeSpans"][0] |= {"scope": strange, "log_records": 5}
    [one], findings = parse_text(json.dumps(document).encode())
    assert not findings
    assert (one.name, one.start_time_unix_nano) == ("chat", 0)
    assert one.attributes[0].value == AnyValue()


def test_null_is_as_good_as_nothing() -> None:
    names = ["parentSpanId", "kind", "startTimeUnixNano", "attributes", "events", "links", "status", "flags"]
    document = request(span(**dict.fromkeys(names)), attribute(None), attribute({"stringValue": None}, None))
    document["resourceSpans"][0]["resource"] = None
    document["resourceSpans"] += [{"scopeSpans": None}, {"scopeSpans": [{"spans": None}]}]
    spans, findings = parse_text(json.dumps(document).encode())
    assert (len(spans), list(findings)) == (3, [])
    assert parse_text(b'{"resourceSpans":null}')[0] == []


_VALUES: list[tuple[Any, AnyValue]] = [
    ({}, AnyValue()),
    ({"stringValue": ""}, AnyValue(string_value="")),
    ({"stringValue": "\0 \N{GRINNING FACE}"}, AnyValue(string_value="\0 \N{GRINNING FACE}")),
    ({"boolValue": False}, AnyValue(bool_value=False)),
    ({"intValue": "-9223372036854775808"}, AnyValue(int_value=-(2**63))),
    ({"intValue": 2**63 - 1}, AnyValue(int_value=2**63 - 1)),
    ({"doubleValue": 1}, AnyValue(double_value=1.0)),
    ({"doubleValue": "1.5e3"}, AnyValue(double_value=1500.0)),
    ({"doubleValue": "-Infinity"}, AnyValue(double_value=-math.inf)),
    ({"doubleValue": math.inf}, AnyValue(double_value=math.inf)),
    ({"bytesValue": "_-8="}, AnyValue(bytes_value=b"\xff\xef")),
    ({"bytesValue": "/+8"}, AnyValue(bytes_value=b"\xff\xef")),
    ({"arrayValue": {}}, AnyValue(array_value=ArrayValue())),
    ({"arrayValue": {"values": None}}, AnyValue(array_value=ArrayValue())),
    ({"arrayValue": {"values": [None, {}]}}, AnyValue(array_value=ArrayValue(values=[AnyValue(), AnyValue()]))),
    ({"arrayValue": {"values": [{"intValue": 1}]}}, AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1)]))),
    ({"kvlistValue": {"values": [{"key": "a"}]}}, AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="a")]))),
]  # fmt: skip


@pytest.mark.parametrize(("document", "value"), _VALUES)
def test_values_of_each_kind_are_read(document: Any, value: AnyValue) -> None:
    [one], findings = parse(attribute(document))
    assert not findings
    assert [pair.key for pair in one.attributes] == ["key"]
    assert one.attributes[0].value == value


def test_nan_is_read_bare_and_as_text() -> None:
    [one], findings = parse(span(attributes=[{"key": "k", "value": {"doubleValue": v}} for v in (math.nan, "NaN")]))
    assert all(math.isnan(pair.value.double_value) for pair in one.attributes)
    assert not findings


@pytest.mark.parametrize(
    ("document", "text", "reason"),
    [
        ({"stringValue": 5}, "5", WRONG_TYPE),
        ({"stringValue": {"a": [1]}}, '{"a":[1]}', WRONG_TYPE),
        ({"boolValue": "true"}, "true", WRONG_TYPE),
        ({"boolValue": 1}, "1", WRONG_TYPE),
        ({"intValue": 2**63}, str(2**63), OUT_OF_RANGE),
        ({"intValue": "9" * 20}, "9" * 20, OUT_OF_RANGE),
        ({"intValue": -(2**63) - 1}, "-9.223372036854776e+18", OUT_OF_RANGE),
        ({"intValue": "many"}, "many", NOT_A_NUMBER),
        ({"intValue": 1.5}, "1.5", NOT_A_NUMBER),
        ({"intValue": True}, "true", WRONG_TYPE),
        ({"doubleValue": "nan"}, "nan", NOT_A_NUMBER),
        ({"doubleValue": "1e999"}, "1e999", OUT_OF_RANGE),
        ({"doubleValue": False}, "false", WRONG_TYPE),
        ({"bytesValue": "a"}, "a", NOT_BASE64),
        ({"bytesValue": "?!"}, "?!", NOT_BASE64),
        ({"arrayValue": [1]}, "[1]", WRONG_TYPE),
        ({"kvlistValue": {"values": {"a": 1}}}, '{"values":{"a":1}}', WRONG_TYPE),
        ("plain", "plain", WRONG_TYPE),
        ([1, "a"], '[1,"a"]', WRONG_TYPE),
    ],
)
def test_a_bad_value_is_kept_as_its_text_and_marked(document: Any, text: str, reason: str) -> None:
    [one], findings = parse(attribute(document))
    assert one.attributes[0].value.string_value == text
    assert found(findings) == [("repaired", reason, 1, "key")]
    assert one.attributes[1].key == DEFECTS_KEY
    assert [mark.string_value for mark in one.attributes[1].value.array_value.values] == [f"{reason}: key"]


def test_of_several_members_the_last_counts() -> None:
    [one], findings = parse(attribute({"stringValue": "a", "nullValue": 1, "boolValue": None, "intValue": 1}))
    assert one.attributes[0].value == AnyValue(int_value=1)
    assert found(findings) == [("repaired", TWO_MEMBERS, 1, "key")]


def test_of_members_with_one_name_the_last_counts() -> None:
    good = json.dumps(request(span())).encode()
    [one], findings = parse_text(good.replace(b'"name": "chat"', b'"name": 5, "name": "last"'))
    assert one.name == "last"
    assert not findings


def test_attributes_that_are_no_objects_are_left_out_and_counted() -> None:
    [one], findings = parse(span(droppedAttributesCount=2, attributes=[None, {"key": "k"}, 5]))
    assert [pair.key for pair in one.attributes] == ["k", DEFECTS_KEY]
    assert one.dropped_attributes_count == 4
    assert found(findings) == [("repaired", WRONG_TYPE, 1, "attributes")]


def test_a_key_that_is_no_text_becomes_one() -> None:
    [one], findings = parse(attribute({"boolValue": True}, key=5))
    assert (one.attributes[0].key, one.attributes[0].value.bool_value) == ("5", True)
    assert findings.rejected == 0
    assert findings


def test_a_mark_is_small_whatever_it_tells_of() -> None:
    [one], findings = parse(attribute({"intValue": "x"}, key="k" * 100_000))
    [finding] = findings
    assert finding.where == "k" * 200
    assert one.attributes[1].ByteSize() < 300


def test_bad_events_and_links_are_left_out_and_counted() -> None:
    link = {"traceId": TRACE_ID, "spanId": SPAN_ID}
    events = [{"name": "a"}, {"name": "b", "timeUnixNano": "soon"}, None]
    [one], findings = parse(span(events=events, links=[link, link | {"spanId": "odd"}], droppedLinksCount=2**32 - 1))
    assert [event.name for event in one.events] == ["a"]
    assert (len(one.links), one.dropped_events_count, one.dropped_links_count) == (1, 2, 2**32 - 1)
    assert found(findings) == [
        ("repaired", NOT_A_NUMBER, 1, "events.timeUnixNano"),
        ("repaired", WRONG_TYPE, 1, "events"),
        ("repaired", NOT_HEX, 1, "links.spanId"),
    ]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"\\ud800", "\ufffd"),
        (b"\\udc00\\ud83d\\ude00", "\ufffd\N{GRINNING FACE}"),
        (b"\xff", "\ufffd"),
        (b"\xed\xa0\x80", "\ufffd" * 3),
        (b"\\\\ud800", None),
    ],
)
def test_text_that_is_no_unicode_is_mended_in_its_span_alone(sent: bytes, text: str | None) -> None:
    good = json.dumps(request(attribute({"stringValue": "hello"}), span(name="#"))).encode()
    body = good.replace(b"#", b"a" + sent + b"b").replace(b"hello", b"a" + sent + b"b")
    spans, findings = parse_text(body)
    expected = "a\\ud800b" if text is None else f"a{text}b"
    assert (spans[0].attributes[0].value.string_value, spans[1].name) == (expected, expected)
    assert found(findings) == ([] if text is None else [("repaired", TEXT_NOT_UTF8, 2, "key")])


def test_control_characters_and_a_byte_order_mark_are_no_reason_to_refuse() -> None:
    [one], findings = parse_text(b"\xef\xbb\xbf" + json.dumps(request(span(name="#"))).encode().replace(b"#", b"\0\n"))
    assert (one.name, list(findings)) == ("\0\n", [])


def test_values_are_cut_below_the_last_level() -> None:
    def nested(levels: int) -> Any:
        value: Any = {"stringValue": "core"}
        for _ in range(levels - 1):
            value = {"kvlistValue": {"values": [{"key": "k", "value": value}]}}
        return value

    [whole], none = parse(attribute(nested(MAX_DEPTH)))
    [cut], findings = parse(attribute(nested(MAX_DEPTH + 1)))
    assert not none
    assert "core" in str(whole)
    assert "core" not in str(cut)
    assert "[nested too deep]" in str(cut)
    assert found(findings) == [("truncated", TOO_DEEP, 1, "key")]


@pytest.mark.parametrize("levels", [400, 3000, 100_000])
def test_a_bottomless_value_costs_no_more_than_itself(levels: int) -> None:
    nest = '{"arrayValue":{"values":[' * levels + '{"stringValue":"\\"}"}' + "]}}" * levels
    body = json.dumps(request(span(name="first"), attribute("#"), span(name="last"))).replace('"#"', nest)
    spans, findings = parse_text(body.encode())
    assert [one.name for one in spans] == ["first", "chat", "last"]
    assert found(findings) == [("truncated", TOO_DEEP, 1, "key")]
    assert type(spans[1]).FromString(spans[1].SerializeToString()) == spans[1]


def test_bad_surroundings_are_left_out_alone_and_concern_each_of_their_items() -> None:
    document = request(span(), span())
    group = document["resourceSpans"][0]
    group |= {"schemaUrl": 5, "resource": {"attributes": [{"key": "k", "value": {"intValue": "x"}}], "entityRefs": 5}}
    group["scopeSpans"][0] |= {"scope": "none", "schemaUrl": "url"}
    findings = Findings()
    read = parse_traces(json.dumps(document).encode(), findings)
    [resource] = [one.resource for one in read.resource_spans]
    assert resource.attributes[0].value.string_value == "x"
    assert read.resource_spans[0].scope_spans[0].schema_url == "url"
    assert findings.rejected == 0
    assert {(one.reason, one.count) for one in findings} == {(WRONG_TYPE, 4), (NOT_A_NUMBER, 2)}


@pytest.mark.parametrize(
    "document",
    [
        {"resourceSpans": 5},
        {"resourceSpans": [5]},
        {"resourceSpans": [{"scopeSpans": {}}]},
        {"resourceSpans": [{"scopeSpans": ["x"]}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": "x"}]}]},
    ],
)
def test_what_should_hold_spans_and_cannot_counts_as_one(document: Any) -> None:
    spans, findings = parse_text(json.dumps(document).encode())
    assert (spans, findings.rejected) == ([], 1)


def test_log_records_are_read_alike() -> None:
    record = {
        "traceId": TRACE_ID,
        "severityNumber": 9,
        "body": {"kvlistValue": {"values": [{"key": "a"}]}},
        "eventName": "e",
    }
    records = [record, record | {"spanId": "odd"}, record | {"body": 5}, {}]
    findings = Findings()
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()
    read = parse_logs(body, findings).resource_logs[0].scope_logs[0].log_records
    assert len(read) == 3
    assert (read[0].severity_number, read[0].event_name, read[0].body.kvlist_value.values[0].key) == (9, "e", "a")
    assert read[1].body.string_value == "5"
    assert found(findings) == [("rejected", NOT_HEX, 1, "spanId"), ("repaired", WRONG_TYPE, 1, "body")]


def test_bytes_are_what_the_encoder_had() -> None:
    raw = bytes(range(256))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        [one], _ = parse(attribute({"bytesValue": encode(raw).decode()}))
        assert one.attributes[0].value.bytes_value == raw
