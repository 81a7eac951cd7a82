"""Sends a trace that is given as OTLP/JSON with OpenTelemetry's own exporters for Python."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState
from opentelemetry.util.types import AnyValue

REMOTE = 0x200
"""OTLP's flag of a context that came from another process."""
JsonObject = Mapping[str, Any]  # as json.loads gives it


def send_python(request: JsonObject, protocol: str, endpoint: str, *, authorization: str, gzip: bool = False) -> None:
    """Send an OTLP/JSON request of one resource and one scope to host:port; a failed export fails the test.

    `protocol` is grpc or http/protobuf; the exporters for Python know no other.
    """
    headers = {"authorization": authorization}
    exporter: GrpcExporter | HttpExporter
    if protocol == "grpc":
        compression = grpc.Compression.Gzip if gzip else grpc.Compression.NoCompression
        exporter = GrpcExporter(endpoint=endpoint, insecure=True, headers=headers, compression=compression)
    else:
        exporter = HttpExporter(
            endpoint=f"http://{endpoint}/v1/traces",
            headers=headers,
            compression=Compression.Gzip if gzip else Compression.NoCompression,
        )
    try:
        assert exporter.export(_readable(request)) is SpanExportResult.SUCCESS
    finally:
        exporter.shutdown()


def _readable(request: JsonObject) -> Sequence[ReadableSpan]:
    (resource_spans,) = request["resourceSpans"]
    (scope_spans,) = resource_spans["scopeSpans"]
    resource = Resource(_attributes(resource_spans["resource"]), schema_url=resource_spans["schemaUrl"])
    scope = InstrumentationScope(
        scope_spans["scope"]["name"],
        scope_spans["scope"]["version"],
        scope_spans["schemaUrl"],
        _attributes(scope_spans["scope"]),
    )
    return [_span(span, resource, scope) for span in scope_spans["spans"]]


def _span(span: JsonObject, resource: Resource, scope: InstrumentationScope) -> ReadableSpan:
    parent = {**span, "spanId": span["parentSpanId"], "traceState": ""} if "parentSpanId" in span else None
    status = span.get("status", {"code": 0})
    return ReadableSpan(
        name=span["name"],
        context=_context(span),
        parent=None if parent is None else _context(parent),
        resource=resource,
        attributes=_attributes(span),
        events=[
            Event(event["name"], _attributes(event), int(event["timeUnixNano"])) for event in span.get("events", ())
        ],
        links=[Link(_context(link), _attributes(link)) for link in span.get("links", ())],
        kind=SpanKind(span["kind"] - 1),
        status=Status(StatusCode(status["code"]), status.get("message")),
        start_time=int(span["startTimeUnixNano"]),
        end_time=int(span["endTimeUnixNano"]),
        instrumentation_scope=scope,
    )


def _context(holder: JsonObject) -> SpanContext:
    return SpanContext(
        int(holder["traceId"], 16),
        int(holder["spanId"], 16),
        is_remote=bool(holder["flags"] & REMOTE),
        trace_flags=TraceFlags(holder["flags"] & 0xFF),
        trace_state=TraceState.from_header([holder.get("traceState", "")]),
    )


def _attributes(holder: JsonObject) -> BoundedAttributes:
    attributes = BoundedAttributes(
        attributes={item["key"]: _value(item["value"]) for item in holder.get("attributes", ())}
    )
    attributes.dropped = holder.get("droppedAttributesCount", 0)
    return attributes


def _value(value: JsonObject) -> AnyValue:
    if not value:
        return None
    ((kind, content),) = value.items()
    if kind == "intValue":
        return int(content)
    if kind == "bytesValue":
        return base64.b64decode(content)
    if kind == "arrayValue":
        return [_value(item) for item in content["values"]]
    if kind == "kvlistValue":
        return {item["key"]: _value(item["value"]) for item in content["values"]}
    scalar: str | bool | float = content
    return scalar
