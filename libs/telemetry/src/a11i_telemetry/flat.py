"""Attributes with indexes in their keys, as `llm.input_messages.0.message.content`, as the lists they came from."""

from collections.abc import Iterable
from typing import Final

from a11i_telemetry.parts import JsonValue

_WRAPPINGS: Final = frozenset(
    {"message", "message_content", "tool_call", "tool", "prompt", "completion", "image", "audio"}
)
"""Segments that only repeat what the list before them is of."""
_MAX_SEGMENTS: Final = 12
"""No convention has more than nine."""
MAX_INDEX: Final = 10_000
"""A conversation has fewer messages; what has a greater index is left among the attributes."""

Path = tuple[str | int, ...]
"""Segments of a key behind its prefix, indexes as numbers; wrappings left out."""


def path_of(rest: str) -> Path | None:
    """Return the path of what stands behind a prefix; None if it does not begin with an index or is too deep."""
    segments = rest.split(".")
    if len(segments) > _MAX_SEGMENTS or not _is_index(segments[0]):
        return None
    path = tuple(int(one) if _is_index(one) else one for one in segments if one not in _WRAPPINGS)
    return path or None


def _is_index(segment: str) -> bool:
    return segment.isascii() and segment.isdecimal() and len(segment) <= 5 and int(segment) <= MAX_INDEX


def listed(members: Iterable[tuple[Path, JsonValue]]) -> list[JsonValue]:
    """Return the list whose members these are; what contradicts an earlier member is left out."""
    root = _Node()
    for path, value in members:
        node = root
        for segment in path[:-1]:
            inner = node.get(segment)
            if inner is None:
                inner = node[segment] = _Node()
            if type(inner) is not _Node:
                break
            node = inner
        else:
            node.setdefault(path[-1], value)
    return [_plain(root[index]) for index in sorted(key for key in root if type(key) is int)]


class _Node(dict[str | int, JsonValue]):
    """An object or a list that is being put together, as opposed to one that is an attribute's value."""


def _plain(node: JsonValue) -> JsonValue:
    """Return what was put together: a list if all its keys are indexes."""
    if type(node) is not _Node:
        return node
    if all(type(key) is int for key in node):
        return [_plain(node[key]) for key in sorted(node)]
    return {str(key): _plain(value) for key, value in node.items()}
