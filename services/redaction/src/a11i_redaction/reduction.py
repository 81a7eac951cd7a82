"""Texts with parts taken out, so that what is redacted already is never looked at again.

Detectors see a *reduced* text: every placeholder, and every finding so far, is one character (`HOLE`). Looking again at
the reduced text is therefore the same as looking at the redacted one, and redaction that repeats until nothing more is
found changes nothing when it is applied to its own result.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from typing import Final

HOLE: Final = "\x1a"
"""Stands for a part that was taken out: ASCII's own "substitute" character, no word character and no space."""

PLACEHOLDER: Final = re.compile(
    r"<(?:(?P<entity>[A-Z][A-Z0-9_]{1,39})"
    r"(?:_(?=[0-9]*[a-f])[0-9a-f]{8}"  # Never digits alone, which could be a number.
    r"|(?P<sealed>:enc:A[Q-Za-v][A-Za-z0-9_\-]{38,}))"  # Version 1 or 2, a nonce and a tag at least.
    r"|WITHHELD|DROPPED)>"
)
"""What redaction leaves in place of a value: a pseudonym, an encrypted value, or that there was one. Anybody can write
such a form around something else, so that it is none unless it names an entity which redaction knows. Eight digits hold
no secret, but what is encrypted is as long as it likes: it is none unless the tenant's key opens it."""
_WHOLE: Final = re.compile(r"<([A-Z][A-Z0-9_]{1,39})>")
"""What it leaves of a text that it drops whole."""


def is_dropped(text: str, entities: Collection[str]) -> bool:
    """Return whether a text is what is left of one that was dropped whole because of one of these entities.

    Keys and account numbers in angle brackets have the same form, so that the form alone says nothing.
    """
    whole = _WHOLE.fullmatch(text)
    return whole is not None and whole[1] in entities


def encrypted(text: str) -> Iterator[str]:
    """Yield what has the form of encrypted placeholders in a text."""
    if ":enc:" in text:
        yield from (match.group() for match in PLACEHOLDER.finditer(text) if match["sealed"])


def placeholders(text: str, entities: Collection[str], genuine: Collection[str] = ()) -> list[tuple[int, int]]:
    """Return where a text already has placeholders, or is all that is left of one, of these entities.

    `genuine` are the encrypted ones that are what they look like.
    """
    if "<" not in text:
        return []
    if is_dropped(text, entities):
        return [(0, len(text))]
    return [
        match.span()
        for match in PLACEHOLDER.finditer(text)
        if (match["entity"] is None or match["entity"] in entities)
        and (not match["sealed"] or match.group() in genuine)
    ]


def named_by_placeholders(text: str, entities: Collection[str]) -> frozenset[str]:
    """Return those of the entities of which a text has placeholders."""
    if not entities or "<" not in text:
        return frozenset()
    return frozenset(match["entity"] for match in PLACEHOLDER.finditer(text)).intersection(entities)


class Reduced:
    """A text with a hole for each of `spans`, which are disjoint and in order."""

    __slots__ = ("_origins", "_starts", "text")

    def __init__(self, original: str, spans: Sequence[tuple[int, int]]) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []
        self._origins: list[int] = []
        position = length = 0
        for start, end in [*spans, (len(original), len(original))]:
            self._starts.append(length)
            self._origins.append(position)
            pieces.append(original[position:start])
            length += start - position + 1
            position = end
        self.text = HOLE.join(pieces) if spans else original

    def original_spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the parts of the original text that `start` to `end` covers, without the holes in between."""
        spans: list[tuple[int, int]] = []
        position = start
        while position < end:
            hole = self.text.find(HOLE, position, end)
            stop = end if hole < 0 else hole
            if stop > position:
                spans.append((self._original(position), self._original(stop - 1) + 1))
            position = stop + 1
        return spans

    def _original(self, position: int) -> int:
        piece = bisect_right(self._starts, position) - 1
        return self._origins[piece] + position - self._starts[piece]
