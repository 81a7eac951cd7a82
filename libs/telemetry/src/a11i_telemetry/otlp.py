"""OTLP trace requests into SpanBatch columns, without an object for each span.

The bytes go through `ptars` into Arrow as the messages of protos/a11i/otlp/v1/otlp_wire.proto, whose comment says why
these, and from there column by column. Python loops run over distinct values alone: resources, scopes, nested
attribute values, events and links.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import ptars
import pyarrow as pa
from google.protobuf.message import DecodeError

from a11i.otlp.v1 import otlp_wire_pb2 as wire
from a11i_telemetry import attributes, lenient
from a11i_telemetry.attribute_table import AmbiguousValueError, AttributeTable, Kind
from a11i_telemetry.columns import (
    Column,
    empties,
    empty,
    from_sized,
    numbers,
    offsets,
    owners,
    pc,
    sized,
    to_text,
)
from a11i_telemetry.contents import Event
from a11i_telemetry.defects import DEFECTS_KEY, defects
from a11i_telemetry.ids import SPAN_ID_BYTES, TRACE_ID_BYTES, hex_id
from a11i_telemetry.messages import is_genai_event
from a11i_telemetry.normalise import Normalised, normalise
from a11i_telemetry.schema import SCHEMA

_LAST_SPAN_KIND: Final = 5
_LAST_STATUS_CODE: Final = 2
_LAST_TIME_NS: Final = 2**63 - 1
_TIME: Final = pa.timestamp("ns", tz="UTC")

BAD_TRACE_ID: Final = "trace id is not 16 bytes or is all zero"
BAD_SPAN_ID: Final = "span id is not 8 bytes or is all zero"
BAD_PARENT_SPAN_ID: Final = "parent span id is neither empty nor 8 bytes"


MAX_SPANS: Final = 200_000
"""Spans in one request. A span without anything takes 30 bytes there and about 500 in columns."""
MAX_SURROUNDINGS_BYTES: Final = 128 * 1024 * 1024
"""Text of resources and scopes after each span has its own copy: 1 kB for each of 100,000 spans."""


class OtlpDecodeError(ValueError):
    """The bytes are no ExportTraceServiceRequest. Nothing of them was taken."""


class OtlpTooLargeError(ValueError):
    """The request would take too much memory once decoded. Nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class DecodedSpans:
    """The spans of a request."""

    columns: pa.RecordBatch
    """The good spans in the order in which they came, as `schema.SCHEMA`."""
    rejected: int
    """How many spans were left out."""
    reasons: dict[str, int]
    """How many were left out for each reason; a span counts under the first that applies."""


@dataclass(frozen=True, slots=True)
class _Spans:
    """Spans and, for each one, what stands around it."""

    spans: Column
    resource: Column
    """Serialized Resource of each span."""
    scope: Column
    """Serialized InstrumentationScope of each span."""
    resource_schema_url: Column
    scope_schema_url: Column

    def filter(self, good: Column) -> "_Spans":
        """Return the spans for which `good` is true."""
        return _Spans(*(getattr(self, field.name).filter(good) for field in fields(self)))


def decode_traces(payload: bytes, received_time_ns: int = 0) -> DecodedSpans:
    """Decode a serialized ExportTraceServiceRequest and normalise it.

    Text that is not UTF-8 is mended with U+FFFD; of attributes with one key the last counts; times beyond int64 are
    clamped to it; kinds and status codes that OTLP does not know become 0. `received_time_ns`, nanoseconds since the
    epoch, says which starts are far in the future; 0 where it is not known.

    Raises OtlpDecodeError where protobuf's parser, too, would refuse the request for anything but text, and
    OtlpTooLargeError for more than MAX_SPANS spans or MAX_SURROUNDINGS_BYTES.
    """
    try:
        # protobuf's own verdict first: ptars takes some malformed bytes, and panics on others.
        request = lenient.ExportTraceServiceRequest.FromString(payload)
    except DecodeError as error:
        raise OtlpDecodeError("the request is not a valid ExportTraceServiceRequest") from error
    try:
        return _decode(payload, received_time_ns)
    except AmbiguousValueError:
        # Written anew, a oneof has one member: the one that protobuf's parser saw last.
        return _decode(request.SerializeToString(), received_time_ns)


