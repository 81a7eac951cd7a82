"""What requests about a tenant's repricings and budgets have in common: names, numbers and pages, checked."""

import base64
import binascii
import re
import struct
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from a11i_chassis.errors import InvalidArgumentError
from a11i_storage.postgres.dead_letters import PageCursor

MAX_NAME: Final = 200
_DEFAULT_PAGE: Final = 50
_MAX_PAGE: Final = 1_000
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
_TOKEN: Final = struct.Struct(">q16s")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def name(text: str, field: str, most: int = MAX_NAME) -> str:
    """Return a name that is needed. Raises InvalidArgumentError."""
    if not text:
        raise InvalidArgumentError(f"{field} is needed", field=field)
    return optional(text, field, most)


def optional(text: str, field: str, most: int = MAX_NAME) -> str:
    """Return a name that may be empty. Raises InvalidArgumentError."""
    if len(text) > most or _CONTROL_CHARACTER.search(text):
        raise InvalidArgumentError(f"{field}: at most {most} characters, no control characters", field=field)
    return text


def identity(text: str, field: str = "id") -> uuid.UUID:
    """Return an id. Raises InvalidArgumentError."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidArgumentError(f"{field} is no UUID", field=field) from None


def page_size(size: int) -> int:
    """Return how many rows a page has. Raises InvalidArgumentError."""
    if size < 0:
        raise InvalidArgumentError("page_size is below 0", field="page_size")
    return min(size or _DEFAULT_PAGE, _MAX_PAGE)


def page_token(time: datetime, row_id: uuid.UUID) -> str:
    """Return the token of the page after a row. It opens nothing that the caller may not see without it."""
    return base64.urlsafe_b64encode(_TOKEN.pack((time - _EPOCH) // _MICROSECOND, row_id.bytes)).decode().rstrip("=")


def cursor(token: str) -> PageCursor | None:
    """Return where a token says to go on; None for the first page. Raises InvalidArgumentError."""
    if not token:
        return None
    try:
        micros, row_id = _TOKEN.unpack(base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True))
        return PageCursor(_EPOCH + micros * _MICROSECOND, uuid.UUID(bytes=row_id))
    except (binascii.Error, struct.error, ValueError, OverflowError):
        raise InvalidArgumentError("page_token is not one that this service gave", field="page_token") from None


def set_time(timestamp: Timestamp, time: datetime) -> None:
    """Set a message's time."""
    timestamp.FromDatetime(time.astimezone(UTC))
