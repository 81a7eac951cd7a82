"""A request message from a URL's variables and query parameters, by protobuf's JSON mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from a11i_chassis.errors import InvalidArgumentError

MessageT = TypeVar("MessageT", bound=Message)
BOOLEANS = {"true": True, "false": False}


def request(kind: type[MessageT], variables: Mapping[str, str], query: Iterable[tuple[str, str]]) -> MessageT:
    """The message.

    Parameters are named as in the .proto or in JSON (page_size, pageSize); a repeated field takes several; times are
    RFC 3339. Raises InvalidArgumentError that names the parameter for one that is unknown, doubled or malformed.
    """
    message = kind()
    given: set[str] = set()
    for name, text in (*variables.items(), *query):
        field = _field(kind.DESCRIPTOR.fields, name)  # type: ignore[arg-type]  # the C one has the same attributes
        if field.name in given and not field.is_repeated:
            raise InvalidArgumentError(f"{name} is given twice", field=field.name)
        given.add(field.name)
        value = _json_value(field, name, text)
        try:
            # Parsed into a message of its own and merged, so that each error belongs to one parameter.
            part = ParseDict({field.json_name: [value] if field.is_repeated else value}, kind())
        except ParseError:
            raise InvalidArgumentError(f"{name}: {_expected(field)} is expected", field=field.name) from None
        message.MergeFrom(part)
    return message


def _field(fields: Sequence[FieldDescriptor], name: str) -> FieldDescriptor:
    for field in fields:
        if name in (field.name, field.json_name):
            return field
    known = ", ".join(field.name for field in fields)
    raise InvalidArgumentError(f"there is no parameter of that name; there are {known}", field=name[:100])


def _json_value(field: FieldDescriptor, name: str, text: str) -> object:
    # Numbers, enums, times and durations may be strings in JSON; truth values may not.
    if field.type != FieldDescriptor.TYPE_BOOL:
        return text
    if text not in BOOLEANS:
        raise InvalidArgumentError(f"{name}: true or false is expected", field=field.name)
    return BOOLEANS[text]


def _expected(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        names = {"google.protobuf.Timestamp": "a time such as 2026-01-31T12:00:00Z", "google.protobuf.Duration": "1.5s"}
        return names.get(field.message_type.full_name, field.message_type.full_name)
    if field.enum_type is not None:
        return " or ".join(value.name for value in field.enum_type.values)
    return "text" if field.type == FieldDescriptor.TYPE_STRING else "a number in range"
