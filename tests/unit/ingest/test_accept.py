"""From a request's bytes to the parts that the bus stores, and what was found in it."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, NumberDataPoint

from a11i_chassis.errors import InvalidArgumentError, TooLargeError
from a11i_ingest import accept as accepting
from a11i_ingest.accept import NOTHING_OF_THE_SIGNAL, Accepted, Encoding, Rules, accept
from a11i_ingest.checks import BAD_LOG_IDS
from a11i_ingest.kinds import KINDS
from a11i_ingest.limits import (
    ITEM_TOO_LARGE,
    RESOURCE_TOO_LARGE,
    TOO_MANY_ATTRIBUTES,
    TOO_MANY_EVENTS,
    TOO_MANY_LINKS,
    VALUE_CUT,
    ItemLimits,
)
from a11i_ingest.salvage import (
    BROKEN_ATTRIBUTE,
    BROKEN_ELEMENT,
    BROKEN_ITEM,
    BROKEN_POINT,
    BROKEN_RESOURCE,
    MAX_DEPTH,
    TEXT_NOT_UTF8,
    TOO_DEEP,
)
from a11i_ingest.splitting import MAX_REPEATED_BYTES
from a11i_telemetry.findings import Outcome
from a11i_telemetry.otlp import BAD_PARENT_SPAN_ID, BAD_SPAN_ID, BAD_TRACE_ID
from a11i_telemetry.received import DEFECTS_KEY
from a11i_telemetry.signals import Signal
from tests.unit.effort import times
from tests.unit.telemetry.otlp_strategies import REQUESTS

SPANS, LOGS, METRICS = (KINDS[signal] for signal in (Signal.SPANS, Signal.LOGS, Signal.METRICS))
RULES = Rules(ItemLimits(), part_bytes=600_000, max_part_bytes=6 * 1024**2)
SMALL_PARTS = Rules(ItemLimits(), part_bytes=2_000, max_part_bytes=6 * 1024**2)


def request_of(count: int = 1, **values: object) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for number in range(1, count + 1):
        scope_spans.spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"), **values)
    return request


def spans_of(request: ExportTraceServiceRequest) -> list[Any]:
    return [span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans]


def take(request: Any, rules: Rules = RULES, **more: Any) -> Accepted:
    return accept(SPANS, request.SerializeToString(), Encoding.PROTOBUF, rules, **more)


def stored(accepted: Accepted) -> list[Any]:
    """The spans in all parts, each of which the official parser takes and counts as the part does."""
    spans = []
    for part in accepted.parts:
        found = spans_of(ExportTraceServiceRequest.FromString(part.payload))
        assert len(found) == part.items
        spans += found
    return spans


def found_in(accepted: Accepted) -> dict[tuple[str, str], int]:
    return {(finding.outcome.value, finding.reason): finding.count for finding in accepted.findings}


def defects(span: Any) -> list[str]:
    (attribute,) = (one for one in span.attributes if one.key == DEFECTS_KEY)
    return [value.string_value for value in attribute.value.array_value.values]


def test_a_good_request_goes_on_as_it_came() -> None:
    payload = request_of(3, name="chat").SerializeToString()
    accepted = accept(SPANS, payload, Encoding.PROTOBUF, RULES)
    assert [part.payload for part in accepted.parts] == [payload]
    assert not accepted.findings


def test_an_empty_request_has_no_parts() -> None:
    assert not accept(SPANS, b"", Encoding.PROTOBUF, RULES).parts


@settings(max_examples=times(20), deadline=None)
@given(REQUESTS, st.integers(50, 3_000))
def test_every_span_is_stored_once_or_counted(request: ExportTraceServiceRequest, part_bytes: int) -> None:
    accepted = take(request, Rules(ItemLimits(), part_bytes, 6 * 1024**2))
    sent = Counter(span.SerializeToString(deterministic=True) for span in spans_of(request))
    kept = Counter(span.SerializeToString(deterministic=True) for span in stored(accepted))
    assert kept <= sent
    assert accepted.items + accepted.findings.rejected == sent.total()


@settings(max_examples=times(20), deadline=None)
@given(REQUESTS, st.integers(50, 3_000))
def test_parts_keep_what_stands_around_each_span(request: ExportTraceServiceRequest, part_bytes: int) -> None:
    def around(requests: list[ExportTraceServiceRequest]) -> list[tuple[Any, ...]]:
        return [
            (group.resource, group.schema_url, scope.scope, scope.schema_url, span)
            for one in requests
            for group in one.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]

    accepted = take(request, Rules(ItemLimits(), part_bytes, 6 * 1024**2))
    parts = [ExportTraceServiceRequest.FromString(part.payload) for part in accepted.parts]
    good = [one for one in around([request]) if one[4] in stored(accepted)]
    assert repr(around(parts)) == repr(good)


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ({"trace_id": b"t" * 15}, BAD_TRACE_ID),
        ({"trace_id": bytes(16)}, BAD_TRACE_ID),
        ({"span_id": b""}, BAD_SPAN_ID),
        ({"span_id": bytes(8)}, BAD_SPAN_ID),
        ({"parent_span_id": b"p" * 7}, BAD_PARENT_SPAN_ID),
    ],
)
def test_a_span_with_bad_ids_is_rejected_alone(ids: dict[str, bytes], reason: str) -> None:
    request = request_of(2)
    for name, value in ids.items():
        setattr(request.resource_spans[0].scope_spans[0].spans[0], name, value)
    accepted = take(request)
    assert [span.span_id for span in stored(accepted)] == [(2).to_bytes(8, "big")]
    assert found_in(accepted) == {("rejected", reason): 1}


def test_text_that_is_not_utf8_is_mended_and_marked() -> None:
    request = request_of(2)
    request.resource_spans[0].scope_spans[0].spans[1].attributes.add(key="prompt").value.string_value = "good-bad"
    payload = request.SerializeToString().replace(b"-bad", b"\xff\xfebad"[:4])
    accepted = accept(SPANS, payload, Encoding.PROTOBUF, RULES)
    first, second = stored(accepted)
    assert second.attributes[0].value.string_value == "good\ufffd\ufffdba"
    assert defects(second) == [f"{TEXT_NOT_UTF8}: prompt"]
    assert first == request.resource_spans[0].scope_spans[0].spans[0]
    assert found_in(accepted) == {("repaired", TEXT_NOT_UTF8): 1}


def nest(value: Any, levels: int, kind: str) -> None:
    for _ in range(levels):
        value = value.array_value.values.add() if kind == "array" else value.kvlist_value.values.add(key="k").value
    value.string_value = "bottom"


@pytest.mark.parametrize("kind", ["array", "kvlist"])
@pytest.mark.parametrize("levels", [1, MAX_DEPTH, 40, 60, 3000])
def test_a_nest_is_cut_where_the_parser_would_refuse_it(kind: str, levels: int) -> None:
    request = request_of(2)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    nest(span.attributes.add(key="deep").value, levels, kind)
    span.attributes.add(key="flat").value.string_value = "kept"
    accepted = take(request)
    first, _ = stored(accepted)
    assert first.attributes[1].value.string_value == "kept"
    refused = levels > (47 if kind == "array" else 31)
    assert found_in(accepted) == ({("truncated", TOO_DEEP): 1} if refused else {})
    assert ("bottom" in str(first)) is not refused
    if refused:
        assert "[nested too deep]" in str(first)


def test_what_is_cut_at_the_greatest_depth_parses_where_it_stands() -> None:
    """The parser follows a hundred messages: the deepest that is kept must be within, under a whole request."""
    request = request_of(1)
    nest(request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="k").value, MAX_DEPTH, "kvlist")
    ExportTraceServiceRequest.FromString(request.SerializeToString())


def test_a_broken_attribute_is_left_out_and_counted() -> None:
    request = request_of(1)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="broken").value.string_value = "1234"
    span.attributes.add(key="whole").value.string_value = "5678"
    # A length that is longer than the value.
    payload = request.SerializeToString().replace(b"\x12\x06\x0a\x041234", b"\x12\x06\x0a\x091234")
    accepted = accept(SPANS, payload, Encoding.PROTOBUF, RULES)
    (kept,) = stored(accepted)
    assert [one.key for one in kept.attributes] == ["whole", DEFECTS_KEY]
    assert kept.dropped_attributes_count == 1
    assert defects(kept) == [f"{BROKEN_ATTRIBUTE}: broken"]


def test_a_broken_span_is_rejected_and_the_others_go_on() -> None:
    request = request_of(3)
    payload = request.SerializeToString().replace(b"\x12\x08" + (2).to_bytes(8, "big"), b"\x12\x7f" + b"\x00" * 8)
    accepted = accept(SPANS, payload, Encoding.PROTOBUF, RULES)
    assert len(stored(accepted)) == 2
    assert found_in(accepted) == {("rejected", BROKEN_ITEM): 1}


def test_a_broken_resource_does_not_cost_the_spans() -> None:
    request = request_of(1)
    request.resource_spans[0].resource.attributes.add(key="service.name").value.string_value = "1234"
    payload = request.SerializeToString().replace(b"\x0a\x041234", b"\x0f\x041234")
    accepted = accept(SPANS, payload, Encoding.PROTOBUF, RULES)
    assert len(stored(accepted)) == 1
    assert found_in(accepted) in ({("truncated", BROKEN_RESOURCE): 1}, {("truncated", BROKEN_ATTRIBUTE): 1})


@pytest.mark.parametrize("payload", [b"garbage!", b"\x0a\xff", b'{"resourceSpans": []}', b"\x0a\x04\x12\x02\x12\x01"])
def test_what_is_no_request_is_refused_as_a_whole(payload: bytes) -> None:
    with pytest.raises(InvalidArgumentError, match="no OTLP request"):
        accept(SPANS, payload, Encoding.PROTOBUF, RULES)


def test_a_long_value_is_cut_between_code_points_and_marked() -> None:
    limits = ItemLimits(value_bytes=1025)
    request = request_of(1, name="n" * 2000)
    request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="long").value.string_value = "é" * 2000
    accepted = take(request, Rules(limits, 600_000, 6 * 1024**2))
    (span,) = stored(accepted)
    assert span.attributes[0].value.string_value == "é" * 512
    assert len(span.name) == 1025
    assert sorted(defects(span)) == [f"{VALUE_CUT}: long", f"{VALUE_CUT}: name"]
    assert span.dropped_attributes_count == 2
    assert found_in(accepted) == {("truncated", VALUE_CUT): 1}


def test_a_span_over_the_limit_is_cut_at_its_largest_values() -> None:
    limits = ItemLimits(value_bytes=1024**2, item_bytes=1_500_000)
    request = request_of(1)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    for key, size in (("small", 100_000), ("large", 1_000_000), ("larger", 1_048_576)):
        span.attributes.add(key=key).value.string_value = "x" * size
    (kept,) = stored(take(request, Rules(limits, 600_000, 6 * 1024**2)))
    assert kept.ByteSize() <= 1_500_000 + 200
    assert len(kept.attributes[0].value.string_value) == 100_000


def test_a_span_that_cannot_be_cut_small_enough_is_rejected() -> None:
    limits = ItemLimits(value_bytes=1024, item_bytes=16 * 1024, attributes=100_000)
    request = request_of(2)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    for number in range(5_000):
        span.attributes.add(key=str(number)).value.int_value = number
    accepted = take(request, Rules(limits, 600_000, 6 * 1024**2))
    assert len(stored(accepted)) == 1
    assert found_in(accepted) == {("rejected", ITEM_TOO_LARGE): 1}


def test_counts_over_the_limits_are_cut_and_counted() -> None:
    limits = ItemLimits(attributes=3, events=2, links=1)
    request = request_of(1)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.dropped_events_count = 7
    for number in range(5):
        span.attributes.add(key=str(number))
        span.events.add(name=str(number))
        span.links.add(trace_id=b"l" * 16)
    accepted = take(request, Rules(limits, 600_000, 6 * 1024**2))
    (kept,) = stored(accepted)
    assert [one.key for one in kept.attributes] == ["0", "1", "2", DEFECTS_KEY]
    assert [one.name for one in kept.events] == ["0", "1"]
    assert len(kept.links) == 1
    assert (kept.dropped_attributes_count, kept.dropped_events_count, kept.dropped_links_count) == (2, 10, 4)
    assert defects(kept) == [TOO_MANY_ATTRIBUTES, TOO_MANY_EVENTS, TOO_MANY_LINKS]


def test_an_event_with_too_many_attributes_is_cut() -> None:
    request = request_of(1)
    event = request.resource_spans[0].scope_spans[0].spans[0].events.add(name="e")
    for number in range(5):
        event.attributes.add(key=str(number))
    (kept,) = stored(take(request, Rules(ItemLimits(attributes=3), 600_000, 6 * 1024**2)))
    assert len(kept.events[0].attributes) == 3
    assert kept.events[0].dropped_attributes_count == 2


def test_an_item_too_large_to_be_read_is_rejected_and_the_others_go_on() -> None:
    request = request_of(2)
    request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="k").value.string_value = "x" * 17 * 1024**2
    accepted = take(request)
    assert len(stored(accepted)) == 1
    assert accepted.findings.rejected == 1


def test_a_huge_resource_is_cut_down() -> None:
    request = request_of(1)
    resource = request.resource_spans[0].resource
    resource.attributes.add(key="service.name").value.string_value = "shop"
    for number in range(1000):
        resource.attributes.add(key=f"k{number}").value.string_value = "x" * 2000
    accepted = take(request)
    (part,) = accepted.parts
    kept = ExportTraceServiceRequest.FromString(part.payload).resource_spans[0].resource
    assert kept.ByteSize() <= ItemLimits().resource_bytes
    assert kept.attributes[0].value.string_value == "shop"
    assert len(kept.attributes) + kept.dropped_attributes_count == 1001
    assert found_in(accepted) == {("truncated", RESOURCE_TOO_LARGE): 1}


def test_a_resource_around_many_small_spans_makes_more_parts() -> None:
    """In columns each span has its own copy of the resource."""
    request = request_of(2_000)
    request.resource_spans[0].resource.attributes.add(key="big").value.string_value = "x" * 20_000
    accepted = take(request)
    assert len(stored(accepted)) == 2_000
    assert not accepted.findings
    most = max(part.items for part in accepted.parts)
    assert most * 20_000 <= MAX_REPEATED_BYTES


def test_a_resource_is_cut_to_what_its_many_spans_may_repeat_before_it_is_repeated() -> None:
    request = request_of(20_000)
    resource = request.resource_spans[0].resource
    for number in range(100):
        resource.attributes.add(key=f"k{number}").value.string_value = "x" * 2_000
    request.resource_spans[0].schema_url = "https://example.com/" + "u" * 500_000
    accepted = take(request)
    assert len(stored(accepted)) == 20_000
    assert sum(len(part.payload) for part in accepted.parts) < 2 * request.ByteSize()
    assert {reason for _, reason in found_in(accepted)} == {RESOURCE_TOO_LARGE}


def test_a_long_schema_url_of_a_small_request_is_cut() -> None:
    request = request_of(3)
    request.resource_spans[0].scope_spans[0].schema_url = "u" * 500_000
    (part,) = take(request).parts
    assert len(part.payload) < 2_000


def test_more_tiny_items_than_a_part_may_have_make_parts_and_more_than_a_request_may_are_refused() -> None:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.extend([LogRecord()] * 120_000)
    accepted = accept(LOGS, request.SerializeToString(), Encoding.PROTOBUF, RULES)
    assert [part.items for part in accepted.parts] == [50_000, 50_000, 20_000]
    metrics = ExportMetricsServiceRequest()
    points = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="m").gauge.data_points
    points.extend([NumberDataPoint()] * 120_000)
    accepted = accept(METRICS, metrics.SerializeToString(), Encoding.PROTOBUF, RULES)
    assert [part.items for part in accepted.parts] == [50_000, 50_000, 20_000]
    points.extend([NumberDataPoint()] * 120_000)
    with pytest.raises(TooLargeError, match="200000 data points"):
        accept(METRICS, metrics.SerializeToString(), Encoding.PROTOBUF, RULES)


def test_a_schema_url_that_is_not_utf8_does_not_cost_the_spans() -> None:
    request = request_of(2)
    request.resource_spans[0].schema_url = "bad-url"
    payload = request.SerializeToString().replace(b"bad-url", b"bad\xffurl")
    assert len(stored(accept(SPANS, payload, Encoding.PROTOBUF, RULES))) == 2


def test_a_mended_item_with_as_many_attributes_as_it_may_have_keeps_them_all() -> None:
    request = request_of(1)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    for number in range(4096):
        span.attributes.add(key=str(number))
    span.name = "bad"
    payload = request.SerializeToString().replace(b"\x03bad", b"\x03b\xffd")
    accepted = accept(SPANS, payload, Encoding.PROTOBUF, RULES)
    (kept,) = stored(accepted)
    assert len(kept.attributes) == 4097
    assert found_in(accepted) == {("repaired", TEXT_NOT_UTF8): 1}


def test_more_items_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "MAX_ITEMS", 100)
    with pytest.raises(TooLargeError, match="101 items, 100 at most"):
        take(request_of(101), SMALL_PARTS)


def test_head_sampling_leaves_spans_out_and_counts_them() -> None:
    accepted = take(request_of(10), keeps=lambda span: span.span_id[-1] % 2 == 0)
    assert (accepted.items, accepted.sampled_out, accepted.findings.rejected) == (5, 5, 0)
    assert all(span.span_id[-1] % 2 == 0 for span in stored(accepted))


def test_what_is_rejected_is_not_sampled_too() -> None:
    request = request_of(2)
    request.resource_spans[0].scope_spans[0].spans[0].span_id = b""
    accepted = take(request, keeps=lambda _: False)
    assert (accepted.items, accepted.sampled_out, accepted.findings.rejected) == (0, 1, 1)


def test_a_log_record_with_malformed_ids_is_kept_without_them() -> None:
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    records.add(trace_id=b"t" * 5, span_id=b"s" * 8).body.string_value = "hello"
    records.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    accepted = accept(LOGS, request.SerializeToString(), Encoding.PROTOBUF, RULES)
    (part,) = accepted.parts
    first, second = ExportLogsServiceRequest.FromString(part.payload).resource_logs[0].scope_logs[0].log_records
    assert (first.trace_id, first.span_id, first.body.string_value) == (b"", b"", "hello")
    assert second == records[1]
    assert found_in(accepted) == {("repaired", BAD_LOG_IDS): 1}


def test_points_are_what_is_counted_of_metrics() -> None:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    for number in range(3):
        metrics.add(name="a").gauge.data_points.add(as_int=number)
    metrics[0].gauge.data_points.add(as_double=0.5)
    metrics.add(name="nothing")
    accepted = accept(METRICS, request.SerializeToString(), Encoding.PROTOBUF, RULES)
    assert accepted.items == 4


def test_the_example_of_a_finding_is_the_first_item() -> None:
    request = request_of(3)
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.trace_id = b"short" + span.span_id[-1:]
    (finding,) = take(request).findings
    assert (finding.outcome, finding.count, finding.trace_id) == (Outcome.REJECTED, 3, b"short\x01")


@settings(max_examples=times(60), deadline=None)
@given(st.data())
def test_no_bytes_make_it_raise_anything_else_or_lose_count(data: st.DataObject) -> None:
    payload = bytearray(data.draw(REQUESTS).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        if payload:
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        accepted = accept(SPANS, bytes(payload), Encoding.PROTOBUF, RULES)
    except InvalidArgumentError:
        return
    assert len(stored(accepted)) == accepted.items


def test_a_resource_around_many_points_of_one_metric_makes_more_parts() -> None:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add(schema_url="r")
    group.resource.attributes.add(key="big").value.string_value = "x" * 20_000
    metric = group.scope_metrics.add(schema_url="s").metrics.add(name="m", unit="s")
    metric.sum.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    for number in range(1_000):
        metric.sum.data_points.add(as_int=number)
    accepted = accept(METRICS, request.SerializeToString(), Encoding.PROTOBUF, RULES)
    assert max(part.items for part in accepted.parts) * 20_000 <= MAX_REPEATED_BYTES
    parts = [ExportMetricsServiceRequest.FromString(part.payload).resource_metrics[0] for part in accepted.parts]
    metrics = [part.scope_metrics[0].metrics[0] for part in parts]
    assert [point.as_int for one in metrics for point in one.sum.data_points] == list(range(1_000))
    assert {(one.name, one.unit, one.sum.aggregation_temporality) for one in metrics} == {("m", "s", 2)}
    assert {(part.schema_url, part.scope_metrics[0].schema_url) for part in parts} == {("r", "s")}
    assert all(part.resource == group.resource for part in parts)


@pytest.mark.parametrize("body", [b"{}", b" { } ", b'{"resourceSpans": []}', b'{"resourceSpans": [{}]}'])
def test_an_empty_json_request_says_nothing(body: bytes) -> None:
    accepted = accept(SPANS, body, Encoding.JSON, RULES)
    assert not accepted.parts
    assert not accepted.findings


def test_a_json_request_of_another_signal_is_told_that_nothing_was_taken() -> None:
    accepted = accept(LOGS, b'{"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}', Encoding.JSON, RULES)
    assert not accepted.parts
    assert found_in(accepted) == {("ignored", NOTHING_OF_THE_SIGNAL): 1}


def test_a_broken_event_is_left_out_alone() -> None:
    request = request_of(1)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.events.add(name="1234")
    span.events.add(name="kept")
    payload = request.SerializeToString().replace(b"\x5a\x06\x12\x041234", b"\x5a\x06\x12\x091234")
    accepted = accept(SPANS, payload, Encoding.PROTOBUF, RULES)
    (kept,) = stored(accepted)
    assert [event.name for event in kept.events] == ["kept"]
    assert kept.dropped_events_count == 1
    assert found_in(accepted) == {("truncated", BROKEN_ELEMENT): 1}


def test_a_broken_point_is_rejected_alone() -> None:
    request = ExportMetricsServiceRequest()
    points = request.resource_metrics.add().scope_metrics.add().metrics.add(name="m").gauge.data_points
    points.add(as_int=1).attributes.add(key="1234")
    points.add(as_int=2)
    payload = request.SerializeToString().replace(b"\x0a\x041234", b"\x0a\x091234")
    payload = payload.replace(b"\x3a\x06", b"\x3f\x06")  # a wire type that there is not
    accepted = accept(METRICS, payload, Encoding.PROTOBUF, RULES)
    assert accepted.items == 1
    assert found_in(accepted) == {("rejected", BROKEN_POINT): 1}
