"""Reading traces."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from a11i_storage.clickhouse.connection import ClickHouse
from a11i_storage.clickhouse.statements import Scope, statement
from a11i_storage.clickhouse.tables import TABLES
from a11i_telemetry.signals import Signal

SPAN_SCHEMA: Final = TABLES[Signal.SPANS].read_schema
"""The columns of a stored trace: a SpanBatch's, and received_time."""

_MAX_SEARCHES: Final = 10
"""Searches for one page. Only traces that began before the range make a second one necessary, and those have spans
shortly after the range's start; a page is cut short rather than searched for without end."""

_NO_LIMIT_NS: Final = 2**63 - 1
"""Later than any time that the store can hold."""

_CONDITIONS: Final = {
    "name": "name = {name:String}",
    "model": "(request_model = {model:String} OR response_model = {model:String})",
    "user_id": "user_id = {user_id:String}",
    "session_id": "session_id = {session_id:String}",
    "service_name": "service_name = {service_name:String}",
    "redacted_entity": "mapContains(redacted_entities, {redacted_entity:String})",
}


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """A trace's spans as they are stored, each once, in the version that counts."""

    spans: pa.Table
    """SPAN_SCHEMA, one row a span, by start_time and span_id."""
    summary: "TraceSummary"
    """What all spans of the trace add up to, those left out included."""

    @property
    def truncated(self) -> bool:
        """Whether spans were left out."""
        return self.spans.num_rows < self.summary.span_count


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """What a trace's stored spans add up to; fields as in a11i.query.v1.TraceSummary, times in ns since the epoch."""

    trace_id: bytes
    name: str
    service_name: str
    start_time_ns: int
    end_time_ns: int
    span_count: int
    error_count: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    unpriced_calls: int
    calls_without_usage: int
    models: tuple[str, ...]
    session_id: str
    user_id: str
    redacted_entities: dict[str, int]


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """Which traces to list: all conditions hold; an empty one does not filter."""

    start_time_ns: int
    """Traces whose earliest span starts then or later, nanoseconds since the epoch."""
    end_time_ns: int
    """Traces whose earliest span starts before then."""
    name: str = ""
    model: str = ""
    user_id: str = ""
    session_id: str = ""
    service_name: str = ""
    redacted_entity: str = ""
    has_error: bool | None = None

    @property
    def values(self) -> dict[str, str]:
        """The conditions on spans that are set, by name."""
        return {name: getattr(self, name) for name in _CONDITIONS if getattr(self, name)}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place between two pages of a listing."""

    place_ns: int
    """Place of the trace after which the next page begins: the start of its earliest span, as the first page saw it."""
    trace_id: bytes
    """That trace, as several can have the same place."""
    as_of_ns: int
    """When the last span that the first page saw was stored. Later ones do not move a trace that was known by then."""


@dataclass(frozen=True, slots=True)
class TracePage:
    """A page of traces, latest start first."""

    traces: Sequence[TraceSummary] = field(default_factory=tuple)
    next: Cursor | None = None
    """None: this was the last page."""


class ClickHouseSpanReader:
    """Reads what a scope's spans tell. Safe for concurrent tasks.

    Every method raises UnavailableError, and TooLargeError if the store may not use the memory that the answer takes.
    """

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def get_trace(self, scope: Scope, trace_id: bytes, *, limit: int, max_bytes: int) -> StoredTrace | None:
        """Return the trace, at most its first `limit` spans and `max_bytes` of them; None if none is stored."""
        sql = statement("get_spans", {"columns": ", ".join(SPAN_SCHEMA.names)})
        parameters = scope.parameters | {"trace_id": trace_id.hex(), "limit": limit, "max_bytes": max_bytes}
        spans, summaries = await asyncio.gather(
            self._clickhouse.query(sql, parameters), self._summaries(scope, [trace_id])
        )
        if trace_id not in summaries:
            return None
        if spans.num_rows < min(limit, summaries[trace_id].span_count):
            # Left out for their size, or stored between the two answers: in the second case they are there now.
            spans = await self._clickhouse.query(sql, parameters)
        return StoredTrace(spans.cast(SPAN_SCHEMA), summaries[trace_id])

    async def list_traces(
        self, scope: Scope, which: TraceFilter, *, limit: int, after: Cursor | None = None
    ) -> TracePage:
        """Return the traces that match, `limit` at most, from the start or after a page's `next`.

        A page can be shorter although another follows.
        """
        cursor = after or Cursor(which.end_time_ns, b"", as_of_ns=_NO_LIMIT_NS)
        page: list[TraceSummary] = []
        for _ in range(_MAX_SEARCHES):
            wanted = limit - len(page)
            found = await self._find(scope, which, cursor, wanted + 1)
            candidates = found[:wanted]
            summaries = await self._summaries(scope, [one.trace_id for one in candidates])
            page += [
                summaries[one.trace_id]
                for one in candidates
                if one.trace_id in summaries and summaries[one.trace_id].start_time_ns >= which.start_time_ns
            ]
            if len(found) <= wanted:
                return TracePage(page)
            cursor = candidates[-1]
            if len(page) == limit:
                break
        return TracePage(page, cursor)

    async def _find(self, scope: Scope, which: TraceFilter, cursor: Cursor, limit: int) -> list[Cursor]:
        """Return the places of matching traces after the cursor."""
        parameters = scope.parameters | which.values
        parameters |= {"start_ns": which.start_time_ns, "end_ns": which.end_time_ns, "as_of_ns": cursor.as_of_ns}
        parameters |= {"before_ns": cursor.place_ns, "before_id": cursor.trace_id.hex(), "limit": limit}
        table = await self._clickhouse.query(statement("find_traces", {"filters": _filters(which)}), parameters)
        is_first = cursor.as_of_ns == _NO_LIMIT_NS
        return [
            Cursor(row["place_ns"], row["trace_id"], row["seen_ns"] if is_first else cursor.as_of_ns)
            for row in table.to_pylist()
        ]

    async def _summaries(self, scope: Scope, trace_ids: Sequence[bytes]) -> dict[bytes, TraceSummary]:
        """Return the summaries of those traces that are stored, by id."""
        if not trace_ids:
            return {}
        parameters = scope.parameters | {"trace_ids": [trace_id.hex() for trace_id in trace_ids]}
        table = await self._clickhouse.query(statement("summarise_traces"), parameters)
        rows = table.to_pylist(maps_as_pydicts="strict")
        return {row["trace_id"]: _summary(row) for row in rows}


def _filters(which: TraceFilter) -> str:
    """Return the conditions on traces: each of its spans may meet another one."""
    clauses = [f"trace_id IN ({_traces_with(_CONDITIONS[name])})" for name in which.values]
    if which.has_error is not None:
        clauses.append(f"trace_id {'IN' if which.has_error else 'NOT IN'} ({_traces_with('status_code = 2')})")
    return " AND ".join(clauses) or "true"


def _traces_with(condition: str) -> str:
    return statement("traces_with", {"condition": condition})


def _summary(row: dict[str, Any]) -> TraceSummary:
    return TraceSummary(**{**row, "models": tuple(row["models"])})
