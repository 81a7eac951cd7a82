"""REST in, gRPC out, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from google.protobuf.message import Message
from structlog.testing import capture_logs

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1.ingest_issue_pb2 import IssueOutcome
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_chassis.errors import A11iError, InvalidArgumentError, NotFoundError, OverloadedError, PermissionDeniedError
from a11i_chassis.settings import ClientSettings
from a11i_gateway.app import build_gateway
from a11i_gateway.settings import GatewaySettings, HttpSettings
from tests.service.gateway.query_double import API_KEY, QueryDouble, running

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
BEARER = {"authorization": f"Bearer {API_KEY}"}


@pytest.fixture
def query() -> QueryDouble:
    summary = pb.TraceSummary(trace_id=TRACE_ID, span_count=3, input_tokens=2**40, cost_usd=0.25)
    summary.start_time.FromJsonString("2026-01-31T12:00:00.000000001Z")
    return QueryDouble(pb.GetTraceResponse(summary=summary))


@pytest_asyncio.fixture
async def rest(query: QueryDouble) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a gateway before the query double."""
    async with (
        running(query) as address,
        build_gateway(_settings(address)) as gateway,
        aiohttp.ClientSession(f"http://{gateway.address}", headers=BEARER) as session,
    ):
        yield session


def _settings(address: str) -> GatewaySettings:
    return GatewaySettings(http=HttpSettings(listen="127.0.0.1:0"), query=ClientSettings(address=address))


async def _get(rest: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, Any]:
    async with rest.get(url, headers=headers) as answer:
        assert answer.content_type == "application/json"
        return answer.status, await answer.json()


async def test_a_trace_is_served_in_protobufs_json(rest: aiohttp.ClientSession, query: QueryDouble) -> None:
    status, body = await _get(rest, f"/v1/traces/{TRACE_ID}")

    assert status == 200
    assert query.get_requests == [pb.GetTraceRequest(trace_id=TRACE_ID)]
    assert body["summary"] == {
        "traceId": TRACE_ID,
        "startTime": "2026-01-31T12:00:00.000000001Z",
        "spanCount": 3,
        "inputTokens": str(2**40),
        "costUsd": 0.25,
    }


async def test_parameters_become_fields_under_either_name(rest: aiohttp.ClientSession, query: QueryDouble) -> None:
    url = "/v1/traces?start_time=2026-01-31T12:00:00Z&pageSize=7&has_error=false&name=a%20b&page_token=t%26t"
    status, body = await _get(rest, url)

    assert status == 200
    assert body["nextPageToken"] == "more"
    expected = pb.ListTracesRequest(page_size=7, has_error=False, name="a b", page_token="t&t")
    expected.start_time.FromJsonString("2026-01-31T12:00:00Z")
    assert query.list_requests == [expected]


async def test_without_parameters_nothing_is_filtered(rest: aiohttp.ClientSession, query: QueryDouble) -> None:
    await _get(rest, "/v1/traces")

    assert query.list_requests == [pb.ListTracesRequest()]


async def test_the_key_and_the_trace_context_are_passed_on(rest: aiohttp.ClientSession, query: QueryDouble) -> None:
    parent = f"00-{TRACE_ID}-b7ad6b7169203331-01"
    await _get(rest, "/v1/traces", traceparent=parent, **{"x-api-key": "k", "x-other": "o"})

    assert query.metadata["traceparent"] == parent
    assert query.metadata["x-api-key"] == "k"
    assert "x-other" not in query.metadata


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("page_size=many", "page_size"),
        ("page_size=99999999999", "page_size"),
        ("has_error=yes", "has_error"),
        ("start_time=yesterday", "start_time"),
        ("pagesize=3", "pagesize"),
        ("name=a&name=b", "name"),
    ],
)
async def test_a_bad_parameter_is_named(
    rest: aiohttp.ClientSession, query: QueryDouble, parameters: str, field: str
) -> None:
    status, body = await _get(rest, f"/v1/traces?{parameters}")

    assert status == 400
    assert body["code"] == 3
    violations = [detail["fieldViolations"] for detail in body["details"] if "fieldViolations" in detail]
    assert violations[0][0]["field"] == field
    assert query.list_requests == []


