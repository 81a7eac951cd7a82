"""Takes requests apart into parts that the bus stores, item by item, without a look into the items."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from google.protobuf.message import DecodeError

from a11i.otlp.v1.otlp_raw_pb2 import RawRequest
from a11i_chassis.errors import InvalidArgumentError, TooLargeError

_FRAME_BYTES: Final = 6
"""What an item takes besides its own bytes: a tag, and a length of 5 bytes at most."""

MAX_REPEATED_BYTES: Final = 8 * 1024 * 1024
"""What the resources and scopes of a part may take once each item has its own copy, as it does in columns. There they
are JSON text, of which a piece stands twice, and that is up to thirteen times as long."""
MAX_PART_ITEMS: Final = 50_000
"""Items in a part. One without anything takes 2 bytes there, and about 500 in columns."""

Trim = Callable[[RawRequest], None]
Change = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring items of one scope."""

    group: int
    scope: int
    items: Sequence[bytes]


def parse(payload: bytes) -> RawRequest:
    """Return a request of any signal, its items unread. Raises InvalidArgumentError if it is none."""
    try:
        return RawRequest.FromString(payload)
    except DecodeError:
        raise InvalidArgumentError("the request is no OTLP request: its protobuf encoding is broken") from None


def split(payload: bytes, part_bytes: int, max_items: int, trim: Trim | None = None) -> Iterator[bytes]:
    """Yield requests of about `part_bytes` at most, which together hold the items in order; one over it stands alone.

    A request that small is yielded as it is, unread. The same request makes the same parts.
    Raises InvalidArgumentError if it is no request, TooLargeError if it has more than `max_items`.
    """
    if len(payload) > part_bytes:
        yield from divide(payload, part_bytes, max_items, trim)
    elif payload:
        yield payload


def divide(payload: bytes, part_bytes: int, max_items: int, trim: Trim | None = None) -> Iterator[bytes]:
    """Yield parts as `split` does, of as many items at most as columns can be made of.

    `trim` cuts resources and scopes before they are repeated in every part.
    """
    request = parse(payload)
    count = sum(len(scope.items) for group in request.groups for scope in group.scopes)
    if count > max_items:
        raise TooLargeError(f"the request has {count} items, {max_items} at most; send it in parts")
    if trim is not None:
        trim(request)
    for runs in _plan(request, part_bytes):
        yield _assemble(request, runs)


def rebuild(
    request: RawRequest, items: Callable[[Sequence[bytes]], Sequence[bytes]], *, resource: Change, scope: Change
) -> bytes:
    """Return the serialized request with each scope's items, and each resource and scope, changed."""
    runs = [
        _Run(group_number, scope_number, items(one.items))
        for group_number, group in enumerate(request.groups)
        for scope_number, one in enumerate(group.scopes)
    ]
    return _assemble(request, runs, resource, scope)


def alone(item: bytes) -> bytes:
    """Return a serialized request of one item, without resource or scope."""
    request = RawRequest()
    request.groups.add().scopes.add(items=[item])
    return request.SerializeToString()


def _assemble(request: RawRequest, runs: Iterable[_Run], resource: Change = bytes, scope: Change = bytes) -> bytes:
    """Return a serialized request of these items, its schema URLs with U+FFFD for what is not UTF-8."""
    made = RawRequest()
    for number, in_group in groupby(runs, lambda run: run.group):
        group = request.groups[number]
        changed = resource(b"".join(group.resource))
        made_group = made.groups.add(resource=[changed] if changed else [], schema_url=_mended(group.schema_url))
        for run in in_group:
            around = group.scopes[run.scope]
            changed = scope(b"".join(around.scope))
            made_scope = made_group.scopes.add(items=run.items, schema_url=_mended(around.schema_url))
            if changed:
                made_scope.scope.append(changed)
    return made.SerializeToString()


def _mended(text: bytes) -> bytes:
    return text.decode(errors="replace").encode() if text else b""


def _plan(request: RawRequest, part_bytes: int) -> Iterator[list[_Run]]:
    """Yield the runs of each part."""
    runs: list[_Run] = []
    size = repeated = count = 0
    for group_number, group in enumerate(request.groups):
        group_bytes = sum(map(len, group.resource)) + len(group.schema_url)
        for scope_number, scope in enumerate(group.scopes):
            if not scope.items:
                continue
            around_bytes = group_bytes + sum(map(len, scope.scope)) + len(scope.schema_url)
            items: list[bytes] = []
            size += around_bytes
            for item in scope.items:
                item_bytes = len(item) + _FRAME_BYTES
                full = (
                    size + item_bytes > part_bytes
                    or repeated + around_bytes > MAX_REPEATED_BYTES
                    or count == MAX_PART_ITEMS
                )
                if full and (runs or items):
                    if items:
                        runs.append(_Run(group_number, scope_number, items))
                    yield runs
                    runs, items, size, repeated, count = [], [], around_bytes, 0, 0
                items.append(item)
                count += 1
                size += item_bytes
                repeated += around_bytes
            if items:
                runs.append(_Run(group_number, scope_number, items))
    if runs:
        yield runs
