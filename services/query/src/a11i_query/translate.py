"""Rows of the store to messages of the query API."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, TypeAlias

import pyarrow as pa
from opentelemetry.proto.common.v1 import common_pb2 as otlp

from a11i.query.v1 import query_service_pb2 as query
from a11i.telemetry.v1 import span_pb2 as pb
from a11i_query.columns import Row, rows
from a11i_query.event_join import EventsBySpan, by_time
from a11i_query.times import duration, timestamp
from a11i_storage.clickhouse import StoredTrace, TraceSummary
from a11i_telemetry import attributes

_AttributesOf: TypeAlias = Callable[[str], list[otlp.KeyValue]]

_SHARED_TEXTS: Final = 100
"""Texts of resource and scope attributes that are read once: more than the services of most traces."""

_SPANS_A_PART: Final = 50
"""Spans of one part of an answer: about 5 ms of work, after which others get their turn."""

_USAGE_NUMBERS: Final = (
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
    *("cache_write_1h_tokens", "input_audio_tokens", "input_image_tokens", "output_audio_tokens"),
    *("output_image_tokens", "counted_input_tokens", "counted_output_tokens"),
)
"""Columns that are fields of Usage as they are; a span without any of them, flags and units has no Usage."""
_USAGE_DETAILS: Final = (
    *("tokenizer", "part_tokens", "input_message_tokens", "output_message_tokens", "context_window", "units"),
)
"""Likewise, of a span that has a Usage."""

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
    "defects",
    "resource_schema_url",
    "scope_schema_url",
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
    "service_tier",
)
"""Columns that are fields of GenAi as they are; None where unset."""


def trace(stored: StoredTrace, events: EventsBySpan) -> Iterator[bytes]:
    """Yield a GetTraceResponse in parts: joined, they are the message, as protobuf joins messages.

    Spans come by start, parents before children that start at the same time. Only a part's messages exist at a time,
    and whoever joins them can see to other things in between.
    """
    head = query.GetTraceResponse(summary=summary(stored.summary), truncated=stored.truncated or events.truncated)
    yield head.SerializeToString()
    # Of one trace, so that no tenant's texts outlive the call. Messages are copied where they go in.
    shared = lru_cache(maxsize=_SHARED_TEXTS)(attributes.json_to_key_values)
    for batch in _parents_first(stored.spans).to_batches(max_chunksize=_SPANS_A_PART):
        yield query.GetTraceResponse(spans=[_span(row, shared, events) for row in rows(batch)]).SerializeToString()


def summary(of: TraceSummary) -> query.TraceSummary:
    """Return a summary as a message."""
    return query.TraceSummary(
        trace_id=of.trace_id.hex(),
        name=of.name,
        start_time=timestamp(of.start_time_ns),
        duration=duration(of.end_time_ns - of.start_time_ns),
        span_count=of.span_count,
        error_count=of.error_count,
        input_tokens=of.input_tokens,
        output_tokens=of.output_tokens,
        cost_usd=of.cost_usd,
        unpriced_calls=of.unpriced_calls,
        calls_without_usage=of.calls_without_usage,
        models=of.models,
        session_id=of.session_id,
        user_id=of.user_id,
        service_name=of.service_name,
        redacted_entities=of.redacted_entities,
    )


def _parents_first(spans: pa.Table) -> pa.Table:
    """Return spans that are sorted by start so that each comes after its parent of the same start."""
    starts = spans["start_time"].to_numpy()
    if (starts[1:] > starts[:-1]).all():
        return spans
    ids: list[Any] = spans["span_id"].to_pylist()
    parents = spans["parent_span_id"].to_pylist()
    order: list[int] = []
    for _, group in groupby(range(len(starts)), key=starts.__getitem__):
        order.extend(_family_order(list(group), ids, parents))
    return spans if order == list(range(len(starts))) else spans.take(order)


def _family_order(numbers: list[int], ids: Sequence[bytes], parents: Sequence[bytes | None]) -> Iterator[int]:
    """Yield spans' numbers so that each comes after its parent; whoever is in a ring of parents comes last."""
    children: dict[bytes | None, list[int]] = {}
    present = {ids[number] for number in numbers}
    for number in numbers:
        parent = parents[number]
        children.setdefault(parent if parent in present else None, []).append(number)
    stack = children.get(None, [])[::-1]
    seen = set()
    while stack:
        number = stack.pop()
        seen.add(number)
        yield number
        stack.extend(reversed(children.get(ids[number], [])))
    yield from (number for number in numbers if number not in seen)


