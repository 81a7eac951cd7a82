"""Lines J1 to J6 of the OTLP checklist: OTLP/JSON over a socket; in detail: tests/unit/telemetry/test_otlp_json.py."""

import base64
import json
import math
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from tests.service.ingest.http_client import send, send_json
from tests.service.ingest.ingest_harness import Harness, Kept
from tests.unit.telemetry.otlp_json_documents import SPAN_ID, TRACE_ID, attribute, printed, request, span


async def _taken(ingest: Harness, *spans: Any) -> tuple[int, str, Kept]:
    """Send spans. Return how many were rejected, what was said of them, and what is on the bus."""
    answer = await send_json(ingest, request(*spans))
    assert answer.status == 200
    said = answer.partial_success
    return said.rejected_spans, said.error_message, await ingest.kept()


async def test_j1_ids_are_hexadecimal_in_any_case(ingest: Harness) -> None:
    rejected, _, kept = await _taken(ingest, span(parentSpanId=SPAN_ID.lower()), span(traceId=TRACE_ID.lower()))
    assert rejected == 0
    assert [one.trace_id.hex() for one in kept.spans] == [TRACE_ID.lower()] * 2
    assert kept.spans[0].parent_span_id.hex() == SPAN_ID.lower()


@pytest.mark.parametrize("name", ["traceId", "spanId", "parentSpanId"])
@pytest.mark.parametrize("value", ["abc", "xyz0", "0a" * 5, base64.b64encode(b"t" * 16).decode(), 5])
async def test_j1_another_id_rejects_its_span_alone(ingest: Harness, name: str, value: Any) -> None:
    rejected, message, kept = await _taken(ingest, span(name="good"), span(**{name: value}))
    assert rejected == 1
    assert message
    assert [one.name for one in kept.spans] == ["good"]
    assert [(issue["outcome"], issue["count"]) for issue in kept.issues] == [("rejected", 1)]


async def test_j2_enums_are_integers_alone(ingest: Harness) -> None:
    strings = [span(kind="SPAN_KIND_SERVER"), span(kind="2"), span(status={"code": "STATUS_CODE_ERROR"})]
    rejected, message, kept = await _taken(ingest, span(kind=2, status={"code": 2}), *strings)
    assert (rejected, "enum is not an integer" in message) == (3, True)
    assert [(one.kind, one.status.code) for one in kept.spans] == [(2, 2)]