@pytest.mark.parametrize(
    ("path", "request_message", "answer"),
    [
        (
            f"/v1/logs?trace_id={TRACE_ID}&minSeverity=17",
            pb.ListLogsRequest(trace_id=TRACE_ID, min_severity=17),
            {"logRecords": [{"body": {"doubleValue": "NaN"}}]},
        ),
        (
            "/v1/metric-points?metric_name=m",
            pb.ListMetricPointsRequest(metric_name="m"),
            {"metricPoints": [{"count": str(2**64 - 1), "sum": "Infinity"}]},
        ),
        (
            "/v1/ingest-issues?outcome=ISSUE_OUTCOME_REJECTED&signal=SIGNAL_LOGS",
            pb.ListIngestIssuesRequest(outcome=IssueOutcome.ISSUE_OUTCOME_REJECTED, signal=Signal.SIGNAL_LOGS),
            {"ingestIssues": [{"reason": "bad ids"}]},
        ),
    ],
)
async def test_the_other_signals_are_served_too(
    rest: aiohttp.ClientSession, query: QueryDouble, path: str, request_message: Message, answer: dict[str, Any]
) -> None:
    assert await _get(rest, path) == (200, answer)
    assert query.row_requests == [request_message]


async def test_an_unknown_outcome_is_answered_with_those_that_there_are(rest: aiohttp.ClientSession) -> None:
    status, body = await _get(rest, "/v1/ingest-issues?outcome=bad")
    assert status == 400
    assert "ISSUE_OUTCOME_REJECTED" in body["message"]


@pytest.mark.parametrize(
    ("failure", "status", "reason"),
    [
        (NotFoundError("no such trace"), 404, "NOT_FOUND"),
        (InvalidArgumentError("not a trace id", field="trace_id"), 400, "ARGUMENT_INVALID"),
        (PermissionDeniedError("no query scope"), 403, "PERMISSION_DENIED"),
        (OverloadedError("busy", retry_delay_s=2.5), 503, "OVERLOADED"),
    ],
)
async def test_a_refusal_keeps_its_status_and_details(
    rest: aiohttp.ClientSession, query: QueryDouble, failure: A11iError, status: int, reason: str
) -> None:
    query.failure = failure
    async with rest.get(f"/v1/traces/{TRACE_ID}") as answer:
        body = await answer.json()

    assert answer.status == status
    assert body["message"] == failure.message
    assert body["details"][0]["reason"] == reason
    assert answer.headers.get("Retry-After") == ("3" if status == 503 else None)


async def test_without_a_key_the_answer_is_401(rest: aiohttp.ClientSession) -> None:
    async with rest.get("/v1/traces", headers={"authorization": "Bearer another"}) as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_a_key_that_is_no_text_is_refused_too(rest: aiohttp.ClientSession) -> None:
    status, body = await _get(rest, "/v1/traces", authorization="Bearer schlüssel")

    assert (status, body["code"]) == (401, 16)


async def test_a_defect_is_found_in_the_log_by_the_answers_id(rest: aiohttp.ClientSession, query: QueryDouble) -> None:
    # No JSON can say this time.
    query.trace.summary.start_time.seconds = 10**15
    with capture_logs() as logs:
        status, body = await _get(rest, f"/v1/traces/{TRACE_ID}")

    assert (status, body["code"]) == (500, 13)
    [line] = [line for line in logs if line["event"] == "request_failed"]
    assert line["error_id"] in body["message"]
    assert any("server.py" in frame for frame in line["frames"])
    assert str(10**15) not in str(line) + str(body)


async def test_an_unknown_path_is_a_status_too(rest: aiohttp.ClientSession) -> None:
    status, body = await _get(rest, "/v2/traces")
    assert (status, body["message"]) == (404, "GET /v2/traces: Not Found; GET / lists what there is")
    async with rest.post("/v1/traces") as answer:
        assert answer.status == 405


async def test_the_root_lists_what_there_is(rest: aiohttp.ClientSession) -> None:
    status, body = await _get(rest, "/")
    assert status == 200
    paths = [entry["path"] for entry in body["paths"]]
    assert paths[:2] == ["/v1/traces/{trace_id}", "/v1/traces"]
    assert paths[-1] == "/healthz"
    assert body["paths"][0]["parameters"] == ["trace_id"]
    assert body["paths"][0]["rpc"] == "a11i.query.v1.QueryService/GetTrace"
    for path in paths:
        assert (await _get(rest, path.replace("{trace_id}", TRACE_ID)))[0] == 200


async def test_health_follows_the_query_service(query: QueryDouble) -> None:
    async with running(query) as address:
        gateway_context = build_gateway(_settings(address))
        gateway = await gateway_context.__aenter__()
    try:
        # The query service has stopped.
        assert gateway.app.ready is not None
        assert not await gateway.app.ready()
        async with aiohttp.ClientSession(f"http://{gateway.address}") as session:
            assert await _get(session, "/healthz") == (503, {"status": "NOT_SERVING"})
            status, body = await _get(session, "/v1/traces", **BEARER)
            assert (status, body["code"]) == (503, 14)
    finally:
        await gateway_context.__aexit__(None, None, None)


async def test_health_is_serving_while_the_query_service_is(rest: aiohttp.ClientSession) -> None:
    assert await _get(rest, "/healthz") == (200, {"status": "SERVING"})
