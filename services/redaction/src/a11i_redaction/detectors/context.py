"""Words that stand near a value and say what it is."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from a11i_redaction.reduction import HOLE

_WINDOW_CHARS: Final = 64
"""How far before a value its context reaches: Presidio looks at five words, stop words not counted."""
_HOLE_CHARS: Final = 32
"""What a part that was taken out counts: about its length. Else each value taken out of a long list would bring the
next one nearer to the word at its head, and no look would be the last."""
_WHOLE_WORD_LETTERS: Final = 4
"""Context words up to this length must be whole words: "ssn", "pan" and "card" must not match inside others."""
_IDS: Final = re.compile(r"\b(?:account|call) ids?\b")
"""A cloud's account and a tool's call have ids that are no bank account and no phone number."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+")


def _word_regex(word: str) -> str:
    literal = re.escape(word.strip().lower())
    return rf"\b{literal}s?\b" if len(word) <= _WHOLE_WORD_LETTERS and word.isalnum() else literal


def _word_gate(word: str) -> str:
    """Return the word as the prefilter sees it: any joint between words, a question mark for what is not ASCII."""
    escaped = (re.escape("?" if char > "\x7f" else char) for char in word.strip().lower())
    return "".join(r"[ _.\-]?" if char == r"\ " else char for char in escaped)


@lru_cache(maxsize=4096)
def key_words(key: str) -> str:
    """Return an attribute's or JSON member's key as lower-case words: `phoneNumber` and `phone_number` alike."""
    return _CAMEL.sub(" ", key).lower()


class Context:
    """Whether one of a list of words is near a value: shortly before it, or in the key that it stands under."""

    __slots__ = ("_pattern", "gate")

    def __init__(self, words: Sequence[str]) -> None:
        self._pattern = re.compile("|".join(_word_regex(word) for word in words))
        self.gate = "|".join(_word_gate(word) for word in words)
        """For the prefilter: matches, without regard to case, wherever a word can be near a value."""

    def in_key(self, key: str) -> bool:
        """Return whether the key says it."""
        return bool(key) and self._pattern.search(_without_ids(key_words(key))) is not None

    def within(self, text: str, start: int, end: int) -> bool:
        """Return whether a word stands between `start` and `end`, or so near before that it counts there."""
        return self._says(text[_reach(text, start) : end])

    def near(self, text: str, start: int) -> bool:
        """Return whether the words before `start` say it."""
        return self._says(text[_reach(text, start) : start])

    def _says(self, words: str) -> bool:
        return self._pattern.search(_without_ids(_CAMEL.sub(" ", words).lower())) is not None


def _without_ids(words: str) -> str:
    return _IDS.sub("", words) if " id" in words else words


def _reach(text: str, start: int) -> int:
    """Return where the context of a value at `start` begins."""
    left = _WINDOW_CHARS
    position = start
    while left > 0:
        begin = max(0, position - left)
        hole = text.rfind(HOLE, begin, position)
        if hole < 0:
            return begin
        left -= position - hole - 1 + _HOLE_CHARS
        position = hole
    return position
