"""What one item may bring, and how what is over it is cut: by value, never by leaving out the item if that can be."""

from typing import Any, Final

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from pydantic import BaseModel, Field

from a11i_ingest.marks import identity, is_marked, mark
from a11i_telemetry.findings import Findings, Outcome

VALUE_CUT: Final = "value is longer than the limit"
TOO_MANY_ATTRIBUTES: Final = "more attributes than the limit"
TOO_MANY_EVENTS: Final = "more events than the limit"
TOO_MANY_LINKS: Final = "more links than the limit"
ITEM_TOO_LARGE: Final = "item is larger than the limit"
RESOURCE_TOO_LARGE: Final = "resource or scope is larger than the limit"

_LEAST_BYTES: Final = 1024
"""What is left at least of a text that is cut to make its item fit."""
_LARGEST_COUNT: Final = 2**32 - 1
_MOST_ELEMENTS: Final = 200_000
"""Values within an item that are looked at one by one, to find the long ones."""
_MOST_MARKS: Final = 10
"""Places that a mark names, of an item of which much is cut."""
_MARKS_BYTES: Final = 4096
"""Room for the marks, which name keys of up to 200 characters."""


class ItemLimits(BaseModel, frozen=True):
    """What one span or log record may bring. What is over is cut, marked on the item and counted."""

    value_bytes: int = Field(
        1024 * 1024, ge=1024, description="Longest text or bytes of an attribute, event, name or log body, in bytes."
    )
    item_bytes: int = Field(
        3 * 1024 * 1024,
        ge=16 * 1024,
        description="Largest span or log record. Values are cut down to it, the largest first. Stages may double its "
        "size, and the bus takes 8 MiB.",
    )
    resource_bytes: int = Field(
        256 * 1024, ge=1024, description="Largest resource or scope; its attributes are cut down to it."
    )
    attributes: int = Field(4096, ge=1, description="Attributes of an item, and of an event or link.")
    events: int = Field(1024, ge=0, description="Events of a span.")
    links: int = Field(1024, ge=0, description="Links of a span.")


def over_counts(item: Any, limits: ItemLimits) -> bool:
    """Return whether a span or log record has more attributes, events or links than the limits."""
    most = limits.attributes
    if len(item.attributes) > most and _attributes(item) > most:
        return True
    if not isinstance(item, Span):
        return False
    events, links = item.events, item.links
    return (
        (bool(events) and (len(events) > limits.events or any(len(event.attributes) > most for event in events)))
        or (bool(links) and (len(links) > limits.links or any(len(link.attributes) > most for link in links)))
    )  # fmt: skip


def cut_counts(item: Any, limits: ItemLimits, findings: Findings) -> None:
    """Leave the first attributes, events and links of a span or log record, and count the others."""
    if _attributes(item) > limits.attributes:
        marks = item.attributes.pop() if is_marked(item) else None
        _drop(item, "attributes", limits.attributes)
        if marks is not None:
            item.attributes.append(marks)
        _note(item, TOO_MANY_ATTRIBUTES, "", findings)
    for name, reason in (("events", TOO_MANY_EVENTS), ("links", TOO_MANY_LINKS)):
        most: int = getattr(limits, name)
        if len(getattr(item, name, ())) > most:
            _drop(item, name, most)
            _note(item, reason, "", findings)
    inner = (*getattr(item, "events", ()), *getattr(item, "links", ()))
    over = [one for one in inner if len(one.attributes) > limits.attributes]
    for element in over:
        _drop(element, "attributes", limits.attributes)
    if over:
        _note(item, TOO_MANY_ATTRIBUTES, getattr(over[0], "name", ""), findings)


def cut_values(item: Any, limits: ItemLimits, findings: Findings) -> bool:
    """Cut the values of a span or log record that are over the limits. Returns whether it fits then.

    If it does not, nothing is noted.
    """
    try:
        texts = _long_texts(item)
    except _TooManyElementsError:
        return False
    cut = [where for owner, name, where in texts if _cut_text(owner, name, limits.value_bytes)]
    excess = item.ByteSize() - limits.item_bytes
    if excess > 0:
        excess += _MARKS_BYTES
        for owner, name, where in sorted(texts, key=lambda text: -len(getattr(text[0], text[1]))):
            length = _length(getattr(owner, name))
            if _cut_text(owner, name, max(_LEAST_BYTES, length - excess)):
                cut.append(where)
                excess -= length - _length(getattr(owner, name))
            if excess <= 0:
                break
    if item.ByteSize() > limits.item_bytes:
        return False
    if cut:
        findings.add(Outcome.TRUNCATED, VALUE_CUT, where=cut[0], **identity(item))
        # OTLP has no count of shortened values: whoever looks for lost data looks at this one.
        item.dropped_attributes_count = min(item.dropped_attributes_count + len(cut), _LARGEST_COUNT)
        for where in list(dict.fromkeys(cut))[:_MOST_MARKS]:
            mark(item, VALUE_CUT, where)
    return True


