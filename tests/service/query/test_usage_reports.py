"""CompareTokenCounts and ListUnpricedModels over gRPC: pages, the caller's project alone, and what is refused."""

from typing import Any

import grpc
import pytest

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1.span_pb2 import NumberSource
from tests.contract.stored_spans import NOON_NS, S, span
from tests.service.query.conftest import Caller

_TIMEOUT_S = 20.0
_CALL: dict[str, Any] = {"step_kind": "llm", "provider": "openai", "input_source": "reported"}
Reply = pb.CompareTokenCountsResponse | pb.ListUnpricedModelsResponse


def _hour(request: Any) -> Any:
    if not request.page_token:
        request.start_time.FromNanoseconds(NOON_NS - 3600 * S)
        request.end_time.FromNanoseconds(NOON_NS + 3600 * S)
    return request


async def compare(caller: Caller, metadata: Any = None, **fields: Any) -> pb.CompareTokenCountsResponse:
    request = _hour(pb.CompareTokenCountsRequest(**fields))
    return await caller.stub.CompareTokenCounts(request, metadata=metadata or caller.metadata, timeout=_TIMEOUT_S)


async def unpriced(caller: Caller, metadata: Any = None, **fields: Any) -> pb.ListUnpricedModelsResponse:
    request = _hour(pb.ListUnpricedModelsRequest(**fields))
    return await caller.stub.ListUnpricedModels(request, metadata=metadata or caller.metadata, timeout=_TIMEOUT_S)


async def put(caller: Caller) -> None:
    counted: dict[str, Any] = {"tokenizer": "o200k_base", "counted_source": "counted", "counted_input_tokens": 45}
    await caller.put(
        *(span("t", name, **_CALL, **counted, request_model="gpt-4o", input_tokens=50) for name in "ab"),
        span("t", "c", **_CALL, request_model="acme-1", input_tokens=7),
    )


async def test_a_caller_sees_how_far_counts_are_off(caller: Caller) -> None:
    await put(caller)
    gpt, acme = (await compare(caller)).comparisons
    assert gpt == pb.TokenComparison(
        provider="openai",
        model="gpt-4o",
        tokenizer="o200k_base",
        counted_source=NumberSource.NUMBER_SOURCE_COUNTED,
        call_count=2,
        input=pb.TokenSums(call_count=2, reported_tokens=100, counted_tokens=90, difference_percent=-10),
        output=pb.TokenSums(),
    )
    assert (acme.model, acme.tokenizer, acme.counted_source, acme.call_count) == ("acme-1", "", 0, 1)
    assert not acme.input.HasField("difference_percent")


async def test_a_caller_sees_what_has_no_price(caller: Caller) -> None:
    await put(caller)
    found = (await unpriced(caller)).models
    assert [(model.model, model.call_count, model.input_tokens) for model in found] == [
        ("gpt-4o", 2, 100),
        ("acme-1", 1, 7),
    ]
    assert found[0].first_time.ToNanoseconds() == found[0].last_time.ToNanoseconds() == NOON_NS


@pytest.mark.parametrize(("ask", "field"), [(compare, "comparisons"), (unpriced, "models")])
async def test_pages_follow_each_other_to_the_end(caller: Caller, ask: Any, field: str) -> None:
    await put(caller)
    first = await ask(caller, page_size=1)
    token = first.next_page_token
    request = _hour(pb.CompareTokenCountsRequest() if ask is compare else pb.ListUnpricedModelsRequest())
    times = {"start_time": request.start_time, "end_time": request.end_time}
    second = await ask(caller, page_size=1, page_token=token, **times)
    assert [getattr(page, field)[0].model for page in (first, second)] == ["gpt-4o", "acme-1"]
    assert second.next_page_token == ""


@pytest.mark.parametrize("ask", [compare, unpriced])
async def test_another_projects_key_sees_nothing_of_it(caller: Caller, ask: Any) -> None:
    await put(caller)
    assert (await ask(caller, [("authorization", "Bearer tenant/another/query")])).ByteSize() == 0


@pytest.mark.parametrize("ask", [compare, unpriced])
@pytest.mark.parametrize(
    ("key", "fields", "code"),
    [
        ("none", {}, grpc.StatusCode.UNAUTHENTICATED),
        ("tenant/project/ingest", {}, grpc.StatusCode.PERMISSION_DENIED),
        ("tenant/project/query", {"page_size": 201}, grpc.StatusCode.INVALID_ARGUMENT),
        ("tenant/project/query", {"page_token": "another"}, grpc.StatusCode.INVALID_ARGUMENT),
        ("tenant/project/query", {"service_name": "s" * 1001}, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_what_is_wrong_is_refused(
    caller: Caller, ask: Any, key: str, fields: dict[str, Any], code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ask(caller, [("authorization", f"Bearer {key}")], **fields)
    assert refused.value.code() is code


async def test_a_token_of_one_report_is_refused_by_the_other(caller: Caller) -> None:
    await put(caller)
    token = (await compare(caller, page_size=1)).next_page_token
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await unpriced(caller, page_token=token)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
