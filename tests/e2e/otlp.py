"""OTLP requests for the end-to-end tests, and the calls that send and read them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from a11i.query.v1 import query_service_pb2, query_service_pb2_grpc
from tests.e2e.polling import eventually

RPC_TIMEOUT_S = 30.0
"""As long as the official exporters give a request."""


@dataclass(frozen=True, slots=True)
class Client:
    """The mesh as a client with an API key sees it."""

    otlp: str
    query: str
    api_key: str

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.api_key}"),)

    def send(
        self, request: trace_service_pb2.ExportTraceServiceRequest
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        """Export one request; return the response. Raises grpc.RpcError as the server answers."""
        with grpc.insecure_channel(self.otlp) as channel:
            stub = trace_service_pb2_grpc.TraceServiceStub(channel)  # type: ignore[no-untyped-call]  # OTLP's own lack
            response: trace_service_pb2.ExportTraceServiceResponse = stub.Export(
                request, metadata=self.metadata, timeout=RPC_TIMEOUT_S
            )
            return response

    def get_trace(self, trace_id: str) -> query_service_pb2.GetTraceResponse | None:
        """Return the trace, or None while none of it is stored."""
        with grpc.insecure_channel(self.query) as channel:
            stub = query_service_pb2_grpc.QueryServiceStub(channel)
            try:
                request = query_service_pb2.GetTraceRequest(trace_id=trace_id)
                return stub.GetTrace(request, metadata=self.metadata, timeout=RPC_TIMEOUT_S)
            except grpc.RpcError as error:
                if error.code() in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE}:
                    return None
                raise

    def wait_for_trace(
        self, trace_id: str, *, spans: int = 1, within_s: float = 45.0
    ) -> query_service_pb2.GetTraceResponse:
        """Return the trace once that many of its spans are stored; fail after `within_s` seconds."""

        def look() -> query_service_pb2.GetTraceResponse | None:
            trace = self.get_trace(trace_id)
            return trace if trace is not None and trace.summary.span_count >= spans else None

        return eventually(look, within_s=within_s)

    def list_traces(self, **filters: object) -> query_service_pb2.ListTracesResponse:
        """Return a page of traces."""
        with grpc.insecure_channel(self.query) as channel:
            stub = query_service_pb2_grpc.QueryServiceStub(channel)
            request = query_service_pb2.ListTracesRequest(**filters)  # type: ignore[arg-type]  # filters are the fields
            return stub.ListTraces(request, metadata=self.metadata, timeout=RPC_TIMEOUT_S)


def ids(seed: str) -> tuple[bytes, bytes]:
    """Return a trace id and a span id that belong to `seed` alone."""
    digest = hashlib.sha256(seed.encode()).digest()
    return digest[:16], digest[16:24]


def attributes(values: Mapping[str, str | int | float | bool]) -> list[common_pb2.KeyValue]:
    """Return typed OTLP attributes."""
    result = []
    for key, value in values.items():
        any_value = common_pb2.AnyValue()
        if isinstance(value, bool):
            any_value.bool_value = value
        elif isinstance(value, int):
            any_value.int_value = value
        elif isinstance(value, float):
            any_value.double_value = value
        else:
            any_value.string_value = value
        result.append(common_pb2.KeyValue(key=key, value=any_value))
    return result


def request(
    spans: Iterable[trace_pb2.Span], resource: Mapping[str, str | int | float | bool] | None = None
) -> trace_service_pb2.ExportTraceServiceRequest:
    """Return an export request of one resource and one scope."""
    return trace_service_pb2.ExportTraceServiceRequest(
        resource_spans=[
            trace_pb2.ResourceSpans(
                resource=resource_pb2.Resource(attributes=attributes(resource or {"service.name": "e2e"})),
                scope_spans=[
                    trace_pb2.ScopeSpans(
                        scope=common_pb2.InstrumentationScope(name="e2e", version="1"), spans=list(spans)
                    )
                ],
            )
        ]
    )


def chat_span(
    seed: str, start_ns: int, *, trace: str | None = None, **extra: str | int | float | bool
) -> trace_pb2.Span:
    """Return one model call whose ids belong to `seed` (its trace to `trace`, where given)."""
    trace_id, span_id = ids(seed)
    if trace is not None:
        trace_id, _ = ids(trace)
    values: dict[str, str | int | float | bool] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
    }
    values.update({key.replace("__", "."): value for key, value in extra.items()})
    return trace_pb2.Span(
        trace_id=trace_id,
        span_id=span_id,
        name="chat gpt-4o",
        kind=trace_pb2.Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + 250_000_000,
        attributes=attributes(values),
    )
