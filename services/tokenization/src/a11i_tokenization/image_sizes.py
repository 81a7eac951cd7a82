"""The size of an image, read from the first bytes of a PNG, JPEG, GIF or WebP. Nothing of it is decoded."""

import struct
from collections.abc import Iterator
from typing import Final

HEADER_BYTES: Final = 96 * 1024
"""What is looked at: before the size of a JPEG can stand a preview of 64 kB, and a colour profile."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of frames, which say the size."""
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers without a segment."""


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels; None for bytes of another format, or too few of them."""
    found: tuple[int, int] | None = None
    try:
        if data[:8] == _PNG and data[12:16] == b"IHDR":
            found = struct.unpack_from(">II", data, 16)
        elif data[:6] in (b"GIF87a", b"GIF89a"):
            found = struct.unpack_from("<HH", data, 6)
        elif data[:2] == b"\xff\xd8":
            found = next(_jpeg_sizes(data), None)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            found = _webp_size(data)
    except (struct.error, IndexError):
        return None
    return found if found and found[0] > 0 and found[1] > 0 else None


def _jpeg_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF:  # Padding.
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        elif marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            yield width, height
            return
        else:
            (length,) = struct.unpack_from(">H", data, at + 2)
            at += 2 + max(2, length)


def _webp_size(data: bytes) -> tuple[int, int] | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if chunk == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None
