"""OTLP/gRPC, as clients see it."""

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from a11i_ingest.settings import IntakeSettings
from tests.service.ingest.ingest_harness import (
    KEY,
    PROJECT,
    READ_ONLY_KEY,
    TENANT,
    Harness,
    request,
    running_ingest,
    status_of,
    trailer,
)

GARBAGE = b"\x0a\xff\xff\xff\xff\x0f no request"


async def _refused(ingest: Harness, body: bytes, **options: object) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ingest.export(body, **options)  # type: ignore[arg-type]  # passed on as they are
    return caught.value


def _details(error: grpc.aio.AioRpcError) -> dict[str, object]:
    found: dict[str, object] = {}
    for packed in status_of(error).details:
        for kind in (ErrorInfo, BadRequest, RetryInfo):
            message = kind()
            if packed.Unpack(message):
                found[kind.__name__] = message
    return found


async def test_spans_are_on_the_bus_when_the_answer_comes() -> None:
    async with running_ingest() as ingest:
        answer = await ingest.export(request(1, 2, text="hello").SerializeToString())
        [batch] = await ingest.stored()
    assert not ExportTraceServiceResponse.FromString(answer).HasField("partial_success")
    assert (batch.tenant_id, batch.project_id) == (TENANT, PROJECT)
    assert batch.columns.column("input_messages").to_pylist() == ["hello", "hello"]
    assert batch.columns.column("step_kind").to_pylist() == ["llm", "llm"]


async def test_gzip_is_taken() -> None:
    async with running_ingest() as ingest:
        body = request(1, text="hello " * 1000).SerializeToString()
        await ingest.export(body, compression=grpc.Compression.Gzip)
        [batch] = await ingest.stored()
    assert batch.columns.column("input_messages").to_pylist() == ["hello " * 1000]


async def test_an_empty_request_succeeds() -> None:
    async with running_ingest() as ingest:
        assert await ingest.export(b"") == b""
        assert await ingest.stored() == []


async def test_bad_spans_are_rejected_and_the_good_ones_stored() -> None:
    async with running_ingest() as ingest:
        answer = ExportTraceServiceResponse.FromString(await ingest.export(request(1, 0, 3, 0).SerializeToString()))
        [batch] = await ingest.stored()
        last_bytes = [span_id[-1] for span_id in batch.columns.column("span_id").to_pylist() if span_id]
    assert answer.partial_success.rejected_spans == 2
    assert "span id" in answer.partial_success.error_message
    assert last_bytes == [1, 3]


async def test_a_string_that_is_no_utf8_does_not_refuse_the_request() -> None:
    async with running_ingest() as ingest:
        body = request(1, text="broken: #").SerializeToString().replace(b"#", b"\xff")
        await ingest.export(body)
        [batch] = await ingest.stored()
    assert batch.columns.column("input_messages").to_pylist() == ["broken: \N{REPLACEMENT CHARACTER}"]


@pytest.mark.parametrize("metadata", [[], [("authorization", "Bearer a11i_wrong")], [("authorization", KEY)]])
async def test_without_a_good_key_nothing_is_parsed(metadata: list[tuple[str, str]]) -> None:
    async with running_ingest() as ingest:
        error = await _refused(ingest, GARBAGE, metadata=metadata)
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_call_without_a_key_is_refused_before_its_request_is_read() -> None:
    async with running_ingest() as ingest:
        call = _open_export(ingest, metadata=[])
        # The request never comes; only a server that does not wait for it can answer.
        assert await call.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_too_many_requests_at_once_are_unavailable_with_a_retry_hint() -> None:
    async with running_ingest(IntakeSettings(max_requests_in_flight=1)) as ingest:
        calls = [_open_export(ingest, ingest.metadata) for _ in range(2)]
        codes = [asyncio.create_task(call.code()) for call in calls]
        # One is let in and waits for its request, the other is refused.
        await asyncio.wait(codes, return_when=asyncio.FIRST_COMPLETED)
        let_in, refused = (calls[0], calls[1]) if codes[1].done() else (calls[1], calls[0])
        await let_in.write(request(2).SerializeToString())
        await let_in.done_writing()
        assert await let_in.code() is grpc.StatusCode.OK
        await ingest.export(request(3).SerializeToString())
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await refused
    _check_retryable(caught.value, "OVERLOADED")


async def test_a_request_that_does_not_arrive_in_time_is_to_be_sent_again() -> None:
    async with running_ingest(grpc_read_timeout_s=0.2) as ingest:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await _open_export(ingest, ingest.metadata)
    _check_retryable(caught.value, "OVERLOADED")


async def test_a_call_without_a_request_is_refused_for_good() -> None:
    async with running_ingest() as ingest:
        call = _open_export(ingest, ingest.metadata)
        await call.done_writing()
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT


def _open_export(ingest: Harness, metadata: Sequence[tuple[str, str]]) -> Any:
    """Start a call of TraceService/Export whose request is sent later."""
    channel: Any = ingest.channel  # Its stub wants serializers, which bytes do not need.
    method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    return channel.stream_unary(method)(metadata=metadata, timeout=10)


