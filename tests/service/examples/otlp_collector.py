"""A small OTLP/gRPC collector: a real server that records what it is sent."""

from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as pb_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

KEY = "a11i_" + "test_key"


@dataclass
class Collector(pb_grpc.TraceServiceServicer):
    """Records spans; answers UNAUTHENTICATED to any key but KEY."""

    spans: list[Span] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    requests: int = 0
    refuse_with: grpc.StatusCode | None = None
    """Answer with this status instead."""
    recover_after: int | None = None
    """Refuse so many requests, then no more; None: all."""
    address: str = ""

    def Export(
        self, request: pb.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> pb.ExportTraceServiceResponse:
        """Record a request."""
        self.requests += 1
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {KEY}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "unknown key")
        if self.refuse_with is not None and (self.recover_after is None or self.requests <= self.recover_after):
            context.abort(self.refuse_with, "refused by the test")
        for resource_spans in request.resource_spans:
            self.services.update(
                item.value.string_value for item in resource_spans.resource.attributes if item.key == "service.name"
            )
            for scope_spans in resource_spans.scope_spans:
                self.spans.extend(scope_spans.spans)
        return pb.ExportTraceServiceResponse()


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector on a free port of 127.0.0.1."""
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    pb_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]  # generated without types
    collector.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()


def attributes(span: Span) -> Mapping[str, object]:
    """Return a span's attributes as Python values."""
    return {item.key: _value(item.value) for item in span.attributes}


def _value(value: AnyValue) -> object:
    which = value.WhichOneof("value")
    if which == "array_value":
        return [_value(item) for item in value.array_value.values]
    return None if which is None else getattr(value, which)
