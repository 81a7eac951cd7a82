"""OTLP metrics to columns: a row a point, of every kind, and both generations of GenAI metrics."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1 import metrics_pb2 as pb

from a11i_telemetry import otlp_items
from a11i_telemetry.metric_points import decode_metrics
from a11i_telemetry.otlp_items import OtlpItemsError
from a11i_telemetry.signals import SCHEMAS, Signal
from tests.unit.telemetry.otlp_signals import NS, attributes, metrics

_EXEMPLAR = pb.Exemplar(
    filtered_attributes=attributes({"k": "v"}), time_unix_nano=NS, as_int=3, trace_id=b"t" * 16, span_id=b"s" * 8
)


def rows(payload: bytes, received_ns: int = NS) -> list[dict[str, Any]]:
    columns = decode_metrics(payload, received_ns)
    columns.validate(full=True)
    assert columns.schema.equals(SCHEMAS[Signal.METRICS])
    for name in ("time", "start_time"):
        columns = columns.set_column(columns.schema.get_field_index(name), name, columns[name].cast(pa.int64()))
    return columns.to_pylist()


def said(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that say something, but for resource, scope and identity."""
    around = {"service_name", "scope_name", "scope_version", "resource_attributes", "point_id"}
    around |= {"resource_schema_url", "scope_schema_url"}
    return {name: one for name, one in row.items() if name not in around and one not in ("", None, [], False)}


def test_sums_and_gauges_keep_integers_and_doubles_apart() -> None:
    sent = metrics(
        pb.Metric(
            name="requests", description="how many", unit="{request}", metadata=attributes({"m": 1}),
            sum=pb.Sum(
                aggregation_temporality=pb.AGGREGATION_TEMPORALITY_DELTA, is_monotonic=True,
                data_points=[pb.NumberDataPoint(
                    as_int=-(2**63), start_time_unix_nano=NS - 5, time_unix_nano=NS, flags=1, exemplars=[_EXEMPLAR],
                    attributes=attributes({"s": "a", "i": 1, "d": 0.5, "b": True, "l": [1]}),
                )],
            ),
        ),
        pb.Metric(name="load", gauge=pb.Gauge(data_points=[pb.NumberDataPoint(as_double=0.25), pb.NumberDataPoint()])),
    )  # fmt: skip
    total, load, nothing = rows(sent)
    exemplars = json.loads(total["exemplars"])
    assert said(total) == {
        "metric_name": "requests",
        "description": "how many",
        "unit": "{request}",
        "metadata": '{"m":1}',
        "metric_type": "sum",
        "temporality": "delta",
        "is_monotonic": True,
        "start_time": NS - 5,
        "time": NS,
        "flags": 1,
        "value_int": -(2**63),
        "exemplars": total["exemplars"],
        "attr_string": [("s", "a")],
        "attr_int": [("i", 1)],
        "attr_double": [("d", 0.5)],
        "attr_bool": [("b", True)],
        "attr_json": [("l", "[1]")],
    }
    assert exemplars == [
        {
            "time_unix_nano": NS, "value": 3, "trace_id": (b"t" * 16).hex(), "span_id": (b"s" * 8).hex(),
            "filtered_attributes": {"k": "v"},
        }
    ]  # fmt: skip
    assert said(load) == {"metric_name": "load", "metric_type": "gauge", "time": NS, "value_double": 0.25}
    assert said(nothing) == {"metric_name": "load", "metric_type": "gauge", "time": NS}
    assert (total["service_name"], total["scope_name"], total["scope_schema_url"]) == ("shop", "lib", "https://scope")


def test_what_an_exemplar_has_in_place_of_an_id_is_not_kept() -> None:
    exemplar = pb.Exemplar(as_int=3, trace_id=b"jane.roe@example.com", span_id=b"short")
    point = pb.NumberDataPoint(as_int=1, time_unix_nano=NS, exemplars=[exemplar])
    [row] = rows(metrics(pb.Metric(name="load", gauge=pb.Gauge(data_points=[point]))))
    [kept] = json.loads(row["exemplars"])
    assert (kept["value"], kept["trace_id"], kept["span_id"]) == (3, "", "")


def test_histograms_keep_buckets_and_bounds_and_what_was_not_sent_is_null() -> None:
    sent = pb.Histogram(
        aggregation_temporality=pb.AGGREGATION_TEMPORALITY_CUMULATIVE,
        data_points=[
            pb.HistogramDataPoint(count=3, sum=6.0, min=0.0, max=4.0, bucket_counts=[1, 2], explicit_bounds=[2.5]),
            pb.HistogramDataPoint(count=0),
        ],
    )
    full, bare = rows(metrics(pb.Metric(name="h", histogram=sent)))
    assert (full["count"], full["sum"], full["min"], full["max"]) == (3, 6.0, 0.0, 4.0)
    assert (full["bucket_counts"], full["explicit_bounds"], full["temporality"]) == ([1, 2], [2.5], "cumulative")
    assert (bare["count"], bare["sum"], bare["min"], bare["max"]) == (0, None, None, None)
    assert (bare["value_int"], bare["value_double"], bare["scale"]) == (None, None, None)


