"""What DeadLetterService asks of its callers, and how it answers them."""

from datetime import timedelta
from typing import Any, get_args

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from tests.grpc_errors import rich_status
from tests.service.delivery.delivery_kit import AS_ADMIN, Delivery, batch

LETTER = "8d3f2b1c-0000-4000-8000-000000000001"


Request = (
    pb.ListDeadLettersRequest
    | pb.GetDeadLetterRequest
    | pb.ReplayDeadLettersRequest
    | pb.DiscardDeadLettersRequest
    | pb.ListDeadLetterActionsRequest
)


async def call(delivery: Delivery, request: Request, metadata: tuple[tuple[str, str], ...] = AS_ADMIN) -> object:
    """Call the method that the request is of."""
    method = getattr(delivery.stub, type(request).__name__.removesuffix("Request"))
    return await method(request, metadata=metadata)


@pytest.mark.parametrize("kind", get_args(Request))
async def test_nobody_without_the_admin_token_is_answered(delivery: Delivery, kind: type[Request]) -> None:
    credentials: list[tuple[tuple[str, str], ...]] = [
        (),
        (("authorization", "Bearer nonsense"),),
        (("authorization", "Bearer "),),
    ]
    for metadata in credentials:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(delivery, kind(tenant_id=delivery.tenant), metadata)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert "admin token" in (caught.value.details() or "")


def _violated(error: grpc.aio.AioRpcError) -> str:
    """Return the field that an INVALID_ARGUMENT names."""
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    for detail in rich_status(error).details:
        found = error_details_pb2.BadRequest()
        if detail.Unpack(found):
            field = str(found.field_violations[0].field)
            assert field in (error.details() or ""), "clients that read no details must know, too"
            return field
    raise AssertionError("the status names no field")


def listing(**fields: Any) -> pb.ListDeadLettersRequest:
    return pb.ListDeadLettersRequest(tenant_id="t", filter=pb.DeadLetterFilter(**fields))


def replay(ids: list[str] | None = None, **fields: Any) -> pb.ReplayDeadLettersRequest:
    request = pb.ReplayDeadLettersRequest(**{"tenant_id": "t", "actor": "a", **fields})
    if ids is not None:
        request.ids.SetInParent()
        request.ids.dead_letter_ids.extend(ids)
    return request


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListDeadLettersRequest(), "tenant_id"),
        (pb.ListDeadLettersRequest(tenant_id="t" * 201), "tenant_id"),
        (pb.ListDeadLettersRequest(tenant_id="a\0b"), "tenant_id"),
        (pb.ListDeadLettersRequest(tenant_id="t", page_size=-1), "page_size"),
        (pb.ListDeadLettersRequest(tenant_id="t", page_token="nonsense"), "page_token"),
        (pb.ListDeadLettersRequest(tenant_id="t", page_token="é"), "page_token"),
        (listing(stage="\0"), "filter.stage"),
        (listing(state=99), "filter.state"),
        (listing(signal=40_000), "filter.signal"),
        (listing(replay_of="x"), "filter.replay_of"),
        (listing(start_time=Timestamp(seconds=2**60)), "filter.start_time"),
        (pb.GetDeadLetterRequest(tenant_id="t", dead_letter_id="x"), "dead_letter_id"),
        (pb.GetDeadLetterRequest(tenant_id="t", dead_letter_id=LETTER, view=99), "view"),  # type: ignore[arg-type]  # a number that is none
        (replay(), "selection"),
        (replay([]), "ids.dead_letter_ids"),
        (replay([LETTER] * 1_001), "ids.dead_letter_ids"),
        (replay(["x"]), "ids.dead_letter_ids"),
        (replay([LETTER], point=99), "point"),
        (replay([LETTER], actor=""), "actor"),
        (replay([LETTER], actor="a\nb"), "actor"),
        (
            pb.DiscardDeadLettersRequest(
                tenant_id="t", actor="a", filter=pb.DeadLetterFilter(state=pb.DEAD_LETTER_STATE_REPLAYED)
            ),
            "filter.state",
        ),
        (pb.ListDeadLetterActionsRequest(tenant_id="t", dead_letter_id="x"), "dead_letter_id"),
    ],
)
async def test_what_is_wrong_with_a_request_is_named(delivery: Delivery, request_: Request, field: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(delivery, request_)
    assert _violated(caught.value) == field


async def test_pages_go_on_with_the_same_filters_alone(delivery: Delivery) -> None:
    for number in range(5):
        await delivery.bury(batch(delivery.tenant, [f"n{number}"]))
    await delivery.waiting(5)
    request = pb.ListDeadLettersRequest(tenant_id=delivery.tenant, page_size=2)
    seen = []
    while True:
        page = await delivery.stub.ListDeadLetters(request, metadata=AS_ADMIN)
        seen += [letter.dead_letter_id for letter in page.dead_letters]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert len(set(seen)) == len(seen) == 5

    request.tenant_id = "another"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await delivery.stub.ListDeadLetters(request, metadata=AS_ADMIN)
    assert _violated(caught.value) == "page_token"


async def test_the_record_of_actions_has_pages_too(delivery: Delivery) -> None:
    for number in range(3):
        await delivery.bury(batch(delivery.tenant, [f"n{number}"]))
    for letter in await delivery.waiting(3):
        await delivery.discard(letter)
    request = pb.ListDeadLetterActionsRequest(tenant_id=delivery.tenant, page_size=2)
    first = await delivery.stub.ListDeadLetterActions(request, metadata=AS_ADMIN)
    request.page_token = first.next_page_token
    second = await delivery.stub.ListDeadLetterActions(request, metadata=AS_ADMIN)
    assert (len(first.actions), len(second.actions), second.next_page_token) == (2, 1, "")
    assert len({action.action_id for action in [*first.actions, *second.actions]}) == 3


async def test_a_letter_says_when_it_expires(delivery: Delivery) -> None:
    await delivery.bury(batch(delivery.tenant, ["a"]))
    (letter,) = await delivery.waiting(1)
    assert letter.expire_time.ToDatetime() - letter.last_time.ToDatetime() == timedelta(days=30)
