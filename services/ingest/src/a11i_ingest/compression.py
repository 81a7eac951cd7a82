"""Decompression with a bound, so that a small request cannot become a large one."""

import zlib
from typing import Final

from a11i_chassis.errors import InvalidArgumentError, TooLargeError

GZIP_MAGIC: Final = b"\x1f\x8b"
"""How gzip data begins. No protobuf message does: 0x1f is a field of wire type 7, which does not exist."""

_GZIP_WINDOW_BITS: Final = 16 + zlib.MAX_WBITS


def gunzip(compressed: bytes, max_bytes: int) -> bytes:
    """Return the data of a gzip file, which may have several members, as RFC 1952 allows.

    Raises InvalidArgumentError if it is none, TooLargeError if the data is more than `max_bytes`.
    """
    parts: list[bytes] = []
    room = max_bytes
    rest = compressed
    while rest:
        member = zlib.decompressobj(_GZIP_WINDOW_BITS)
        try:
            # One byte more than there is room for tells "just full" from "too large".
            part = member.decompress(rest, room + 1)
        except zlib.error:
            raise InvalidArgumentError("the request is not the gzip data that it says it is") from None
        if len(part) > room:
            raise too_large(max_bytes)
        if not member.eof:
            raise InvalidArgumentError("the request's gzip data is cut short")
        parts.append(part)
        room -= len(part)
        rest = member.unused_data
    return b"".join(parts)


def too_large(max_bytes: int) -> TooLargeError:
    """Return the error for a request over the limit."""
    return TooLargeError(f"the request is larger than {max_bytes} bytes after decompression; send smaller batches")
