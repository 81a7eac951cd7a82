"""The way of a span, from clients that a user would have to the public reads."""

import json
import time
import urllib.request
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import chat_span, ids, request
from tests.e2e.otlp_js_client import run_js


def test_a_span_sent_over_grpc_is_read_back_with_its_tokens_cost_and_attributes(mesh: RunningMesh) -> None:
    now = time.time_ns()
    span = chat_span("path-grpc", now, note="kept as it came")

    response = mesh.client.send(request([span]))
    trace = mesh.client.wait_for_trace(span.trace_id.hex())

    assert not response.HasField("partial_success")
    (stored,) = trace.spans
    assert stored.name == "chat gpt-4o"
    assert stored.gen_ai.usage.input_tokens == 100
    # gpt-4o: 2.50 USD a million input tokens, 10.00 a million output tokens.
    assert stored.gen_ai.cost.total_usd == pytest.approx(100 * 2.5e-6 + 10 * 10e-6)
    assert {item.key: item.value.string_value for item in stored.attributes}["note"] == "kept as it came"
    assert stored.redaction.policy.startswith("standard")
    assert stored.start_time.ToNanoseconds() == now


def test_a_request_sent_twice_is_stored_and_counted_once(mesh: RunningMesh) -> None:
    now = time.time_ns()
    spans = [chat_span(f"twice-{index}", now, trace="twice") for index in range(3)]

    mesh.client.send(request(spans))
    mesh.client.send(request(spans))
    mesh.client.send(request(list(reversed(spans))))  # other bytes, the same spans: the bus cannot know, the store does
    trace_id = ids("twice")[0].hex()
    fence = chat_span("twice-fence", time.time_ns())
    mesh.client.send(request([fence]))
    mesh.client.wait_for_trace(fence.trace_id.hex())
    trace = mesh.client.wait_for_trace(trace_id)

    assert len(trace.spans) == 3
    assert (trace.summary.input_tokens, trace.summary.output_tokens) == (300, 30)


def test_tokens_that_no_provider_reported_are_counted_and_marked_so(mesh: RunningMesh) -> None:
    span = chat_span(
        "counted",
        time.time_ns(),
        gen_ai__input__messages=json.dumps([{"role": "user", "parts": [{"type": "text", "content": "hello world"}]}]),
        gen_ai__output__messages=json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": "hi"}], "finish_reason": "stop"}]
        ),
    )
    kept = [item for item in span.attributes if not item.key.startswith("gen_ai.usage")]
    del span.attributes[:]
    span.attributes.extend(kept)

    mesh.client.send(request([span]))
    trace = mesh.client.wait_for_trace(span.trace_id.hex())

    usage = trace.spans[0].gen_ai.usage
    assert usage.input_source == usage.output_source == 2  # counted
    assert 2 <= usage.input_tokens <= 12
    assert usage.output_tokens >= 1


def test_the_http_exporter_of_the_python_sdk_is_understood(mesh: RunningMesh) -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "http-agent"}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with provider.get_tracer("e2e").start_as_current_span("http span") as span:
        trace_id = format(span.get_span_context().trace_id, "032x")
    exporter = HttpExporter(
        endpoint=f"http://{mesh.env['A11I_OTLP_HTTP']}/v1/traces",
        headers={"authorization": f"Bearer {mesh.env['A11I_API_KEY']}"},
    )

    result = exporter.export(kept.get_finished_spans())
    exporter.shutdown()  # type: ignore[no-untyped-call]  # the exporter's own lack
    provider.shutdown()

    assert result is SpanExportResult.SUCCESS
    assert mesh.client.wait_for_trace(trace_id).summary.service_name == "http-agent"


def test_the_javascript_exporter_is_understood_and_its_trace_is_listed(mesh: RunningMesh) -> None:
    trace_id = run_js("send.mjs", environment=mesh.env).strip()

    mesh.client.wait_for_trace(trace_id)
    listed = mesh.client.list_traces(service_name="js-agent")

    assert [trace.trace_id for trace in listed.traces] == [trace_id]
    assert listed.traces[0].input_tokens == 12


def test_every_service_answers_health_and_reflection(mesh: RunningMesh) -> None:
    for name, address in mesh.grpc_addresses().items():
        with grpc.insecure_channel(address) as channel:
            health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            assert health.status == health_pb2.HealthCheckResponse.SERVING, name
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            question = reflection_pb2.ServerReflectionRequest(list_services="")
            answers = list(stub.ServerReflectionInfo(iter([question]), timeout=5))
            services = {service.name for service in answers[0].list_services_response.service}
            assert "grpc.health.v1.Health" in services, name


def test_the_gateway_serves_the_same_reads_as_json(mesh: RunningMesh) -> None:
    span = chat_span("gateway", time.time_ns())
    mesh.client.send(request([span]))
    mesh.client.wait_for_trace(span.trace_id.hex())

    body = _get_json(f"http://{mesh.env['A11I_GATEWAY']}/v1/traces/{span.trace_id.hex()}", mesh.env["A11I_API_KEY"])

    assert body["summary"]["traceId"] == span.trace_id.hex()


def _get_json(url: str, api_key: str) -> dict[str, Any]:
    call = urllib.request.Request(url, headers={"authorization": f"Bearer {api_key}"})  # noqa: S310  (the mesh's address)
    with urllib.request.urlopen(call, timeout=10) as answer:  # noqa: S310  (the mesh's address)
        body: dict[str, Any] = json.load(answer)
        return body
