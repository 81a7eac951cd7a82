"""What a model writes besides an answer's text: what it thinks before it, and which tools it calls."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from a11i_tokenization.messages import Json

_THOUGHTS: Final = frozenset({"reasoning", "thinking"})
_CALLS: Final = frozenset({"tool_call", "tool_use", "function_call"})
_THOUGHT_KEYS: Final = ("reasoning_content", "reasoning")
"""Where hosts of open models put a thought beside the content; their clients send it back there."""


def calls_tools(message: Json) -> bool:
    """Return whether a message is, or holds, a call of a tool: how a model writes one no vendor of an API says."""
    if type(message) is not dict:
        return False
    parts: Any = message.get("parts")
    # Most have a role and parts, and nothing else.
    if len(message) > 2 and (message.get("tool_calls") or message.get("function_call") or _is_call(message)):
        return True
    if type(parts) is not list:
        parts = message.get("content")
        if type(parts) is not list:
            return bool(message.get("tool_calls") or message.get("function_call"))
    if len(parts) == 1:  # as in most messages
        return type(parts[0]) is dict and _is_call(parts[0])
    return any(type(part) is dict and _is_call(part) for part in parts)


def _is_call(part: Mapping[str, Json]) -> bool:
    kind = part.get("type")
    return type(kind) is str and kind in _CALLS


def without_thoughts(message: Json) -> tuple[Json, Sequence[str]]:
    """Return a message without the parts that are thoughts, and their texts."""
    if not isinstance(message, dict):
        return message, ()
    beside = [text for key in _THOUGHT_KEYS if isinstance(text := message.get(key), str) and text]
    for key in ("parts", "content"):
        parts = message.get(key)
        if isinstance(parts, list) and any(map(_is_thought, parts)):
            rest: list[Json] = [part for part in parts if not _is_thought(part)]
            return {**message, key: rest}, [*beside, *(text for part in parts for text in _thought(part))]
    return message, beside[:1]


def _is_thought(part: Json) -> bool:
    if not isinstance(part, dict):
        return False
    kind = part.get("type")
    return isinstance(kind, str) and kind in _THOUGHTS


def _thought(part: Json) -> Iterator[str]:
    if isinstance(part, dict) and _is_thought(part):
        for key in ("content", "text", "thinking"):
            text = part.get(key)
            if isinstance(text, str) and text:
                yield text
                return


class Written(NamedTuple):
    """A text that a model wrote, thoughts among it."""

    pieces: Sequence[str]
    """What stands between the marks."""
    marks: int = 0
    answer: str | None = None
    """What follows the last thought, which is all that later calls send of the text; None if no thought ends in it."""


def written(text: str, marks: tuple[str, ...]) -> Written:
    """Return a text that a model wrote, cut at the marks of its thoughts: they are where a thought ends, or where the
    text begins with one. A text that only names the first mark thinks nothing."""
    ended = bool(marks) and marks[-1] in text
    if not ended and not (marks and text.lstrip().startswith(marks[0])):
        return Written((text,))
    pieces = _pattern(marks).split(text)
    return Written([piece for piece in pieces if piece], len(pieces) - 1, pieces[-1] if ended else None)


@lru_cache(maxsize=16)
def _pattern(marks: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, marks)))