async def test_a_key_without_the_ingest_scope_is_denied() -> None:
    async with running_ingest() as ingest:
        error = await _refused(ingest, GARBAGE, metadata=[("authorization", f"Bearer {READ_ONLY_KEY}")])
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_auth_being_away_is_unavailable_with_a_retry_hint() -> None:
    async with running_ingest() as ingest:
        ingest.auth.away = True
        error = await _refused(ingest, request(1).SerializeToString())
    _check_retryable(error, "AUTH_UNAVAILABLE")


async def test_the_bus_being_away_is_unavailable_with_a_retry_hint() -> None:
    async with running_ingest() as ingest:
        ingest.broker.stop()
        error = await _refused(ingest, request(1).SerializeToString())
    _check_retryable(error, "BUS_UNAVAILABLE")


async def test_a_full_bus_is_unavailable_with_a_retry_hint() -> None:
    async with running_ingest(capacity_bytes=1024 * 1024) as ingest:
        body = request(*range(1, 200), text="x" * 10_000).SerializeToString()
        error = await _refused(ingest, body)
    _check_retryable(error, "BUS_UNAVAILABLE")


async def test_too_much_in_flight_is_unavailable_with_a_retry_hint() -> None:
    async with running_ingest(IntakeSettings(max_bytes_in_flight=20_000)) as ingest:
        bodies = [request(span_id, text="x" * 15_000).SerializeToString() for span_id in (1, 2, 3, 4)]
        calls = [ingest.start_export(body) for body in bodies]
        codes = [await call.code() for call in calls]
        stored = await ingest.stored()
    assert grpc.StatusCode.OK in codes
    assert grpc.StatusCode.UNAVAILABLE in codes
    assert len(stored) == codes.count(grpc.StatusCode.OK)


def _check_retryable(error: grpc.aio.AioRpcError, reason: str) -> None:
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    details = _details(error)
    assert isinstance(details["ErrorInfo"], ErrorInfo)
    assert details["ErrorInfo"].reason == reason
    assert isinstance(details["RetryInfo"], RetryInfo)
    assert 1 <= details["RetryInfo"].retry_delay.seconds <= 4
    assert RetryInfo.FromString(trailer(error, "google.rpc.retryinfo-bin")) == details["RetryInfo"]


async def test_what_cannot_be_decoded_is_a_bad_request() -> None:
    async with running_ingest() as ingest:
        error = await _refused(ingest, GARBAGE)
        cut = await _refused(ingest, gzip.compress(b"\x0a\x00" * 100)[:-9])
    assert error.code() is cut.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "BadRequest" in _details(error)


async def test_a_request_over_the_limit_is_refused_for_good() -> None:
    async with running_ingest(max_receive_bytes=100_000) as ingest:
        error = await _refused(ingest, request(1, text="x" * 200_000).SerializeToString())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_the_limit_holds_after_decompression_and_the_answer_has_no_retry_hint() -> None:
    async with running_ingest(max_receive_bytes=100_000) as ingest:
        body = request(1, text="x" * 200_000).SerializeToString()
        error = await _refused(ingest, body, compression=grpc.Compression.Gzip)
        assert await ingest.stored() == []
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "RetryInfo" not in _details(error)


async def test_a_request_sent_twice_is_stored_once() -> None:
    async with running_ingest() as ingest:
        body = request(*range(1, 100), text="x" * 10_000).SerializeToString()
        await ingest.export(body)
        await ingest.export(body)
        batches = await ingest.stored()
    assert len(batches) > 1
    assert sum(batch.columns.num_rows for batch in batches) == 99


async def test_messages_are_of_the_size_that_the_bus_likes() -> None:
    async with running_ingest() as ingest:
        await ingest.export(request(*range(1, 300), text="x" * 5_000).SerializeToString())
        sizes = [len(batch.encode()) for batch in await ingest.stored()]
    assert len(sizes) > 5
    assert all(100_000 <= size <= 250_000 for size in sizes[:-1])


async def test_many_calls_on_one_channel_are_all_stored() -> None:
    async with running_ingest() as ingest:
        calls = [ingest.start_export(request(span_id).SerializeToString()) for span_id in range(1, 101)]
        assert [await call.code() for call in calls] == [grpc.StatusCode.OK] * 100
        ids = {span_id for batch in await ingest.stored() for span_id in batch.columns.column("span_id").to_pylist()}
    assert len(ids) == 100


async def test_reflection_and_health_know_the_services() -> None:
    async with running_ingest() as ingest:
        stub = reflection_pb2_grpc.ServerReflectionStub(ingest.channel)
        name = "opentelemetry.proto.collector.trace.v1.TraceService"
        asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol=name)
        answers = [answer async for answer in stub.ServerReflectionInfo(iter([asked]), timeout=10)]
        health = health_pb2_grpc.HealthStub(ingest.channel)
        status = await health.Check(
            health_pb2.HealthCheckRequest(service="a11i.ingest.v1.IngestService"), wait_for_ready=True, timeout=10
        )
    assert answers[0].file_descriptor_response.file_descriptor_proto
    assert status.status == health_pb2.HealthCheckResponse.SERVING
