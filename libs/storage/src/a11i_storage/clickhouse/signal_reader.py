"""Reading log records, metric points and ingest's issues."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from a11i_storage.clickhouse.connection import ClickHouse
from a11i_storage.clickhouse.statements import Scope, statement
from a11i_storage.clickhouse.tables import TABLES
from a11i_telemetry.shared_columns import ATTRIBUTES, DROPPED, EVALUATION, MESSAGES
from a11i_telemetry.signals import Signal

LOG_SCHEMA: Final = TABLES[Signal.LOGS].read_schema
"""The columns of stored log records: a batch's, and received_time."""
METRIC_SCHEMA: Final = TABLES[Signal.METRICS].read_schema
"""The columns of stored points, likewise."""
ISSUE_SCHEMA: Final = TABLES[Signal.ISSUES].read_schema
"""The columns of stored issues, likewise."""

EVENT_SCHEMA: Final = pa.schema(
    [
        LOG_SCHEMA.field(name)
        for name in (
            *("record_id", "time", "event_name", "span_id", "body", "body_is_json"),
            *(column.name for column in (*ATTRIBUTES, *DROPPED, *MESSAGES, *EVALUATION)),
        )
    ]
)
"""The columns of a log record that a span can use. A statement that names few is planned in half the time."""

_FIRST: Final = bytes(16)
"""Before every row of its time: ids are digests."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Nanoseconds since the epoch; the end is not in it."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which records to list: all conditions hold; an empty one does not filter."""

    times: TimeRange
    trace_id: bytes = b""
    span_id: bytes = b""
    event_name: str = ""
    service_name: str = ""
    min_severity: int = 0
    """OTLP's SeverityNumber, 1 to 24. Records that say no severity are below all."""


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """Which points to list, likewise."""

    times: TimeRange
    metric_name: str = ""
    service_name: str = ""


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Which issues to list, likewise."""

    times: TimeRange
    signal: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class RowCursor:
    """The last row of a page."""

    time_ns: int
    row_id: bytes
    """Its 16 bytes of identity, as several can have the same time."""


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows, latest first."""

    rows: pa.Table
    next: RowCursor | None
    """None: this was the last page."""


@dataclass(frozen=True, slots=True)
class TraceEvents:
    """The GenAI events of a trace's spans that arrived as log records."""

    rows: pa.Table
    """EVENT_SCHEMA, one row an event, by time."""
    truncated: bool
    """Whether some were left out."""


class ClickHouseSignalReader:
    """Reads what a scope's logs, metrics and issues tell, each row once. Safe for concurrent tasks.

    Every method raises UnavailableError, and TooLargeError if the store may not use the memory that the answer takes.
    Pages hold `limit` rows at most, and no more than `max_bytes` unless it is one row.
    """

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def list_logs(
        self, scope: Scope, which: LogFilter, *, limit: int, max_bytes: int, after: RowCursor | None = None
    ) -> RowPage:
        """Return the records that match."""
        values = _given(
            trace_id=which.trace_id.hex(),
            span_id=which.span_id.hex(),
            event_name=which.event_name,
            service_name=which.service_name,
            min_severity=which.min_severity,
        )
        return await self._page(scope, _LOGS, which.times, values, limit, max_bytes, after)

    async def list_metric_points(
        self, scope: Scope, which: MetricFilter, *, limit: int, max_bytes: int, after: RowCursor | None = None
    ) -> RowPage:
        """Return the points that match."""
        values = _given(metric_name=which.metric_name, service_name=which.service_name)
        return await self._page(scope, _METRICS, which.times, values, limit, max_bytes, after)

    async def list_ingest_issues(
        self, scope: Scope, which: IssueFilter, *, limit: int, after: RowCursor | None = None
    ) -> RowPage:
        """Return the issues that match."""
        values = _given(signal=which.signal, outcome=which.outcome)
        return await self._page(scope, _ISSUES, which.times, values, limit, 0, after)

    async def trace_events(self, scope: Scope, trace_id: bytes, *, limit: int, max_bytes: int) -> TraceEvents:
        """Return the events of a trace's spans, at most the first `limit` of them and `max_bytes`."""
        # One more than asked for tells whether there are more.
        parameters = scope.parameters | {"trace_id": trace_id.hex(), "limit": limit + 1, "max_bytes": max_bytes}
        sql = statement("get_trace_events", {"columns": ", ".join(EVENT_SCHEMA.names)})
        rows, found = _counted(await self._clickhouse.query(sql, parameters), EVENT_SCHEMA, limit)
        return TraceEvents(rows, truncated=found > rows.num_rows)

    async def _page(
        self,
        scope: Scope,
        listing: "_Listing",
        times: TimeRange,
        values: Mapping[str, object],
        limit: int,
        max_bytes: int,
        after: RowCursor | None,
    ) -> RowPage:
        after = after or RowCursor(times.end_ns, _FIRST)
        parameters = scope.parameters | dict(values)
        parameters |= {"start_ns": times.start_ns, "end_ns": times.end_ns, "max_bytes": max_bytes}
        # One more than asked for tells whether another page follows.
        parameters |= {"before_ns": after.time_ns, "before_id": after.row_id.hex(), "limit": limit + 1}
        filters = " AND ".join(_CONDITIONS[name] for name in values) or "true"
        sql = statement(listing.statement, {"columns": ", ".join(listing.schema.names), "filters": filters})
        rows, found = _counted(await self._clickhouse.query(sql, parameters), listing.schema, limit)
        return RowPage(rows, _last(rows, listing.row_id) if found > rows.num_rows else None)


@dataclass(frozen=True, slots=True)
class _Listing:
    statement: str
    schema: pa.Schema
    row_id: str


_LOGS: Final = _Listing("list_logs", LOG_SCHEMA, "record_id")
_METRICS: Final = _Listing("list_metric_points", METRIC_SCHEMA, "point_id")
_ISSUES: Final = _Listing("list_ingest_issues", ISSUE_SCHEMA, "issue_id")

_CONDITIONS: Final = {
    "trace_id": "trace_key = toFixedString(unhex({trace_id:String}), 16)",
    "span_id": "span_id = toFixedString(unhex({span_id:String}), 8)",
    "event_name": "event_name = {event_name:String}",
    "service_name": "service_name = {service_name:String}",
    "min_severity": "severity_number >= {min_severity:UInt8}",
    "metric_name": "metric_name = {metric_name:String}",
    "signal": "signal = {signal:String}",
    "outcome": "outcome = {outcome:String}",
}


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}


def _counted(table: pa.Table, schema: pa.Schema, limit: int) -> tuple[pa.Table, int]:
    """Return the first `limit` rows of an answer, and how many the statement found."""
    found = table["found"][0].as_py() if table.num_rows else 0
    return table.select(schema.names).cast(schema).slice(0, limit), found


def _last(rows: pa.Table, row_id: str) -> RowCursor:
    last: Any = rows.slice(rows.num_rows - 1)
    return RowCursor(last["time"].cast(pa.int64())[0].as_py(), last[row_id][0].as_py())
