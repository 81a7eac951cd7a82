"""What a model writes besides an answer's text: what it thinks before it, and which tools it calls."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from a11i_tokenization.counting.long_texts import SAMPLED_CHARS
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
    """The texts of a message that a model wrote, thoughts among them."""

    sent: Sequence[str]
    """Those in which no thought ends, cut at their marks: later calls send them again whole."""
    thoughts: Sequence[str] = ()
    """What stands between the marks of the others, and is left out later."""
    answers: Sequence[str] = ()
    """What follows each one's last thought, which is all that later calls send of it."""
    sent_marks: int = 0
    thought_marks: int = 0
    kept: float = 0
    """The share of `thoughts` that is an answer, if the two were not cut apart."""
    exact: bool = True
    """False if the pieces are too many, or too slow, to be counted one by one."""


_FEW_MARKS: Final = 16
"""Of a message that are never too many: models write two a thought."""
_CHARS_A_MARK: Final = 1_024
"""Beyond those: a piece takes up to 3 us more than its text, so that all of a megabyte take 3 ms."""


def written(said: Sequence[str], marks: tuple[str, ...], is_exact: Callable[[str], bool]) -> Written:
    """Return a message's texts, which a model wrote, cut at the marks of its thoughts: they are where a thought ends,
    or where a text begins with one. A text that only names the first mark thinks nothing.

    `is_exact` says whether a text is one that is counted whole. Of noise that is sampled each piece alone could be too
    short for that, and all together take four times as long.
    """
    if not marks:
        return Written(said)
    first, last = marks[0], marks[-1]
    sent: list[str] = []
    begun: list[str] = []
    ended: list[str] = []
    for text in said:
        if last in text:
            ended.append(text)
        elif first in text and text.lstrip().startswith(first):
            begun.append(text)
        else:
            sent.append(text)
    if not (ended or begun):
        return Written(said)
    marked = begun + ended
    chars = sum(map(len, marked))
    if chars >= SAMPLED_CHARS and not all(map(is_exact, marked)):
        return _roughly(sent, marked, marks)
    room, split = max(_FEW_MARKS, chars // _CHARS_A_MARK), _pattern(marks).split
    thoughts: list[str] = []
    answers = []
    sent_marks = 0
    for text in marked:
        *before, answer = split(text, room + 1)
        room -= len(before)
        if room < 0:
            return _roughly(sent[: len(said) - len(marked)], marked, marks)
        if last in text:
            thoughts += before
            answers.append(answer)
        else:
            sent += (*before, answer)
            sent_marks += len(before)
    return Written(sent, thoughts, answers, sent_marks, len(thoughts))


def _roughly(sent: list[str], marked: Sequence[str], marks: tuple[str, ...]) -> Written:
    """Return texts of very many marks as one, whose pieces spaces keep apart. Those whose thoughts end are the last."""
    text = " ".join(marked)
    many = sum(map(text.count, marks))
    pieces = [_without(text, marks)]
    if marks[-1] not in text:
        return Written([*sent, *pieces], sent_marks=many, exact=False)
    end = max(text.rfind(mark) + len(mark) for mark in marks if mark in text)
    return Written(sent, pieces, thought_marks=many, kept=(len(text) - end) / len(text), exact=False)


def _without(text: str, marks: tuple[str, ...]) -> str:
    for mark in marks:
        text = text.replace(mark, " ")
    return text


@lru_cache(maxsize=16)
def _pattern(marks: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, marks)))
