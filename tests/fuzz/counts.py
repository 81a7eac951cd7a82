"""How many items were sent, counted without any of the project's code."""

import json
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

_BYTES: Final = 2
_FIXED: Final = {1: 8, 5: 4}
_MAX_NUMBER: Final = 2**29 - 1

JSON_NAMES: Final = (
    ("resourceSpans", "scopeSpans", "spans"),
    ("resourceLogs", "scopeLogs", "logRecords"),
    ("resourceMetrics", "scopeMetrics", "metrics"),
)
_DATA: Final = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")


class NotCountedError(Exception):
    """What was sent is too broken to say how many items there were."""


def in_protobuf(message: bytes, depth: int = 3) -> int:
    """Return how many spans or log records a serialized request has. Raises NotCountedError."""
    if depth == 0:
        return 1
    number_of_lists = 1 if depth == 3 else 2
    return sum(in_protobuf(value, depth - 1) for number, value in _byte_fields(message) if number == number_of_lists)


def points_in_protobuf(payload: bytes) -> int:
    """Return how many points a serialized request has. Raises NotCountedError."""
    try:
        request = ExportMetricsServiceRequest.FromString(payload)
    except DecodeError:
        raise NotCountedError from None
    metrics = (one for group in request.resource_metrics for scope in group.scope_metrics for one in scope.metrics)
    return sum(len(getattr(one, kind).data_points) for one in metrics if (kind := one.WhichOneof("data")))


def in_json(body: bytes, names: tuple[str, ...]) -> tuple[int, int]:
    """Return between how many and how many items a request in OTLP/JSON has: what should hold items and cannot is one.

    Raises NotCountedError.
    """
    try:
        document = json.loads(body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"), strict=False)
    except (ValueError, RecursionError):
        raise NotCountedError from None
    if not isinstance(document, dict):
        raise NotCountedError
    items = _items(document, names)
    if names[-1] != "metrics":
        return len(items), len(items)
    sent = [_points(item) for item in items]
    return sum(sent), sum(max(1, one) for one in sent)


def _items(document: Any, names: tuple[str, ...]) -> list[Any]:
    if not names:
        return [document]
    if not isinstance(document, dict):
        return [None]
    elements = document.get(names[0])
    if elements is None:
        return []
    if not isinstance(elements, list):
        return [None]
    return [item for one in elements for item in _items(one, names[1:])]


def _points(metric: Any) -> int:
    """Return the least number of points that a metric has."""
    if not isinstance(metric, dict):
        return 1
    lists = [data.get("dataPoints") for name in _DATA if isinstance(data := metric.get(name), dict)]
    return sum(len(points) for points in lists if isinstance(points, list))


def _byte_fields(message: bytes) -> list[tuple[int, bytes]]:
    found = []
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if not 0 < number <= _MAX_NUMBER:
            raise NotCountedError
        if kind == _BYTES:
            size, at = _varint(message, at)
            found.append((number, message[at : at + size]))
            at += size
        elif kind == 0:
            _, at = _varint(message, at)
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            raise NotCountedError  # groups, or broken
        if at > len(message):
            raise NotCountedError
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(message):
            raise NotCountedError
        byte = message[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise NotCountedError
