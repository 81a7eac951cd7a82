"""OpenTelemetry's own Python exporters send to ingest as they do to any OTLP endpoint."""

import asyncio
from collections.abc import Callable

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression as HttpCompression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from tests.service.ingest.ingest_harness import KEY, Harness, running_ingest

HEADERS = {"authorization": f"Bearer {KEY}"}

EXPORTERS: dict[str, Callable[[Harness], SpanExporter]] = {
    "grpc": lambda ingest: GrpcExporter(ingest.grpc_address, insecure=True, headers=HEADERS),
    "grpc gzip": lambda ingest: GrpcExporter(
        ingest.grpc_address, insecure=True, headers=HEADERS, compression=grpc.Compression.Gzip
    ),
    "http": lambda ingest: HttpExporter(f"http://{ingest.http_address}/v1/traces", headers=HEADERS),
    "http gzip": lambda ingest: HttpExporter(
        f"http://{ingest.http_address}/v1/traces", headers=HEADERS, compression=HttpCompression.Gzip
    ),
}


@pytest.mark.parametrize("name", EXPORTERS)
async def test_spans_of_the_sdk_arrive(name: str) -> None:
    async with running_ingest() as ingest:
        await asyncio.to_thread(_trace, EXPORTERS[name](ingest))
        [batch] = await ingest.stored()
    columns = batch.columns
    assert columns.column("name").to_pylist() == ["execute_tool look_up"] * 20 + ["invoke_agent desk"]
    assert columns.column("step_kind").to_pylist() == ["tool"] * 20 + ["agent"]
    assert columns.column("service_name").to_pylist() == ["desk"] * 21
    assert columns.column("scope_name").to_pylist() == ["test"] * 21
    [root] = columns.column("span_id").to_pylist()[20:]
    assert columns.column("parent_span_id").to_pylist() == [root] * 20 + [None]


async def test_the_exporter_gives_up_at_once_without_a_key(caplog: pytest.LogCaptureFixture) -> None:
    async with running_ingest() as ingest:
        await asyncio.to_thread(_trace, GrpcExporter(ingest.grpc_address, insecure=True))
        assert await ingest.stored() == []
    assert "UNAUTHENTICATED" in caplog.text


def _trace(exporter: SpanExporter) -> None:
    """Record 21 spans and flush them."""
    provider = TracerProvider(resource=Resource({"service.name": "desk"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("invoke_agent desk", attributes={"gen_ai.operation.name": "invoke_agent"}):
        for _ in range(20):
            tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look_up"}
            with tracer.start_as_current_span("execute_tool look_up", attributes=tool):
                pass
    provider.shutdown()
