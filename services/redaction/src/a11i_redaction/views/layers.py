"""Texts with pieces replaced, and where in the original each of their characters comes from."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """What stands from `start` to `end` (exclusive) is replaced."""

    start: int
    end: int
    new: str
    weak: bool = False
    """Whether it is a guess that the two sides belong together, so that what is found across needs more evidence."""


class Place(NamedTuple):
    """Where a piece of a view stands in the original."""

    start: int
    end: int
    changed: bool
    """Whether an edit lies in the piece or touches it."""
    weak: bool
    """Whether a weak edit lies in it."""


class Layer:
    """A text after edits, which are disjoint and in order."""

    __slots__ = ("_at", "_from", "_till", "_to", "_weak", "text")

    def __init__(self, original: str, edits: Iterable[Edit]) -> None:
        # Arrays: a text can have an edit at every third character.
        self._at, self._till = array("q"), array("q")  # Of each edit, in this text;
        self._from, self._to = array("q"), array("q")  # and in the original.
        self._weak = array("q")
        pieces: list[str] = []
        position = length = 0
        for start, end, new, weak in edits:
            pieces.append(original[position:start])
            length += start - position
            self._from.append(start)
            self._to.append(end)
            self._at.append(length)
            if weak:
                self._weak.append(length)
            pieces.append(new)
            length += len(new)
            self._till.append(length)
            position = end
        pieces.append(original[position:])
        self.text = "".join(pieces)

    def __len__(self) -> int:
        """Return how many edits there are."""
        return len(self._at)

    def original(self, start: int, end: int) -> Place:
        """Return where `start` to `end` stands in the original, which must not be empty.

        Of a piece that was replaced by one of the same length, each character has its place; of others, each stands for
        all of the piece.
        """
        first, last = bisect_right(self._at, start) - 1, bisect_right(self._at, end) - 1
        touched = last >= 0 and (last > first or self._till[last] >= start)
        weak = bisect_right(self._weak, start) < bisect_left(self._weak, end)
        return Place(self._source(start)[0], self._source(end - 1)[1], touched, weak)

    def shown(self, place: int) -> int:
        """Return where a place of the original is in this text; of one in a replaced piece, the piece's end."""
        index = bisect_right(self._from, place) - 1
        if index < 0:
            return place
        return self._till[index] + max(0, place - self._to[index])

    def places(self) -> Iterable[tuple[int, int]]:
        """Return where the edits are in this text."""
        return zip(self._at, self._till, strict=True)

    def _source(self, place: int) -> tuple[int, int]:
        index = bisect_right(self._at, place) - 1
        if index < 0:
            return place, place + 1
        offset = place - self._till[index]
        if offset >= 0:
            return self._to[index] + offset, self._to[index] + offset + 1
        first, last = self._from[index], self._to[index]
        if last - first == self._till[index] - self._at[index]:
            first += place - self._at[index]
            return first, first + 1
        return first, last
