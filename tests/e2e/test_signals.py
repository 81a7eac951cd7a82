"""The way of logs and metrics, and of what ingest notes of them, from OpenTelemetry's own exporters to the reads."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetricExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetricExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import chat_span, request
from tests.e2e.polling import eventually

MAIL = "jane.roe@example.com"
MESSAGES = [{"role": "user", "parts": [{"type": "text", "content": f"write to {MAIL}"}]}]
ANSWER = [{"role": "assistant", "parts": [{"type": "text", "content": "done"}], "finish_reason": "stop"}]
PATIENCE_S = 60.0


def log_exporter(mesh: RunningMesh, transport: str) -> Any:
    headers = {"authorization": f"Bearer {mesh.env['A11I_API_KEY']}"}
    if transport == "grpc":
        return GrpcLogExporter(endpoint=mesh.env["A11I_OTLP_GRPC"], insecure=True, headers=headers)
    return HttpLogExporter(endpoint=f"http://{mesh.env['A11I_OTLP_HTTP']}/v1/logs", headers=headers)


def metric_exporter(mesh: RunningMesh, transport: str) -> Any:
    headers = {"authorization": f"Bearer {mesh.env['A11I_API_KEY']}"}
    if transport == "grpc":
        return GrpcMetricExporter(endpoint=mesh.env["A11I_OTLP_GRPC"], insecure=True, headers=headers)
    return HttpMetricExporter(endpoint=f"http://{mesh.env['A11I_OTLP_HTTP']}/v1/metrics", headers=headers)


def rest(mesh: RunningMesh, path: str, **query: str) -> dict[str, Any]:
    """Return what the gateway answers."""
    url = f"http://{mesh.env['A11I_GATEWAY']}{path}?{urllib.parse.urlencode(query)}"
    headers = {"authorization": f"Bearer {mesh.env['A11I_API_KEY']}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def until_there(mesh: RunningMesh, path: str, rows: str, **query: str) -> list[dict[str, Any]]:
    """Return the rows of a listing as soon as there are any."""

    def look() -> list[dict[str, Any]] | None:
        return rest(mesh, path, **query).get(rows)

    return eventually(look, within_s=PATIENCE_S)


def command(mesh: RunningMesh, *arguments: str) -> str:
    """Return what the `a11i` command prints."""
    connection = ("--query", mesh.env["A11I_QUERY"], "--api-key", mesh.env["A11I_API_KEY"])
    line = [sys.executable, "-m", "a11i_cli", *arguments, *connection]
    return subprocess.run(line, check=True, capture_output=True, text=True, timeout=30).stdout


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_a_genai_event_sent_as_a_log_fills_its_span(mesh: RunningMesh, transport: str) -> None:
    span = chat_span(f"event over {transport}", time.time_ns())
    mesh.client.send(request([span]))
    named = SpanContext(int.from_bytes(span.trace_id, "big"), int.from_bytes(span.span_id, "big"), False, TraceFlags(1))
    provider = LoggerProvider(Resource({"service.name": f"logger-{transport}"}))
    provider.add_log_record_processor(SimpleLogRecordProcessor(log_exporter(mesh, transport)))
    provider.get_logger("e2e").emit(
        LogRecord(
            timestamp=time.time_ns(),
            context=trace.set_span_in_context(NonRecordingSpan(named)),
            severity_number=SeverityNumber.INFO,
            event_name="gen_ai.client.inference.operation.details",
            attributes={"gen_ai.input.messages": json.dumps(MESSAGES), "gen_ai.output.messages": json.dumps(ANSWER)},
        )
    )
    provider.shutdown()
    trace_id = span.trace_id.hex()
    [record] = until_there(mesh, "/v1/logs", "logRecords", trace_id=trace_id)
    assert record["serviceName"] == f"logger-{transport}"
    # The attribute and the column that took its value are one address.
    assert record["redaction"]["entities"] == {"EMAIL_ADDRESS": 1}

    [stored] = mesh.client.wait_for_trace(trace_id).spans
    assert "write to <EMAIL_ADDRESS_" in stored.gen_ai.input_messages
    assert json.loads(stored.gen_ai.output_messages) == ANSWER
    assert [event.log_record_id for event in stored.events] == [record["recordId"]]
    assert MAIL not in str(stored)
    assert trace_id in command(mesh, "logs", "--trace", trace_id)


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_metrics_of_the_sdk_are_points(mesh: RunningMesh, transport: str) -> None:
    reader = PeriodicExportingMetricReader(metric_exporter(mesh, transport), export_interval_millis=600_000)
    provider = MeterProvider([reader], resource=Resource({"service.name": f"meter-{transport}"}))
    meter = provider.get_meter("e2e")
    model = {"gen_ai.request.model": "gpt-4o", "gen_ai.token.type": "input"}
    meter.create_histogram("gen_ai.client.token.usage", unit="{token}").record(120, model)
    meter.create_counter("gen_ai.client.inference.usage.input_tokens").add(120, model)
    provider.shutdown()

    service = {"service_name": f"meter-{transport}"}
    points = {point["metricName"]: point for point in until_there(mesh, "/v1/metric-points", "metricPoints", **service)}
    histogram = points["gen_ai.client.token.usage"]
    assert (histogram["type"], histogram["count"], histogram["sum"]) == ("METRIC_TYPE_HISTOGRAM", "1", 120.0)
    assert {one["key"]: one["value"]["stringValue"] for one in histogram["attributes"]} == model
    counter = points["gen_ai.client.inference.usage.input_tokens"]
    assert (counter["type"], counter["valueInt"], counter["isMonotonic"]) == ("METRIC_TYPE_SUM", "120", True)
    assert "gen_ai.client.token.usage" in command(mesh, "metrics", "--service", f"meter-{transport}")


def test_what_ingest_rejects_can_be_queried(mesh: RunningMesh) -> None:
    good, bad = chat_span("issue, good", time.time_ns()), chat_span("issue, bad", time.time_ns())
    bad.span_id = b"short"

    response = mesh.client.send(request([good, bad]))

    assert response.partial_success.rejected_spans == 1

    def look() -> list[dict[str, Any]]:
        issues = rest(mesh, "/v1/ingest-issues", outcome="ISSUE_OUTCOME_REJECTED").get("ingestIssues", [])
        return [issue for issue in issues if issue["exampleTraceId"] == bad.trace_id.hex()]

    [found] = eventually(look, within_s=PATIENCE_S)
    assert (found["signal"], found["count"], found["door"]) == ("SIGNAL_SPANS", "1", "otlp_grpc")
    assert "exampleSpanId" not in found  # Of a wrong length: it can be any text, which nobody would redact.
    assert found["reason"] in command(mesh, "issues", "--outcome", "rejected")


def test_records_of_a_request_sent_twice_are_stored_once(mesh: RunningMesh) -> None:
    sent = ExportLogsServiceRequest()
    group = sent.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "twice"
    records = group.scope_logs.add().log_records
    for text in ("same", "same", "other"):
        record = records.add(time_unix_nano=time.time_ns() // 10**9 * 10**9)
        record.body.string_value = text
    headers = {"authorization": f"Bearer {mesh.env['A11I_API_KEY']}", "content-type": "application/x-protobuf"}
    url = f"http://{mesh.env['A11I_OTLP_HTTP']}/v1/logs"
    for _ in range(2):
        with urllib.request.urlopen(
            urllib.request.Request(url, sent.SerializeToString(), headers), timeout=10
        ) as answer:
            assert answer.status == 200

    def all_there() -> list[dict[str, Any]] | None:
        found = rest(mesh, "/v1/logs", service_name="twice").get("logRecords", [])
        return found if len(found) >= 3 and mesh.bus_is_empty() else None

    found = eventually(all_there, within_s=PATIENCE_S)
    assert sorted(record["body"]["stringValue"] for record in found) == ["other", "same", "same"]
