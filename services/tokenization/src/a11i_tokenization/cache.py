"""Counts by content: agents send their whole history again at each turn, and only what is new is counted."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

ENTRY_BYTES: Final = 260
"""Memory of one entry: key (49), count object (56) and its number (28), and the dict's slot when just resized (120)."""

_KEY_BYTES: Final = 16
"""Enough that two texts of one key are not to be expected, nor to be made by who writes them."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of tokens."""

    tokens: int
    exact: bool = True
    """False if part of what was counted has no documented count, such as an image."""

    def __add__(self, other: "Count") -> "Count":
        return Count(self.tokens + other.tokens, self.exact and other.exact)


def content_key(encoding: str, kind: str, content: bytes) -> bytes:
    """Return the key of `content` counted as `kind` (one letter) in `encoding`; no two encodings or kinds share one."""
    return blake2b(content, digest_size=_KEY_BYTES, person=f"{encoding}/{kind}".encode()).digest()


class CountCache:
    """Counts by key, the least recently used forgotten, within a bound of memory.

    Two generations stand in for a list in order of use: an entry that is found again moves to the young one, and
    when that is full it becomes the old one, whose remainder is dropped. Threads may share a cache: a race can make
    it forget, never answer wrongly.
    """

    def __init__(self, max_bytes: int) -> None:
        self._generation_entries = max(1, max_bytes // (2 * ENTRY_BYTES))
        self._young: dict[bytes, Count] = {}
        self._old: dict[bytes, Count] = {}

    def get(self, key: bytes) -> Count | None:
        """Return what `put` stored for the key, or None."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: bytes, count: Count) -> None:
        """Remember a count."""
        self._young[key] = count
        if len(self._young) >= self._generation_entries:
            self._old, self._young = self._young, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
