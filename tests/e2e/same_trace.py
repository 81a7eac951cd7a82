"""One trace that every client sends: `same_trace.json`, an OTLP/JSON request with all that OTLP can say of a span.

In the file the trace id is all zeros, and times are nanoseconds after the start of the trace.
"""

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from a11i.telemetry.v1 import span_pb2

FILE = Path(__file__).parent / "same_trace.json"


def request(trace_id: str, start_ns: int) -> dict[str, Any]:
    """Return the file's request under a trace id (32 hexadecimal digits), begun at `start_ns` (Unix time)."""
    whole: dict[str, Any] = json.loads(FILE.read_text())
    for span in _spans(whole):
        span["traceId"] = trace_id
        for holder in (span, *span.get("events", ())):
            for field in ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano"):
                if field in holder:
                    holder[field] = str(start_ns + int(holder[field]))
    return whole


def stored(sent: dict[str, Any]) -> dict[str, span_pb2.Span]:
    """Return what a11i stores of a request, by span id: all that came from the client, nothing that a11i adds."""
    (resource_spans,) = sent["resourceSpans"]
    (scope_spans,) = resource_spans["scopeSpans"]
    resource, scope = resource_spans["resource"], scope_spans["scope"]
    common = {
        "service_name": next(
            item["value"]["stringValue"] for item in resource["attributes"] if item["key"] == "service.name"
        ),
        "scope_name": scope["name"],
        "scope_version": scope["version"],
        "resource_attributes": _attributes(resource),
        "scope_attributes": _attributes(scope),
        "resource_schema_url": resource_spans["schemaUrl"],
        "scope_schema_url": scope_spans["schemaUrl"],
    }
    return {span["spanId"]: _stored_span(span, common) for span in _spans(sent)}


def from_client(span: span_pb2.Span) -> span_pb2.Span:
    """Return a stored span without what a11i worked out itself."""
    rest = copy.deepcopy(span)
    for field in ("received_time", "gen_ai", "redaction", "duration"):
        rest.ClearField(field)
    return rest


def without_trace_state_of_links(spans: dict[str, span_pb2.Span]) -> dict[str, span_pb2.Span]:
    """Return the spans as an exporter sends them that leaves the links' trace state out."""
    changed = copy.deepcopy(spans)
    for span in changed.values():
        for link in span.links:
            link.trace_state = ""
    return changed


def _spans(whole: dict[str, Any]) -> Sequence[dict[str, Any]]:
    (resource_spans,) = whole["resourceSpans"]
    (scope_spans,) = resource_spans["scopeSpans"]
    spans: list[dict[str, Any]] = scope_spans["spans"]
    return spans


def _stored_span(sent: dict[str, Any], common: dict[str, Any]) -> span_pb2.Span:
    status = sent.get("status", {})
    span = span_pb2.Span(
        trace_id=sent["traceId"],
        span_id=sent["spanId"],
        parent_span_id=sent.get("parentSpanId", ""),
        trace_state=sent.get("traceState", ""),
        name=sent["name"],
        kind=sent["kind"],
        status_code=status.get("code", 0),
        status_message=status.get("message", ""),
        flags=sent["flags"],
        attributes=_attributes(sent),
        dropped_attributes_count=sent.get("droppedAttributesCount", 0),
        **common,
    )
    span.start_time.FromNanoseconds(int(sent["startTimeUnixNano"]))
    span.end_time.FromNanoseconds(int(sent["endTimeUnixNano"]))
    for event in sent.get("events", ()):
        added = span.events.add(name=event["name"], attributes=_attributes(event))
        added.time.FromNanoseconds(int(event["timeUnixNano"]))
    for link in sent.get("links", ()):
        span.links.add(
            trace_id=link["traceId"],
            span_id=link["spanId"],
            trace_state=link.get("traceState", ""),
            attributes=_attributes(link),
            flags=link["flags"],
        )
    return span


def _attributes(holder: dict[str, Any]) -> list[KeyValue]:
    # Of OTLP/JSON, json_format misreads ids only; values have none.
    items = [json_format.ParseDict(item, KeyValue()) for item in holder.get("attributes", ())]
    return sorted(items, key=lambda item: item.key)
