"""OTLP log requests into columns: a row a record, and what GenAI events among them say in the normal form of spans."""

from collections import Counter
from typing import Any, Final

import pyarrow as pa
from google.protobuf.message import DecodeError

from a11i_telemetry import attributes, lenient
from a11i_telemetry.defects import DEFECTS_KEY
from a11i_telemetry.log_schema import COLUMNS
from a11i_telemetry.messages import event_messages, is_genai_event
from a11i_telemetry.otlp_items import (
    ColumnsOf,
    OtlpItemsError,
    Room,
    Row,
    Surroundings,
    attribute_columns,
    scopes,
    time_ns,
)
from a11i_telemetry.shared_columns import MESSAGES

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_LAST_SEVERITY: Final = 24
_EVENT_NAME_KEY: Final = b"event.name"
_MESSAGES: Final = tuple(column.name for column in MESSAGES)


def decode_logs(payload: bytes, received_time_ns: int = 0) -> pa.RecordBatch:
    """Decode a serialized ExportLogsServiceRequest into the columns of `log_schema`, every record in its order.

    Text that is not UTF-8 is mended with U+FFFD; of attributes with one key the last counts; a trace or span id that is
    none becomes null, a severity that OTLP does not know 0, and a record without any time gets `received_time_ns`. The
    name of an event may stand in the attribute `event.name` instead.

    Raises OtlpItemsError where protobuf's parser, too, would refuse the request for anything but text, and for a
    request that would take too much memory.
    """
    try:
        request = lenient.ExportLogsServiceRequest.FromString(payload)
    except DecodeError as error:
        raise OtlpItemsError("the request is not a valid ExportLogsServiceRequest") from error
    columns, room = ColumnsOf(COLUMNS), Room()
    seen: Counter[bytes] = Counter()
    for surroundings, scope_logs in scopes(request.resource_logs, "scope_logs"):
        room.take(len(scope_logs.log_records), surroundings.size_bytes)
        for record in scope_logs.log_records:
            columns.add(_row(record, surroundings, received_time_ns, seen))
    return columns.finish()


def _row(record: Any, surroundings: Surroundings, received_time_ns: int, seen: Counter[bytes]) -> Row:
    name = _event_name(record)
    observed = time_ns(record.observed_time_unix_nano)
    content = surroundings.item_id(record.SerializeToString(deterministic=True))
    ordinal = seen[content]
    seen[content] += 1
    return {
        **surroundings.values,
        **_body(record),
        **_attributes(record.attributes),
        **(_genai(name, record) if is_genai_event(name) else {}),
        "record_id": surroundings.item_id(content, ordinal.to_bytes(8, "big")),
        "time": time_ns(record.time_unix_nano) or observed or received_time_ns,
        "observed_time": observed,
        "severity_number": record.severity_number if 0 < record.severity_number <= _LAST_SEVERITY else 0,
        "severity_text": attributes.text(record.severity_text),
        "event_name": name,
        "trace_id": _id(record.trace_id, _TRACE_ID_BYTES),
        "span_id": _id(record.span_id, _SPAN_ID_BYTES),
        "flags": record.flags,
        "dropped_attributes_count": record.dropped_attributes_count,
    }


def _event_name(record: Any) -> str:
    """Return the event's name, which older senders have among the attributes."""
    if record.event_name:
        return attributes.text(record.event_name)
    names = [pair.value for pair in record.attributes if pair.key == _EVENT_NAME_KEY]
    return attributes.text(names[-1].string_value) if names else ""


def _genai(name: str, record: Any) -> Row:
    """Return what a GenAI event says, in the columns that spans have for it."""
    content = event_messages(
        name, attributes.value_to_object(record.body), attributes.pairs_to_object(record.attributes)
    )
    if content is None:
        return {}
    said = {column: getattr(content, column) for column in _MESSAGES}
    row: Row = {column: attributes.to_json(value) for column, value in said.items() if value}
    if content.evaluations:
        evaluation = content.evaluations[0]
        row |= {
            "evaluation_name": evaluation.name,
            "evaluation_score": evaluation.score,
            "evaluation_label": evaluation.label,
            "evaluation_explanation": evaluation.explanation,
        }
    return row


def _body(record: Any) -> Row:
    match record.body.WhichOneof("value"):
        case None:
            return {}
        case "string_value":
            return {"body": attributes.text(record.body.string_value)}
    return {"body": attributes.to_json(attributes.value_to_object(record.body)), "body_is_json": True}


def _attributes(pairs: Any) -> Row:
    """Return the columns of a record's attributes, with ingest's marks apart."""
    own, defects = [], []
    for pair in pairs:
        if pair.key == DEFECTS_KEY.encode() and pair.value.WhichOneof("value") == "array_value":
            marks = attributes.value_to_object(pair.value)
            defects += [mark for mark in marks if isinstance(mark, str)]
        else:
            own.append(pair)
    return attribute_columns(own) | {"defects": defects}


def _id(raw: bytes, size: int) -> bytes | None:
    return raw if len(raw) == size and any(raw) else None
