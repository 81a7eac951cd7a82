"""Page tokens go on where they were given, and nowhere else."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_delivery import page_tokens
from a11i_storage.postgres.dead_letters import PageCursor


@given(time=st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)), row=st.uuids())
def test_a_cursor_comes_back_to_the_microsecond(time: datetime, row: uuid.UUID) -> None:
    request = pb.ListDeadLettersRequest(tenant_id="t", page_size=5)
    request.page_token = page_tokens.encode(request, PageCursor(time, row))
    request.page_size = 7
    assert page_tokens.decode(request) == PageCursor(time, row)


def test_no_token_is_the_first_page() -> None:
    assert page_tokens.decode(pb.ListDeadLettersRequest()) is None


def test_a_token_belongs_to_its_tenant_its_filter_and_its_listing() -> None:
    cursor = PageCursor(datetime(2026, 11, 21, tzinfo=UTC), uuid.UUID(int=1))
    token = page_tokens.encode(pb.ListDeadLettersRequest(tenant_id="t"), cursor)
    others = (
        pb.ListDeadLettersRequest(tenant_id="u", page_token=token),
        pb.ListDeadLettersRequest(tenant_id="t", filter=pb.DeadLetterFilter(stage="writer"), page_token=token),
        pb.ListDeadLetterActionsRequest(tenant_id="t", page_token=token),
    )
    for other in others:
        with pytest.raises(InvalidArgumentError, match="other filters"):
            page_tokens.decode(other)


@given(st.text(min_size=1, max_size=60))
def test_any_other_text_is_refused(token: str) -> None:
    with pytest.raises(InvalidArgumentError, match="page_token"):
        page_tokens.decode(pb.ListDeadLettersRequest(page_token=token.encode("utf-8", "ignore").decode() or "x"))
