"""What a key may send in a time, over both doors."""

import math
from collections.abc import Mapping

import aiohttp
import grpc
import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from a11i.auth.v1.auth_service_pb2 import IngestPolicy
from a11i_chassis import metrics
from a11i_ingest.settings import IntakeSettings, Rates
from tests.service.ingest.ingest_harness import Harness, request, running_ingest, status_of, trailer

SLOWLY = 0.01
"""A second: no bucket fills up again within a test."""


def _metadata(key: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {key}")]


async def _refused(ingest: Harness, body: bytes, key: str) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ingest.export(body, _metadata(key))
    return caught.value


async def _post(ingest: Harness, body: bytes, key: str) -> tuple[int, Mapping[str, str], bytes]:
    headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
        session.post(f"http://{ingest.http_address}/v1/traces", data=body, headers=headers) as answer,
    ):
        return answer.status, answer.headers, await answer.read()


def _check_retryable(status: Status, limit: str) -> float:
    """Check what a client is told; return the delay that it is advised."""
    assert status.code == code_pb2.RESOURCE_EXHAUSTED
    assert f"its rate of {limit} a second" in status.message
    info, retry = ErrorInfo(), RetryInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    assert any(detail.Unpack(retry) for detail in status.details)
    assert (info.reason, info.domain) == ("RATE_LIMITED", "a11i")
    delay_s: float = retry.retry_delay.ToTimedelta().total_seconds()
    assert 1 <= delay_s <= 4
    return delay_s


async def test_a_key_over_its_rate_of_requests_is_told_when_to_come_back() -> None:
    async with running_ingest() as ingest:
        key = ingest.auth.add_tenant("busy", IngestPolicy(requests_per_second=SLOWLY, request_burst=2))
        refused_before = metrics.INGEST_REFUSED.labels("requests")._value.get()
        for span_id in (1, 2):
            await ingest.export(request(span_id).SerializeToString(), _metadata(key))

        error = await _refused(ingest, request(3).SerializeToString(), key)
        stored = await ingest.stored()

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    _check_retryable(status_of(error), "requests")
    # The official Python exporter reads the delay here.
    assert RetryInfo.FromString(trailer(error, "google.rpc.retryinfo-bin")).retry_delay.seconds >= 1
    assert [batch.columns.num_rows for batch in stored] == [1, 1]
    assert metrics.INGEST_REFUSED.labels("requests")._value.get() == refused_before + 1


async def test_over_http_it_is_429_with_retry_after() -> None:
    async with running_ingest() as ingest:
        key = ingest.auth.add_tenant("busy", IngestPolicy(requests_per_second=SLOWLY, request_burst=1))
        assert (await _post(ingest, request(1).SerializeToString(), key))[0] == 200

        status, headers, body = await _post(ingest, request(2).SerializeToString(), key)
        stored = await ingest.stored()

    assert status == 429
    assert headers["Content-Type"] == "application/x-protobuf"
    assert int(headers["Retry-After"]) == math.ceil(_check_retryable(Status.FromString(body), "requests"))
    assert len(stored) == 1


async def test_spans_are_counted_one_by_one() -> None:
    async with running_ingest() as ingest:
        key = ingest.auth.add_tenant("busy", IngestPolicy(spans_per_second=SLOWLY, span_burst=10))
        await ingest.export(request(*range(1, 9)).SerializeToString(), _metadata(key))

        error = await _refused(ingest, request(9, 10, 11).SerializeToString(), key)
        await ingest.export(request(9, 10).SerializeToString(), _metadata(key))
        stored = await ingest.stored()

    _check_retryable(status_of(error), "spans")
    assert [batch.columns.num_rows for batch in stored] == [8, 2]


async def test_bytes_are_counted_after_decompression() -> None:
    async with running_ingest() as ingest:
        key = ingest.auth.add_tenant("busy", IngestPolicy(bytes_per_second=SLOWLY, byte_burst=30_000))
        body = request(1, text="x" * 20_000).SerializeToString()
        await ingest.export(body, _metadata(key), grpc.Compression.Gzip)

        other = request(2, text="x" * 20_000).SerializeToString()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ingest.export(other, _metadata(key), grpc.Compression.Gzip)

    _check_retryable(status_of(caught.value), "bytes")


async def test_one_request_over_the_burst_is_taken_and_the_next_are_not_even_read() -> None:
    async with running_ingest() as ingest:
        key = ingest.auth.add_tenant("busy", IngestPolicy(bytes_per_second=SLOWLY, byte_burst=1_000))
        await ingest.export(request(1, text="x" * 20_000).SerializeToString(), _metadata(key))
        asked = await _refused(ingest, request(2).SerializeToString(), key)
        stored = await ingest.stored()

    assert _check_retryable(status_of(asked), "bytes") == 4
    assert len(stored) == 1


async def test_the_keys_of_others_go_on() -> None:
    async with running_ingest() as ingest:
        busy = ingest.auth.add_tenant("busy", IngestPolicy(requests_per_second=SLOWLY, request_burst=1))
        calm = ingest.auth.add_tenant("calm")
        await ingest.export(request(1).SerializeToString(), _metadata(busy))
        for span_id in range(2, 12):
            await _refused(ingest, request(span_id).SerializeToString(), busy)
            await ingest.export(request(span_id).SerializeToString(), _metadata(calm))
        stored = await ingest.stored()

    assert [batch.tenant_id for batch in stored] == ["busy"] + ["calm"] * 10


async def test_the_services_rates_hold_for_projects_without_their_own() -> None:
    settings = IntakeSettings(rates=Rates(requests_per_second=SLOWLY, request_burst=1))
    async with running_ingest(settings) as ingest:
        plain = ingest.auth.add_tenant("plain")
        own = ingest.auth.add_tenant("own", IngestPolicy(requests_per_second=SLOWLY, request_burst=3))
        await ingest.export(request(1).SerializeToString(), _metadata(plain))
        await _refused(ingest, request(2).SerializeToString(), plain)
        for span_id in (1, 2, 3):
            await ingest.export(request(span_id).SerializeToString(), _metadata(own))
        error = await _refused(ingest, request(4).SerializeToString(), own)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
