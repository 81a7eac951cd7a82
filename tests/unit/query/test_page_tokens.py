"""Page tokens: there and back, and refused with anything but their own listing."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from a11i.query.v1 import query_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_query import page_tokens
from a11i_query.page_tokens import Place
from a11i_storage.clickhouse import Cursor, TraceFilter

_INT64 = st.integers(-(2**63), 2**63 - 1)
_TEXT = st.text(max_size=30)
PLACES = st.builds(Place, _INT64, _INT64, st.builds(Cursor, _INT64, st.binary(min_size=16, max_size=16), _INT64))
REQUESTS = st.builds(
    pb.ListTracesRequest,
    start_time=st.none() | st.builds(Timestamp, seconds=st.integers(0, 2**33)),
    name=_TEXT,
    model=_TEXT,
    user_id=_TEXT,
    session_id=_TEXT,
    service_name=_TEXT,
    has_error=st.none() | st.booleans(),
    page_size=st.integers(0, 200),
)


def token(request: pb.ListTracesRequest, place: Place) -> str:
    which = TraceFilter(start_time_ns=place.start_time_ns, end_time_ns=place.end_time_ns)
    return page_tokens.encode(request, which, place.cursor)


def following(request: pb.ListTracesRequest, page_token: str) -> pb.ListTracesRequest:
    """The request for the next page."""
    next_request = pb.ListTracesRequest()
    next_request.CopyFrom(request)
    next_request.page_token = page_token
    return next_request


@given(REQUESTS, PLACES, st.integers(0, 200))
def test_a_token_leads_back_to_its_place_with_any_page_size(
    request: pb.ListTracesRequest, place: Place, size: int
) -> None:
    next_request = following(request, token(request, place))
    next_request.page_size = size
    assert page_tokens.decode(next_request) == place


@given(REQUESTS, REQUESTS, PLACES)
def test_a_token_is_refused_with_other_filters(
    request: pb.ListTracesRequest, other: pb.ListTracesRequest, place: Place
) -> None:
    same = pb.ListTracesRequest()
    same.CopyFrom(other)
    same.page_size = request.page_size
    if same == request:
        return
    with pytest.raises(InvalidArgumentError) as refused:
        page_tokens.decode(following(other, token(request, place)))
    assert refused.value.field == "page_token"


@given(REQUESTS, st.text(max_size=200) | st.binary(max_size=120).map(lambda raw: raw.hex()))
def test_whatever_is_no_token_is_refused(request: pb.ListTracesRequest, text: str) -> None:
    if not text:
        return
    with pytest.raises(InvalidArgumentError):
        page_tokens.decode(following(request, text))


@given(REQUESTS, PLACES, st.data())
def test_a_damaged_token_is_refused(request: pb.ListTracesRequest, place: Place, data: st.DataObject) -> None:
    good = token(request, place)
    position = data.draw(st.integers(0, len(good) - 1))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
    damaged = good[:position] + data.draw(st.sampled_from(alphabet)) + good[position + 1 :]
    if damaged == good:
        return
    try:
        place_again = page_tokens.decode(following(request, damaged))
    except InvalidArgumentError:
        return
    # The last character's unused bits are not part of the token.
    assert position == len(good) - 1
    assert place_again == place
