"""Rows of the store to messages of the query API."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

import pyarrow as pa
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from a11i.query.v1 import query_service_pb2 as query
from a11i.telemetry.v1 import span_pb2 as pb
from a11i_storage.clickhouse import TraceSummary
from a11i_telemetry import attributes

_NS_PER_S: Final = 10**9

_Row = Mapping[str, Any]
"""A span's columns by name, times as nanoseconds."""

_USAGE: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")

_STEP_KINDS: Final = {name.removeprefix("STEP_KIND_").lower(): number for name, number in pb.StepKind.items()}
_SOURCES: Final = {name.removeprefix("NUMBER_SOURCE_").lower(): number for name, number in pb.NumberSource.items()}

_SAME: Final = (
    "trace_state",
    "name",
    "status_message",
    "flags",
    "service_name",
    "scope_name",
    "scope_version",
    "dropped_attributes_count",
    "dropped_events_count",
    "dropped_links_count",
)
"""Columns that are fields of Span as they are."""

_SAME_IN_GEN_AI: Final = (
    "operation",
    "provider",
    "request_model",
    "response_model",
    "response_id",
    "finish_reasons",
    "input_messages",
    "output_messages",
    "system_instructions",
    "tool_definitions",
    "tool_name",
    "tool_call_id",
    "tool_arguments",
    "tool_result",
    "agent_name",
    "agent_id",
    "session_id",
    "user_id",
    "time_to_first_chunk_s",
    "workflow_name",
)
"""Columns that are fields of GenAi as they are; None where unset."""


def spans(table: pa.Table) -> list[pb.Span]:
    """Return the spans of a stored trace by start, parents before children that start at the same time.

    `table` has the columns of `a11i_storage.clickhouse.SPAN_SCHEMA`, sorted by start_time.
    """
    return [_span(row) for row in _parents_first(_rows(table))]


def summary(trace: TraceSummary) -> query.TraceSummary:
    """Return a summary as a message."""
    return query.TraceSummary(
        trace_id=trace.trace_id.hex(),
        name=trace.name,
        start_time=_timestamp(trace.start_time_ns),
        duration=_duration(trace.end_time_ns - trace.start_time_ns),
        span_count=trace.span_count,
        error_count=trace.error_count,
        input_tokens=trace.input_tokens,
        output_tokens=trace.output_tokens,
        cost_usd=trace.cost_usd,
        unpriced_calls=trace.unpriced_calls,
        models=trace.models,
        session_id=trace.session_id,
        user_id=trace.user_id,
        service_name=trace.service_name,
        redacted_entities=trace.redacted_entities,
    )


def _rows(table: pa.Table) -> list[_Row]:
    """Return the rows with times as integers: Python's datetime has no nanoseconds."""
    fields = [
        pa.field(field.name, pa.int64() if pa.types.is_timestamp(field.type) else field.type) for field in table.schema
    ]
    return list(table.cast(pa.schema(fields)).to_pylist(maps_as_pydicts="lossy"))


def _parents_first(rows: Iterable[_Row]) -> Iterator[_Row]:
    for _, group in groupby(rows, key=lambda row: row["start_time"]):
        yield from _family_order(list(group))


def _family_order(rows: list[_Row]) -> Iterator[_Row]:
    """Yield rows of the same start so that each comes after its parent; whoever is in a ring of parents comes last."""
    children: dict[bytes | None, list[_Row]] = {}
    present = {row["span_id"] for row in rows}
    for row in rows:
        parent = row["parent_span_id"]
        children.setdefault(parent if parent in present else None, []).append(row)
    stack = children.get(None, [])[::-1]
    seen = set()
    while stack:
        row = stack.pop()
        seen.add(row["span_id"])
        yield row
        stack.extend(reversed(children.get(row["span_id"], [])))
    yield from (row for row in rows if row["span_id"] not in seen)


def _span(row: _Row) -> pb.Span:
    return pb.Span(
        trace_id=row["trace_id"].hex(),
        span_id=row["span_id"].hex(),
        parent_span_id=(row["parent_span_id"] or b"").hex(),
        kind=row["kind"],
        start_time=_timestamp(row["start_time"]),
        end_time=_timestamp(row["end_time"]),
        duration=_duration(row["duration_ns"]),
        status_code=row["status_code"],
        attributes=attributes.to_key_values(row),
        resource_attributes=attributes.json_to_key_values(row["resource_attributes"]),
        scope_attributes=attributes.json_to_key_values(row["scope_attributes"]),
        events=[_event(event) for event in _json_list(row["events"])],
        links=[_link(link) for link in _json_list(row["links"])],
        gen_ai=_gen_ai(row) if row["step_kind"] else None,
        redaction=_redaction(row),
        received_time=_timestamp(row["received_time"]),
        **{name: row[name] for name in _SAME},
    )


def _gen_ai(row: _Row) -> pb.GenAi:
    return pb.GenAi(
        # A kind that a newer version stored is no kind here, but the rest is told.
        step_kind=_STEP_KINDS.get(row["step_kind"], pb.STEP_KIND_UNSPECIFIED),
        usage=_usage(row),
        cost=_cost(row),
        **{name: row[name] for name in _SAME_IN_GEN_AI},
    )


def _usage(row: _Row) -> pb.Usage | None:
    if all(row[name] is None for name in _USAGE):
        return None
    return pb.Usage(
        input_source=_SOURCES.get(row["input_source"], pb.NUMBER_SOURCE_UNSPECIFIED),
        output_source=_SOURCES.get(row["output_source"], pb.NUMBER_SOURCE_UNSPECIFIED),
        **{name: row[name] for name in _USAGE},
    )


def _cost(row: _Row) -> pb.Cost | None:
    if row["total_cost_usd"] is None:
        return None
    return pb.Cost(
        total_usd=float(row["total_cost_usd"]),
        input_usd=float(row["input_cost_usd"] or 0),
        output_usd=float(row["output_cost_usd"] or 0),
        price_version=row["price_version"],
        priced_as=row["priced_as"],
    )


def _redaction(row: _Row) -> pb.RedactionReceipt:
    return pb.RedactionReceipt(
        entities=row["redacted_entities"],
        policy=row["redaction_policy"],
        detector=row["redaction_detector"],
        withheld_values=row["withheld_values"],
    )


def _event(event: Mapping[str, Any]) -> pb.SpanEvent:
    return pb.SpanEvent(
        time=_timestamp(event["time_unix_nano"]),
        name=event["name"],
        attributes=attributes.object_to_key_values(event["attributes"]),
        dropped_attributes_count=event["dropped_attributes_count"],
    )


def _link(link: Mapping[str, Any]) -> pb.SpanLink:
    return pb.SpanLink(
        trace_id=link["trace_id"],
        span_id=link["span_id"],
        trace_state=link["trace_state"],
        attributes=attributes.object_to_key_values(link["attributes"]),
        dropped_attributes_count=link["dropped_attributes_count"],
        flags=link["flags"],
    )


def _json_list(text: str) -> list[Mapping[str, Any]]:
    """Return a JSON array of objects; [] for empty text."""
    items: list[Mapping[str, Any]] = json.loads(text) if text else []
    return items


def _timestamp(ns: int) -> Timestamp:
    seconds, nanos = divmod(ns, _NS_PER_S)
    return Timestamp(seconds=seconds, nanos=nanos)


def _duration(ns: int) -> Duration:
    seconds, nanos = divmod(ns, _NS_PER_S)
    return Duration(seconds=seconds, nanos=nanos)
