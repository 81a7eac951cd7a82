"""QueryService over gRPC, on a real store."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from a11i.query.v1 import query_service_pb2 as pb
from a11i_query import service
from tests.contract.stored_spans import NOON_NS, S, span, span_id, trace_id
from tests.engines import clickhouse as engine
from tests.service.query.conftest import Caller

DAY = {
    "start_time": Timestamp(seconds=NOON_NS // S - 12 * 3600),
    "end_time": Timestamp(seconds=NOON_NS // S + 12 * 3600),
}
_TIMEOUT_S = 20


async def get(caller: Caller, name: object = "trace", metadata: Any = None) -> pb.GetTraceResponse:
    request = pb.GetTraceRequest(trace_id=trace_id(name).hex())
    credential = caller.metadata if metadata is None else metadata
    return await caller.stub.GetTrace(request, metadata=credential, timeout=_TIMEOUT_S)


async def list_traces(caller: Caller, **fields: Any) -> pb.ListTracesResponse:
    request = pb.ListTracesRequest(**{**DAY, **fields})
    return await caller.stub.ListTraces(request, metadata=caller.metadata, timeout=_TIMEOUT_S)


def details(error: grpc.aio.AioRpcError) -> tuple[str, list[str]]:
    """Return the reason and the fields that an error names."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return info.reason, [violation.field for violation in bad.field_violations]


async def test_a_trace_comes_whole_with_its_summary(caller: Caller) -> None:
    await caller.put(
        span(span="root", name="agent", step_kind="agent"),
        span(span="call", parent_span_id=span_id("root"), step_kind="llm", input_tokens=5, response_model="m"),
    )
    answer = await get(caller)
    assert [one.span_id for one in answer.spans] == [span_id("root").hex(), span_id("call").hex()]
    assert (answer.summary.name, answer.summary.span_count, answer.summary.input_tokens) == ("agent", 2, 5)
    assert list(answer.summary.models) == ["m"]
    assert not answer.truncated