def _decode(payload: bytes, received_time_ns: int) -> DecodedSpans:
    all_spans = _read(payload)
    good, reasons = _check_ids(all_spans.spans)
    found = all_spans if good.all() else all_spans.filter(pa.array(good))
    table = AttributeTable.read(found.spans.field("attributes"))
    span_columns = _span_columns(found)
    said, events = _events(found.spans.field("events"))
    span_columns["events"] = events
    normalised = normalise(table, span_columns["name"].to_pylist(), said)
    columns = span_columns | _attribute_columns(table, normalised)
    start, end = (found.spans.field(f"{edge}_time_unix_nano").to_numpy() for edge in ("start", "end"))
    columns["defects"] = defects(table, start, end, received_time_ns)
    arrays = (dict(empties(SCHEMA, len(found.spans))) | columns).values()
    return DecodedSpans(
        columns=pa.RecordBatch.from_arrays(list(arrays), schema=SCHEMA),
        rejected=sum(reasons.values()),
        reasons=reasons,
    )


@cache
def _handler() -> Any:
    return ptars.HandlerPool([wire.DESCRIPTOR]).get_for_message(wire.WireTraces.DESCRIPTOR)


def _read(payload: bytes) -> _Spans:
    resource_spans = _handler().list_to_record_batch([payload]).column("resource_spans").flatten()
    scope_lists = resource_spans.field("scope_spans")
    scope_spans = scope_lists.flatten()
    span_lists = scope_spans.field("spans")
    count = len(span_lists.flatten())
    if count > MAX_SPANS:
        raise OtlpTooLargeError(f"the request has {count} spans, {MAX_SPANS} at most; send it in parts")
    scope_of_span = owners(span_lists)
    resource_of_span = owners(scope_lists)[scope_of_span]
    return _Spans(
        spans=span_lists.flatten(),
        resource=_join(resource_spans.field("resource")).take(pa.array(resource_of_span)),
        scope=_join(scope_spans.field("scope")).take(pa.array(scope_of_span)),
        resource_schema_url=resource_spans.field("schema_url").take(pa.array(resource_of_span)),
        scope_schema_url=scope_spans.field("schema_url").take(pa.array(scope_of_span)),
    )


def _join(parts: Column) -> Column:
    return pc.binary_join(parts.cast(pa.list_(pa.binary())), b"").dictionary_encode()


def _check_ids(spans: Column) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    """Return which spans are good, and how many are bad for each reason."""
    good = np.ones(len(spans), np.bool_)
    reasons: dict[str, int] = {}
    _, parent_lengths = sized(spans.field("parent_span_id"), SPAN_ID_BYTES)
    checks = (
        # Ids of another length come as zeros.
        (BAD_TRACE_ID, sized(spans.field("trace_id"), TRACE_ID_BYTES)[0].any(axis=1)),
        (BAD_SPAN_ID, sized(spans.field("span_id"), SPAN_ID_BYTES)[0].any(axis=1)),
        (BAD_PARENT_SPAN_ID, (parent_lengths == 0) | (parent_lengths == SPAN_ID_BYTES)),
    )
    for reason, passed in checks:
        count = int(np.count_nonzero(good & ~passed))
        if count:
            reasons[reason] = count
            good &= passed
    return good, reasons


