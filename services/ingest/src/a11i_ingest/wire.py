"""Protobuf's wire format, as far as taking a message apart and putting one together need it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5

_FIXED_BYTES: Final = {FIXED64: 8, FIXED32: 4}
_MAX_VARINT_BYTES: Final = 10


class WireError(ValueError):
    """The bytes are no protobuf message, or one of too many fields."""


class Field(NamedTuple):
    """A field of a message, by places in the message's bytes."""

    number: int
    kind: int
    """VARINT, FIXED64, BYTES or FIXED32."""
    start: int
    """Where its tag begins."""
    value: int
    """Where its value begins; after the length, for BYTES."""
    end: int


def fields(message: bytes, max_fields: int) -> Iterator[Field]:
    """Yield the fields of a message in order. Raises WireError, at once or on the way."""
    position = count = 0
    while position < len(message):
        count += 1
        if count > max_fields:
            raise WireError(f"more than {max_fields} fields")
        start = position
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise WireError("field 0")
        if kind == BYTES:
            size, value = _varint(message, position)
            position = value + size
        elif kind == VARINT:
            value = position
            _, position = _varint(message, position)
        elif kind in _FIXED_BYTES:
            value = position
            position += _FIXED_BYTES[kind]
        else:
            raise WireError(f"wire type {kind}")
        if position > len(message):
            raise WireError("cut short")
        yield Field(number, kind, start, value, position)


def framed(number: int, value: bytes) -> bytes:
    """Return a field of kind BYTES."""
    return b"".join((_encode(number << 3 | BYTES), _encode(len(value)), value))


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return a number and the place after it."""
    value = shift = 0
    for place in range(position, min(position + _MAX_VARINT_BYTES, len(message))):
        byte = message[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place + 1
        shift += 7
    raise WireError("cut short or no number")


def _encode(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
