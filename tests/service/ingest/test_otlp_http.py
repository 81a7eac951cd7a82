"""OTLP/HTTP, as clients see it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.service.ingest.ingest_harness import KEY, READ_ONLY_KEY, Harness, request, running_ingest

PROTOBUF = {"Content-Type": "application/x-protobuf"}
HEADERS = {**PROTOBUF, "Authorization": f"Bearer {KEY}"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> Status:
        """The body of a refusal."""
        assert self.headers["Content-Type"] == "application/x-protobuf"
        return Status.FromString(self.body)


async def _send(
    ingest: Harness,
    body: bytes = b"",
    headers: Mapping[str, str] = HEADERS,
    *,
    path: str = "/v1/traces",
    method: str = "POST",
) -> Answer:
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout, skip_auto_headers=["Content-Type"]) as session:
        url = f"http://{ingest.http_address}{path}"
        async with session.request(method, url, data=body, headers=headers) as answer:
            return Answer(answer.status, answer.headers, await answer.read())


async def test_spans_are_on_the_bus_when_the_answer_comes() -> None:
    async with running_ingest() as ingest:
        answer = await _send(ingest, request(1, 2).SerializeToString())
        [batch] = await ingest.stored()
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Type"] == "application/x-protobuf"
    assert batch.columns.num_rows == 2


async def test_gzip_is_taken() -> None:
    async with running_ingest() as ingest:
        body = gzip.compress(request(1, text="hello").SerializeToString())
        answer = await _send(ingest, body, {**HEADERS, "Content-Encoding": "GZIP"})
        [batch] = await ingest.stored()
    assert answer.status == 200
    assert batch.columns.column("input_messages").to_pylist() == ["hello"]


async def test_the_content_type_may_have_parameters_and_any_case() -> None:
    async with running_ingest() as ingest:
        headers = {**HEADERS, "Content-Type": "Application/X-Protobuf; charset=utf-8"}
        answer = await _send(ingest, request(1).SerializeToString(), headers)
    assert answer.status == 200


async def test_bad_spans_are_rejected_in_a_success() -> None:
    async with running_ingest() as ingest:
        answer = await _send(ingest, request(1, 0).SerializeToString())
    assert answer.status == 200
    assert ExportTraceServiceResponse.FromString(answer.body).partial_success.rejected_spans == 1


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (PROTOBUF, 401, code_pb2.UNAUTHENTICATED),
        ({**PROTOBUF, "Authorization": "Bearer a11i_wrong"}, 401, code_pb2.UNAUTHENTICATED),
        ({**PROTOBUF, "Authorization": f"Bearer {READ_ONLY_KEY}"}, 403, code_pb2.PERMISSION_DENIED),
    ],
)
async def test_without_a_good_key_nothing_is_read(headers: Mapping[str, str], status: int, code: int) -> None:
    async with running_ingest() as ingest:
        answer = await _send(ingest, b"no request", headers)
    assert (answer.status, answer.error.code) == (status, code)


@pytest.mark.parametrize("path", ["/v1/traces/", "//v1/traces", "/v1%2Ftraces", "/V1/traces", "/v1/metrics", "/"])
async def test_other_paths_are_not_found(path: str) -> None:
    async with running_ingest() as ingest:
        answer = await _send(ingest, request(1).SerializeToString(), path=path)
        assert await ingest.stored() == []
    assert (answer.status, answer.error.code) == (404, code_pb2.NOT_FOUND)


async def test_other_methods_are_not_allowed() -> None:
    async with running_ingest() as ingest:
        answer = await _send(ingest, method="PUT")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("header", [{"Content-Type": "application/json"}, {"Content-Encoding": "br"}])
async def test_other_encodings_are_not_supported(header: Mapping[str, str]) -> None:
    async with running_ingest() as ingest:
        answer = await _send(ingest, b"{}", {**HEADERS, **header})
    assert (answer.status, answer.error.code) == (415, code_pb2.INVALID_ARGUMENT)


@pytest.mark.parametrize("header", [{}, {"Content-Encoding": "gzip"}])
async def test_what_cannot_be_decoded_is_a_bad_request(header: Mapping[str, str]) -> None:
    async with running_ingest() as ingest:
        answer = await _send(ingest, b"no request", {**HEADERS, **header})
    assert (answer.status, answer.error.code) == (400, code_pb2.INVALID_ARGUMENT)
    assert any(detail.Is(BadRequest.DESCRIPTOR) for detail in answer.error.details)


@pytest.mark.parametrize("gzipped", [False, True])
async def test_the_limit_holds_before_and_after_decompression(gzipped: bool) -> None:
    async with running_ingest(max_receive_bytes=100_000) as ingest:
        body = request(1, text="x" * 200_000).SerializeToString()
        headers = {**HEADERS, "Content-Encoding": "gzip"} if gzipped else HEADERS
        answer = await _send(ingest, gzip.compress(body) if gzipped else body, headers)
    assert (answer.status, answer.error.code) == (413, code_pb2.RESOURCE_EXHAUSTED)
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("away", ["bus", "auth"])
async def test_a_passing_trouble_is_unavailable_and_says_when_to_come_back(away: str) -> None:
    async with running_ingest() as ingest:
        if away == "bus":
            ingest.broker.stop()
        ingest.auth.away = away == "auth"
        answer = await _send(ingest, request(1).SerializeToString())
    assert (answer.status, answer.error.code) == (503, code_pb2.UNAVAILABLE)
    assert 1 <= int(answer.headers["Retry-After"]) <= 4
