"""Requests that hold a canary in every place where OTLP has text."""

import json
import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Exemplar,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status

from tests.e2e.canaries import Canaries
from tests.e2e.otlp import chat_span, ids

SERVICE = "canaries"


def _string(key: str, text: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=text))


def _structure(canaries: Canaries, place: str) -> AnyValue:
    """A map with canaries in a value, a key, an array, bytes and a number."""
    values = [
        _string("note", canaries.text(f"{place}: a map's value")),
        _string(canaries.mail(f"{place}: a map's key"), "1"),
        KeyValue(key="bytes", value=AnyValue(bytes_value=canaries.text(f"{place}: bytes in a map").encode())),
        KeyValue(key="card", value=AnyValue(int_value=int(canaries.card(f"{place}: a number in a map")))),
        KeyValue(
            key="list",
            value=AnyValue(
                array_value=ArrayValue(values=[AnyValue(string_value=canaries.text(f"{place}: in an array"))])
            ),
        ),
    ]
    return AnyValue(kvlist_value=KeyValueList(values=values))


def _attributes(canaries: Canaries, place: str) -> list[KeyValue]:
    """Attributes of every type, and one whose key is a canary."""
    array = ArrayValue(values=[AnyValue(string_value=canaries.text(f"{place}: array attribute"))])
    return [
        _string("note", canaries.prose(f"{place}: string attribute")),
        _string("json", json.dumps({"to": canaries.mail(f"{place}: JSON in an attribute")})),
        KeyValue(key="number", value=AnyValue(int_value=int(canaries.card(f"{place}: int attribute")))),
        KeyValue(key="double", value=AnyValue(double_value=float(canaries.card(f"{place}: double attribute")))),
        KeyValue(key="array", value=AnyValue(array_value=array)),
        KeyValue(key="map", value=_structure(canaries, place)),
        KeyValue(key="bytes", value=AnyValue(bytes_value=canaries.text(f"{place}: bytes attribute").encode())),
        _string(canaries.mail(f"{place}: an attribute's key"), "value"),
    ]


def _surroundings(canaries: Canaries, signal: str) -> tuple[Resource, InstrumentationScope]:
    resource = Resource(
        attributes=[_string("service.name", SERVICE), *_attributes(canaries, f"{signal}: resource")],
    )
    scope = InstrumentationScope(
        name=f"lib {canaries.mail(f'{signal} scope name')}",
        version=f"1 {canaries.mail(f'{signal} scope version')}",
        attributes=_attributes(canaries, f"{signal} scope"),
    )
    return resource, scope


def spans(canaries: Canaries) -> tuple[str, ExportTraceServiceRequest]:
    """A trace id, and a request with two spans of that trace: a model's call, and a tool's."""
    seed = canaries.mail("seed of ids")
    inner = json.dumps({"deep": canaries.text("JSON in a string in JSON")})
    arguments = {
        "to": canaries.mail("tool arguments"),
        "card": int(canaries.card("a number in tool arguments")),
        "nested": inner,
        canaries.mail("a key of tool arguments"): True,
    }
    result = [{"row": canaries.prose("tool result")}]

    def messages(role: str, place: str) -> str:
        parts = [
            {"type": "text", "content": canaries.prose(place)},
            {"type": "tool_call", "name": "send", "arguments": {"body": canaries.text(f"{place}: tool call")}},
        ]
        return json.dumps([{"role": role, "parts": parts}])

    span = chat_span(
        seed,
        time.time_ns(),
        gen_ai__input__messages=messages("user", "input messages"),
        gen_ai__output__messages=messages("assistant", "output messages"),
        gen_ai__system_instructions=json.dumps([{"type": "text", "content": canaries.prose("system instructions")}]),
        gen_ai__tool__definitions=json.dumps([{"name": "send", "description": canaries.text("tool definitions")}]),
        user__id=canaries.mail("user id"),
        session__id=canaries.mail("session id"),
        **{f"disguise.{way}": text for way, text in canaries.disguised().items()},
    )
    span.name = f"mail to {canaries.mail('span name')}"
    span.status.code = Status.STATUS_CODE_ERROR
    span.status.message = canaries.prose("status message")
    span.attributes.extend(_attributes(canaries, "span"))
    span.trace_state = f"vendor={canaries.key('trace state')}"
    span.events.add(
        name=f"sent to {canaries.mail('event name')}",
        time_unix_nano=span.start_time_unix_nano,
        attributes=_attributes(canaries, "event"),
    )
    link_trace, link_span = ids(f"link of {span.span_id.hex()}")
    span.links.add(trace_id=link_trace, span_id=link_span, attributes=_attributes(canaries, "link"))
    tool = chat_span(
        f"tool of {seed}",
        time.time_ns(),
        trace=seed,
        gen_ai__operation__name="execute_tool",
        gen_ai__tool__call__arguments=json.dumps(arguments),
        gen_ai__tool__call__result=json.dumps(result),
    )
    resource, scope = _surroundings(canaries, "spans")
    scoped = ScopeSpans(scope=scope, spans=[span, tool])
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=[scoped])])
    return span.trace_id.hex(), request


def logs(canaries: Canaries) -> ExportLogsServiceRequest:
    """Two records: one with text, one with a structure."""
    now = time.time_ns()
    records = [
        LogRecord(
            time_unix_nano=now,
            severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
            severity_text=f"INFO {canaries.mail('severity text')}",
            body=AnyValue(string_value=canaries.prose("log body")),
            attributes=_attributes(canaries, "log"),
            event_name=f"mail {canaries.mail('log event name')}",
        ),
        LogRecord(
            time_unix_nano=now + 1,
            severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
            body=_structure(canaries, "structured log body"),
        ),
    ]
    resource, scope = _surroundings(canaries, "logs")
    scoped = ScopeLogs(scope=scope, log_records=records)
    return ExportLogsServiceRequest(resource_logs=[ResourceLogs(resource=resource, scope_logs=[scoped])])


def metrics(canaries: Canaries) -> ExportMetricsServiceRequest:
    """A gauge and a histogram with exemplars."""
    now = time.time_ns()

    def exemplar(place: str) -> Exemplar:
        return Exemplar(time_unix_nano=now, as_double=1.0, filtered_attributes=_attributes(canaries, place))

    gauge = NumberDataPoint(
        time_unix_nano=now,
        as_int=3,
        attributes=_attributes(canaries, "point"),
        exemplars=[exemplar("exemplar of a gauge")],
    )
    histogram = HistogramDataPoint(
        time_unix_nano=now,
        count=1,
        sum=1.0,
        bucket_counts=[1],
        attributes=[_string("to", canaries.text("histogram point"))],
        exemplars=[exemplar("exemplar of a histogram")],
    )
    found = [
        Metric(
            name=f"mails.{canaries.mail('metric name')}",
            description=canaries.text("metric description"),
            unit=canaries.mail("metric unit"),
            metadata=_attributes(canaries, "metric metadata"),
            gauge=Gauge(data_points=[gauge]),
        ),
        Metric(
            name="mail.sizes",
            histogram=Histogram(
                aggregation_temporality=AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE,
                data_points=[histogram],
            ),
        ),
    ]
    resource, scope = _surroundings(canaries, "metrics")
    scoped = ScopeMetrics(scope=scope, metrics=found)
    return ExportMetricsServiceRequest(resource_metrics=[ResourceMetrics(resource=resource, scope_metrics=[scoped])])
