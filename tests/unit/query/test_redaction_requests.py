"""What SummariseRedactions refuses, and what it asks of the store."""

import pytest

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1 import span_batch_pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_query import redactions
from a11i_query.requests import DEFAULT_RANGE_NS
from a11i_storage.clickhouse import RedactionFilter, RedactionGroup, Redactions, TimeRange

NOW_NS = 1_800_000_000 * 10**9


def test_an_empty_request_is_the_last_day_of_both_signals() -> None:
    everything = RedactionFilter(TimeRange(NOW_NS - DEFAULT_RANGE_NS, NOW_NS))
    asked = redactions.asked(pb.SummariseRedactionsRequest(), NOW_NS)
    assert asked == redactions.Asked(everything, redactions.DEFAULT_GROUPS, 0)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.SummariseRedactionsRequest(group_limit=-1), "group_limit"),
        (pb.SummariseRedactionsRequest(group_limit=1001), "group_limit"),
        (pb.SummariseRedactionsRequest(signal=span_batch_pb2.SIGNAL_METRICS), "signal"),
        (pb.SummariseRedactionsRequest(entity="E" * 1001), "entity"),
        (pb.SummariseRedactionsRequest(where="w" * 1001), "where"),
        (pb.SummariseRedactionsRequest(page_token="x"), "page_token"),
    ],
)
def test_a_bad_request_is_refused_by_the_fields_name(request_: pb.SummariseRedactionsRequest, field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        redactions.asked(request_, NOW_NS)
    assert refused.value.field == field


def _answer(request: pb.SummariseRedactionsRequest, found: Redactions) -> pb.SummariseRedactionsResponse:
    return redactions.answer(request, redactions.asked(request, NOW_NS), found)


def test_an_answer_names_signals_as_the_contract_does() -> None:
    group = RedactionGroup("log", "JWT", "body", "shop", "standard/1", 2, 3)
    answer = _answer(pb.SummariseRedactionsRequest(), Redactions((group,), 1, ()))
    assert (answer.groups[0].signal, answer.groups[0].where, answer.groups[0].finding_count) == (
        span_batch_pb2.SIGNAL_LOGS,
        "body",
        3,
    )
    assert answer.next_page_token == ""


def test_a_page_goes_on_where_the_last_ended_in_the_range_that_the_first_fixed() -> None:
    groups = tuple(RedactionGroup("span", "JWT", "name", f"shop {number}", "pci/1", 1, 1) for number in range(3))
    request = pb.SummariseRedactionsRequest(entity="JWT", group_limit=3)
    token = _answer(request, Redactions(groups, 7, ())).next_page_token
    request = pb.SummariseRedactionsRequest(entity="JWT", group_limit=10, page_token=token)
    asked = redactions.asked(request, NOW_NS + 5)
    assert (asked.behind, asked.limit, asked.which.times.end_ns) == (3, 10, NOW_NS)
    assert redactions.answer(request, asked, Redactions((*groups, groups[0]), 7, ())).next_page_token == ""
    with pytest.raises(InvalidArgumentError, match="other filters"):
        redactions.asked(pb.SummariseRedactionsRequest(entity="PERSON", page_token=token), NOW_NS)


def test_a_page_of_long_names_has_fewer_groups_and_loses_none() -> None:
    long = tuple(RedactionGroup("span", "JWT", "name", "s" * 900_000, "pci/1", 1, 1) for _ in range(5))
    request, seen = pb.SummariseRedactionsRequest(), 0
    while True:
        page = redactions.asked(request, NOW_NS)
        answer = redactions.answer(request, page, Redactions(long[page.behind :], 5, ()))
        assert page.behind == seen
        assert answer.ByteSize() < 3_000_000
        seen += len(answer.groups)
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    assert seen == 5
