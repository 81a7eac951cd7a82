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
    request = pb.SummariseRedactionsRequest()
    assert redactions.which(request, NOW_NS) == RedactionFilter(TimeRange(NOW_NS - DEFAULT_RANGE_NS, NOW_NS))
    assert redactions.group_limit(request) == redactions.DEFAULT_GROUPS


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.SummariseRedactionsRequest(group_limit=-1), "group_limit"),
        (pb.SummariseRedactionsRequest(group_limit=1001), "group_limit"),
        (pb.SummariseRedactionsRequest(signal=span_batch_pb2.SIGNAL_METRICS), "signal"),
        (pb.SummariseRedactionsRequest(entity="E" * 1001), "entity"),
        (pb.SummariseRedactionsRequest(where="w" * 1001), "where"),
    ],
)
def test_a_bad_request_is_refused_by_the_fields_name(request_: pb.SummariseRedactionsRequest, field: str) -> None:
    def check() -> None:
        redactions.group_limit(request_)
        redactions.which(request_, NOW_NS)

    with pytest.raises(InvalidArgumentError) as refused:
        check()
    assert refused.value.field == field


def test_an_answer_names_signals_as_the_contract_does() -> None:
    group = RedactionGroup("log", "JWT", "body", "shop", "standard/1", 2, 3)
    answer = redactions.answer(Redactions((group,), 1, ()))
    assert (answer.groups[0].signal, answer.groups[0].where, answer.groups[0].finding_count) == (
        span_batch_pb2.SIGNAL_LOGS,
        "body",
        3,
    )
