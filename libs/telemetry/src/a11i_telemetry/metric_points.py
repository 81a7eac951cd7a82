"""OTLP metric requests into columns: a row a data point."""

from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa
from google.protobuf.message import DecodeError

from a11i_telemetry import attributes, lenient
from a11i_telemetry.ids import SPAN_ID_BYTES, TRACE_ID_BYTES, hex_id
from a11i_telemetry.metric_schema import COLUMNS
from a11i_telemetry.otlp_items import (
    ColumnsOf,
    OtlpItemsError,
    Room,
    Row,
    attribute_columns,
    object_text,
    scopes,
    time_ns,
)

_TEMPORALITIES: Final = {1: "delta", 2: "cumulative"}


def decode_metrics(payload: bytes, received_time_ns: int = 0) -> pa.RecordBatch:
    """Decode a serialized ExportMetricsServiceRequest into the columns of `metric_schema`, every point in its order.

    Text that is not UTF-8 is mended with U+FFFD; of attributes with one key the last counts; a point without a time
    gets `received_time_ns`. Metrics that hold no point leave nothing.

    Raises OtlpItemsError where protobuf's parser, too, would refuse the request for anything but text, and for a
    request that would take too much memory.
    """
    try:
        request = lenient.ExportMetricsServiceRequest.FromString(payload)
    except DecodeError as error:
        raise OtlpItemsError("the request is not a valid ExportMetricsServiceRequest") from error
    columns, room = ColumnsOf(COLUMNS), Room()
    for surroundings, scope_metrics in scopes(request.resource_metrics, "scope_metrics"):
        for metric in scope_metrics.metrics:
            kind = metric.WhichOneof("data")
            if kind is None:
                continue
            points = getattr(metric, kind).data_points
            shared = _metric(metric, kind)
            content = attributes.to_json(shared).encode()
            room.take(len(points), surroundings.size_bytes + len(content))
            of_all = surroundings.values | shared
            for point in points:
                own = _row(point, surroundings.item_id, content, received_time_ns)
                columns.add({**of_all, **_VALUES[kind](point), **own})
    return columns.finish()


def _metric(metric: Any, kind: str) -> Row:
    """Return the columns that a metric's points share."""
    data = getattr(metric, kind)
    return {
        "metric_name": attributes.text(metric.name),
        "description": attributes.text(metric.description),
        "unit": attributes.text(metric.unit),
        "metadata": object_text(attributes.pairs_to_object(metric.metadata)),
        "metric_type": kind,
        "temporality": _TEMPORALITIES.get(getattr(data, "aggregation_temporality", 0), ""),
        "is_monotonic": getattr(data, "is_monotonic", False),
    }


def _row(point: Any, item_id: Callable[[bytes, bytes], bytes], metric: bytes, received_time_ns: int) -> Row:
    exemplars = [_exemplar(exemplar) for exemplar in getattr(point, "exemplars", ())]
    return {
        **attribute_columns(point.attributes),
        "point_id": item_id(metric, point.SerializeToString(deterministic=True)),
        "start_time": time_ns(point.start_time_unix_nano),
        "time": time_ns(point.time_unix_nano) or received_time_ns,
        "flags": point.flags,
        "exemplars": attributes.to_json(exemplars) if exemplars else "",
    }


def _number(point: Any) -> Row:
    match point.WhichOneof("value"):
        case "as_int":
            return {"value_int": point.as_int}
        case "as_double":
            return {"value_double": point.as_double}
    return {}


def _histogram(point: Any) -> Row:
    return _statistics(point) | {
        "bucket_counts": list(point.bucket_counts),
        "explicit_bounds": list(point.explicit_bounds),
    }


def _exponential_histogram(point: Any) -> Row:
    return _statistics(point) | {
        "scale": point.scale,
        "zero_count": point.zero_count,
        "zero_threshold": point.zero_threshold,
        "positive_offset": point.positive.offset,
        "positive_counts": list(point.positive.bucket_counts),
        "negative_offset": point.negative.offset,
        "negative_counts": list(point.negative.bucket_counts),
    }


def _summary(point: Any) -> Row:
    return {
        "count": point.count,
        "sum": point.sum,
        "quantiles": [one.quantile for one in point.quantile_values],
        "quantile_values": [one.value for one in point.quantile_values],
    }


def _statistics(point: Any) -> Row:
    sent = {name: getattr(point, name) for name in ("sum", "min", "max") if point.HasField(name)}
    return {"count": point.count, **sent}


def _exemplar(exemplar: Any) -> attributes.JsonValue:
    """Return an exemplar as an object; its value is an integer or, like an attribute, a double."""
    value: attributes.JsonValue = None
    match exemplar.WhichOneof("value"):
        case "as_int":
            value = exemplar.as_int
        case "as_double":
            value = attributes.value_to_object(lenient.AnyValue(double_value=exemplar.as_double))
    return {
        "time_unix_nano": exemplar.time_unix_nano,
        "value": value,
        "trace_id": hex_id(exemplar.trace_id, TRACE_ID_BYTES),
        "span_id": hex_id(exemplar.span_id, SPAN_ID_BYTES),
        "filtered_attributes": attributes.pairs_to_object(exemplar.filtered_attributes),
    }


_VALUES: Final[dict[str, Callable[[Any], Row]]] = {
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential_histogram,
    "summary": _summary,
}
"""How each kind's points are read."""
