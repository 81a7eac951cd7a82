"""Requests of the shape of the OTLP repository's examples (opentelemetry-proto, examples/*.json) are taken whole."""

from typing import Any

import pytest

from tests.service.ingest.http_client import send_json
from tests.service.ingest.ingest_harness import Harness

TRACE_ID, SPAN_ID, PARENT_ID = "4BF92F3577B34DA6A3CE929D0E0E4736", "00F067AA0BA902B7", "53995C3F42CD8AD8"
NOW = "1718000000000000000"


def _string(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


RESOURCE = {"attributes": [_string("service.name", "travel-desk")]}
SCOPE = {"name": "desk.tracing", "version": "2.1.0", "attributes": [_string("scope.attribute", "of the scope")]}
ARRAY = {"arrayValue": {"values": [{"stringValue": "many"}, {"stringValue": "values"}]}}
PAIRS = {"kvlistValue": {"values": [{"key": "some.pair", "value": {"stringValue": "value"}}]}}
VALUES = [
    _string("string", "some string"),
    {"key": "boolean", "value": {"boolValue": True}},
    {"key": "int", "value": {"intValue": "10"}},
    {"key": "double", "value": {"doubleValue": 637.704}},
    {"key": "array", "value": ARRAY},
    {"key": "map", "value": PAIRS},
]
SPAN = {
    "traceId": TRACE_ID,
    "spanId": SPAN_ID,
    "parentSpanId": PARENT_ID,
    "flags": 1,
    "name": "I'm a server span",
    "startTimeUnixNano": NOW,
    "endTimeUnixNano": NOW,
    "kind": 2,
    "attributes": VALUES,
}
RECORD = {
    "timeUnixNano": NOW,
    "observedTimeUnixNano": NOW,
    "severityNumber": 10,
    "severityText": "Information",
    "traceId": TRACE_ID,
    "spanId": SPAN_ID,
    "body": {"stringValue": "Example log record"},
    "attributes": VALUES,
}
EVENT = {"timeUnixNano": NOW, "eventName": "browser.page_view", "body": PAIRS, "attributes": VALUES}
POINT = {"attributes": VALUES, "startTimeUnixNano": NOW, "timeUnixNano": NOW}
HISTOGRAM = {"count": 2, "sum": 2, "bucketCounts": [1, 1], "explicitBounds": [1], "min": 0, "max": 2}
EXPONENTIAL = {
    "count": 3,
    "sum": 10,
    "scale": 0,
    "zeroCount": 1,
    "positive": {"offset": 1, "bucketCounts": [0, 2]},
    "min": 0,
    "max": 5,
    "zeroThreshold": 0,
}
METRICS = [
    {
        "name": "a.counter",
        "unit": "1",
        "description": "I am a counter",
        "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [{**POINT, "asDouble": 5}]},
    },
    {"name": "a.gauge", "gauge": {"dataPoints": [{**POINT, "asDouble": 10}]}},
    {"name": "a.histogram", "histogram": {"aggregationTemporality": 1, "dataPoints": [{**POINT, **HISTOGRAM}]}},
    {
        "name": "an.exponential.histogram",
        "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [{**POINT, **EXPONENTIAL}]},
    },
]
EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("/v1/traces", {"resourceSpans": [{"resource": RESOURCE, "scopeSpans": [{"scope": SCOPE, "spans": [SPAN]}]}]}),
    ("/v1/logs", {"resourceLogs": [{"resource": RESOURCE, "scopeLogs": [{"scope": SCOPE, "logRecords": [RECORD]}]}]}),
    ("/v1/logs", {"resourceLogs": [{"resource": RESOURCE, "scopeLogs": [{"scope": SCOPE, "logRecords": [EVENT]}]}]}),
    (
        "/v1/metrics",
        {"resourceMetrics": [{"resource": RESOURCE, "scopeMetrics": [{"scope": SCOPE, "metrics": METRICS}]}]},
    ),
]


@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=["trace", "logs", "events", "metrics"])
async def test_an_example_is_taken_whole(ingest: Harness, path: str, example: dict[str, Any]) -> None:
    answer = await send_json(ingest, example, path=path)
    kept = await ingest.kept()
    assert (answer.status, answer.body) == (200, b"{}")
    assert len(kept.spans) + len(kept.records) + len(kept.metrics) == (4 if path == "/v1/metrics" else 1)
    assert kept.issues == []
    for span in kept.spans:
        assert (span.trace_id.hex(), span.kind, len(span.attributes)) == (TRACE_ID.lower(), 2, len(VALUES))
    if kept.metrics:
        [point] = kept.metrics[3].exponential_histogram.data_points
        assert (list(point.positive.bucket_counts), point.zero_count, point.max) == ([0, 2], 1, 5)
