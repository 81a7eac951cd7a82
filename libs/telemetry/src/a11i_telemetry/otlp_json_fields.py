"""Messages out of OTLP/JSON: for each message type a table of its fields, made from the published descriptor.

Names are lowerCamelCase alone; what is not in the table is passed over, and null is as good as nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Exemplar
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from a11i_telemetry.otlp_json_scalars import (
    INT32,
    INT64,
    UINT32,
    UINT64,
    WRONG_TYPE,
    BadFieldError,
    base64_bytes,
    boolean,
    double,
    enum,
    hex_id,
    integer,
)
from a11i_telemetry.otlp_json_values import TWO_MEMBERS, Notes, read_pairs, read_value, set_text

Read = Callable[[Any, Any, Notes], None]
"""Reads a JSON value, which is not null, into its field of a message. Raises BadFieldError."""

_IDS: Final = frozenset({"trace_id", "span_id", "parent_span_id"})
_SPARED: Final = {
    Span.Event.DESCRIPTOR: "dropped_events_count",
    Span.Link.DESCRIPTOR: "dropped_links_count",
    Exemplar.DESCRIPTOR: "",
}
"""Elements that are left out alone when they are bad, and the field of the item that counts such."""


@dataclass(frozen=True, slots=True)
class Fields:
    """How a message is read."""

    by_name: Mapping[str, Read]
    """By the field's name in JSON."""
    oneofs: tuple[frozenset[str], ...]
    """Names of which one alone may be given."""


@cache
def fields_of(what: Descriptor) -> Fields:
    """Return the fields of a message type."""
    return Fields(
        {field.json_name: _reader(field) for field in what.fields},
        tuple(frozenset(field.json_name for field in one.fields) for one in what.oneofs if len(one.fields) > 1),
    )


def read_message(message: Any, document: Any, fields: Fields, notes: Notes) -> None:
    """Read an object into a message. Raises BadFieldError, with the field's name, for the first bad field."""
    if type(document) is not dict:
        raise BadFieldError(WRONG_TYPE)
    by_name = fields.by_name
    name = ""
    try:
        for name, value in document.items():
            if value is not None and name in by_name:
                by_name[name](message, value, notes)
    except BadFieldError as bad:
        bad.where = bad.where or name
        raise
    for oneof in fields.oneofs:
        _check_oneof(oneof, document, notes)


def read_leniently(message: Any, document: Any, fields: Fields, notes: Notes, where: str) -> None:
    """Read an object into a message that is no item: bad fields are left out alone and noted."""
    if type(document) is not dict:
        notes.add(WRONG_TYPE, where)
        return
    for name, value in document.items():
        if value is None or name not in fields.by_name:
            continue
        try:
            fields.by_name[name](message, value, notes)
        except BadFieldError as bad:
            notes.add(bad.reason, f"{where}.{name}")


def _check_oneof(names: frozenset[str], document: Mapping[str, Any], notes: Notes) -> None:
    given = [name for name in document if name in names and document[name] is not None]
    if len(given) > 1:
        notes.add(TWO_MEMBERS, given[-1])


def _reader(field: FieldDescriptor) -> Read:
    if field.message_type is not None:
        return _list_reader(field) if field.is_repeated else _message_reader(field)
    if field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
        return _text_reader(field.name, field.json_name)
    convert = hex_id if field.name in _IDS else _CONVERSIONS[field.type]
    return _numbers_reader(field.name, convert) if field.is_repeated else _scalar_reader(field.name, convert)


def _scalar_reader(name: str, convert: Callable[[Any], Any]) -> Read:
    def read(message: Any, value: Any, notes: Notes) -> None:
        setattr(message, name, convert(value))

    return read


def _text_reader(name: str, json_name: str) -> Read:
    def read(message: Any, value: Any, notes: Notes) -> None:
        set_text(message, name, value, notes, json_name)

    return read


def _numbers_reader(name: str, convert: Callable[[Any], Any]) -> Read:
    def read(message: Any, value: Any, notes: Notes) -> None:
        getattr(message, name).extend([convert(one) for one in _array(value)])

    return read


def _message_reader(field: FieldDescriptor) -> Read:
    name, what = field.name, field.message_type
    if what is AnyValue.DESCRIPTOR:

        def read_any(message: Any, value: Any, notes: Notes) -> None:
            read_value(getattr(message, name), value, notes, field.json_name)

        return read_any

    def read(message: Any, value: Any, notes: Notes) -> None:
        inner = getattr(message, name)
        inner.SetInParent()
        read_message(inner, value, fields_of(what), notes)

    return read


def _list_reader(field: FieldDescriptor) -> Read:
    name, what = field.name, field.message_type
    if what is KeyValue.DESCRIPTOR:

        def read_attributes(message: Any, value: Any, notes: Notes) -> None:
            read_pairs(getattr(message, name), value, notes)

        return read_attributes

    spared = _SPARED.get(what) if what is not None else None

    def read(message: Any, value: Any, notes: Notes) -> None:
        elements, fields = getattr(message, name), fields_of(what)
        for one in _array(value):
            try:
                read_message(elements.add(), one, fields, notes)
            except BadFieldError as bad:
                if spared is None:
                    raise
                del elements[-1]
                notes.drop(spared, bad.reason, f"{field.json_name}.{bad.where}" if bad.where else field.json_name)

    return read


def _array(value: Any) -> list[Any]:
    if type(value) is not list:
        raise BadFieldError(WRONG_TYPE)
    return value


def _text(value: Any) -> str:
    if type(value) is not str or not value.isprintable():
        raise BadFieldError(WRONG_TYPE)
    return value


def _integer(bounds: tuple[int, int]) -> Callable[[Any], int]:
    low, high = bounds
    return lambda value: integer(value, low, high)


_CONVERSIONS: Final[dict[int, Callable[[Any], Any]]] = {
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: base64_bytes,
    FieldDescriptor.TYPE_BOOL: boolean,
    FieldDescriptor.TYPE_ENUM: enum,
    FieldDescriptor.TYPE_DOUBLE: double,
    FieldDescriptor.TYPE_INT32: _integer(INT32),
    FieldDescriptor.TYPE_SINT32: _integer(INT32),
    FieldDescriptor.TYPE_SFIXED32: _integer(INT32),
    FieldDescriptor.TYPE_UINT32: _integer(UINT32),
    FieldDescriptor.TYPE_FIXED32: _integer(UINT32),
    FieldDescriptor.TYPE_INT64: _integer(INT64),
    FieldDescriptor.TYPE_SINT64: _integer(INT64),
    FieldDescriptor.TYPE_SFIXED64: _integer(INT64),
    FieldDescriptor.TYPE_UINT64: _integer(UINT64),
    FieldDescriptor.TYPE_FIXED64: _integer(UINT64),
}
"""How each type of field is read. Numbers of all widths may come as text."""
