"""OTLP/JSON against independent views: protobuf's own printer, and a count of what was sent."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, NumberDataPoint
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp_json import OtlpJsonError, parse_logs, parse_metrics, parse_traces
from tests.unit.effort import times
from tests.unit.telemetry.otlp_json_documents import SPAN_ID, TRACE_ID, printed
from tests.unit.telemetry.otlp_strategies import REQUESTS


@settings(max_examples=times(60), deadline=None)
@given(REQUESTS, st.booleans())
def test_what_protobuf_prints_is_read_back_whole(request: ExportTraceServiceRequest, escaped: bool) -> None:
    findings = Findings()
    read = parse_traces(json.dumps(printed(request), ensure_ascii=escaped).encode(), findings)
    assert not findings
    assert read.SerializeToString(deterministic=True) == request.SerializeToString(deterministic=True)


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=4),
    st.sampled_from([TRACE_ID, SPAN_ID, "1", "-5", "NaN", "abc", "//8="]),
)
_MESSAGES = (Span, LogRecord, NumberDataPoint, HistogramDataPoint, KeyValue, AnyValue, Resource)
_NAMES = st.sampled_from(
    sorted({field.json_name for what in _MESSAGES for field in what.DESCRIPTOR.fields} | {"values", "code", "unknown"})
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=4)),
    max_leaves=12,
)
_IDS = st.fixed_dictionaries({"traceId": st.just(TRACE_ID), "spanId": st.just(SPAN_ID)})
_ITEMS = st.one_of(
    _JSON, st.builds(lambda ids, rest: {**rest, **ids}, _IDS, st.dictionaries(_NAMES, _JSON, max_size=5))
)


def _mostly(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda dice: _JSON if dice == 0 else usual)


def _requests(groups: str, scopes: str, items: str) -> st.SearchStrategy[Any]:
    scope = st.fixed_dictionaries({items: _mostly(st.lists(_ITEMS, max_size=4))}, optional={"scope": _JSON})
    group = st.fixed_dictionaries(
        {scopes: _mostly(st.lists(_mostly(scope), max_size=2))}, optional={"resource": _JSON, "schemaUrl": _JSON}
    )
    return st.fixed_dictionaries({groups: _mostly(st.lists(_mostly(group), max_size=2))})


def _sent(document: Any, *names: str) -> int:
    """Count what was sent under lists within lists; what should hold such and cannot counts as one."""
    if not names:
        return 1
    if not isinstance(document, dict):
        return 1
    elements = document.get(names[0])
    if elements is None:
        return 0
    if not isinstance(elements, list):
        return 1
    return sum(_sent(one, *names[1:]) for one in elements)


@settings(max_examples=times(80), deadline=None)
@given(_requests("resourceSpans", "scopeSpans", "spans"))
def test_no_span_vanishes_uncounted(document: Any) -> None:
    findings = Findings()
    read = parse_traces(json.dumps(document).encode(), findings)
    kept = sum(len(scope.spans) for group in read.resource_spans for scope in group.scope_spans)
    assert kept + findings.rejected == _sent(document, "resourceSpans", "scopeSpans", "spans")
    assert type(read).FromString(read.SerializeToString()).ByteSize() == read.ByteSize()


@settings(max_examples=times(60), deadline=None)
@given(_requests("resourceLogs", "scopeLogs", "logRecords"))
def test_no_log_record_vanishes_uncounted(document: Any) -> None:
    findings = Findings()
    read = parse_logs(json.dumps(document).encode(), findings)
    kept = sum(len(scope.log_records) for group in read.resource_logs for scope in group.scope_logs)
    assert kept + findings.rejected == _sent(document, "resourceLogs", "scopeLogs", "logRecords")


_POINTS = st.fixed_dictionaries(
    {"dataPoints": st.lists(_ITEMS, max_size=4)}, optional={"aggregationTemporality": _JSON}
)
_METRICS = st.dictionaries(st.sampled_from(["gauge", "sum", "histogram", "summary", "exponentialHistogram"]), _POINTS)


@settings(max_examples=times(60), deadline=None)
@given(st.lists(_METRICS, max_size=3))
def test_no_point_vanishes_uncounted(metrics: list[Any]) -> None:
    findings = Findings()
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}).encode()
    read = parse_metrics(body, findings).resource_metrics[0].scope_metrics[0].metrics
    kept = sum(len(getattr(one, one.WhichOneof("data") or "").data_points) for one in read if one.WhichOneof("data"))
    sent = sum(len(data["dataPoints"]) for metric in metrics for data in metric.values())
    unreadable = sum(
        any("aggregationTemporality" in data for data in metric.values())
        and not any(data["dataPoints"] for data in metric.values())
        for metric in metrics
    )
    assert sent <= kept + findings.rejected <= sent + unreadable


@settings(max_examples=times(80), deadline=None)
@given(st.one_of(st.binary(max_size=60), _JSON.map(lambda value: json.dumps(value).encode())), st.integers(0, 60))
def test_any_bytes_are_read_or_refused_in_words(body: bytes, cut: int) -> None:
    for parse in (parse_traces, parse_logs, parse_metrics):
        for one in (body, body[:cut]):
            try:
                parse(one, Findings())
            except OtlpJsonError as error:
                assert "the request is no JSON" in str(error)  # noqa: PT017  # most bodies are read