async def test_a_long_trace_is_truncated_and_says_so(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_SPANS", 3)
    await caller.put(*(span(span=number, start_ns=NOON_NS + number) for number in range(5)))
    answer = await get(caller)
    assert [one.span_id for one in answer.spans] == [span_id(number).hex() for number in range(3)]
    assert answer.truncated
    assert answer.summary.span_count == 5


async def test_others_are_served_while_a_long_trace_is_made_into_an_answer(caller: Caller) -> None:
    """The service runs in this test's event loop: what holds up the one holds up the other."""
    attributes = [(f"key-{number}", "value" * 20) for number in range(15)]
    await caller.put(*(span(span=number, start_ns=NOON_NS + number, attr_string=attributes) for number in range(8000)))
    request = pb.GetTraceRequest(trace_id=trace_id("trace").hex()).SerializeToString()
    async with grpc.aio.insecure_channel(caller.address, [("grpc.max_receive_message_length", -1)]) as channel:
        start = last = time.perf_counter()
        longest_pause_s = 0.0
        # Without a deserializer, as this would be held up by the test's own parsing.
        method: Any = channel.unary_unary("/a11i.query.v1.QueryService/GetTrace")
        call = method(request, metadata=caller.metadata, timeout=_TIMEOUT_S)
        while not call.done():
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest_pause_s, last = max(longest_pause_s, now - last), now
        answer = pb.GetTraceResponse.FromString(await call)
    assert len(answer.spans) == 8000
    assert longest_pause_s < (last - start) / 4


async def test_a_listing_pages_to_its_end(caller: Caller) -> None:
    await caller.put(*(span(number, start_ns=NOON_NS + number) for number in range(5)))
    seen, token = [], ""
    for _ in range(3):
        page = await list_traces(caller, page_size=2, page_token=token)
        seen += [trace.trace_id for trace in page.traces]
        token = page.next_page_token
    assert seen == [trace_id(number).hex() for number in (4, 3, 2, 1, 0)]
    assert token == ""


async def test_a_token_with_other_filters_is_refused(caller: Caller) -> None:
    await caller.put(span("a"), span("b"))
    page = await list_traces(caller, page_size=1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await list_traces(caller, page_token=page.next_page_token, name="x")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details(refused.value) == ("ARGUMENT_INVALID", ["page_token"])


async def test_filters_reach_the_store(caller: Caller) -> None:
    await caller.put(
        span("hit", user_id="u", session_id="s", name="n", request_model="m", service_name="v", status_code=2),
        span("miss"),
    )
    for fields in (
        {"user_id": "u"}, {"session_id": "s"}, {"name": "n"}, {"model": "m"}, {"service_name": "v"}, {"has_error": True}
    ):  # fmt: skip
        page = await list_traces(caller, **fields)
        assert [trace.trace_id for trace in page.traces] == [trace_id("hit").hex()], fields


async def test_a_span_just_stored_is_in_the_default_range(caller: Caller) -> None:
    await caller.put(span(start_ns=time.time_ns() - S), received_ns=time.time_ns())
    answer = await caller.stub.ListTraces(pb.ListTracesRequest(), metadata=caller.metadata, timeout=_TIMEOUT_S)
    assert [trace.trace_id for trace in answer.traces] == [trace_id("trace").hex()]


async def test_what_is_not_stored_is_not_found(caller: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await get(caller, "nowhere")
    assert missing.value.code() is grpc.StatusCode.NOT_FOUND
    assert details(missing.value) == ("NOT_FOUND", [])


@pytest.mark.parametrize("differing", ["tenant_id", "project_id"])
async def test_another_tenants_or_projects_key_sees_nothing(caller: Caller, differing: str) -> None:
    await caller.put(span(name="mine"), span("second"))
    page = await list_traces(caller, page_size=1)
    changes: dict[str, Any] = {differing: "stranger"}
    stranger = replace(caller, scope=replace(caller.scope, **changes))
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await get(stranger)
    assert missing.value.code() is grpc.StatusCode.NOT_FOUND
    assert not (await list_traces(stranger)).traces
    assert not (await list_traces(stranger, name="mine")).traces
    assert not (await list_traces(stranger, page_size=1, page_token=page.next_page_token)).traces


@pytest.mark.parametrize("method", ["GetTrace", "ListTraces"])
@pytest.mark.parametrize(
    ("metadata", "code", "reason"),
    [
        ([], grpc.StatusCode.UNAUTHENTICATED, "API_KEY_MISSING"),
        ([("authorization", "Bearer nonsense")], grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID"),
        ([("authorization", "Bearer tenant/project/ingest")], grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED"),
    ],
)
async def test_a_call_needs_a_key_with_the_query_right_before_anything_else(
    caller: Caller, method: str, metadata: list[tuple[str, str]], code: grpc.StatusCode, reason: str
) -> None:
    """Requests are malformed, too: a stranger is not told."""
    call = getattr(caller.stub, method)
    malformed = pb.GetTraceRequest() if method == "GetTrace" else pb.ListTracesRequest(page_size=-1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(malformed, metadata=metadata, timeout=_TIMEOUT_S)
    assert refused.value.code() is code
    assert details(refused.value) == (reason, [])


async def test_without_auth_a_call_is_unavailable(caller: Caller) -> None:
    caller.auth.down = True
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await get(caller)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert details(refused.value) == ("AUTH_UNAVAILABLE", [])


async def test_a_malformed_request_names_the_field(caller: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await caller.stub.GetTrace(pb.GetTraceRequest(trace_id="xyz"), metadata=caller.metadata, timeout=_TIMEOUT_S)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details(refused.value) == ("ARGUMENT_INVALID", ["trace_id"])
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await list_traces(caller, page_size=201)
    assert details(refused.value) == ("ARGUMENT_INVALID", ["page_size"])


async def test_without_the_store_calls_are_unavailable_and_health_says_so(
    caller: Caller, clickhouse_server: engine.ClickHouseServer
) -> None:
    async def health() -> int:
        async with grpc.aio.insecure_channel(caller.address) as channel:
            request = health_pb2.HealthCheckRequest(service="a11i.query.v1.QueryService")
            answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=_TIMEOUT_S)
            return int(answer.status)

    async def becomes(status: int) -> None:
        async with asyncio.timeout(_TIMEOUT_S):
            while await health() != status:
                await asyncio.sleep(0.05)

    await caller.put(span())
    await becomes(health_pb2.HealthCheckResponse.SERVING)
    await asyncio.to_thread(clickhouse_server.stop)
    try:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await get(caller)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert details(refused.value) == ("STORE_UNAVAILABLE", [])
        await becomes(health_pb2.HealthCheckResponse.NOT_SERVING)
    finally:
        await asyncio.to_thread(clickhouse_server.start)
    await becomes(health_pb2.HealthCheckResponse.SERVING)
    assert (await get(caller)).summary.span_count == 1
