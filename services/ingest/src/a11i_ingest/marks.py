"""Says on an item itself what was mended or cut, so that whoever reads it later can tell."""

from typing import Any, TypedDict

from a11i_telemetry.received import DEFECTS_KEY


class Identity(TypedDict):
    """Whose finding it is; empty for what has no ids."""

    trace_id: bytes
    span_id: bytes


def identity(item: Any) -> Identity:
    """Return the ids of a span or a log record, as sent."""
    return Identity(trace_id=getattr(item, "trace_id", b""), span_id=getattr(item, "span_id", b""))


def is_marked(item: Any) -> bool:
    """Return whether the item's last attribute is its mark."""
    return len(item.attributes) > 0 and item.attributes[-1].key == DEFECTS_KEY


def mark(item: Any, what: str, where: str = "") -> None:
    """Add a line to the item's defects. Metrics, whose attributes are their points', are not marked."""
    if not hasattr(item, "attributes"):
        return
    last = item.attributes[-1] if is_marked(item) else item.attributes.add(key=DEFECTS_KEY)
    last.value.array_value.values.add(string_value=f"{what}: {where}" if where else what)


def serialized(item: Any) -> bytes:
    """Return the item's bytes."""
    raw: bytes = item.SerializeToString()
    return raw
