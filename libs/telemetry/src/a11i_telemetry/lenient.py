"""OTLP's published messages for traces, logs and metrics, but for text: here it is bytes.

protobuf refuses a whole request for one string that is not UTF-8. These classes, made from the published descriptors
at import, refuse the same malformed bytes and no text, and are else used like those of `opentelemetry.proto`.
"""

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2


def _add(file: FileDescriptor, pool: Any, added: set[str]) -> None:
    """Add a copy of `file`, what it imports first."""
    if file.name in added:
        return
    added.add(file.name)
    for dependency in file.dependencies:
        _add(dependency, pool, added)
    copy = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(copy)
    for message in copy.message_type:
        _text_to_bytes(message)
    pool.Add(copy)


def _text_to_bytes(message: descriptor_pb2.DescriptorProto) -> None:
    for field in message.field:
        if field.type == descriptor_pb2.FieldDescriptorProto.TYPE_STRING:
            field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
    for nested in message.nested_type:
        _text_to_bytes(nested)


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"opentelemetry.proto.{name}"))


# Not the default pool, which has the published messages under these names.
_POOL: Final[Any] = descriptor_pool.DescriptorPool()
_ADDED: Final[set[str]] = set()
for _file in (trace_service_pb2.DESCRIPTOR, logs_service_pb2.DESCRIPTOR, metrics_service_pb2.DESCRIPTOR):
    _add(_file, _POOL, _ADDED)

# Message classes have no type that their fields could be checked by.
ExportTraceServiceRequest: Final[Any] = _message("collector.trace.v1.ExportTraceServiceRequest")
ExportLogsServiceRequest: Final[Any] = _message("collector.logs.v1.ExportLogsServiceRequest")
ExportMetricsServiceRequest: Final[Any] = _message("collector.metrics.v1.ExportMetricsServiceRequest")
Resource: Final[Any] = _message("resource.v1.Resource")
InstrumentationScope: Final[Any] = _message("common.v1.InstrumentationScope")
Event: Final[Any] = _message("trace.v1.Span.Event")
Link: Final[Any] = _message("trace.v1.Span.Link")
AnyValue: Final[Any] = _message("common.v1.AnyValue")
ArrayValue: Final[Any] = _message("common.v1.ArrayValue")
KeyValueList: Final[Any] = _message("common.v1.KeyValueList")
