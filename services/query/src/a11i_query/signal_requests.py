"""Requests for logs, metric points and issues, checked and turned into what the store understands."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from a11i.query.v1 import query_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_query import page_tokens
from a11i_query.requests import DEFAULT_RANGE_NS, MAX_TIME_NS, check_lengths, identifier, page_size, time_ns
from a11i_query.signal_messages import OUTCOMES, SIGNALS
from a11i_storage.clickhouse import IssueFilter, LogFilter, MetricFilter, RowCursor, TimeRange

_MAX_SEVERITY: Final = 24

FilterT = TypeVar("FilterT", LogFilter, MetricFilter, IssueFilter)


@dataclass(frozen=True, slots=True)
class RowListing(Generic[FilterT]):
    """What a call asks of the store."""

    which: FilterT
    limit: int
    after: RowCursor | None
    """None: from the start."""


def logs(request: pb.ListLogsRequest, now_ns: int) -> RowListing[LogFilter]:
    """Return what `request` asks for. Raises InvalidArgumentError that names the field."""
    check_lengths(request, ("event_name", "service_name"))
    if not 0 <= request.min_severity <= _MAX_SEVERITY:
        message = f"min_severity must be 1 to {_MAX_SEVERITY}, or 0 for all"
        raise InvalidArgumentError(message, field="min_severity")
    trace_id = identifier(request.trace_id, "trace_id", digits=32) if request.trace_id else b""
    span_id = identifier(request.span_id, "span_id", digits=16) if request.span_id else b""
    limit, (times, after) = page_size(request), _times(request, now_ns, bounded=not trace_id)
    which = LogFilter(times, trace_id, span_id, request.event_name, request.service_name, request.min_severity)
    return RowListing(which, limit, after)


def metric_points(request: pb.ListMetricPointsRequest, now_ns: int) -> RowListing[MetricFilter]:
    """Return what `request` asks for, likewise."""
    check_lengths(request, ("metric_name", "service_name"))
    limit, (times, after) = page_size(request), _times(request, now_ns)
    return RowListing(MetricFilter(times, request.metric_name, request.service_name), limit, after)


def ingest_issues(request: pb.ListIngestIssuesRequest, now_ns: int) -> RowListing[IssueFilter]:
    """Return what `request` asks for, likewise."""
    for name, known in (("signal", {int(signal) for signal in SIGNALS}), ("outcome", set(OUTCOMES))):
        number = getattr(request, name)
        if number and number not in known:
            raise InvalidArgumentError(f"no issue is of {name} {number}", field=name)
    signals = {int(signal): text for signal, text in SIGNALS.items()}
    limit, (times, after) = page_size(request), _times(request, now_ns)
    which = IssueFilter(times, signals.get(request.signal, ""), OUTCOMES.get(request.outcome, ""))
    return RowListing(which, limit, after)


def _times(
    request: page_tokens.RowsRequest, now_ns: int, *, bounded: bool = True
) -> tuple[TimeRange, RowCursor | None]:
    """Return the range that the request asks for, or its first page found, and where to go on.

    Ends that the request leaves open are the last 24 hours', or none where the range need not be bounded.
    """
    if request.page_token:
        place = page_tokens.decode_rows(request)
        return place.times, place.cursor
    return time_range(request, now_ns, bounded=bounded), None


def time_range(
    request: page_tokens.RowsRequest | page_tokens.ReportRequest | pb.SummariseRedactionsRequest,
    now_ns: int,
    *,
    bounded: bool = True,
) -> TimeRange:
    """Return the range that a request names. Raises InvalidArgumentError."""
    open_end_ns = now_ns if bounded else MAX_TIME_NS
    end_ns = time_ns(request.end_time, "end_time") if request.HasField("end_time") else open_end_ns
    start_ns = max(end_ns - DEFAULT_RANGE_NS, 0) if bounded else 0
    if request.HasField("start_time"):
        start_ns = time_ns(request.start_time, "start_time")
    if start_ns >= end_ns:
        raise InvalidArgumentError("start_time must be before end_time (unset: now)", field="start_time")
    return TimeRange(start_ns, end_ns)
