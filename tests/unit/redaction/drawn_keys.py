"""Random values of the formats of secrets, as those who issue them draw them: each character as likely as any other."""

import random
import re
import string
from collections.abc import Callable
from re import _constants as codes  # type: ignore[attr-defined]  # A module since Python 3.11, which has no stubs.
from re import _parser  # type: ignore[attr-defined]  # Likewise.
from typing import Any, Final, NamedTuple

_VISIBLE: Final = [chr(code) for code in range(0x21, 0x7F)]
_CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    codes.CATEGORY_DIGIT: str.isdigit,
    codes.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    codes.CATEGORY_SPACE: str.isspace,
}
_SEEN: Final = frozenset(string.digits)


class Drawn(NamedTuple):
    """A text that a pattern matches, but for what it asks of what stands around."""

    text: str
    chance: float
    """How likely a value of this form has no digit where this one has none."""


class Draws:
    """Draws texts that a pattern matches."""

    def __init__(self, pattern: str, rng: random.Random, *, digits: bool) -> None:
        """Each repetition is as short as it may be. Without `digits`, no character that can be another one is one."""
        self._tree = _parser.parse(pattern)
        self._rng = rng
        self._digits = digits
        self._classes: dict[int, tuple[list[str], float]] = {}
        self._chars: list[str] = []
        self._chance = 1.0

    def draw(self) -> Drawn:
        """Return the next text."""
        self._chars, self._chance = [], 1.0
        self._all(self._tree)
        return Drawn("".join(self._chars), self._chance)

    def _all(self, parts: Any) -> None:
        for code, said in parts:
            self._one(code, said)

    def _one(self, code: Any, said: Any) -> None:
        if code is codes.LITERAL:
            self._chars.append(chr(said))
        elif code is codes.IN or code is codes.NOT_LITERAL or code is codes.ANY:
            chars, chance = self._class(code, said)
            self._chars.append(self._rng.choice(chars))
            self._chance *= chance
        elif code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            for _ in range(said[0]):
                self._all(said[2])
        elif code is codes.SUBPATTERN:
            self._all(said[3])
        elif code is codes.BRANCH:
            self._all(self._rng.choice(said[1]))
        elif code not in {codes.AT, codes.ASSERT, codes.ASSERT_NOT}:
            raise ValueError(f"no key is drawn of a pattern with {code}")

    def _class(self, code: Any, said: Any) -> tuple[list[str], float]:
        known = self._classes.get(id(said))
        if known is None:
            chars = sorted(_VISIBLE if code is codes.ANY else _members(code, said))
            left = chars if self._digits else [char for char in chars if char not in _SEEN] or chars
            known = self._classes[id(said)] = (left, len(left) / len(chars))
        return known


def _members(code: Any, said: Any) -> set[str]:
    if code is codes.NOT_LITERAL:
        return set(_VISIBLE) - {chr(said)}
    members: set[str] = set()
    for kind, value in said:
        if kind is codes.LITERAL:
            members.add(chr(value))
        elif kind is codes.RANGE:
            members.update(chr(number) for number in range(value[0], min(value[1], 0x7E) + 1))
        elif kind is codes.CATEGORY:
            members.update(filter(_CATEGORIES[value], [*_VISIBLE, " "]))
    return set(_VISIBLE) - members if said[0][0] is codes.NEGATE else members


def values(match: re.Match[str]) -> list[str]:
    """Return what of a match is the secret."""
    groups = [group for group in match.re.groupindex if match[group] is not None]
    return [match[group] for group in groups] or [match.group()]
