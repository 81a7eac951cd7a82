"""OTLP/JSON requests into OTLP's messages, item by item.

    request = PARSERS[Signal.SPANS](body, findings)

protobuf's own JSON parser is none for OTLP/JSON: it takes hexadecimal ids for base64, fails on unknown fields, takes
names of enums and snake_case, and refuses a request for one bad item. Here

- ids are hexadecimal in any case, enums numbers alone (unknown ones are kept, as protobuf keeps them), names
  lowerCamelCase alone; what has another name is passed over, in any depth; null is as good as nothing;
- integers come as numbers or text, doubles too ("NaN", "Infinity", "-Infinity"), bytes in either base64 alphabet;
- of members with one name the last counts, and of several members of a oneof the last, which is noted;
- an item with a field of its own that is of the wrong type or out of range is rejected; a bad attribute value is kept
  as the text that was sent; a bad event, link or exemplar is left out and counted in the item; a bad field of a
  resource or scope is left out;
- text with what is not UTF-8, lone surrogates included, is mended with U+FFFD, and what is nested too deep is cut.

What is left of the request is checked no further: whether ids are of the right length, say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_telemetry.findings import Findings, Outcome
from a11i_telemetry.otlp_json_document import OtlpJsonError as OtlpJsonError
from a11i_telemetry.otlp_json_document import OtlpJsonTooLargeError as OtlpJsonTooLargeError
from a11i_telemetry.otlp_json_document import collector_resting, load
from a11i_telemetry.otlp_json_fields import fields_of, read_leniently, read_message
from a11i_telemetry.otlp_json_metrics import read_metric
from a11i_telemetry.otlp_json_notes import keep, reject
from a11i_telemetry.otlp_json_scalars import WRONG_TYPE, BadFieldError
from a11i_telemetry.otlp_json_values import Notes
from a11i_telemetry.signals import Signal

ReadItem = Callable[[Any, Any, Findings], int]
"""Adds the item that an object is to a list of messages, and returns how many items it was, bad ones included."""


def parse_traces(body: bytes, findings: Findings) -> ExportTraceServiceRequest:
    """Return the request that an OTLP/JSON body is; what its spans lost, or why they are not in it, in `findings`.

    Raises OtlpJsonError if the body is no such request, OtlpJsonTooLargeError if it would take too much memory.
    """
    request = ExportTraceServiceRequest()
    _Reader("resourceSpans", "scopeSpans", "spans", _read_item, findings).read(request.resource_spans, body)
    return request


def parse_logs(body: bytes, findings: Findings) -> ExportLogsServiceRequest:
    """Do for log records what `parse_traces` does."""
    request = ExportLogsServiceRequest()
    _Reader("resourceLogs", "scopeLogs", "logRecords", _read_item, findings).read(request.resource_logs, body)
    return request


def parse_metrics(body: bytes, findings: Findings) -> ExportMetricsServiceRequest:
    """Do for data points what `parse_traces` does."""
    request = ExportMetricsServiceRequest()
    _Reader("resourceMetrics", "scopeMetrics", "metrics", read_metric, findings).read(request.resource_metrics, body)
    return request


PARSERS: Final[dict[Signal, Callable[[bytes, Findings], Any]]] = {
    Signal.SPANS: parse_traces,
    Signal.LOGS: parse_logs,
    Signal.METRICS: parse_metrics,
}


def _read_item(items: Any, document: Any, findings: Findings) -> int:
    """Add a span or log record."""
    item = items.add()
    notes = Notes()
    try:
        read_message(item, document, fields_of(item.DESCRIPTOR), notes)
    except BadFieldError as bad:
        del items[-1]
        reject(document, bad, findings)
    else:
        if notes.noted:
            keep(item, notes, findings)
    return 1


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the levels above the items, which differ in names alone."""

    groups: str
    scopes: str
    items: str
    read_item: ReadItem
    findings: Findings

    def read(self, groups: Any, body: bytes) -> None:
        """Read the request's body into its list of groups."""
        with collector_resting():
            self._read_document(groups, load(body))

    def _read_document(self, groups: Any, document: Any) -> None:
        if type(document) is not dict:
            raise OtlpJsonError(f"the request is no JSON object with {self.groups}")
        for one in self._list(document, self.groups):
            self._read_level(groups, one, "resource", self.groups, self._read_scopes)

    def _read_scopes(self, group: Any, document: dict[str, Any]) -> int:
        count = 0
        scopes = getattr(group, group.DESCRIPTOR.fields[1].name)
        for one in self._list(document, self.scopes):
            count += self._read_level(scopes, one, "scope", self.scopes, self._read_items)
        return count

    def _read_items(self, scope: Any, document: dict[str, Any]) -> int:
        items = getattr(scope, scope.DESCRIPTOR.fields[1].name)
        return sum(self.read_item(items, one, self.findings) for one in self._list(document, self.items))

    def _read_level(
        self, levels: Any, document: Any, around: str, where: str, read_inner: Callable[[Any, dict[str, Any]], int]
    ) -> int:
        """Add a group or a scope with what stands around its items. Returns how many items it has."""
        if type(document) is not dict:
            self.findings.add(Outcome.REJECTED, WRONG_TYPE, where=where)
            return 1
        level = levels.add()
        notes = Notes()
        own = {name: document[name] for name in (around, "schemaUrl") if name in document}
        fields = fields_of(level.DESCRIPTOR)
        inner = own.pop(around, None)
        if inner is not None:
            message = getattr(level, around)
            message.SetInParent()
            read_leniently(message, inner, fields_of(message.DESCRIPTOR), notes, around)
        read_leniently(level, own, fields, notes, where)
        count = read_inner(level, document)
        for reason, (outcome, place) in notes.noted.items():
            self.findings.add(outcome, reason, where=place, count=max(count, 1))
        return count

    def _list(self, document: dict[str, Any], name: str) -> list[Any]:
        elements = document.get(name)
        if elements is None:
            return []
        if type(elements) is not list:
            self.findings.add(Outcome.REJECTED, WRONG_TYPE, where=name)
            return []
        return elements
