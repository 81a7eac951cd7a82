"""Lines H1 to H12 of the OTLP checklist: OTLP/HTTP, as clients see it over sockets."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import aiohttp
import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from a11i_chassis.errors import (
    A11iError,
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitedError,
    SchemaUnsupportedError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)
from a11i_ingest.http_answers import MediaType, failure
from a11i_ingest.settings import HttpSettings
from tests.service.ingest.http_client import (
    AUTHORIZATION,
    JSON,
    PROTOBUF,
    TYPES,
    connection,
    head,
    send,
    send_json,
)
from tests.service.ingest.ingest_harness import READ_ONLY_KEY, Harness, request, running_ingest

ONE = request(1).SerializeToString()
ZIPPED = gzip.compress(ONE, mtime=0)
JSON_ONE = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "0a" * 16, "spanId": "0b" * 8}]}]}]}
PATHS = ["/v1/traces", "/v1/logs", "/v1/metrics"]


def _logs() -> bytes:
    made = ExportLogsServiceRequest()
    made.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=5).body.string_value = "hello"
    return made.SerializeToString()


def _metrics() -> bytes:
    made = ExportMetricsServiceRequest()
    metric = made.resource_metrics.add().scope_metrics.add().metrics.add(name="tokens")
    metric.gauge.data_points.add(time_unix_nano=5, as_int=1)
    return made.SerializeToString()


async def test_h1_each_signal_has_its_path(ingest: Harness) -> None:
    for path, body in zip(PATHS, (ONE, _logs(), _metrics()), strict=True):
        answer = await send(ingest, body, path=path)
        assert (answer.status, answer.body) == (200, b"")
    kept = await ingest.kept()
    assert (len(kept.spans), len(kept.records), len(kept.metrics)) == (1, 1, 1)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_h1_another_method_is_405(ingest: Harness, method: str) -> None:
    for path in PATHS:
        answer = await send(ingest, method=method, path=path)
        assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize(
    "content_type", ["application/x-protobuf", "Application/X-Protobuf; charset=utf-8", "APPLICATION/X-PROTOBUF ;a=b"]
)
async def test_h2_case_and_parameters_of_protobuf_are_ignored(ingest: Harness, content_type: str) -> None:
    answer = await send(ingest, ONE, {**AUTHORIZATION, "Content-Type": content_type})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/x-protobuf")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_h2_json_is_taken_on_the_same_port(ingest: Harness, content_type: str) -> None:
    answer = await send(ingest, json.dumps(JSON_ONE).encode(), {**AUTHORIZATION, "Content-Type": content_type})
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "application/json", b"{}")
    assert len((await ingest.kept()).spans) == 1


@pytest.mark.parametrize("content_type", ["text/plain", "application/protobuf", "application/json5", "nonsense", ""])
async def test_h2_any_other_type_is_415(ingest: Harness, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await send(ingest, ONE, AUTHORIZATION | headers)
    assert (answer.status, answer.error.code) == (415, code_pb2.INVALID_ARGUMENT)
    assert (await ingest.kept()).spans == []


REFUSED: list[tuple[int, Mapping[str, str], str, str, bytes]] = [
    (400, {}, "POST", "/v1/traces", b"no request"),
    (401, {"Authorization": ""}, "POST", "/v1/traces", b""),
    (403, {"Authorization": f"Bearer {READ_ONLY_KEY}"}, "POST", "/v1/traces", b""),
    (404, {}, "POST", "/v1/profiles", b""),
    (405, {}, "GET", "/v1/traces", b""),
    (413, {}, "POST", "/v1/traces", b"x" * 5_000_000),
    (415, {"Content-Encoding": "br"}, "POST", "/v1/traces", b""),
]


@pytest.mark.parametrize("media", TYPES, ids=["protobuf", "json"])
@pytest.mark.parametrize(("status", "headers", "method", "path", "body"), REFUSED, ids=[str(row[0]) for row in REFUSED])
async def test_h3_h7_each_refusal_is_a_status_in_the_type_of_its_request(
    ingest: Harness,
    media: Mapping[str, str],
    status: int,
    headers: Mapping[str, str],
    method: str,
    path: str,
    body: bytes,
) -> None:
    answer = await send(ingest, body, {**media, **headers}, method=method, path=path)
    assert answer.status == status
    assert answer.headers["Content-Type"] == media["Content-Type"]
    assert answer.error.code
    assert answer.error.message
    assert "Retry-After" not in answer.headers


async def test_h3_partial_success_is_told_in_the_type_of_the_request(ingest: Harness) -> None:
    answer = await send(ingest, request(1, 0).SerializeToString())
    assert (answer.status, answer.partial_success.rejected_spans) == (200, 1)
    document = JSON_ONE["resourceSpans"] + [{"scopeSpans": [{"spans": [{"traceId": "odd"}]}]}]
    answer = await send_json(ingest, {"resourceSpans": document})
    said = json.loads(answer.body)["partialSuccess"]
    assert (answer.status, said["rejectedSpans"]) == (200, "1")
    assert "hexadecimal" in said["errorMessage"]


@pytest.mark.parametrize("path", PATHS)
async def test_h3_an_error_in_json_has_its_details_readable(ingest: Harness, path: str) -> None:
    answer = await send_json(ingest, b"[", path=path)
    assert answer.status == 400
    details = {one["@type"].rsplit(".", 1)[1]: one for one in json.loads(answer.body)["details"]}
    assert details["ErrorInfo"]["reason"] == "ARGUMENT_INVALID"
    assert "line 1 column" in details["BadRequest"]["fieldViolations"][0]["description"]


@pytest.mark.parametrize("name", ["gzip", "GZIP", " gzip "])
async def test_h4_gzip_is_taken(ingest: Harness, name: str) -> None:
    for headers, body in ((PROTOBUF, ONE), (JSON, json.dumps(JSON_ONE).encode())):
        answer = await send(ingest, gzip.compress(body), {**headers, "Content-Encoding": name})
        assert answer.status == 200
    assert len((await ingest.kept()).spans) == 2


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "x-gzip"])
async def test_h4_another_encoding_is_415(ingest: Harness, encoding: str) -> None:
    answer = await send(ingest, ONE, {**PROTOBUF, "Content-Encoding": encoding})
    assert (answer.status, answer.error.code) == (415, code_pb2.INVALID_ARGUMENT)


@pytest.mark.parametrize("body", [ONE, ZIPPED[:-1], ZIPPED + b"x", b"\x1f\x8b" + b"x" * 50])
async def test_h4_what_is_no_gzip_data_is_400(ingest: Harness, body: bytes) -> None:
    answer = await send(ingest, body, {**PROTOBUF, "Content-Encoding": "gzip"})
    assert (answer.status, answer.error.code) == (400, code_pb2.INVALID_ARGUMENT)


@pytest.mark.parametrize("headers", TYPES)
@pytest.mark.parametrize("gzipped", [False, True])
async def test_h5_the_limit_holds_before_and_after_decompression(headers: Mapping[str, str], gzipped: bool) -> None:
    async with running_ingest(max_receive_bytes=100_000) as ingest:
        body = b"x" * 200_000
        encoded = {**headers, "Content-Encoding": "gzip"} if gzipped else headers
        answer = await send(ingest, gzip.compress(body) if gzipped else body, encoded)
    assert (answer.status, answer.error.code) == (413, code_pb2.RESOURCE_EXHAUSTED)
    assert "Retry-After" not in answer.headers


async def test_h5_a_body_that_does_not_say_its_size_is_ended_at_the_limit() -> None:
    async with running_ingest(max_receive_bytes=100_000) as ingest, connection(ingest) as client:
        await client.write(head({**PROTOBUF, "Transfer-Encoding": "chunked"}))
        await client.write(b"10000\r\n" + b"x" * 65536 + b"\r\n10000\r\n" + b"x" * 65536 + b"\r\n")
        answer = await client.answer()
    assert answer.status == 413


@pytest.mark.parametrize("headers", TYPES)
async def test_h6_success_is_200_and_empty(ingest: Harness, headers: Mapping[str, str]) -> None:
    body = b"{}" if headers is JSON else b""
    answer = await send(ingest, body, headers)
    assert (answer.status, answer.body) == (200, body)


async def test_h8_what_cannot_be_decoded_is_400_with_bad_request(ingest: Harness) -> None:
    for headers, body in ((PROTOBUF, b"\x0a\xff"), (JSON, b"{"), (JSON, b"[]"), (PROTOBUF, b"{}"), (JSON, ONE)):
        answer = await send(ingest, body, headers)
        assert (answer.status, answer.error.code) == (400, code_pb2.INVALID_ARGUMENT)
        assert any(detail.Is(BadRequest.DESCRIPTOR) for detail in answer.error.details)


@pytest.mark.parametrize("headers", TYPES)
@pytest.mark.parametrize("away", ["bus", "auth"])
async def test_h9_a_passing_trouble_is_503_and_says_when_to_come_back(away: str, headers: Mapping[str, str]) -> None:
    async with running_ingest() as ingest:
        if away == "bus":
            ingest.broker.stop()
        ingest.auth.away = away == "auth"
        body = json.dumps(JSON_ONE).encode() if headers is JSON else ONE
        answer = await send(ingest, body, headers)
    assert (answer.status, answer.error.code) == (503, code_pb2.UNAVAILABLE)
    assert 1 <= int(answer.headers["Retry-After"]) <= 4
    [info] = [detail for detail in answer.error.details if detail.Is(ErrorInfo.DESCRIPTOR)]
    assert ErrorInfo.FromString(info.value).reason == f"{away.upper()}_UNAVAILABLE"


H10: list[tuple[A11iError, int]] = [
    (InvalidArgumentError("x"), 400),
    (UnauthenticatedError("x"), 401),
    (PermissionDeniedError("x"), 403),
    (NotFoundError("x"), 404),
    (TooLargeError("x"), 413),
    (RateLimitedError("x", retry_delay_s=1.2), 429),
    (OverloadedError("x"), 503),
    (UnavailableError("x", retry_delay_s=0.1), 503),
    (AlreadyExistsError("x"), 503),
    (SchemaUnsupportedError("x"), 503),
    (A11iError("x"), 503),
]


@pytest.mark.parametrize(("error", "status"), H10, ids=[type(error).__name__ for error, _ in H10])
def test_h10_each_error_has_its_status_and_the_retryable_ones_a_delay(error: A11iError, status: int) -> None:
    answer = failure(error, MediaType.PROTOBUF)
    assert answer.status == status
    assert ("Retry-After" in answer.headers) is (status in (429, 503))
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) >= 1


async def test_h11_a_connection_takes_one_request_after_the_other(ingest: Harness) -> None:
    async with connection(ingest) as client:
        for body in (ONE, request(2, 0).SerializeToString(), b"no request", ONE):
            await client.write(head({**PROTOBUF, "Content-Length": str(len(body))}) + body)
            answer = await client.answer()
            assert answer.status == (400 if body == b"no request" else 200)


async def test_h11_requests_sent_ahead_are_answered_in_order(ingest: Harness) -> None:
    async with connection(ingest) as client:
        sent = [(ONE, 200), (b"no request", 400), (request(2).SerializeToString(), 200)]
        await client.write(b"".join(head({**PROTOBUF, "Content-Length": str(len(body))}) + body for body, _ in sent))
        assert [(await client.answer()).status for _ in sent] == [status for _, status in sent]


async def test_h11_a_body_in_chunks_is_taken(ingest: Harness) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(ONE), 7):
            yield ONE[at : at + 7]

    answer = await send(ingest, chunks())
    assert answer.status == 200
    assert len((await ingest.kept()).spans) == 1


async def test_h11_malformed_chunks_are_400(ingest: Harness) -> None:
    async with connection(ingest) as client:
        await client.write(head({**PROTOBUF, "Transfer-Encoding": "chunked"}) + b"5\r\nhello\r\nnonsense\r\n")
        assert (await client.answer()).status == 400
    assert (await send(ingest, ONE)).status == 200


async def test_h11_who_asks_before_sending_the_body_is_told_to_go_on(ingest: Harness) -> None:
    async with connection(ingest) as client:
        await client.write(head({**PROTOBUF, "Content-Length": str(len(ONE)), "Expect": "100-continue"}))
        assert (await client.answer()).status == 100
        await client.write(ONE)
        assert (await client.answer()).status == 200


async def test_h11_who_asks_without_a_key_is_refused_instead(ingest: Harness) -> None:
    async with connection(ingest) as client:
        headers = {"Content-Type": "application/json", "Content-Length": "1000000", "Expect": "100-continue"}
        await client.write(head(headers))
        assert (await client.answer()).status == 401


async def test_h11_a_slow_body_is_asked_for_again() -> None:
    async with running_ingest(http=HttpSettings(read_timeout_s=0.3)) as ingest, connection(ingest) as client:
        await client.write(head({**JSON, "Content-Length": "1000"}) + b'{"reso')
        answer = await client.answer()
        assert (answer.status, answer.error.code) == (503, code_pb2.UNAVAILABLE)
        assert int(answer.headers["Retry-After"]) >= 1


async def test_h11_slow_headers_end_the_connection() -> None:
    async with running_ingest(http=HttpSettings(header_timeout_s=0.3)) as ingest, connection(ingest) as client:
        await client.write(head({**PROTOBUF, "Content-Length": str(len(ONE))}) + ONE)
        assert (await client.answer()).status == 200
        for byte in head(PROTOBUF)[:8]:  # more would take longer than the limit
            await client.write(bytes([byte]))
            await asyncio.sleep(0.01)
        answer = await client.answer()
        assert (answer.status, answer.error.message) == (408, "the headers did not arrive in time")
        assert await client.ends()


async def test_h11_a_connection_without_a_request_is_closed_in_time() -> None:
    async with running_ingest(http=HttpSettings(keep_alive_s=0.3)) as ingest, connection(ingest) as client:
        assert await client.ends()


VARIANTS = [
    "//v1/traces",
    "/v1//traces",
    "/v1%2Ftraces",
    "/v1/traces/",
    "/V1/traces",
    "/v1/Traces",
    "/v1/./traces",
    "/x/../v1/traces",
    "/v1/traces%00",
    "/v1/traces;a=b",
    "/%761/traces",
    "/",
    "/v1",
    "*",
    "http://ingest/v1/traces",
]


@pytest.mark.parametrize("credential", [AUTHORIZATION, {}])
async def test_h12_no_variant_of_a_path_takes_anything(ingest: Harness, credential: Mapping[str, str]) -> None:
    sent = {**credential, "Content-Type": "application/x-protobuf", "Content-Length": str(len(ONE))}
    for path in VARIANTS:
        async with connection(ingest) as client:
            await client.write(head(sent, path=path) + ONE)
            answer = await client.answer()
        assert answer.status in (400, 404)
        assert answer.error.message
    assert (await ingest.kept()).spans == []


async def test_h12_a_query_does_not_change_the_path_nor_the_need_for_a_key(ingest: Harness) -> None:
    assert (await send(ingest, ONE, path="/v1/traces?a=/v1/logs")).status == 200
    assert (await send(ingest, ONE, {"Content-Type": "application/x-protobuf"}, path="/v1/traces?key=1")).status == 401


async def test_without_a_good_key_nothing_is_read(ingest: Harness) -> None:
    async with AsyncExitStack() as stack:
        for credential in ("", "Bearer a11i_wrong", "Basic YQ==", "Bearer", "a11i_good"):
            client = await stack.enter_async_context(connection(ingest))
            # The body never comes; only a server that does not wait for it can answer.
            await client.write(head({**PROTOBUF, "Authorization": credential, "Content-Length": "1000000"}))
            answer = await client.answer()
            assert (answer.status, answer.error.code) == (401, code_pb2.UNAUTHENTICATED)


async def test_a_client_that_goes_away_leaves_the_others_served(ingest: Harness) -> None:
    async with connection(ingest) as client:
        await client.write(head({**PROTOBUF, "Content-Length": "1000000"}) + b"x" * 1000)
    assert (await send(ingest, ONE)).status == 200


ORIGIN = "https://app.example.com"


def _cors(*origins: str) -> HttpSettings:
    return HttpSettings.model_validate({"cors": {"allowed_origins": origins, "allowed_headers": ["x-team"]}})


async def _preflight(ingest: Harness, origin: str) -> aiohttp.ClientResponse:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-team"}
    async with aiohttp.ClientSession() as session:
        return await session.options(f"http://{ingest.http_address}/v1/traces", headers=asked)


@pytest.mark.parametrize("allowed", [ORIGIN, "https://*.example.com", "HTTPS://APP.example.com"])
async def test_pages_of_an_allowed_origin_may_send(allowed: str) -> None:
    async with running_ingest(http=_cors("https://other.example", allowed)) as ingest:
        preflight = await _preflight(ingest, ORIGIN)
        answers = [await send(ingest, ONE, {**headers, "Origin": ORIGIN}) for headers in (PROTOBUF, {})]
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    assert {"authorization", "content-type", "x-team"} <= set(
        preflight.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert [answer.status for answer in answers] == [200, 401]
    for headers in (preflight.headers, *(answer.headers for answer in answers)):
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert headers["Access-Control-Expose-Headers"] == "Retry-After"
        assert headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("origin", ["https://evil.example", "http://app.example.com", "https://example.com", "null"])
@pytest.mark.parametrize("allowed", [[], ["https://*.example.com"]])
async def test_pages_of_another_origin_may_not(allowed: list[str], origin: str) -> None:
    async with running_ingest(http=_cors(*allowed)) as ingest:
        preflight = await _preflight(ingest, origin)
        answer = await send(ingest, ONE, {**PROTOBUF, "Origin": origin})
    assert preflight.status == 403
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_any_page_may_send_if_the_setting_says_so_but_never_with_credentials() -> None:
    async with running_ingest(http=_cors("*")) as ingest:
        preflight = await _preflight(ingest, "https://anyone.example")
    assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Access-Control-Allow-Credentials" not in preflight.headers