def _span(row: Row, shared: _AttributesOf, events: EventsBySpan) -> pb.Span:
    """Return a span; `shared` reads what many spans have in common, their resource's and scope's attributes."""
    own, from_logs = [_event(event) for event in _json_list(row["events"])], events.of(row["span_id"])
    return pb.Span(
        trace_id=row["trace_id"].hex(),
        span_id=row["span_id"].hex(),
        parent_span_id=(row["parent_span_id"] or b"").hex(),
        kind=row["kind"],
        start_time=timestamp(row["start_time"]),
        end_time=timestamp(row["end_time"]),
        duration=duration(row["duration_ns"]),
        status_code=row["status_code"],
        attributes=attributes.to_key_values(row),
        resource_attributes=shared(row["resource_attributes"]),
        scope_attributes=shared(row["scope_attributes"]),
        events=by_time([*own, *from_logs]) if from_logs else own,
        links=[_link(link) for link in _json_list(row["links"])],
        gen_ai=_gen_ai(events.filled(row)) if row["step_kind"] or from_logs else None,
        redaction=_redaction(row),
        received_time=timestamp(row["received_time"]),
        **{name: row[name] for name in _SAME},
    )


def _gen_ai(row: Row) -> pb.GenAi:
    return pb.GenAi(
        # A kind that a newer version stored is no kind here, but the rest is told.
        step_kind=_STEP_KINDS.get(row["step_kind"], pb.STEP_KIND_UNSPECIFIED),
        usage=_usage(row),
        cost=_cost(row),
        reported_cost_usd=None if row["reported_cost_usd"] is None else float(row["reported_cost_usd"]),
        evaluation=_evaluation(row),
        **{name: row[name] for name in _SAME_IN_GEN_AI},
    )


def _usage(row: Row) -> pb.Usage | None:
    if all(row[name] is None for name in _USAGE_NUMBERS) and not row["usage_flags"] and not row["units"]:
        return None
    return pb.Usage(
        input_source=_SOURCES.get(row["input_source"], pb.NUMBER_SOURCE_UNSPECIFIED),
        output_source=_SOURCES.get(row["output_source"], pb.NUMBER_SOURCE_UNSPECIFIED),
        counted_source=_SOURCES.get(row["counted_source"], pb.NUMBER_SOURCE_UNSPECIFIED),
        flags=row["usage_flags"],
        context_utilisation=_utilisation(row),
        **{name: row[name] for name in (*_USAGE_NUMBERS, *_USAGE_DETAILS)},
    )


def _utilisation(row: Row) -> float | None:
    tokens, window = row["input_tokens"], row["context_window"]
    if tokens is None:
        tokens = row["counted_input_tokens"]
    return tokens / window if window and tokens is not None else None


def _cost(row: Row) -> pb.Cost | None:
    if row["total_cost_usd"] is None:
        return None
    return pb.Cost(
        total_usd=float(row["total_cost_usd"]),
        input_usd=float(row["input_cost_usd"] or 0),
        output_usd=float(row["output_cost_usd"] or 0),
        price_version=row["price_version"],
        priced_as=row["priced_as"],
        basis=row["price_basis"],
    )


def _evaluation(row: Row) -> pb.Evaluation | None:
    name, score, label = row["evaluation_name"], row["evaluation_score"], row["evaluation_label"]
    explanation = row["evaluation_explanation"]
    if score is None and not (name or label or explanation):
        return None
    return pb.Evaluation(name=name, score=score, label=label, explanation=explanation)


def _redaction(row: Row) -> pb.RedactionReceipt:
    return pb.RedactionReceipt(
        entities=row["redacted_entities"],
        policy=row["redaction_policy"],
        detector=row["redaction_detector"],
        withheld_values=row["withheld_values"],
        where=row["redacted_where"],
        took_us=row["redaction_us"],
        examined_bytes=row["redaction_bytes"],
    )


def _event(event: Mapping[str, Any]) -> pb.SpanEvent:
    return pb.SpanEvent(
        time=timestamp(event["time_unix_nano"]),
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
