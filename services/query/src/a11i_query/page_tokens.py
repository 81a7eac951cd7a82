"""Opaque page tokens: where a listing goes on, bound to the listing that it belongs to.

A token is base64url of a version, a digest, the listing's time range as the first page resolved it, and the cursor.
The digest covers the request's kind and filters, so that a token is refused with others, and the token itself against
damage. It is no protection against forgery, and need not be: a token opens nothing that the caller's key does not.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from a11i.query.v1 import query_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_storage.clickhouse import Cursor, RowCursor, TimeRange, TraceFilter

_VERSION: Final = 2
_HEAD: Final = struct.Struct(">B8s")
_TRACE_PLACE: Final = struct.Struct(">qqq16sq")
_ROW_PLACE: Final = struct.Struct(">qqq16s")
_REPORT_PLACE: Final = struct.Struct(">qqI")
_OF_PAGES: Final = ("page_token", "page_size", "group_limit")
"""Fields that say nothing about what is listed."""

RowsRequest: TypeAlias = pb.ListLogsRequest | pb.ListMetricPointsRequest | pb.ListIngestIssuesRequest
"""A request for a page of rows."""
UsageRequest: TypeAlias = pb.CompareTokenCountsRequest | pb.ListUnpricedModelsRequest
"""A request for a page of what calls add up to."""
ReportRequest: TypeAlias = UsageRequest | pb.SummariseRedactionsRequest
"""A request for a page of what rows add up to."""
PageRequest: TypeAlias = pb.ListTracesRequest | RowsRequest | ReportRequest


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing of traces goes on."""

    start_time_ns: int
    """The listing's range, which the first page fixed where the request left it open."""
    end_time_ns: int
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a listing of rows goes on."""

    times: TimeRange
    """As the first page fixed it."""
    cursor: RowCursor


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """Where a report goes on."""

    times: TimeRange
    """As the first page fixed it."""
    offset: int
    """Rows before it."""


def encode(request: pb.ListTracesRequest, which: TraceFilter, cursor: Cursor) -> str:
    """Return the token of the page after `cursor` in the listing that `request` asked for."""
    place = (which.start_time_ns, which.end_time_ns, cursor.place_ns, cursor.trace_id, cursor.as_of_ns)
    return _seal(request, _TRACE_PLACE.pack(*place))


def decode(request: pb.ListTracesRequest) -> Place:
    """Return where the request's token says to go on.

    Raises InvalidArgumentError for a token that this service did not give for these filters.
    """
    start_ns, end_ns, cursor_ns, trace_id, as_of_ns = _open(request, _TRACE_PLACE)
    return Place(start_ns, end_ns, Cursor(cursor_ns, trace_id, as_of_ns))


def encode_rows(request: RowsRequest, times: TimeRange, cursor: RowCursor) -> str:
    """Return the token of the page after `cursor`, likewise."""
    return _seal(request, _ROW_PLACE.pack(times.start_ns, times.end_ns, cursor.time_ns, cursor.row_id))


def decode_rows(request: RowsRequest) -> RowPlace:
    """Return where the request's token says to go on, likewise."""
    start_ns, end_ns, time_ns, row_id = _open(request, _ROW_PLACE)
    return RowPlace(TimeRange(start_ns, end_ns), RowCursor(time_ns, row_id))


def encode_report(request: ReportRequest, place: ReportPlace) -> str:
    """Return the token of the page that begins there, likewise."""
    return _seal(request, _REPORT_PLACE.pack(place.times.start_ns, place.times.end_ns, place.offset))


def decode_report(request: ReportRequest) -> ReportPlace:
    """Return where the request's token says to go on, likewise."""
    start_ns, end_ns, offset = _open(request, _REPORT_PLACE)
    return ReportPlace(TimeRange(start_ns, end_ns), offset)


def _seal(request: PageRequest, place: bytes) -> str:
    token = _HEAD.pack(_VERSION, _digest(request, place)) + place
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def _open(request: PageRequest, layout: struct.Struct) -> tuple[Any, ...]:
    try:
        # b64decode takes missing bits for zero, and an ASCII string only; the digest finds the rest.
        token = base64.b64decode(request.page_token + "=" * (-len(request.page_token) % 4), b"-_", validate=True)
        version, digest = _HEAD.unpack_from(token)
    except (binascii.Error, struct.error, ValueError) as error:
        raise _refused("is not one that this service gave") from error
    place = token[_HEAD.size :]
    if version != _VERSION:
        raise _refused("is of another version of this service; begin at the first page")
    if len(place) != layout.size:
        raise _refused("is not one that this service gave")
    if digest != _digest(request, place):
        raise _refused("belongs to a listing with other filters; repeat them, or begin at the first page")
    return layout.unpack(place)


def _digest(request: PageRequest, place: bytes) -> bytes:
    """Return a digest of the kind of listing, its filters and the place; the page size may change from page to page."""
    filters = type(request)()
    filters.MergeFrom(request)  # type: ignore[arg-type]  # of the same type
    for name in _OF_PAGES:
        if name in filters.DESCRIPTOR.fields_by_name:
            filters.ClearField(name)  # type: ignore[arg-type]  # a name that it has
    content = filters.DESCRIPTOR.full_name.encode() + place + filters.SerializeToString(deterministic=True)
    return hashlib.sha256(content).digest()[:8]


def _refused(why: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"page_token {why}", field="page_token")
