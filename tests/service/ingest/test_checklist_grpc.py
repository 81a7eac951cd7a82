"""Lines G1 to G12 of the OTLP checklist: OTLP/gRPC, as clients see it over sockets."""

import asyncio
import gzip
import time
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from a11i_ingest.settings import IntakeSettings
from tests.engines.nats import NatsServer
from tests.service.ingest.ingest_harness import (
    READ_ONLY_KEY,
    Harness,
    request,
    running_ingest,
    status_of,
    trailer,
)

GARBAGE = b"\x0a\xff\xff\xff\xff\x0f no request"
COLLECTOR = "/opentelemetry.proto.collector"
TRACES = f"{COLLECTOR}.trace.v1.TraceService/Export"
RETRIED = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""What clients send again after."""


async def _refused(ingest: Harness, body: bytes, **options: object) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ingest.export(body, **options)  # type: ignore[arg-type]  # passed on as they are
    return caught.value


async def _call(ingest: Harness, method: str, body: bytes, timeout_s: float = 10) -> bytes:
    channel: Any = ingest.channel  # Its stub wants serializers, which bytes do not need.
    answer: bytes = await channel.unary_unary(method)(body, metadata=ingest.metadata, timeout=timeout_s)
    return answer


def _open_export(ingest: Harness, metadata: Sequence[tuple[str, str]]) -> Any:
    """Start a call of TraceService/Export whose request is sent later."""
    channel: Any = ingest.channel
    return channel.stream_unary(TRACES)(metadata=metadata, timeout=10)


def _details(error: grpc.aio.AioRpcError) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for packed in status_of(error).details:
        for kind in (ErrorInfo, BadRequest, RetryInfo):
            message = kind()
            if packed.Unpack(message):
                found[kind.__name__] = message
    return found


def _check_retryable(error: grpc.aio.AioRpcError, reason: str) -> None:
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    details = _details(error)
    assert details["ErrorInfo"].reason == reason
    assert 1 <= details["RetryInfo"].retry_delay.seconds <= 4
    # The official Python exporter reads it here, others read it in the status.
    assert RetryInfo.FromString(trailer(error, "google.rpc.retryinfo-bin")) == details["RetryInfo"]


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_g1_identity_and_gzip_are_taken(ingest: Harness, compression: grpc.Compression) -> None:
    sent = request(1, 2, text="hello " * 1000)
    assert await ingest.export(sent.SerializeToString(), compression=compression) == b""
    kept = await ingest.kept()
    assert kept.requests == [sent]


async def test_g1_another_compression_is_refused_for_good(ingest: Harness) -> None:
    body = request(1, text="hello " * 1000).SerializeToString()
    error = await _refused(ingest, body, compression=grpc.Compression.Deflate)
    assert error.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED)


async def test_g2_traces_logs_and_metrics_are_exported(ingest: Harness) -> None:
    logs, metrics = ExportLogsServiceRequest(), ExportMetricsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=5).body.string_value = "hello"
    metric = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="tokens", unit="1")
    metric.sum.data_points.add(time_unix_nano=5, as_int=1)
    await _call(ingest, TRACES, request(1).SerializeToString())
    await _call(ingest, f"{COLLECTOR}.logs.v1.LogsService/Export", logs.SerializeToString())
    await _call(ingest, f"{COLLECTOR}.metrics.v1.MetricsService/Export", metrics.SerializeToString())
    kept = await ingest.kept()
    assert len(kept.spans) == 1
    assert [record.body.string_value for record in kept.records] == ["hello"]
    assert kept.metrics == [metric]


async def test_g2_profiles_are_not_implemented(ingest: Harness) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _call(ingest, f"{COLLECTOR}.profiles.v1development.ProfilesService/Export", b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_g3_the_limit_holds_after_decompression_too(compression: grpc.Compression) -> None:
    async with running_ingest(max_receive_bytes=100_000) as ingest:
        body = request(1, text="x" * 200_000).SerializeToString()
        error = await _refused(ingest, body, compression=compression)
        assert (await ingest.kept()).spans == []
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    trailers: Any = error.trailing_metadata()
    assert "google.rpc.retryinfo-bin" not in dict(trailers)
    if compression is grpc.Compression.Gzip:  # the other is refused by gRPC itself
        assert "RetryInfo" not in _details(error)


async def test_g4_an_empty_request_succeeds(ingest: Harness) -> None:
    assert await ingest.export(b"") == b""
    assert await ingest.export(b"", compression=grpc.Compression.Gzip) == b""
    assert await ingest.kept() == type(await ingest.kept())()


async def test_g5_full_success_leaves_partial_success_unset(ingest: Harness) -> None:
    answer = ExportTraceServiceResponse.FromString(await ingest.export(request(1).SerializeToString()))
    assert not answer.HasField("partial_success")


async def test_g6_partial_success_says_how_many_are_rejected_and_why(ingest: Harness) -> None:
    answer = ExportTraceServiceResponse.FromString(await ingest.export(request(1, 0, 3, 0).SerializeToString()))
    kept = await ingest.kept()
    assert answer.partial_success.rejected_spans == 2
    assert "2 of 4 spans rejected" in answer.partial_success.error_message
    assert "span id" in answer.partial_success.error_message
    assert [span.span_id[-1] for span in kept.spans] == [1, 3]
    [issue] = kept.issues
    assert (issue["outcome"], issue["count"], issue["door"]) == ("rejected", 2, "otlp_grpc")
    assert issue["example_trace_id"] == (b"t" * 16).hex()


async def test_g6_each_signal_counts_its_own_items(ingest: Harness) -> None:
    logs = ExportLogsServiceRequest()
    records = logs.resource_logs.add().scope_logs.add().log_records
    records.add(event_name="small")
    records.add(event_name="x" * 20_000_000)
    async with running_ingest(max_receive_bytes=40_000_000) as roomy:
        raw = await _call(roomy, f"{COLLECTOR}.logs.v1.LogsService/Export", logs.SerializeToString())
        assert len((await roomy.kept()).records) == 1
    assert ExportLogsServiceResponse.FromString(raw).partial_success.rejected_log_records == 1
    metrics = ExportMetricsServiceRequest()
    points = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="m").gauge.data_points
    points.add(as_int=1)
    points.add().attributes.add(key="k").value.string_value = "#"
    body = metrics.SerializeToString().replace(b"#", b"\xff")
    raw = await _call(ingest, f"{COLLECTOR}.metrics.v1.MetricsService/Export", body)
    answer = ExportMetricsServiceResponse.FromString(raw)
    assert answer.partial_success.rejected_data_points == 0
    assert "UTF-8" in answer.partial_success.error_message


async def test_g7_what_was_mended_is_told_with_nothing_rejected(ingest: Harness) -> None:
    body = request(1, 2, text="broken: #").SerializeToString().replace(b"#", b"\xff", 1)
    answer = ExportTraceServiceResponse.FromString(await ingest.export(body))
    kept = await ingest.kept()
    assert answer.partial_success.rejected_spans == 0
    assert "text is not UTF-8 (gen_ai.input.messages)" in answer.partial_success.error_message
    assert [span.attributes[1].value.string_value for span in kept.spans] == [
        "broken: \N{REPLACEMENT CHARACTER}",
        "broken: #",
    ]
    assert kept.defects() == [["text is not UTF-8: gen_ai.input.messages"]]
    assert [(issue["outcome"], issue["count"]) for issue in kept.issues] == [("repaired", 1)]


@pytest.mark.parametrize("body", [GARBAGE, gzip.compress(b"\x0a\x00" * 100, mtime=0)[:-9], b"\x1f\x8b not gzip", b"{}"])
async def test_g8_bad_data_is_invalid_argument_with_bad_request(ingest: Harness, body: bytes) -> None:
    error = await _refused(ingest, body)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert _details(error)["BadRequest"].field_violations[0].description == status_of(error).message
    assert "RetryInfo" not in _details(error)


async def test_g8_overload_is_unavailable_with_a_retry_hint() -> None:
    async with running_ingest(IntakeSettings(max_requests_in_flight=1)) as ingest:
        calls = [_open_export(ingest, ingest.metadata) for _ in range(2)]
        # Neither request comes: whoever holds the place loses it to the other, or that one waits in vain.
        done, waiting = await asyncio.wait(
            [asyncio.create_task(call.code()) for call in calls], return_when=asyncio.FIRST_COMPLETED
        )
        refused = next(call for call in calls if call.done())
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await refused
        for call in calls:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert done
    _check_retryable(caught.value, "OVERLOADED")


@pytest.mark.parametrize(("away", "reason"), [("auth", "AUTH_UNAVAILABLE"), ("bus", "BUS_UNAVAILABLE")])
async def test_g9_an_inner_failure_is_unavailable_with_a_retry_hint(away: str, reason: str) -> None:
    async with running_ingest() as ingest:
        if away == "bus":
            ingest.broker.stop()
        ingest.auth.away = away == "auth"
        error = await _refused(ingest, request(1).SerializeToString())
    _check_retryable(error, reason)


async def test_g9_a_full_bus_is_unavailable_with_a_retry_hint() -> None:
    async with running_ingest(capacity_bytes=1024 * 1024) as ingest:
        body = request(*range(1, 200), text="x" * 10_000).SerializeToString()
        error = await _refused(ingest, body)
    _check_retryable(error, "BUS_UNAVAILABLE")


async def test_g9_a_defect_is_no_reason_for_clients_to_throw_data_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_ingest() as ingest:

        async def broken(*_: object) -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr(type(ingest.bus), "publish", broken)
        error = await _refused(ingest, request(1).SerializeToString())
    assert error.code() in RETRIED
    assert "a defect" not in str(error.details())


async def test_g10_a_response_stays_small_whatever_it_tells_of(ingest: Harness) -> None:
    sent = ExportTraceServiceRequest()
    spans = sent.resource_spans.add().scope_spans.add().spans
    for number in range(1, 4):
        span = spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"))
        span.attributes.add(key=f"{number}" + "k" * 100_000).value.string_value = "#"
    answer = await ingest.export(sent.SerializeToString().replace(b"#", b"\xff"))
    assert ExportTraceServiceResponse.FromString(answer).partial_success.error_message
    assert len(answer) < 4096


async def test_g11_many_calls_on_one_channel_are_all_stored(ingest: Harness) -> None:
    calls = [ingest.start_export(request(span_id).SerializeToString()) for span_id in range(1, 101)]
    assert [await call.code() for call in calls] == [grpc.StatusCode.OK] * 100
    assert {span.span_id[-1] for span in (await ingest.kept()).spans} == set(range(1, 101))


async def test_g12_there_is_no_success_without_a_durable_publish(ingest: Harness, nats_server: NatsServer) -> None:
    await ingest.export(request(1).SerializeToString())
    nats_server.pause()
    try:
        started_s = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await _call(ingest, TRACES, request(2).SerializeToString(), timeout_s=1)
        took_s = time.monotonic() - started_s
        late = asyncio.create_task(_call(ingest, TRACES, request(3).SerializeToString(), timeout_s=20))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await late
    finally:
        nats_server.resume()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0.9 < took_s < 3
    _check_retryable(refused.value, "BUS_UNAVAILABLE")


async def test_g12_a_call_whose_client_gave_up_leaves_nothing_running(ingest: Harness) -> None:
    call = _open_export(ingest, ingest.metadata)
    await call.wait_for_connection()
    call.cancel()
    assert await call.code() is grpc.StatusCode.CANCELLED
    assert await ingest.export(request(1).SerializeToString()) == b""


@pytest.mark.parametrize("metadata", [[], [("authorization", "Bearer a11i_wrong")], [("authorization", "a11i_good")]])
async def test_without_a_good_key_nothing_is_read(ingest: Harness, metadata: list[tuple[str, str]]) -> None:
    call = _open_export(ingest, metadata)
    # The request never comes; only a server that does not wait for it can answer.
    assert await call.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_key_without_the_ingest_scope_is_denied(ingest: Harness) -> None:
    error = await _refused(ingest, GARBAGE, metadata=[("authorization", f"Bearer {READ_ONLY_KEY}")])
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_request_that_does_not_arrive_in_time_is_to_be_sent_again() -> None:
    async with running_ingest(grpc_read_timeout_s=0.2) as ingest:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await _open_export(ingest, ingest.metadata)
    _check_retryable(caught.value, "OVERLOADED")


async def test_a_call_without_a_request_is_refused_for_good(ingest: Harness) -> None:
    call = _open_export(ingest, ingest.metadata)
    await call.done_writing()
    assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_request_sent_twice_is_stored_once(ingest: Harness) -> None:
    body = request(*range(1, 200), text="x" * 10_000).SerializeToString()
    await ingest.export(body)
    await ingest.export(body)
    kept = await ingest.kept()
    assert len(kept.requests) > 1
    assert len(kept.spans) == 199


async def test_reflection_and_health_know_the_services(ingest: Harness) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(ingest.channel)
    health = health_pb2_grpc.HealthStub(ingest.channel)
    for name in ("trace.v1.TraceService", "logs.v1.LogsService", "metrics.v1.MetricsService"):
        full_name = f"opentelemetry.proto.collector.{name}"
        asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol=full_name)
        answers = [answer async for answer in stub.ServerReflectionInfo(iter([asked]), timeout=10)]
        assert answers[0].file_descriptor_response.file_descriptor_proto
        status = await health.Check(health_pb2.HealthCheckRequest(service=full_name), wait_for_ready=True, timeout=10)
        assert status.status == health_pb2.HealthCheckResponse.SERVING
