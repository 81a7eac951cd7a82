"""Everything that the official parser sees in a request is in the columns."""

from collections.abc import Iterable
from typing import Any

import orjson
import pyarrow as pa
from google.protobuf.message import Message
from hypothesis import given, settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from a11i_telemetry import attributes
from a11i_telemetry.otlp import decode_traces
from tests.unit.effort import times
from tests.unit.telemetry.otlp_strategies import REQUESTS, VALUES

Row = dict[str, Any]


@settings(max_examples=times(30), deadline=None)
@given(REQUESTS)
def test_every_part_of_a_request_survives(request: ExportTraceServiceRequest) -> None:
    decoded = decode_traces(request.SerializeToString())

    sent = [
        (resource_spans, scope_spans, span)
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]
    assert decoded.rejected == 0
    assert decoded.columns.num_rows == len(sent)
    decoded.columns.validate(full=True)
    for row, (resource_spans, scope_spans, span) in zip(_rows(decoded.columns), sent, strict=True):
        assert _span_of(row).SerializeToString(deterministic=True) == _sorted(span).SerializeToString(
            deterministic=True
        )
        _check_surroundings(row, resource_spans, scope_spans)


@given(VALUES)
def test_a_value_survives_json(value: AnyValue) -> None:
    request = ExportTraceServiceRequest()
    pair = request.resource_spans.add().resource.attributes.add(key="key")
    pair.value.CopyFrom(value)
    request.resource_spans[0].scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)

    [row] = _rows(decode_traces(request.SerializeToString()).columns)

    [restored] = attributes.json_to_key_values(row["resource_attributes"])
    assert _octets(restored.value) == _octets(value)


def test_what_a_link_has_in_place_of_an_id_is_not_kept() -> None:
    span = Span(trace_id=b"t" * 16, span_id=b"s" * 8, name="n")
    span.links.add(trace_id=b"jane.roe@example.com", span_id=b"t" * 16)
    span.links.add(trace_id=b"t" * 16, span_id=b"u" * 8)
    spans = [ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])]
    request = ExportTraceServiceRequest(resource_spans=spans)
    links = orjson.loads(decode_traces(request.SerializeToString()).columns.column("links")[0].as_py())
    assert [(link["trace_id"], link["span_id"]) for link in links] == [("", ""), ((b"t" * 16).hex(), (b"u" * 8).hex())]


def _octets(message: Message) -> bytes:
    """The message as bytes, in which a NaN equals itself."""
    return message.SerializeToString(deterministic=True)


def _rows(columns: pa.RecordBatch) -> list[Row]:
    times = {name: columns.column(name).cast(pa.int64()) for name in ("start_time", "end_time")}
    for name, column in times.items():
        columns = columns.set_column(columns.schema.get_field_index(name), name, column)
    return columns.to_pylist(maps_as_pydicts="strict")


def _span_of(row: Row) -> Span:
    """Make a row into the span that it came from, attributes sorted by key."""
    span = Span(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        parent_span_id=row["parent_span_id"] or b"",
        trace_state=row["trace_state"],
        flags=row["flags"],
        name=row["name"],
        kind=row["kind"],
        start_time_unix_nano=row["start_time"],
        end_time_unix_nano=row["end_time"],
        attributes=attributes.to_key_values(row),
        dropped_attributes_count=row["dropped_attributes_count"],
        dropped_events_count=row["dropped_events_count"],
        dropped_links_count=row["dropped_links_count"],
    )
    span.status.message, span.status.code = row["status_message"], row["status_code"]
    for event in orjson.loads(row["events"] or "[]"):
        pairs = attributes.object_to_key_values(event.pop("attributes"))
        span.events.add(**event, attributes=pairs)
    for link in orjson.loads(row["links"] or "[]"):
        pairs = attributes.object_to_key_values(link.pop("attributes"))
        trace_id, span_id = bytes.fromhex(link.pop("trace_id")), bytes.fromhex(link.pop("span_id"))
        span.links.add(**link, trace_id=trace_id, span_id=span_id, attributes=pairs)
    return span


def _sorted(span: Span) -> Span:
    """Return the span with its attributes, its events' and its links' sorted by key, and its status set."""
    ordered = Span()
    ordered.CopyFrom(span)
    ordered.status.SetInParent()
    every = [ordered.attributes, *(event.attributes for event in ordered.events)]
    for pairs in every + [link.attributes for link in ordered.links]:
        in_order = _by_key(pairs)
        del pairs[:]
        pairs.extend(in_order)
    return ordered


def _by_key(pairs: Iterable[KeyValue]) -> list[KeyValue]:
    ordered = sorted(pairs, key=lambda pair: pair.key)
    for pair in ordered:
        pair.value.SetInParent()  # An unset value and an empty one mean the same.
    return ordered


def _check_surroundings(row: Row, resource_spans: ResourceSpans, scope_spans: ScopeSpans) -> None:
    assert attributes.json_to_key_values(row["resource_attributes"]) == _by_key(resource_spans.resource.attributes)
    assert attributes.json_to_key_values(row["scope_attributes"]) == _by_key(scope_spans.scope.attributes)
    assert row["scope_name"] == scope_spans.scope.name
    assert row["scope_version"] == scope_spans.scope.version
