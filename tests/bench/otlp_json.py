"""OTLP/JSON of ready-made protobuf requests."""

import base64
import json
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = ("traceId", "spanId", "parentSpanId")


def to_json(payload: bytes) -> bytes:
    """Return an encoded ExportTraceServiceRequest as OTLP/JSON: ids in hex, enums as numbers."""
    request = ExportTraceServiceRequest.FromString(payload)
    document: dict[str, Any] = json_format.MessageToDict(request, use_integers_for_enums=True)
    for resource_spans in document["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            for span in scope_spans["spans"]:
                span.update({name: base64.b64decode(span[name]).hex() for name in IDS if name in span})
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
