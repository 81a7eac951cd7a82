"""Opaque page tokens: where a listing goes on, bound to the listing that it belongs to.

A token is base64url of a version, a digest, the listing's time range as the first page resolved it, and the cursor.
The digest covers the request's filters, so that a token is refused with others, and the token itself against damage.
It is no protection against forgery, and need not be: a token opens nothing that the caller's key does not.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import Final

from a11i.query.v1 import query_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_storage.clickhouse import Cursor, TraceFilter

_VERSION: Final = 1
_HEAD: Final = struct.Struct(">B8s")
_PLACE: Final = struct.Struct(">qqq16sq")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing goes on."""

    start_time_ns: int
    """The listing's range, which the first page fixed where the request left it open."""
    end_time_ns: int
    cursor: Cursor


def encode(request: pb.ListTracesRequest, which: TraceFilter, cursor: Cursor) -> str:
    """Return the token of the page after `cursor` in the listing that `request` asked for."""
    place = _PLACE.pack(which.start_time_ns, which.end_time_ns, cursor.place_ns, cursor.trace_id, cursor.as_of_ns)
    token = _HEAD.pack(_VERSION, _digest(request, place)) + place
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def decode(request: pb.ListTracesRequest) -> Place:
    """Return where the request's token says to go on.

    Raises InvalidArgumentError for a token that this service did not give for these filters.
    """
    try:
        # b64decode takes missing bits for zero, and an ASCII string only; the digest finds the rest.
        token = base64.b64decode(request.page_token + "=" * (-len(request.page_token) % 4), b"-_", validate=True)
        version, digest = _HEAD.unpack_from(token)
        start_ns, end_ns, cursor_ns, trace_id, as_of_ns = _PLACE.unpack(token[_HEAD.size :])
    except (binascii.Error, struct.error, ValueError) as error:
        raise _refused("is not one that this service gave") from error
    if version != _VERSION:
        raise _refused("is of another version of this service; begin at the first page")
    if digest != _digest(request, token[_HEAD.size :]):
        raise _refused("belongs to a listing with other filters; repeat them, or begin at the first page")
    return Place(start_ns, end_ns, Cursor(cursor_ns, trace_id, as_of_ns))


def _digest(request: pb.ListTracesRequest, place: bytes) -> bytes:
    """Return a digest of the filters and the place; the page size may change from page to page."""
    filters = pb.ListTracesRequest()
    filters.CopyFrom(request)
    filters.ClearField("page_token")
    filters.ClearField("page_size")
    return hashlib.sha256(place + filters.SerializeToString(deterministic=True)).digest()[:8]


def _refused(why: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"page_token {why}", field="page_token")
