"""What ListTraces and GetTrace accept, and what they say of the rest."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from a11i.query.v1 import query_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_query import page_tokens, requests
from a11i_storage.clickhouse import Cursor, TraceFilter

NOW_NS = 1_800_000_000 * 10**9
DAY_NS = 24 * 3600 * 10**9


def test_defaults_are_the_last_day_and_fifty_traces() -> None:
    listing = requests.listing(pb.ListTracesRequest(), NOW_NS)
    assert listing == requests.Listing(TraceFilter(start_time_ns=NOW_NS - DAY_NS, end_time_ns=NOW_NS), 50, None)


def test_an_open_start_is_a_day_before_the_given_end() -> None:
    listing = requests.listing(pb.ListTracesRequest(end_time=Timestamp(seconds=10**9, nanos=7)), NOW_NS)
    assert listing.which.end_time_ns == 10**18 + 7
    assert listing.which.start_time_ns == 10**18 + 7 - DAY_NS


def test_filters_arrive_as_they_were_asked_for() -> None:
    request = pb.ListTracesRequest(
        name="n", model="m", user_id="u", session_id="s", service_name="v", has_error=False, page_size=200
    )
    which = requests.listing(request, NOW_NS).which
    assert (which.name, which.model, which.user_id) == ("n", "m", "u")
    assert (which.session_id, which.service_name, which.has_error) == ("s", "v", False)
    assert requests.listing(pb.ListTracesRequest(), NOW_NS).which.has_error is None


def test_a_later_page_keeps_the_range_of_the_first() -> None:
    request = pb.ListTracesRequest(name="n")
    first = requests.listing(request, NOW_NS)
    cursor = Cursor(NOW_NS - 5, bytes(range(16)), NOW_NS)
    request.page_token = page_tokens.encode(request, first.which, cursor)
    later = requests.listing(request, NOW_NS + DAY_NS)
    assert later.which == first.which
    assert later.after == cursor


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"page_size": -1}, "page_size"),
        ({"page_size": 201}, "page_size"),
        ({"name": "x" * 1001}, "name"),
        ({"service_name": "x" * 1001}, "service_name"),
        ({"start_time": Timestamp(seconds=-1)}, "start_time"),
        ({"end_time": Timestamp(seconds=2**40)}, "end_time"),
        ({"end_time": Timestamp(seconds=5, nanos=-1)}, "end_time"),
        ({"end_time": Timestamp(seconds=5, nanos=10**9)}, "end_time"),
        ({"start_time": Timestamp(seconds=5), "end_time": Timestamp(seconds=5)}, "start_time"),
        ({"start_time": Timestamp(seconds=NOW_NS // 10**9 + 1)}, "start_time"),
        ({"page_token": "nonsense"}, "page_token"),
    ],
)
def test_a_bad_field_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        requests.listing(pb.ListTracesRequest(**fields), NOW_NS)
    assert refused.value.field == named


@pytest.mark.parametrize(
    "text", ["", "0" * 32, "g" * 32, "a" * 31, "a" * 33, " " + "a" * 31, "a" * 32 + "\n", "٣" * 32]
)
def test_what_is_no_trace_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        requests.trace_id(text)
    assert refused.value.field == "trace_id"


def test_a_trace_id_may_have_any_case() -> None:
    assert requests.trace_id("0aF" + "0" * 29) == bytes.fromhex("0af" + "0" * 29)
