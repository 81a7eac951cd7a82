"""Text in base64: bytes of OTLP, and strings that are nothing else."""

import base64
import binascii
import re
from typing import Final

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-]{16,}+={0,2}")
"""Either alphabet of RFC 4648; shorter ones hold no address."""
_URL_SAFE: Final = str.maketrans("-_", "+/")


def decoded_bytes(encoded: str) -> str | None:
    """Return the text of base64, or None if it is not that of UTF-8 text."""
    padded = encoded.rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def decoded_string(text: str) -> str | None:
    """Return the printable text that a string is the base64 of, or None if it is not."""
    if _BASE64.fullmatch(text) is None:
        return None
    decoded = decoded_bytes(text)
    return decoded if decoded and all(char.isprintable() or char.isspace() for char in decoded) else None
