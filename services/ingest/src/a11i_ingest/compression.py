"""Decompression with bounds, so that a small request cannot become a large one or a long piece of work."""

import zlib
from typing import Final

from a11i_chassis.errors import InvalidArgumentError, TooLargeError

GZIP_MAGIC: Final = b"\x1f\x8b"
"""How gzip data begins. No protobuf message does: 0x1f is a field of wire type 7, which does not exist."""

_GZIP_WINDOW_BITS: Final = 16 + zlib.MAX_WBITS
_MAX_MEMBERS: Final = 1_000
"""Writers of parallel gzip make a member for each 128 kB or more; empty members are only work."""
_SIZE_BYTES: Final = 4
"""The end of a gzip file: the size of what is in it, modulo 2**32 (RFC 1952)."""
_STEP_BYTES: Final = 64 * 1024
"""Compressed bytes given to zlib at once. What follows a member in them is copied, so they are bounded."""


def gunzip(compressed: bytes, max_bytes: int) -> bytes:
    """Return the data of a gzip file, which may have several members, as RFC 1952 allows.

    Takes time in proportion to `compressed` and the data. Raises InvalidArgumentError if it is none or has more than
    1,000 members, TooLargeError if the data is more than `max_bytes`.
    """
    rest = memoryview(compressed)
    parts: list[bytes] = []
    room = max_bytes
    members = 0
    while rest:
        members += 1
        if members > _MAX_MEMBERS:
            raise InvalidArgumentError(f"the request's gzip data has more than {_MAX_MEMBERS} members")
        member = zlib.decompressobj(_GZIP_WINDOW_BITS)
        while not member.eof:
            if not rest:
                raise InvalidArgumentError("the request's gzip data is cut short")
            step = rest[:_STEP_BYTES]
            part = _decompress(member, step, room)
            if len(part) > room:
                raise too_large(max_bytes)
            parts.append(part)
            room -= len(part)
            rest = rest[len(step) - len(member.unused_data) :]
    return b"".join(parts)


def expected_size(compressed: bytes, max_bytes: int) -> int:
    """Return how much is in a gzip file, as far as its end tells; that is a hint, not a bound."""
    said = int.from_bytes(compressed[-_SIZE_BYTES:], "little")
    return min(max_bytes, max(said, len(compressed)))


def gunzip_head(compressed: bytes, size: int) -> bytes:
    """Return up to `size` first bytes of the data, as far as the first 1 kB of the file tells them; cheap.

    Returns b"" for what is no gzip file.
    """
    try:
        return zlib.decompressobj(_GZIP_WINDOW_BITS).decompress(compressed[:1024], size)
    except zlib.error:
        return b""


def too_large(max_bytes: int) -> TooLargeError:
    """Return the error for a request over the limit."""
    return TooLargeError(f"the request is larger than {max_bytes} bytes after decompression; send smaller batches")


def _decompress(member: "zlib._Decompress", step: memoryview, room: int) -> bytes:
    try:
        # One byte more than there is room for tells "just full" from "too large".
        return member.decompress(step, room + 1)
    except zlib.error:
        raise InvalidArgumentError("the request is not the gzip data that it says it is") from None
