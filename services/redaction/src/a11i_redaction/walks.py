"""How far JSON texts were walked through before: a text that goes on where another one ended need not be begun again.

Agents send all of a conversation with every call: most texts are the one before with more messages in its array.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from a11i_redaction.beside import Beside

if TYPE_CHECKING:
    from a11i_redaction.values import Value

_MOST_KEPT: Final = 64
"""Walks through the texts seen last: as many conversations can take turns."""
_SHORTEST: Final = 256
"""Characters; shorter texts are walked through in the time that it takes to look for where to begin."""
_SPACE: Final = " \t\r\n"
_NEXT: Final = re.compile(rf"[{_SPACE}]*+,")


class Walk(NamedTuple):
    """What a walk through JSON knows where it stopped."""

    key: str
    named: str
    beside: Beside
    last: int
    """Where the last token ends."""
    done: int
    """Up to where nothing is to be examined."""
    named_here: bool
    parts: Sequence[tuple[int, int, "Value"]]


class Walks:
    """The walks through the texts of one batch that are arrays."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int], Walk] = {}

    def before(self, text: str, outer: str, depth: int) -> Walk:
        """Return the walk through the longest beginning of a text that is known, under the same key, as deep.

        Tokens up to there are the same: the array's last element is whole, and a comma follows where its end was.
        """
        longest, found = 0, None
        for (head, key, deep), walk in self._kept.items() if _is_array(text) else ():
            if (
                longest < len(head) < len(text)
                and (key, deep) == (outer, depth)
                and text.startswith(head)
                and _NEXT.match(text, len(head))
            ):
                longest, found = len(head), walk
        return found._replace(beside=found.beside.copy()) if found else Walk(outer, "", Beside(), 0, 0, False, ())

    def keep(self, text: str, outer: str, depth: int, walk: Walk) -> None:
        """Keep the walk through all of a text."""
        if _is_array(text):
            head = text.rstrip(_SPACE).removesuffix("]").rstrip(_SPACE)
            self._kept[head, outer, depth] = walk
            if len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]


def _is_array(text: str) -> bool:
    return text.startswith("[") and len(text) >= _SHORTEST
