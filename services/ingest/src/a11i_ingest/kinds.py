"""What differs between requests for traces, logs and metrics: message classes and names."""

from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from a11i_telemetry.signals import Signal


@dataclass(frozen=True, slots=True)
class Kind:
    """One signal's requests."""

    signal: Signal
    noun: str
    """What its items are called in sentences, many of them."""
    service: str
    """Full name of its gRPC service, whose only method is Export."""
    path: str
    """Its path over HTTP."""
    alias: str = field(default="", kw_only=True)
    """A path by which an SDK that cannot be told another sends it."""
    request: Any
    """Class of the request. Any, as the three share no type with fields."""
    response: Any
    """Class of the response."""
    rejected_field: str
    """Name of the field that counts rejected items in the response's `partial_success`."""
    groups: str
    """Name of the request's field: items by resource."""
    scopes: str
    """Name of a group's field: items by scope."""
    items: str
    """Name of a scope's field: the items, which for metrics are those that hold the points."""

    item: Any
    """Class of an item."""

    @property
    def json_name(self) -> bytes:
        """Return the name, in OTLP/JSON, of the request's field."""
        name: str = self.request.DESCRIPTOR.fields_by_name[self.groups].json_name
        return name.encode()

    @property
    def item_type(self) -> Descriptor:
        """What an item is."""
        descriptor: Descriptor = self.item.DESCRIPTOR
        return descriptor

    def answer(self, rejected: int, message: str) -> bytes:
        """Return the serialized response. Without rejected items and a message to tell, partial_success stays unset."""
        response: Message = self.response()
        if rejected or message:
            partial_success = response.partial_success  # type: ignore[attr-defined]  # see `response`
            setattr(partial_success, self.rejected_field, rejected)
            partial_success.error_message = message
        return response.SerializeToString()


KINDS: Final[dict[Signal, Kind]] = {
    Signal.SPANS: Kind(
        signal=Signal.SPANS,
        noun="spans",
        service=trace_service_pb2.DESCRIPTOR.services_by_name["TraceService"].full_name,
        path="/v1/traces",
        alias="/api/public/otel/v1/traces",
        request=trace_service_pb2.ExportTraceServiceRequest,
        response=trace_service_pb2.ExportTraceServiceResponse,
        rejected_field="rejected_spans",
        groups="resource_spans",
        scopes="scope_spans",
        items="spans",
        item=trace_pb2.Span,
    ),
    Signal.LOGS: Kind(
        signal=Signal.LOGS,
        noun="log records",
        service=logs_service_pb2.DESCRIPTOR.services_by_name["LogsService"].full_name,
        path="/v1/logs",
        request=logs_service_pb2.ExportLogsServiceRequest,
        response=logs_service_pb2.ExportLogsServiceResponse,
        rejected_field="rejected_log_records",
        groups="resource_logs",
        scopes="scope_logs",
        items="log_records",
        item=logs_pb2.LogRecord,
    ),
    Signal.METRICS: Kind(
        signal=Signal.METRICS,
        noun="data points",
        service=metrics_service_pb2.DESCRIPTOR.services_by_name["MetricsService"].full_name,
        path="/v1/metrics",
        request=metrics_service_pb2.ExportMetricsServiceRequest,
        response=metrics_service_pb2.ExportMetricsServiceResponse,
        rejected_field="rejected_data_points",
        groups="resource_metrics",
        scopes="scope_metrics",
        items="metrics",
        item=metrics_pb2.Metric,
    ),
}
"""The requests that ingest takes."""
