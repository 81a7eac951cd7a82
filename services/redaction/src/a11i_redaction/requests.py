"""Requests of RedactionService, checked."""

import base64
import re
import struct
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from a11i_chassis.errors import InvalidArgumentError

MAX_BYTES: Final = 256_000
"""Text of one call, as the contract states it: some seconds of work at the most."""
_MAX_NAME: Final = 200
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
_DEFAULT_PAGE: Final = 50
_MAX_PAGE: Final = 1_000
_CURSOR: Final = struct.Struct(">q16s")
_ID: Final = struct.Struct(">q")
_LAST_ID: Final = 2**63 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def texts(items: Sequence[str], most: int, field: str) -> list[str]:
    """Return texts. Raises InvalidArgumentError if they are more than a call takes."""
    if len(items) > most:
        raise InvalidArgumentError(f"more than {most:,} {field}; send several requests", field=field)
    if sum(len(text.encode()) for text in items) > MAX_BYTES:
        raise InvalidArgumentError(f"more than {MAX_BYTES:,} bytes of text; send several requests", field=field)
    return list(items)


def name(text: str, field: str, *, most: int = _MAX_NAME) -> str:
    """Return something that must be there. Raises InvalidArgumentError."""
    if not text:
        raise InvalidArgumentError(f"{field} is needed", field=field)
    return optional_name(text, field, most=most)


def optional_name(text: str, field: str, *, most: int = _MAX_NAME) -> str:
    """Return something that may be empty. Raises InvalidArgumentError."""
    if len(text) > most or _CONTROL_CHARACTER.search(text):
        raise InvalidArgumentError(f"{field}: at most {most:,} characters, no control characters", field=field)
    return text


def page_size(asked: int) -> int:
    """Return how many rows a page has. Raises InvalidArgumentError for a negative number."""
    if asked < 0:
        raise InvalidArgumentError("page_size: not negative", field="page_size")
    return min(asked, _MAX_PAGE) or _DEFAULT_PAGE


def page_token(time: datetime, row_id: uuid.UUID) -> str:
    """Return the token of the page behind a row."""
    return _token(_CURSOR.pack((time - _EPOCH) // _MICROSECOND, row_id.bytes))


def page_cursor(token: str) -> tuple[datetime, uuid.UUID] | None:
    """Return the row behind which a page begins; None for the first. Raises InvalidArgumentError."""
    if not token:
        return None
    try:
        micros, row_id = _CURSOR.unpack(_unpacked(token))
        return _EPOCH + micros * _MICROSECOND, uuid.UUID(bytes=row_id)
    except (struct.error, ValueError, OverflowError):
        raise _unknown_page() from None


def id_token(row_id: int) -> str:
    """Return the token of the page behind the row with an id; empty for 0, which is none's."""
    return _token(_ID.pack(row_id)) if row_id else ""


def id_cursor(token: str) -> int:
    """Return the id behind which a page begins; for the first one above all. Raises InvalidArgumentError."""
    if not token:
        return _LAST_ID
    try:
        return int(_ID.unpack(_unpacked(token))[0])
    except (struct.error, ValueError):
        raise _unknown_page() from None


def _token(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _unpacked(token: str) -> bytes:
    return base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)


def _unknown_page() -> InvalidArgumentError:
    return InvalidArgumentError("page_token is not one that this service gave", field="page_token")
