"""Mends items that protobuf's parser refuses, so that one of them does not cost the others of a request.

Three things make the parser refuse a request as a whole: text that is not UTF-8, values nested deeper than it follows,
and broken bytes. Text is mended, nests are cut, and of what is broken as little as possible is left out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Exemplar,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    NumberDataPoint,
    SummaryDataPoint,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from a11i_ingest import splitting, wire
from a11i_ingest.kinds import Kind
from a11i_ingest.marks import identity, mark, serialized
from a11i_ingest.wire import WireError, framed
from a11i_telemetry.findings import Findings, Outcome

TEXT_NOT_UTF8: Final = "text is not UTF-8"
TOO_DEEP: Final = "value is nested too deep"
BROKEN_ATTRIBUTE: Final = "attribute cannot be decoded"
BROKEN_ELEMENT: Final = "event, link or exemplar cannot be decoded"
BROKEN_ITEM: Final = "item cannot be decoded"
BROKEN_POINT: Final = "data point cannot be decoded"
BROKEN_RESOURCE: Final = "resource or scope cannot be decoded"

MAX_DEPTH: Final = 30
"""Values within values that are kept. Each takes two or three of the hundred messages within messages that protobuf's
parser follows, and the outermost lies in six."""
_MAX_FIELDS: Final = 100_000
"""Fields of an item that are looked at one by one."""
_CUT: Final = AnyValue(string_value="[nested too deep]").SerializeToString()
"""What stands for what lies below the last level."""

_LARGEST_COUNT: Final = 2**32 - 1

_OUTCOMES: Final = {
    TEXT_NOT_UTF8: Outcome.REPAIRED,
    TOO_DEEP: Outcome.TRUNCATED,
    BROKEN_ATTRIBUTE: Outcome.TRUNCATED,
    BROKEN_ELEMENT: Outcome.TRUNCATED,
}
_COUNTERS: Final = {
    KeyValue.DESCRIPTOR: "dropped_attributes_count",
    Span.Event.DESCRIPTOR: "dropped_events_count",
    Span.Link.DESCRIPTOR: "dropped_links_count",
}
"""Where an item counts elements of its own that it lost."""
_POINTS: Final = frozenset(
    {
        NumberDataPoint.DESCRIPTOR,
        HistogramDataPoint.DESCRIPTOR,
        ExponentialHistogramDataPoint.DESCRIPTOR,
        SummaryDataPoint.DESCRIPTOR,
    }
)
_DROPPABLE: Final = frozenset({*_COUNTERS, *_POINTS, Exemplar.DESCRIPTOR})
"""Elements that are left out alone if they are broken."""


def salvage(kind: Kind, payload: bytes, findings: Findings) -> bytes:
    """Return a request that the parser takes, of those items of `payload` that can be read or mended.

    Raises InvalidArgumentError if not even the items can be told apart.
    """
    return splitting.rebuild(
        splitting.parse(payload),
        lambda items: _mend_all(kind, items, findings),
        resource=lambda raw: _mend_around(raw, Resource, findings),
        scope=lambda raw: _mend_around(raw, InstrumentationScope, findings),
    )


def _mend_all(kind: Kind, items: Sequence[bytes], findings: Findings) -> list[bytes]:
    mended = (_mend_item(kind, item, findings) for item in items)
    return [item for item in mended if item is not None]


def _mend_item(kind: Kind, item: bytes, findings: Findings) -> bytes | None:
    """Return the item as the parser takes it; None if it cannot be had."""
    if _parses(kind, item):
        return item
    mender = _Mender()
    try:
        message = kind.item.FromString(mender.mend(item, kind.item_type))
    except (WireError, DecodeError):
        message = None
    if message is None or not _parses(kind, serialized(message)):
        findings.add(Outcome.REJECTED, BROKEN_ITEM)
        return None
    for counter, count in mender.dropped.items():
        if hasattr(message, counter):
            setattr(message, counter, min(getattr(message, counter) + count, _LARGEST_COUNT))
    if mender.lost_points:
        findings.add(Outcome.REJECTED, BROKEN_POINT, count=mender.lost_points)
    for reason, where in mender.noted.items():
        findings.add(_OUTCOMES[reason], reason, where=where, **identity(message))
        mark(message, reason, where)
    return serialized(message)


def _parses(kind: Kind, item: bytes) -> bool:
    """Return whether the parser takes the item where it stands in a request: that deep."""
    try:
        kind.request.FromString(splitting.alone(item))
    except DecodeError:
        return False
    return True


def _mend_around(raw: bytes, what: type[Resource | InstrumentationScope], findings: Findings) -> bytes:
    """Return a resource or a scope as the parser takes it; nothing if that cannot be had."""
    mender = _Mender()
    try:
        mended = mender.mend(raw, what.DESCRIPTOR)
        what.FromString(mended)
    except (WireError, DecodeError):
        findings.add(Outcome.TRUNCATED, BROKEN_RESOURCE)
        return b""
    for reason, where in mender.noted.items():
        findings.add(_OUTCOMES[reason], reason, where=where)
    return mended


@dataclass(slots=True)
class _Mender:
    """Mends one message."""

    noted: dict[str, str] = field(default_factory=dict)
    """What was done: a reason, and where first."""
    dropped: Counter[str] = field(default_factory=Counter)
    """The item's own elements that were left out, by the field that counts them."""
    lost_points: int = 0
    _fields_left: int = _MAX_FIELDS
    _where: str = ""
    """Key of the attribute, or name of the field, that is being looked at."""

    def mend(self, raw: bytes, what: Descriptor, depth: int = 0) -> bytes:
        """Return a message of the type `what` as the parser takes it. Raises WireError if it is broken."""
        pieces: list[bytes] = []
        for one in wire.fields(raw, self._fields_left):
            self._fields_left -= 1
            known = what.fields_by_number.get(one.number)
            if known is None or one.kind != wire.BYTES:
                pieces.append(raw[one.start : one.end])
                continue
            value = raw[one.value : one.end]
            if depth == 0:
                self._where = str(known.name)
            if known.type == FieldDescriptor.TYPE_STRING:
                pieces.append(framed(one.number, self._text(value)))
            elif known.message_type is not None:
                pieces.append(self._message(one.number, value, known.message_type, depth))
            else:
                pieces.append(raw[one.start : one.end])
        return b"".join(pieces)

    def _message(self, number: int, value: bytes, what: Descriptor, depth: int) -> bytes:
        if what is AnyValue.DESCRIPTOR:
            if depth > MAX_DEPTH:
                self.noted.setdefault(TOO_DEEP, self._where)
                return framed(number, _CUT)
            return framed(number, self.mend(value, what, depth + 1))
        if what not in _DROPPABLE:
            return framed(number, self.mend(value, what, depth or 1))
        return self._element(number, value, what, depth)

    def _element(self, number: int, value: bytes, what: Descriptor, depth: int) -> bytes:
        """Return an element of a list, such as an attribute; nothing if it is broken."""
        if what is KeyValue.DESCRIPTOR and depth <= 1:  # the item's own, or an event's
            self._where = _key(value)
        try:
            return framed(number, self.mend(value, what, depth or 1))
        except WireError:
            if what in _POINTS:
                self.lost_points += 1
                return b""
            self.noted.setdefault(BROKEN_ATTRIBUTE if what is KeyValue.DESCRIPTOR else BROKEN_ELEMENT, self._where)
            if depth == 0 and what in _COUNTERS:
                self.dropped[_COUNTERS[what]] += 1
            return b""

    def _text(self, value: bytes) -> bytes:
        try:
            value.decode()
        except UnicodeDecodeError:
            self.noted.setdefault(TEXT_NOT_UTF8, self._where)
            return value.decode(errors="replace").encode()
        return value


def _key(pair: bytes) -> str:
    """Return the key of a KeyValue, as far as it can be read."""
    try:
        first = next(wire.fields(pair, _MAX_FIELDS), None)
    except WireError:
        return ""
    if first is None or first.number != 1 or first.kind != wire.BYTES:
        return ""
    return pair[first.value : first.end].decode(errors="replace")
