"""What words come to, remembered: texts repeat theirs, and some tokenizers take microseconds for each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

MAX_WORDS: Final = 65_536
"""Of 1 MB of English there are 10,000, of code 30,000."""
_MAX_CHARS: Final = 2_097_152
"""Of all words: with the dict and its numbers 10 to 20 MB."""
_MANY: Final = 256
"""Of 600 characters of English a hundred words are new at first sight, of a page of code a third of its words."""
_LONGEST: Final = 256
"""Characters; hardly any longer one comes again, and some are a megabyte long."""


class WordCounts:
    """Counts words, each once while it is remembered. Safe for use from several threads."""

    def __init__(self, count: Callable[[Sequence[str]], Sequence[int]]) -> None:
        """Remember what `count` says of each of many words, which must be the same each time."""
        self._count = count
        self._known: dict[str, int] = {}
        self._chars = 0

    def known(self, words: Sequence[str]) -> int | None:
        """Return the sum of the words' counts if all of them are remembered."""
        try:
            return sum(map(self._known.__getitem__, words))
        except KeyError:
            return None

    def total(self, words: Sequence[str], whole: Callable[[], int | None] | None = None) -> int:
        """Return the sum of the words' counts, and remember them.

        If nearly all of many words are new, `whole` is asked first: what it says of all of them together is returned,
        and nothing is remembered, as such words hardly come again.
        """
        counts = {word: self._known.get(word) for word in words}
        new = [word for word, count in counts.items() if count is None]
        if whole is not None and len(words) >= _MANY and len(new) * 4 > len(words) * 3:
            found = whole()
            if found is not None:
                return found
        learned = dict(zip(new, self._count(new), strict=True))
        self._remember({word: count for word, count in learned.items() if len(word) <= _LONGEST})
        known = {word: count for word, count in counts.items() if count is not None} | learned
        return sum(map(known.__getitem__, words))

    def _remember(self, counts: Mapping[str, int]) -> None:
        # Threads may both clear, or lose a length or two: they forget sooner or later, and never err.
        chars = sum(map(len, counts))
        if len(self._known) + len(counts) > MAX_WORDS or self._chars + chars > _MAX_CHARS:
            self._known.clear()
            self._chars = 0
            if len(counts) > MAX_WORDS or chars > _MAX_CHARS:
                return
        self._known.update(counts)
        self._chars += chars

    def __len__(self) -> int:
        return len(self._known)