async def test_j3_unknown_fields_are_ignored_at_every_depth(ingest: Harness) -> None:
    new: dict[str, Any] = {"newField": {"a": [1, None, {"b": "c"}]}}
    value = {"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True, **new}, **new}], **new}}
    event = {"name": "e", "attributes": [{"key": "k", "value": {"stringValue": "v"}, **new}], **new}
    inner = span(attributes=[{"key": "a", "value": value, **new}], events=[event], status={"code": 1, **new}, **new)
    scope = {"scope": {"name": "s", **new}, "spans": [inner], **new}
    document = {"resourceSpans": [{"resource": {"attributes": [], **new}, "scopeSpans": [scope], **new}], **new}
    answer = await send_json(ingest, document)
    [one] = (await ingest.kept()).spans
    assert (answer.status, answer.body) == (200, b"{}")
    assert one.attributes[0].value.kvlist_value.values[0].value.bool_value
    assert one.events[0].attributes[0].value.string_value == "v"


async def test_j4_keys_are_lower_camel_case_alone(ingest: Harness) -> None:
    snake = {"start_time_unix_nano": "5", "parent_span_id": SPAN_ID, "StartTimeUnixNano": "5"}
    rejected, _, kept = await _taken(ingest, span(**snake), {"trace_id": TRACE_ID, "span_id": SPAN_ID})
    assert rejected == 1
    assert (kept.spans[0].start_time_unix_nano, kept.spans[0].parent_span_id) == (0, b"")
    answer = await send_json(ingest, {"resource_spans": request(span())["resourceSpans"]})
    assert (answer.status, (await ingest.kept()).spans) == (200, [])


async def test_j5_64_bit_integers_come_as_text_or_numbers_and_bytes_as_base64(ingest: Harness) -> None:
    last = 2**64 - 1
    values = [{"intValue": str(-(2**63))}, {"intValue": 2**63 - 1}, {"bytesValue": "//79"}, {"bytesValue": "__79"}]
    attributes = [{"key": str(at), "value": value} for at, value in enumerate(values)]
    text = span(startTimeUnixNano=str(last), endTimeUnixNano=last, attributes=attributes)
    rejected, _, kept = await _taken(ingest, text)
    [one] = kept.spans
    assert (rejected, one.start_time_unix_nano, one.end_time_unix_nano) == (0, last, last)
    assert [pair.value.int_value for pair in one.attributes[:2]] == [-(2**63), 2**63 - 1]
    assert [pair.value.bytes_value for pair in one.attributes[2:]] == [b"\xff\xfe\xfd"] * 2


async def test_j6_a_lone_surrogate_is_mended_in_its_span_alone(ingest: Harness) -> None:
    rejected, message, kept = await _taken(ingest, attribute({"stringValue": "a\ud800b"}), span(name="\U0001f600"))
    assert (rejected, "text is not UTF-8" in message) == (0, True)
    assert kept.spans[0].attributes[0].value.string_value == "a\N{REPLACEMENT CHARACTER}b"
    assert kept.spans[1].name == "\U0001f600"
    assert kept.defects() == [["text is not UTF-8: key"]]


async def test_j6_nul_is_kept(ingest: Harness) -> None:
    _, message, kept = await _taken(ingest, attribute({"stringValue": "a\0b"}))
    assert (message, kept.spans[0].attributes[0].value.string_value) == ("", "a\0b")


async def test_j6_nan_is_kept_where_it_is_a_double_and_rejects_its_span_where_it_is_none(ingest: Harness) -> None:
    doubles = [{"key": "k", "value": {"doubleValue": value}} for value in (math.nan, "NaN", -math.inf, "-Infinity")]
    rejected, _, kept = await _taken(ingest, span(attributes=doubles), span(startTimeUnixNano=math.nan))
    read = [pair.value.double_value for pair in kept.spans[0].attributes]
    assert rejected == 1
    assert [math.isnan(value) for value in read] == [True, True, False, False]
    assert read[2:] == [-math.inf] * 2


async def test_j6_of_two_members_with_one_name_the_last_counts(ingest: Harness) -> None:
    body = json.dumps(request(span(name="#"))).encode().replace(b'"name": "#"', b'"name": "first", "name": "last"')
    answer = await send_json(ingest, body)
    assert (answer.status, [one.name for one in (await ingest.kept()).spans]) == (200, ["last"])


async def test_j6_of_two_members_of_a_oneof_the_last_counts_and_it_is_told(ingest: Harness) -> None:
    rejected, message, kept = await _taken(ingest, attribute({"stringValue": "a", "intValue": "7"}))
    assert (rejected, "oneof" in message) == (0, True)
    assert kept.spans[0].attributes[0].value == AnyValue(int_value=7)


async def test_j6_null_lists_and_values_are_as_good_as_none(ingest: Harness) -> None:
    fields = dict.fromkeys(["attributes", "events", "links", "status", "parentSpanId", "kind", "name"])
    rejected, message, kept = await _taken(ingest, span(**fields), attribute(None), attribute({"arrayValue": None}))
    assert (rejected, message, len(kept.spans)) == (0, "", 3)
    for document in ({"resourceSpans": None}, {"resourceSpans": [{"scopeSpans": None}]}):
        assert (await send_json(ingest, document)).status == 200


async def test_j6_unknown_enum_numbers_are_taken_as_protobuf_takes_them(ingest: Harness) -> None:
    rejected, message, kept = await _taken(ingest, span(kind=77, status={"code": 9}))
    assert (rejected, message) == (0, "")
    assert (kept.spans[0].kind, kept.spans[0].status.code) == (77, 9)


async def test_j6_what_is_too_deep_is_cut_in_its_span_alone(ingest: Harness) -> None:
    nest = '{"arrayValue":{"values":[' * 5000 + "{}" + "]}}" * 5000
    body = json.dumps(request(attribute("#"), span(name="good"))).replace('"#"', nest).encode()
    answer = await send_json(ingest, body)
    kept = await ingest.kept()
    assert (answer.status, answer.partial_success.rejected_spans) == (200, 0)
    assert [one.name for one in kept.spans] == ["chat", "good"]
    assert kept.defects() == [["value is nested too deep: key"]]


async def test_the_same_request_is_stored_the_same_in_both_encodings(ingest: Harness) -> None:
    made = ExportTraceServiceRequest()
    group = made.resource_spans.add(schema_url="https://example.com/schema")
    group.resource.attributes.add(key="service.name").value.string_value = "desk"
    scope = group.scope_spans.add()
    scope.scope.name = "test"
    one = scope.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="chat", kind=3, start_time_unix_nano=2**63)
    one.attributes.add(key="k").value.kvlist_value.values.add(key="n").value.double_value = 1.5
    one.links.add(trace_id=b"u" * 16, span_id=b"v" * 8)
    one.events.add(name="e", time_unix_nano=7)
    assert (await send(ingest, made.SerializeToString())).status == 200
    [plain] = (await ingest.kept()).requests
    one.name = "again"  # the same request is stored once
    assert (await send_json(ingest, printed(made))).status == 200
    [read] = (await ingest.kept()).requests
    assert read == made
    read.resource_spans[0].scope_spans[0].spans[0].name = "chat"
    assert read == plain


def test_protobufs_own_json_parser_is_none_for_otlp() -> None:
    """Why there is another: ids come out as other bytes, without a word."""
    wrong = json_format.ParseDict(request(span()), ExportTraceServiceRequest())
    assert wrong.resource_spans[0].scope_spans[0].spans[0].trace_id != bytes.fromhex(TRACE_ID)
