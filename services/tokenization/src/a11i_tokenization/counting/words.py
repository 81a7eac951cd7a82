"""What words come to, remembered: texts repeat theirs, and some tokenizers take microseconds for each."""

from collections.abc import Callable, Sequence
from typing import Final

MAX_WORDS: Final = 65_536
"""Of 1 MB of English there are 10,000, of code 30,000."""
_MAX_CHARS: Final = 2_097_152
"""Of all words: with the dict and its numbers 10 to 20 MB."""
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

    def total(self, words: Sequence[str]) -> int:
        """Return the sum of the words' counts, and remember them."""
        counts = {word: self._known.get(word) for word in words}
        new = [word for word, count in counts.items() if count is None]
        learned = dict(zip(new, self._count(new), strict=True))
        for word, count in learned.items():
            if len(word) <= _LONGEST:
                self._remember(word, count)
        known = {word: count for word, count in counts.items() if count is not None} | learned
        return sum(map(known.__getitem__, words))

    def _remember(self, word: str, count: int) -> None:
        # Threads may both clear, or lose a length or two: they forget sooner or later, and never err.
        self._chars += len(word)
        if len(self._known) >= MAX_WORDS or self._chars > _MAX_CHARS:
            self._known.clear()
            self._chars = len(word)
        self._known[word] = count

    def __len__(self) -> int:
        return len(self._known)
