"""Requests checked and turned into what the store understands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from a11i.query.v1 import query_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_query import page_tokens
from a11i_query.times import NS_PER_S
from a11i_storage.clickhouse import Cursor, TraceFilter

_HEX: Final = re.compile(r"[0-9a-fA-F]+")

DEFAULT_PAGE_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 200
_MAX_FILTER_CHARACTERS: Final = 1000
"""Longer than any name or id that makes sense, short enough for a statement's parameters."""

DEFAULT_RANGE_NS: Final = 24 * 3600 * NS_PER_S
MAX_TIME_NS: Final = 2**63 - 1
"""The year 2262, the last that the store's nanoseconds reach."""

_TEXT_FILTERS: Final = ("name", "model", "user_id", "session_id", "service_name", "redacted_entity")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a ListTraces call asks of the store."""

    which: TraceFilter
    limit: int
    after: Cursor | None
    """None: from the start."""


def trace_id(text: str) -> bytes:
    """Return the 16 bytes of a trace id. Raises InvalidArgumentError."""
    return identifier(text, "trace_id", digits=32)


def identifier(text: str, field: str, *, digits: int) -> bytes:
    """Return the bytes of an id. Raises InvalidArgumentError that names the field."""
    if len(text) != digits or not _HEX.fullmatch(text) or not int(text, 16):
        raise InvalidArgumentError(f"{field} must be {digits} hexadecimal digits, not all zero", field=field)
    return bytes.fromhex(text)


def listing(request: pb.ListTracesRequest, now_ns: int) -> Listing:
    """Return what `request` asks for. Raises InvalidArgumentError that names the field."""
    limit = page_size(request)
    check_lengths(request, _TEXT_FILTERS)
    end_ns = time_ns(request.end_time, "end_time") if request.HasField("end_time") else now_ns
    start_ns = time_ns(request.start_time, "start_time") if request.HasField("start_time") else None
    after = None
    if request.page_token:
        place = page_tokens.decode(request)
        start_ns, end_ns, after = place.start_time_ns, place.end_time_ns, place.cursor
    if start_ns is None:
        start_ns = max(end_ns - DEFAULT_RANGE_NS, 0)
    if start_ns >= end_ns:
        raise InvalidArgumentError("start_time must be before end_time (unset: now)", field="start_time")
    which = TraceFilter(
        start_time_ns=start_ns,
        end_time_ns=end_ns,
        name=request.name,
        model=request.model,
        user_id=request.user_id,
        session_id=request.session_id,
        service_name=request.service_name,
        redacted_entity=request.redacted_entity,
        has_error=request.has_error if request.HasField("has_error") else None,
    )
    return Listing(which, limit, after)


def page_size(request: pb.ListTracesRequest | page_tokens.RowsRequest) -> int:
    """Return how many rows to return. Raises InvalidArgumentError."""
    if not 0 <= request.page_size <= MAX_PAGE_SIZE:
        raise InvalidArgumentError(f"page_size must be 1 to {MAX_PAGE_SIZE}, or 0 for the default", field="page_size")
    return request.page_size or DEFAULT_PAGE_SIZE


def check_lengths(request: page_tokens.PageRequest, names: Sequence[str]) -> None:
    """Raise InvalidArgumentError, which names the field, for a filter of absurd length."""
    for name in names:
        if len(getattr(request, name)) > _MAX_FILTER_CHARACTERS:
            raise InvalidArgumentError(f"{name} is longer than {_MAX_FILTER_CHARACTERS} characters", field=name)


def time_ns(time: Timestamp, field: str) -> int:
    """Return a time in nanoseconds since the epoch. Raises InvalidArgumentError that names the field."""
    ns = time.seconds * NS_PER_S + time.nanos
    if not (0 <= time.nanos < NS_PER_S and 0 <= ns <= MAX_TIME_NS):
        raise InvalidArgumentError(f"{field} must be a time from 1970 to 2262", field=field)
    return ns
