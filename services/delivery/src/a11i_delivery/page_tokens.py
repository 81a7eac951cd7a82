"""Opaque page tokens: where a listing goes on, bound to the listing that it belongs to.

A token is base64url of a version, a digest of the request without its paging, and the last row's time and id. The
digest refuses a token with other filters. It is no protection against forgery, and need not be: a token opens nothing
that the caller's tenant does not.
"""

import base64
import binascii
import hashlib
import struct
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.delivery.v1 import replay_service_pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_storage.postgres.dead_letters import PageCursor

_VERSION: Final = 1
_LAYOUT: Final = struct.Struct(">B8sq16s")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

PageRequest: TypeAlias = (
    pb.ListDeadLettersRequest | pb.ListDeadLetterActionsRequest | replay_service_pb2.ListReplaysRequest
)


def encode(request: PageRequest, cursor: PageCursor) -> str:
    """Return the token of the page after `cursor` in the listing that `request` asked for."""
    micros = (cursor.time - _EPOCH) // _MICROSECOND
    token = _LAYOUT.pack(_VERSION, _digest(request), micros, cursor.id.bytes)
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def decode(request: PageRequest) -> PageCursor | None:
    """Return where the request's token says to go on; None for the first page.

    Raises InvalidArgumentError for a token that this service did not give for this listing.
    """
    if not request.page_token:
        return None
    try:
        token = base64.b64decode(request.page_token + "=" * (-len(request.page_token) % 4), b"-_", validate=True)
        version, digest, micros, row_id = _LAYOUT.unpack(token)
        time = _EPOCH + micros * _MICROSECOND
    except (binascii.Error, struct.error, ValueError, OverflowError) as error:
        raise _refused("is not one that this service gave") from error
    if version != _VERSION:
        raise _refused("is of another version of this service; begin at the first page")
    if digest != _digest(request):
        raise _refused("belongs to a listing with other filters; repeat them, or begin at the first page")
    return PageCursor(time, uuid.UUID(bytes=row_id))


def _digest(request: PageRequest) -> bytes:
    filters = type(request)()
    filters.MergeFrom(request)  # type: ignore[arg-type]  # of the same type
    filters.ClearField("page_token")
    filters.ClearField("page_size")
    content = filters.DESCRIPTOR.full_name.encode() + filters.SerializeToString(deterministic=True)
    return hashlib.sha256(content).digest()[:8]


def _refused(why: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"page_token {why}", field="page_token")
