"""SummariseRedactions over gRPC: the caller's project alone, and what it refuses."""

from typing import Any

import grpc
import pytest

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1 import span_batch_pb2
from tests.contract.stored_spans import NOON_NS, S, span
from tests.service.query.conftest import Caller

_TIMEOUT_S = 20.0


async def summarise(caller: Caller, metadata: Any = None, **fields: Any) -> pb.SummariseRedactionsResponse:
    request = pb.SummariseRedactionsRequest(**fields)
    if not request.HasField("start_time"):
        request.start_time.FromNanoseconds(NOON_NS - 3600 * S)
        request.end_time.FromNanoseconds(NOON_NS + 3600 * S)
    return await caller.stub.SummariseRedactions(request, metadata=metadata or caller.metadata, timeout=_TIMEOUT_S)


async def put(caller: Caller) -> None:
    receipt: dict[str, Any] = {"redaction_policy": "standard/1", "service_name": "shop", "withheld_values": 1}
    found: dict[str, Any] = {"redacted_entities": [("PERSON", 3)], "redacted_where": [("attr_string:PERSON", 3)]}
    await caller.put(span("t", "1", **receipt, **found), span("t", "2", **receipt))


async def test_a_caller_sees_what_was_redacted_where(caller: Caller) -> None:
    await put(caller)
    answer = await summarise(caller)
    spans = span_batch_pb2.SIGNAL_SPANS
    about = {"signal": spans, "service_name": "shop", "policy": "standard/1"}
    assert list(answer.groups) == [
        pb.RedactionGroup(entity="PERSON", where="attr_string", row_count=1, finding_count=3, **about),  # type: ignore[arg-type]  # fields by name
        pb.RedactionGroup(entity="WITHHELD", row_count=2, finding_count=2, **about),  # type: ignore[arg-type]  # likewise
    ]
    assert list(answer.totals) == [
        pb.RedactionTotal(
            signal=spans, row_count=2, redacted_row_count=1, finding_count=3, withheld_value_count=2, examined_bytes=0
        )
    ]


async def test_another_projects_key_sees_nothing_of_it(caller: Caller) -> None:
    await put(caller)
    assert await summarise(caller, [("authorization", "Bearer tenant/another/query")]) == (
        pb.SummariseRedactionsResponse()
    )


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ([("authorization", "Bearer none")], grpc.StatusCode.UNAUTHENTICATED),
        ([("authorization", "Bearer tenant/project/ingest")], grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_a_key_without_the_right_is_refused(caller: Caller, metadata: Any, code: grpc.StatusCode) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await summarise(caller, metadata)
    assert refused.value.code() is code


async def test_a_bad_limit_is_refused(caller: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await summarise(caller, group_limit=5000)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_groups_come_page_by_page(caller: Caller) -> None:
    await put(caller)
    first = await summarise(caller, group_limit=1)
    assert ([one.entity for one in first.groups], first.group_count) == (["PERSON"], 2)
    second = await summarise(caller, group_limit=1, page_token=first.next_page_token)
    assert [one.entity for one in second.groups] == ["WITHHELD"]
    assert (second.totals, second.next_page_token) == (first.totals, "")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await summarise(caller, entity="PERSON", page_token=first.next_page_token)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
