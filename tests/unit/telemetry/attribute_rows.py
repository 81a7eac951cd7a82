"""Spans with given attributes, as decoding makes rows of them."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from a11i_telemetry.otlp import decode_traces

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


def rows_of(*spans: Mapping[str, object]) -> list[Row]:
    """Return the row of each of some spans by their attributes."""
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for attributes in spans:
        span = scope_spans.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
        for key, value in attributes.items():
            span.attributes.add(key=key, value=_value(value))
    found: list[Row] = decode_traces(request.SerializeToString()).columns.to_pylist(maps_as_pydicts="strict")
    return found


def row_of(attributes: Mapping[str, object]) -> Row:
    """Return the row of one span."""
    [row] = rows_of(attributes)
    return row
