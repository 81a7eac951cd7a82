"""Conversations seen before: agents send their whole history again with each call, and only what is new is read.

What is remembered is the text up to the end of a call's last message, with what was counted of it. A later call that
begins with that text, as a comparison of the two shows, continues it. No hash decides, so that no two texts can be
taken for one another, and comparing is the fastest that can be done with a text.
"""

import threading
from collections.abc import Sequence
from sys import getsizeof
from typing import Final, NamedTuple

from a11i_tokenization.cache import content_hash
from a11i_tokenization.call_counts import Tally
from a11i_tokenization.messages import FIRST_MEMBER

MOST_NEW: Final = 8
"""Messages from one call to the next: an answer, some results of tools, a question. Looking further back costs more
than counting by message."""
_TAIL_CHARS: Final = 48
"""What a conversation ends with is what it is found by, together with its length."""
_OVERHEAD_BYTES: Final = 600
"""Of an entry, besides text and message counts: its key, its tally, and the dict's slot."""
_MESSAGE_BYTES: Final = 40
"""A message's count: a pointer, and the number if it is over 256."""
_SMALLEST_SHARE: Final = 16
"""A text of more than this part of the memory is not remembered, as it would push out all others."""

_WHITE_SPACE: Final = " \t\r\n"
_FIRST_CHARS: Final = len(FIRST_MEMBER)

_Known = tuple[str, str, Tally]
"""An encoding, a text, and what its messages come to."""


class Continued(NamedTuple):
    """A call whose beginning is known."""

    tally: Tally
    """Of the known beginning."""
    pieces: Sequence[str]
    """What follows: the texts of messages, as `split_pieces` gives them."""


class Conversations:
    """Remembers the conversations used last, within a bound of memory. Safe for use from several threads.

    Two generations stand in for a list in order of use, as in the cache of messages.
    """

    def __init__(self, max_bytes: int) -> None:
        self._generation_bytes = max_bytes // 2
        self._largest = max_bytes // _SMALLEST_SHARE
        self._lock = threading.Lock()
        self._bytes = 0
        self._young: dict[int, _Known] = {}
        self._old: dict[int, _Known] = {}

    def find(self, encoding: str, messages: str) -> Continued | None:
        """Return what is known of the longest beginning of a column's value; None if nothing is."""
        end = len(messages) - 1
        if end < 1 or messages[end] != "]":
            return None
        pieces: list[str] = []
        young, old = self._young, self._old
        for _ in range(MOST_NEW + 1):
            key = _key(encoding, messages, end)
            known = young.get(key) or old.get(key)
            if known is not None:
                of, text, tally = known
                if of == encoding and len(text) == end and messages.startswith(text):
                    if key not in young:
                        self._keep(key, known)
                    pieces.reverse()
                    return Continued(tally, pieces)
            start = messages.rfind(FIRST_MEMBER, 0, end)
            before = start - 1
            while before > 0 and messages[before] in _WHITE_SPACE:
                before -= 1
            if before <= 0 or messages[before] != ",":
                return None
            pieces.append(messages[start + _FIRST_CHARS : end])
            end = before
        return None

    def remember(self, encoding: str, messages: str, tally: Tally) -> None:
        """Remember a value that `split_pieces` has cut, each piece the rest of an object, and what was counted."""
        end = len(messages) - 1
        if end < self._largest and messages[end] == "]":
            self._keep(_key(encoding, messages, end), (encoding, messages[:end], tally))

    def _keep(self, key: int, known: _Known) -> None:
        _, text, tally = known
        size = getsizeof(text) + len(tally.each) * _MESSAGE_BYTES + _OVERHEAD_BYTES
        if size > self._largest:
            return
        with self._lock:
            self._young[key] = known
            self._bytes += size
            if self._bytes >= self._generation_bytes:
                self._old, self._young, self._bytes = self._young, {}, 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


def _key(encoding: str, messages: str, end: int) -> int:
    """Return what a conversation is found by that ends there: its last characters, and its length."""
    start = end - _TAIL_CHARS if end > _TAIL_CHARS else 0
    return content_hash(messages[start:end]) ^ hash(encoding) ^ end