def _span_columns(found: _Spans) -> dict[str, Column]:
    """Return the columns that OTLP itself has, but for the span's attributes."""
    spans = found.spans
    status_message, status_code = spans.field("status").flatten()
    start, end = _times(spans.field("start_time_unix_nano")), _times(spans.field("end_time_unix_nano"))
    parent, _ = sized(spans.field("parent_span_id"), SPAN_ID_BYTES)
    direct = ("flags", "dropped_attributes_count", "dropped_events_count", "dropped_links_count")
    return {
        "trace_id": from_sized(sized(spans.field("trace_id"), TRACE_ID_BYTES)[0]),
        "span_id": from_sized(sized(spans.field("span_id"), SPAN_ID_BYTES)[0]),
        "parent_span_id": from_sized(parent, np.asarray(parent.any(axis=1))),
        "trace_state": to_text(spans.field("trace_state")),
        "name": to_text(spans.field("name")),
        "kind": _enum(spans.field("kind"), _LAST_SPAN_KIND),
        "start_time": pa.array(start).view(_TIME),
        "end_time": pa.array(end).view(_TIME),
        "duration_ns": pa.array(np.maximum(end - start, 0)),
        "status_code": _enum(status_code, _LAST_STATUS_CODE),
        "status_message": to_text(status_message.fill_null(b"") if status_message.null_count else status_message),
        "resource_schema_url": to_text(found.resource_schema_url),
        "scope_schema_url": to_text(found.scope_schema_url),
        "links": _json_lists(spans.field("links"), _link)[1],
        **{name: spans.field(name) for name in direct},
        **_surroundings(found),
    }


def _attribute_columns(table: AttributeTable, normalised: Normalised) -> dict[str, Column]:
    """Return the columns of the spans' own attributes and what the normaliser made of them."""
    in_column = np.zeros(len(table.kinds), np.bool_)
    in_column[normalised.moved] = True
    said = table.positions_by_key.get(DEFECTS_KEY, np.empty(0, np.int64))
    in_column[said[table.kinds[said] == Kind.ARRAY]] = True

    def typed(kind: int, values: Column) -> Column:
        positions = np.flatnonzero((table.kinds == kind) & ~in_column)
        if not len(positions):
            return empty(pa.map_(pa.string(), values.type), table.spans)
        return table.map_of(positions, values.take(pa.array(positions)))

    structured = np.flatnonzero(table.json_codes >= 0)
    structured = structured[(table.kinds[structured] != Kind.REPLACED) & ~in_column[structured]]
    return normalised.columns | {
        "attr_string": typed(Kind.STRING, table.strings),
        "attr_int": typed(Kind.INT, table.ints),
        "attr_double": typed(Kind.DOUBLE, table.doubles),
        "attr_bool": typed(Kind.BOOL, table.bools),
        "attr_json": table.map_of(structured, table.json_at(structured)),
        "lifted": pa.ListArray.from_arrays(
            offsets(table.owner[normalised.moved], table.spans), table.keys_at(normalised.moved)
        ),
    }


def _times(nanoseconds: Column) -> npt.NDArray[np.int64]:
    return np.asarray(np.minimum(nanoseconds.to_numpy(), np.uint64(_LAST_TIME_NS)), np.int64)


def _enum(values: Column, last: int) -> Column:
    known = numbers(values)
    return pa.array(np.where((known >= 0) & (known <= last), known, 0).astype(np.uint8))


def _surroundings(found: _Spans) -> dict[str, Column]:
    """Return the columns of resource and scope, each read once for each distinct one."""
    resources = [_resource(raw) for raw in found.resource.dictionary.to_pylist()]
    scopes = [_scope(raw) for raw in found.scope.dictionary.to_pylist()]

    _check_surroundings(found.resource, [service + json for service, json in resources])
    _check_surroundings(found.scope, ["".join(texts) for texts in scopes])

    def spread(texts: list[str], encoded: Column) -> Column:
        return pa.array(texts, pa.string()).take(encoded.indices)

    return {
        "service_name": spread([service for service, _ in resources], found.resource),
        "resource_attributes": spread([json for _, json in resources], found.resource),
        "scope_name": spread([name for name, _, _ in scopes], found.scope),
        "scope_version": spread([version for _, version, _ in scopes], found.scope),
        "scope_attributes": spread([json for _, _, json in scopes], found.scope),
    }


