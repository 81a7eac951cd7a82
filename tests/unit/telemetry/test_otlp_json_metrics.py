"""Metrics in OTLP/JSON, whose items are their points."""

import json
from typing import Any

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp_json import parse_metrics
from a11i_telemetry.otlp_json_scalars import ENUM_NOT_INTEGER, OUT_OF_RANGE, WRONG_TYPE
from a11i_telemetry.otlp_json_values import TWO_MEMBERS
from tests.unit.telemetry.otlp_json_documents import found

POINT = {"timeUnixNano": "5", "asInt": "7", "attributes": [{"key": "a", "value": {"stringValue": "b"}}]}


def _parse(*metrics: Any) -> tuple[list[Metric], Findings]:
    findings = Findings()
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": list(metrics)}]}]}).encode()
    read = parse_metrics(body, findings)
    return list(read.resource_metrics[0].scope_metrics[0].metrics), findings


def test_each_kind_of_point_is_read() -> None:
    buckets = {"offset": -3, "bucketCounts": ["1", 2]}
    exponential = {
        "scale": -1,
        "zeroCount": "4",
        "positive": buckets,
        "negative": {},
        "zeroThreshold": 0.5,
        "sum": "NaN",
    }
    histogram = {"count": "3", "sum": 1.5, "bucketCounts": [1, "2"], "explicitBounds": [0.5, "Infinity"], "min": 0}
    metrics, findings = _parse(
        {"name": "g", "unit": "1", "gauge": {"dataPoints": [POINT]}},
        {"name": "s", "sum": {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [{"asDouble": 1}]}},
        {"name": "h", "histogram": {"aggregationTemporality": 1, "dataPoints": [histogram]}},
        {"name": "e", "exponentialHistogram": {"dataPoints": [exponential]}},
        {"name": "q", "summary": {"dataPoints": [{"quantileValues": [{"quantile": 0.5, "value": 2}]}]}},
        {"name": "none"},
    )
    gauge, total, histograms, exponentials, summary, none = metrics
    assert not findings
    assert (gauge.gauge.data_points[0].as_int, gauge.gauge.data_points[0].attributes[0].key) == (7, "a")
    assert (total.sum.data_points[0].as_double, total.sum.is_monotonic, total.sum.aggregation_temporality) == (
        1,
        True,
        2,
    )
    assert list(histograms.histogram.data_points[0].bucket_counts) == [1, 2]
    assert histograms.histogram.data_points[0].HasField("min")
    assert not histograms.histogram.data_points[0].HasField("max")
    assert exponentials.exponential_histogram.data_points[0].positive.offset == -3
    assert exponentials.exponential_histogram.data_points[0].HasField("negative")
    assert summary.summary.data_points[0].quantile_values[0].value == 2
    assert none.WhichOneof("data") is None


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        (None, WRONG_TYPE),
        ({"asInt": 2**63}, OUT_OF_RANGE),
        ({"asDouble": True}, WRONG_TYPE),
        ({"timeUnixNano": -1}, OUT_OF_RANGE),
        ({"attributes": {}}, WRONG_TYPE),
    ],
)
def test_a_bad_point_is_rejected_alone(point: Any, reason: str) -> None:
    [metric], findings = _parse({"name": "m", "gauge": {"dataPoints": [POINT, point, POINT]}})
    assert len(metric.gauge.data_points) == 2
    assert [one[:3] for one in found(findings)] == [("rejected", reason, 1)]


@pytest.mark.parametrize("counts", [[None], ["1", "x"], 5, [-1]])
def test_a_point_whose_list_of_numbers_is_bad_is_rejected(counts: Any) -> None:
    [metric], findings = _parse({"histogram": {"dataPoints": [{"bucketCounts": counts}, {"bucketCounts": [1]}]}})
    assert (len(metric.histogram.data_points), findings.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": 5}, WRONG_TYPE),
        ({"sum": {"aggregationTemporality": "x", "dataPoints": [POINT] * 3}}, ENUM_NOT_INTEGER),
    ],
)
def test_a_bad_metric_rejects_all_its_points(fields: dict[str, Any], reason: str) -> None:
    metrics, findings = _parse({"name": "m", "sum": {"dataPoints": [POINT] * 3}} | fields, {"name": "good"})
    assert [metric.name for metric in metrics] == ["good"]
    assert [one[:3] for one in found(findings)] == [("rejected", reason, 3)]


@pytest.mark.parametrize("fields", [{"gauge": 5}, {"gauge": {"dataPoints": 5}}])
def test_a_metric_whose_points_cannot_be_counted_is_one(fields: dict[str, Any]) -> None:
    metrics, findings = _parse({"name": "m", **fields}, None)
    assert (metrics, findings.rejected) == ([], 2)


def test_of_two_kinds_of_data_the_last_counts_and_the_points_of_the_other_are_rejected() -> None:
    [metric], findings = _parse({"gauge": {"dataPoints": [POINT] * 2}, "sum": {"dataPoints": [POINT]}})
    assert (metric.WhichOneof("data"), len(metric.sum.data_points)) == ("sum", 1)
    assert ("rejected", TWO_MEMBERS, 2, "gauge") in found(findings)
    assert findings.rejected == 2


def test_of_two_values_of_a_point_the_last_counts() -> None:
    [metric], findings = _parse({"gauge": {"dataPoints": [{"asInt": 1, "asDouble": 2}]}})
    assert metric.gauge.data_points[0].WhichOneof("value") == "as_double"
    assert found(findings) == [("repaired", TWO_MEMBERS, 1, "asDouble")]


def test_a_bad_exemplar_is_left_out_alone() -> None:
    exemplars = [{"asInt": 1}, {"spanId": "odd"}]
    [metric], findings = _parse({"gauge": {"dataPoints": [POINT | {"exemplars": exemplars}]}})
    [point] = metric.gauge.data_points
    assert (len(point.exemplars), len(point.attributes), findings.rejected) == (1, 1, 0)
    assert [one[:3] for one in found(findings)] == [("repaired", "id is not hexadecimal", 1)]