def test_exponential_histograms_and_summaries_come_whole() -> None:
    buckets = pb.ExponentialHistogramDataPoint.Buckets
    exponential = pb.ExponentialHistogramDataPoint(
        count=2**64 - 1, sum=-1.5, scale=-3, zero_count=7, zero_threshold=0.01,
        positive=buckets(offset=-2, bucket_counts=[1, 2**64 - 1]), negative=buckets(offset=3, bucket_counts=[4]),
    )  # fmt: skip
    quantile = pb.SummaryDataPoint.ValueAtQuantile(quantile=0.99, value=1.5)
    one, two = rows(
        metrics(
            pb.Metric(name="e", exponential_histogram=pb.ExponentialHistogram(data_points=[exponential])),
            pb.Metric(
                name="s",
                summary=pb.Summary(data_points=[pb.SummaryDataPoint(count=5, sum=9.5, quantile_values=[quantile])]),
            ),
        )
    )
    names = ("count", "sum", "scale", "zero_count", "zero_threshold")
    assert tuple(one[name] for name in names) == (2**64 - 1, -1.5, -3, 7, 0.01)
    assert (one["positive_offset"], one["positive_counts"]) == (-2, [1, 2**64 - 1])
    assert (one["negative_offset"], one["negative_counts"]) == (3, [4])
    assert (two["metric_type"], two["count"], two["sum"]) == ("summary", 5, 9.5)
    assert (two["quantiles"], two["quantile_values"]) == ([0.99], [1.5])


_HISTOGRAMS = (
    "gen_ai.client.operation.duration", "gen_ai.client.token.usage", "gen_ai.server.request.duration",
    "gen_ai.server.time_per_output_token", "gen_ai.server.time_to_first_token",
    "gen_ai.client.inference.duration", "gen_ai.client.inference.operation.input_tokens",
    "gen_ai.client.inference.operation.output_tokens", "gen_ai.invoke_agent.duration",
    "gen_ai.invoke_agent.inference_calls", "gen_ai.invoke_agent.tool_calls", "gen_ai.execute_tool.duration",
    "gen_ai.invoke_workflow.duration",
)  # fmt: skip
_COUNTERS = tuple(
    f"gen_ai.client.inference.usage.{kind}"
    for kind in (
        "input_tokens", "output_tokens", "cache_read.input_tokens", "cache_write.input_tokens",
        "reasoning.output_tokens",
    )
)  # fmt: skip


def test_genai_metrics_of_both_generations_are_points_with_their_attributes() -> None:
    said_of_all = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai",
        "gen_ai.system": "openai", "gen_ai.token.type": "input", "server.port": 443,
    }  # fmt: skip
    point: dict[str, Any] = {"attributes": attributes(said_of_all), "time_unix_nano": NS}
    histograms = [
        pb.Metric(
            name=name,
            histogram=pb.Histogram(
                data_points=[pb.HistogramDataPoint(count=1, sum=0.5, bucket_counts=[1], explicit_bounds=[1.0], **point)]
            ),
        )
        for name in _HISTOGRAMS
    ]
    counters = [
        pb.Metric(name=name, sum=pb.Sum(is_monotonic=True, data_points=[pb.NumberDataPoint(as_int=12, **point)]))
        for name in _COUNTERS
    ]
    found = rows(metrics(*histograms, *counters))
    assert [one["metric_name"] for one in found] == [*_HISTOGRAMS, *_COUNTERS]
    for one in found:
        assert dict(one["attr_string"]) | dict(one["attr_int"]) == said_of_all


def test_a_point_sent_again_is_the_same_row_and_any_difference_makes_another() -> None:
    def ids(*, service: str = "shop", unit: str = "1", value: int = 1) -> bytes:
        gauge = pb.Gauge(data_points=[pb.NumberDataPoint(as_int=value, time_unix_nano=NS)])
        [one] = rows(metrics(pb.Metric(name="m", unit=unit, gauge=gauge), service=service))
        point_id: bytes = one["point_id"]
        return point_id

    assert ids() == ids()
    assert len({ids(), ids(service="another"), ids(unit="s"), ids(value=2)}) == 4


def test_metrics_without_points_or_kind_leave_nothing() -> None:
    assert rows(metrics(pb.Metric(name="bare"), pb.Metric(name="empty", sum=pb.Sum()))) == []


def test_what_points_would_repeat_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    gauge = pb.Gauge(data_points=[pb.NumberDataPoint(as_int=number) for number in range(20)])
    payload = metrics(pb.Metric(name="m", description="x" * 100, gauge=gauge))
    assert len(rows(payload)) == 20
    monkeypatch.setattr(otlp_items, "MAX_SURROUNDINGS_BYTES", 5000)
    with pytest.raises(OtlpItemsError, match="fewer items"):
        decode_metrics(payload)


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(OtlpItemsError, match="not a valid"):
        decode_metrics(b"\xff\xff")


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused(raw: bytes) -> None:
    try:
        rows(raw)
    except OtlpItemsError:
        return


@given(st.floats(), st.floats(), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_any_numbers_and_times_are_stored(value: float, other: float, time: int, count: int) -> None:
    number = pb.NumberDataPoint(as_double=value, time_unix_nano=time, start_time_unix_nano=time, exemplars=[_EXEMPLAR])
    number.exemplars[0].as_double = other
    histogram = pb.HistogramDataPoint(count=count, sum=value, bucket_counts=[count], explicit_bounds=[other])
    sent = metrics(
        pb.Metric(gauge=pb.Gauge(data_points=[number])),
        pb.Metric(histogram=pb.Histogram(data_points=[histogram])),
    )
    assert len(rows(sent)) == 2