def _check_surroundings(encoded: Column, texts: list[str]) -> None:
    """Refuse what a request says once and every span would repeat, before it is repeated."""
    spans_of_each = np.bincount(numbers(encoded.indices), minlength=len(texts))
    total = int(spans_of_each @ np.array([len(text.encode()) for text in texts], np.int64))
    if total > MAX_SURROUNDINGS_BYTES:
        message = (
            f"resources and scopes come to {total} bytes on the request's spans, {MAX_SURROUNDINGS_BYTES} at most; "
            "send fewer spans at once, or smaller resource attributes"
        )
        raise OtlpTooLargeError(message)


def _resource(raw: bytes) -> tuple[str, str]:
    pairs = attributes.pairs_to_object(lenient.Resource.FromString(raw).attributes)
    service = pairs.get("service.name", "")
    return service if isinstance(service, str) else attributes.to_json(service), _object_text(pairs)


def _scope(raw: bytes) -> tuple[str, str, str]:
    scope = lenient.InstrumentationScope.FromString(raw)
    pairs = attributes.pairs_to_object(scope.attributes)
    return attributes.text(scope.name), attributes.text(scope.version), _object_text(pairs)


def _object_text(pairs: dict[str, attributes.JsonValue]) -> str:
    return attributes.to_json(pairs) if pairs else ""


def _json_lists(
    lists: Column, read: Callable[[bytes], attributes.JsonValue]
) -> tuple[list[attributes.JsonValue], Column]:
    """Return the distinct parts, and for each span the JSON array of its serialized parts; "" for none."""
    parts = lists.flatten()
    if not len(parts):
        return [], empty(pa.string(), len(lists))
    parts = parts.dictionary_encode()
    objects = [read(raw) for raw in parts.dictionary.to_pylist()]
    texts = pa.array([attributes.to_json(one) for one in objects], pa.string())
    starts = offsets(owners(lists), len(lists))
    joined = pc.binary_join(pa.ListArray.from_arrays(starts, texts.take(parts.indices)), ",")
    return objects, pc.if_else(pc.equal(joined, ""), "", pc.binary_join_element_wise("[", joined, "]", ""))


def _events(lists: Column) -> tuple[dict[int, list[Event]], Column]:
    """Return the GenAI events of the rows that have any, and the column of all events."""
    objects, column = _json_lists(lists, _event)
    genai = np.array([is_genai_event(event["name"]) for event in objects], np.bool_)
    found: dict[int, list[Event]] = {}
    if genai.any():
        codes = lists.flatten().dictionary_encode().indices.to_numpy()
        at = np.flatnonzero(genai[codes])
        for row, code in zip(owners(lists)[at].tolist(), codes[at].tolist(), strict=True):
            found.setdefault(row, []).append((objects[code]["name"], objects[code]["attributes"]))
    return found, column


def _event(raw: bytes) -> attributes.JsonValue:
    event = lenient.Event.FromString(raw)
    return {
        "time_unix_nano": event.time_unix_nano,
        "name": attributes.text(event.name),
        "attributes": attributes.pairs_to_object(event.attributes),
        "dropped_attributes_count": event.dropped_attributes_count,
    }


def _link(raw: bytes) -> attributes.JsonValue:
    link = lenient.Link.FromString(raw)
    return {
        "trace_id": hex_id(link.trace_id, TRACE_ID_BYTES),
        "span_id": hex_id(link.span_id, SPAN_ID_BYTES),
        "trace_state": attributes.text(link.trace_state),
        "attributes": attributes.pairs_to_object(link.attributes),
        "dropped_attributes_count": link.dropped_attributes_count,
        "flags": link.flags,
    }
