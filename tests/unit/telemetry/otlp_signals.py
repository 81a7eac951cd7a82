"""Requests for logs and metrics, built with the published messages."""

from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

NS = 1_800_000_000_000_000_000


def value(plain: Any) -> AnyValue:
    """Return a Python value as OTLP has it."""
    match plain:
        case None:
            return AnyValue()
        case str():
            return AnyValue(string_value=plain)
        case bool():
            return AnyValue(bool_value=plain)
        case int():
            return AnyValue(int_value=plain)
        case float():
            return AnyValue(double_value=plain)
        case bytes():
            return AnyValue(bytes_value=plain)
        case list():
            return AnyValue(array_value=ArrayValue(values=map(value, plain)))
    return AnyValue(kvlist_value=KeyValueList(values=attributes(plain)))


def attributes(plain: dict[str, Any]) -> list[KeyValue]:
    """Return attributes."""
    return [KeyValue(key=key, value=value(one)) for key, one in plain.items()]


def logs(*records: LogRecord, service: str = "shop") -> bytes:
    """Return a request with these records in one scope."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add(schema_url="https://resource")
    group.resource.attributes.extend(attributes({"service.name": service, "n": 1}))
    scope = group.scope_logs.add(log_records=records, schema_url="https://scope")
    scope.scope.name, scope.scope.version = "lib", "2"
    scope.scope.attributes.extend(attributes({"a": True}))
    return request.SerializeToString()


def metrics(*found: Metric, service: str = "shop") -> bytes:
    """Return a request with these metrics in one scope."""
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add(schema_url="https://resource")
    group.resource.attributes.extend(attributes({"service.name": service}))
    scope = group.scope_metrics.add(metrics=found, schema_url="https://scope")
    scope.scope.name, scope.scope.version = "lib", "2"
    return request.SerializeToString()
