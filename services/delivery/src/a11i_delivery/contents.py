"""What a dead letter holds, as names and values that have yet to be redacted."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa

from a11i_bus.topology import SPANS_RECEIVED
from a11i_telemetry import received
from a11i_telemetry.batch import SchemaVersionError, SpanBatch
from a11i_telemetry.signals import COLUMNS, Signal

MAX_ITEMS: Final = 10
"""Items shown of a letter: enough to see what it is about."""

_IDS: Final = frozenset({"trace_id", "span_id", "parent_span_id"})
"""Bytes that are no text: 8 or 16 of them, whatever a client sends."""


class UnreadableError(Exception):
    """The payload cannot be shown; the message says why, without a word of it."""


@dataclass(frozen=True, slots=True)
class RawField:
    """A value of an item."""

    name: str
    value: str
    is_text: bool
    """Whether it can hold what a user wrote, and so must not be shown as it is."""


def read_items(payload: bytes, source_topic: str, tenant_id: str) -> list[list[RawField]]:
    """Return the first items of a payload that came from that topic. Raises UnreadableError."""
    decode = received.decode if source_topic == SPANS_RECEIVED else SpanBatch.decode
    try:
        batch = decode(payload)
        shown = batch.columns.slice(0, MAX_ITEMS)
        open_columns = _open_columns(batch.signal)
        items = [list(_fields(shown, row, open_columns)) for row in range(shown.num_rows)]
    except SchemaVersionError:
        raise UnreadableError("the batch is of a schema version that this service does not know") from None
    except Exception:  # What a stage could not work on may break a decoder in any way; its words could quote the text.
        raise UnreadableError("the batch cannot be decoded") from None
    if batch.tenant_id != tenant_id:
        raise UnreadableError("the batch says that it is another tenant's")
    return items


def _open_columns(signal: Signal) -> set[str]:
    """Return the columns of numbers, times and ids. Columns that are not known here are not among them."""
    return {*_IDS, *(column.name for column in COLUMNS[signal] if not column.text and not _holds_text(column.arrow))}


def _holds_text(kind: Any) -> bool:
    if pa.types.is_list(kind):
        return _holds_text(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_map(kind) or pa.types.is_binary(kind)


def _fields(columns: pa.RecordBatch, row: int, open_columns: Collection[str]) -> Iterator[RawField]:
    for field, column in zip(columns.schema, columns.columns, strict=True):
        value = _plain(column[row])
        if value is not None and value not in ("", [], {}):
            yield RawField(field.name, _text(value), field.name not in open_columns)


def _plain(scalar: Any) -> Any:
    """Return a value as JSON has it: ids in hexadecimal digits, times in RFC 3339."""
    if not scalar.is_valid:
        return None
    if pa.types.is_timestamp(scalar.type):
        seconds, nanos = divmod(scalar.value, 1_000_000_000)
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"
    value = scalar.as_py()
    if pa.types.is_map(scalar.type):
        return dict(value)
    return value.hex() if isinstance(value, bytes) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