def cut_around(around: Any, most_bytes: int, findings: Findings) -> bool:
    """Cut a resource or scope that takes more than `most_bytes` down to it. Returns whether it did."""
    if around.ByteSize() <= most_bytes:
        return False
    findings.add(Outcome.TRUNCATED, RESOURCE_TOO_LARGE)
    try:
        for owner, name, _ in _long_texts(around):
            _cut_text(owner, name, _LEAST_BYTES)
    except _TooManyElementsError:
        pass  # then there are too many attributes, or one of too many parts
    while len(around.attributes) and around.ByteSize() > most_bytes:
        _drop(around, "attributes", len(around.attributes) // 2)
    return True


def _attributes(item: Any) -> int:
    """Return the number of the item's own attributes, without ingest's mark."""
    return len(item.attributes) - is_marked(item)


def _drop(owner: Any, name: str, most: int) -> None:
    """Leave the first of a list, and count the others as dropped."""
    elements, counter = getattr(owner, name), f"dropped_{name}_count"
    setattr(owner, counter, min(getattr(owner, counter) + len(elements) - most, _LARGEST_COUNT))
    del elements[most:]


def _note(item: Any, reason: str, where: str, findings: Findings) -> None:
    findings.add(Outcome.TRUNCATED, reason, where=where, **identity(item))
    mark(item, reason, where)


class _TooManyElementsError(Exception):
    """An item has more elements than are looked at one by one."""


_Text = tuple[Any, str, str]
"""The message that has a text or bytes value, the field's name, and where that is."""

_PLAIN: Final = ("name", "trace_state", "severity_text", "event_name")


def _long_texts(item: Any) -> list[_Text]:
    """Return the texts and bytes values in the item that can be cut. Raises _TooManyElementsError."""
    walk = _Walk()
    for name in _PLAIN:
        if hasattr(item, name):
            walk.add(item, name, name)
    if hasattr(item, "status"):
        walk.add(item.status, "message", "status.message")
    if hasattr(item, "body"):
        walk.values(item.body, "body")
    for element in (item, *getattr(item, "events", ()), *getattr(item, "links", ())):
        for pair in element.attributes:
            walk.add(pair, "key", "an attribute's key")
            walk.values(pair.value, pair.key[:200])
    for event in getattr(item, "events", ()):
        walk.add(event, "name", "event name")
    return walk.found


class _Walk:
    def __init__(self) -> None:
        self.found: list[_Text] = []
        self._left = _MOST_ELEMENTS

    def add(self, owner: Any, name: str, where: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise _TooManyElementsError
        if len(getattr(owner, name)) * 4 > _LEAST_BYTES:
            self.found.append((owner, name, where))

    def values(self, value: Any, where: str) -> None:
        """Add the texts in a value, as deep as the parser followed."""
        kind = value.WhichOneof("value")
        if kind in ("string_value", "bytes_value"):
            self.add(value, kind, where)
        elif kind == "array_value":
            for element in value.array_value.values:
                self.values(element, where)
        elif kind == "kvlist_value":
            for pair in value.kvlist_value.values:
                self.add(pair, "key", where)
                self.values(pair.value, where)
        else:
            self._left -= 1


def _length(text: str | bytes) -> int:
    return len(text if isinstance(text, bytes) else text.encode())


def _cut_text(owner: Any, name: str, most: int) -> bool:
    """Cut a text to `most` bytes, between two code points. Returns whether it was longer."""
    text = getattr(owner, name)
    if len(text) * 4 <= most or _length(text) <= most:
        return False
    setattr(owner, name, text[:most] if isinstance(text, bytes) else text.encode()[:most].decode(errors="ignore"))
    return True
