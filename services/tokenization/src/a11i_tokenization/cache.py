"""Counts by content: agents send their whole history again at each turn, and only what is new is counted."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final, Generic, TypeVar

ENTRY_BYTES: Final = 300
"""Memory of one entry: key (36), entry (112), its numbers (56) and the dict's slot (55 to 100)."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of tokens."""

    tokens: int
    exact: bool = True
    """False if part of what was counted has no documented count, such as an image."""

    def __add__(self, other: "Count") -> "Count":
        return Count(self.tokens + other.tokens, self.exact and other.exact)


def _keyed_hash() -> Callable[[str], int]:
    """Return a hash of texts under a secret key, so that nobody can make two texts of one hash.

    Python's own is that (SipHash, 1 GB/s), unless its key was set from outside.
    """
    if os.environ.get("PYTHONHASHSEED", "random") == "random":
        return hash
    key = os.urandom(16)
    return lambda text: int.from_bytes(blake2b(text.encode(), digest_size=8, key=key).digest(), "little", signed=True)


content_hash: Final = _keyed_hash()


@lru_cache(maxsize=1024)
def shelf(encoding: str, kind: str) -> int:
    """Return what a content's hash is combined with to tell encodings and kinds (one letter) of content apart."""
    return int.from_bytes(blake2b(f"{encoding}/{kind}".encode(), digest_size=7).digest(), "little")


Entry = TypeVar("Entry")


class CountCache(Generic[Entry]):
    """Entries by key, the least recently used forgotten, within a bound of memory.

    Two generations stand in for a list in order of use: an entry that is found again moves to the young one, and
    when that is full it becomes the old one, whose remainder is dropped. Threads may share a cache: a race can make
    it forget, never answer wrongly.
    """

    def __init__(self, max_bytes: int) -> None:
        self._generation_entries = max(1, max_bytes // (2 * ENTRY_BYTES))
        self._young: dict[int, Entry] = {}
        self._old: dict[int, Entry] = {}

    def get(self, key: int) -> Entry | None:
        """Return what `put` stored for the key, or None."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: int, entry: Entry) -> None:
        """Remember an entry."""
        self._young[key] = entry
        if len(self._young) >= self._generation_entries:
            self._old, self._young = self._young, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class NoCache:
    """What has the place of a CountCache where nothing is to be remembered: it has never seen anything."""

    def get(self, key: int) -> None:
        """Return nothing."""

    def put(self, key: int, entry: object) -> None:
        """Forget an entry at once."""
