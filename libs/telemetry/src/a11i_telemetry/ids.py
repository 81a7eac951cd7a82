"""Ids of traces and spans as text."""

from typing import Final

TRACE_ID_BYTES: Final = 16
SPAN_ID_BYTES: Final = 8


def hex_id(raw: bytes, size: int) -> str:
    """Return an id of `size` bytes in hexadecimal digits, and nothing for one of any other length.

    Where senders put something else in place of an id, that can be text, which nobody would look for in such digits.
    """
    return raw.hex() if len(raw) == size else ""
