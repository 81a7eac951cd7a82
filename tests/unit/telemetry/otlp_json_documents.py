"""OTLP/JSON documents for tests: built by hand, and from messages by protobuf's own printer."""

import base64
import json
from collections.abc import Callable
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp_json import parse_traces

TRACE_ID = "5B8EFFF798038103D269B633813FC60C"
SPAN_ID = "EEE19B7EC3C1B174"

_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


def span(**fields: Any) -> dict[str, Any]:
    """Return a good span's document with `fields` in it."""
    return {"traceId": TRACE_ID, "spanId": SPAN_ID, "name": "chat", **fields}


def attribute(value: Any, key: Any = "key") -> dict[str, Any]:
    """Return a span's document with one attribute, whose value is `value`."""
    return span(attributes=[{"key": key, "value": value}])


def request(*spans: Any) -> dict[str, Any]:
    """Return a request's document."""
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


def parse(*spans: Any, dumps: Callable[[Any], str] = json.dumps) -> tuple[list[Span], Findings]:
    """Return the spans that are read from documents, and what was found."""
    return parse_text(dumps(request(*spans)).encode())


def parse_text(body: bytes) -> tuple[list[Span], Findings]:
    """Return the spans that are read from a body, and what was found."""
    findings = Findings()
    read = parse_traces(body, findings)
    return [one for group in read.resource_spans for scope in group.scope_spans for one in scope.spans], findings


def found(findings: Findings) -> list[tuple[str, str, int, str]]:
    """Return outcome, reason, count and place of each finding."""
    return [(str(one.outcome), one.reason, one.count, one.where) for one in findings]


def printed(message: Message) -> dict[str, Any]:
    """Return a message as the OTLP/JSON that protobuf's printer makes of it, its ids in hexadecimal digits."""
    document: dict[str, Any] = json_format.MessageToDict(message, use_integers_for_enums=True)
    _to_hex(document)
    return document


def _to_hex(document: Any) -> None:
    if isinstance(document, list):
        for one in document:
            _to_hex(one)
    elif isinstance(document, dict):
        for name, value in document.items():
            if name in _IDS and isinstance(value, str):
                document[name] = base64.b64decode(value).hex()
            else:
                _to_hex(value)
