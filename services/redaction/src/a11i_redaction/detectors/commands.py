"""Options and the commands that they belong to."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

_BEFORE_OPTION: Final = re.compile(r"(?:[ \t]{1,4}[\"']?|\\{0,7}[\"'],\s{0,40}\\{0,7}[\"'])\Z")
"""What stands between an option and the word before it."""
_LONGEST_GAP: Final = 60
_SPACES: Final = frozenset(" \t")
_MOST_SPACES: Final = 4
"""Of such a gap without quotes."""


class Command:
    """A command, whose options are asked for."""

    __slots__ = ("_between", "_name")

    def __init__(self, name: str, between: str) -> None:
        """Take the patterns of its name and of what may stand between it and the gap before an option."""
        self._name = re.compile(name)
        self._between = re.compile(between)

    def places(self, text: str) -> Sequence[int]:
        """Return where it ends in a text, rising: once for all options, so that time grows with the text alone."""
        return [match.end() for match in self._name.finditer(text)]

    def has(self, text: str, option: int, places: Sequence[int]) -> bool:
        """Return whether an option that begins there is one of the last such command before it."""
        word = _word_before(text, option)
        last = bisect_right(places, word) - 1
        return last >= 0 and self._between.fullmatch(text, places[last], word) is not None


def _word_before(text: str, option: int) -> int:
    """Return where the word before an option ends, behind which there is a gap; -1 if there is none."""
    if text[option - 1 : option] in _SPACES:
        start = option - 1
        while start > max(0, option - _MOST_SPACES) and text[start - 1] in _SPACES:
            start -= 1
        return start
    gap = _BEFORE_OPTION.search(text, max(0, option - _LONGEST_GAP), option)
    return gap.start() if gap else -1
