"""Patterns of models' names, in which `*` stands for any characters: many of them asked at once about a few names.

Names come from outside, and a table has up to a thousand patterns: what each of them begins or ends with decides which
are looked at, and one takes a time linear in the name, however many stars it has.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_STAR: Final = "*"


class Patterns:
    """Some patterns, by their places. Safe for use from several threads."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._whole: dict[str, list[int]] = {}
        self._first: dict[str, list[tuple[int, _Parts]]] = {}  # By what they begin with.
        self._last: dict[str, list[tuple[int, _Parts]]] = {}  # By what they end with, of those that begin with a star.
        for place, pattern in enumerate(patterns):
            parts = _Parts(pattern)
            if not parts.starred:
                self._whole.setdefault(pattern, []).append(place)
            elif parts.first or not parts.last:
                self._first.setdefault(parts.first, []).append((place, parts))
            else:
                self._last.setdefault(parts.last, []).append((place, parts))
        self._first_sizes = sorted({len(first) for first in self._first})
        self._last_sizes = sorted({len(last) for last in self._last})

    def matching(self, names: Sequence[str]) -> Mapping[int, int]:
        """Return the places of the patterns that match, each with the place of the first name that it matches."""
        found: dict[int, int] = {}
        for number, name in enumerate(names):
            for place in self._whole.get(name, ()):
                found.setdefault(place, number)
            for place, parts in self._likely(name):
                if place not in found and parts.match(name):
                    found[place] = number
        return found

    def _likely(self, name: str) -> "Iterator[tuple[int, _Parts]]":
        for size in self._first_sizes:
            yield from self._first.get(name[:size], ())
        for size in self._last_sizes:
            yield from self._last.get(name[-size:], ())


class _Parts:
    """A pattern, cut at its stars."""

    __slots__ = ("_between", "_least", "first", "last", "starred")

    def __init__(self, pattern: str) -> None:
        self.first, *rest = pattern.split(_STAR)
        self.starred = bool(rest)
        self.last = rest[-1] if rest else ""
        self._between = [part for part in rest[:-1] if part]
        self._least = len(pattern) - len(rest)

    def match(self, name: str) -> bool:
        """Return whether a name matches, of a pattern that has stars."""
        if len(name) < self._least or not (name.startswith(self.first) and name.endswith(self.last)):
            return False
        at, end = len(self.first), len(name) - len(self.last)
        for part in self._between:
            at = name.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True
