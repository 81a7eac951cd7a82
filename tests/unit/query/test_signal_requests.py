"""What ListLogs, ListMetricPoints and ListIngestIssues accept, and what they say of the rest."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1 import ingest_issue_pb2, span_batch_pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_query import page_tokens, signal_requests
from a11i_storage.clickhouse import IssueFilter, LogFilter, MetricFilter, RowCursor, TimeRange

NOW_NS = 1_800_000_000 * 10**9
DAY_NS = 24 * 3600 * 10**9
DAY = TimeRange(NOW_NS - DAY_NS, NOW_NS)
TRACE, SPAN = "0aF" + "0" * 29, "0aF" + "0" * 13
CURSOR = RowCursor(NOW_NS - 5, bytes(range(16)))

Read = Callable[..., Any]
READS: list[tuple[Any, Read]] = [
    (pb.ListLogsRequest, signal_requests.logs),
    (pb.ListMetricPointsRequest, signal_requests.metric_points),
    (pb.ListIngestIssuesRequest, signal_requests.ingest_issues),
]


@pytest.mark.parametrize(("kind", "read"), READS)
def test_defaults_are_the_last_day_and_fifty_rows(kind: Any, read: Read) -> None:
    listing = read(kind(), NOW_NS)
    assert (listing.which.times, listing.limit, listing.after) == (DAY, 50, None)


def test_filters_arrive_as_they_were_asked_for() -> None:
    logs = pb.ListLogsRequest(trace_id=TRACE, span_id=SPAN, event_name="e", service_name="v", min_severity=24)
    assert signal_requests.logs(logs, NOW_NS).which == LogFilter(
        TimeRange(0, 2**63 - 1), bytes.fromhex(TRACE), bytes.fromhex(SPAN), "e", "v", 24
    )
    points = pb.ListMetricPointsRequest(metric_name="m", service_name="v", page_size=200)
    assert signal_requests.metric_points(points, NOW_NS).which == MetricFilter(DAY, "m", "v")
    issues = pb.ListIngestIssuesRequest(
        signal=span_batch_pb2.SIGNAL_LOGS, outcome=ingest_issue_pb2.ISSUE_OUTCOME_TRUNCATED
    )
    assert signal_requests.ingest_issues(issues, NOW_NS).which == IssueFilter(DAY, "logs", "truncated")


def test_a_traces_records_can_be_bounded_all_the_same() -> None:
    request = pb.ListLogsRequest(trace_id=TRACE, start_time=Timestamp(seconds=5), end_time=Timestamp(seconds=7))
    assert signal_requests.logs(request, NOW_NS).which.times == TimeRange(5 * 10**9, 7 * 10**9)


@pytest.mark.parametrize(("kind", "read"), READS)
def test_a_later_page_keeps_the_range_of_the_first(kind: Any, read: Read) -> None:
    token = page_tokens.encode_rows(kind(), DAY, CURSOR)
    later = read(kind(page_token=token, page_size=7), NOW_NS + DAY_NS)
    assert (later.which.times, later.after, later.limit) == (DAY, CURSOR, 7)


@pytest.mark.parametrize(("kind", "read"), READS)
def test_a_token_of_another_listing_or_with_other_filters_is_refused(kind: Any, read: Read) -> None:
    others = [page_tokens.encode_rows(other(), DAY, CURSOR) for other, _ in READS if other is not kind]
    start = kind(start_time=Timestamp(seconds=5))
    for token in (*others, page_tokens.encode_rows(start, DAY, CURSOR), "nonsense"):
        with pytest.raises(InvalidArgumentError) as refused:
            read(kind(page_token=token), NOW_NS)
        assert refused.value.field == "page_token"


_BAD: list[tuple[int, dict[str, Any], str]] = [
    *((number, {"page_size": size}, "page_size") for number in range(3) for size in (-1, 201)),
    *((number, {"start_time": Timestamp(seconds=-1)}, "start_time") for number in range(3)),
    *((number, {"end_time": Timestamp(seconds=2**40)}, "end_time") for number in range(3)),
    *((number, {"start_time": Timestamp(seconds=NOW_NS // 10**9 + 1)}, "start_time") for number in range(3)),
    (0, {"trace_id": "xyz"}, "trace_id"),
    (0, {"trace_id": "0" * 32}, "trace_id"),
    (0, {"span_id": "a" * 15}, "span_id"),
    (0, {"event_name": "x" * 1001}, "event_name"),
    (0, {"service_name": "x" * 1001}, "service_name"),
    (0, {"min_severity": 25}, "min_severity"),
    (0, {"min_severity": -1}, "min_severity"),
    (1, {"metric_name": "x" * 1001}, "metric_name"),
    (1, {"service_name": "x" * 1001}, "service_name"),
    (2, {"signal": 4}, "signal"),
    (2, {"signal": 99}, "signal"),
    (2, {"outcome": 99}, "outcome"),
]


@pytest.mark.parametrize(("number", "fields", "named"), _BAD)
def test_a_bad_field_is_named(number: int, fields: dict[str, Any], named: str) -> None:
    kind, read = READS[number]
    with pytest.raises(InvalidArgumentError) as refused:
        read(kind(**fields), NOW_NS)
    assert refused.value.field == named
