"""SentencePiece models: Mistral's first ones, and what operators bring.

The library takes 0.2 to 0.5 s a megabyte. In most models no token goes on behind a word (`▁` stands for a space, and is
the beginning of a token or all of it), so that the counts of a text's words are the text's, and words come again. New
words of a byte-pair model are counted with tiktoken, in less than half of the library's time.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import sentencepiece

from a11i_tokenization.chunks import cut
from a11i_tokenization.counting.engine import encodable
from a11i_tokenization.counting.long_texts import Noise, split
from a11i_tokenization.counting.self_check_texts import samples
from a11i_tokenization.counting.sentencepiece_pairs import SPACE, Pairs
from a11i_tokenization.counting.words import MAX_WORDS, WordCounts
from a11i_tokenization.vocabularies import VocabularyError

_MAX_CHARS: Final = 262_144
"""Of one call of the library, which takes about 100 bytes of memory a character."""

_BATCH_WORDS: Final = 512
"""Of one call of the library: it takes half of what a call a word does, and more words at a time take longer again."""
_SHORT_CHARS: Final = 256
"""Longer words, of which there are few, have a call each: a call stays within half of _MAX_CHARS."""

_PIECE_WORDS: Final = 128
"""Of words that are not remembered, together: about a kilobyte, of which the library is fastest."""

NOISE: Final = Noise(one_in=8, every=True, window_chars=4_096, runs=True)
"""It takes up to 300 ms a megabyte."""

_WORDS: Final = re.compile(r"\n| *[^ \n]+| +")
"""Words with the spaces before them, and line breaks, which are tokens of their own."""
_GOES_ON: Final = re.compile(f"[^{SPACE}]{SPACE}|.\n|\n.", re.DOTALL)
"""What a token may not have if words are to be counted one by one."""


class SentencePieceEngine:
    """Counts with a SentencePiece model, what it adds to the start of a text included."""

    def __init__(self, path: Path) -> None:
        """Load the model in 50 to 300 ms. Raises VocabularyError."""
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(path.read_bytes())
        except OSError as error:
            raise VocabularyError(f"the SentencePiece model {path} cannot be read ({error.strerror})") from error
        except (RuntimeError, TypeError) as error:
            raise VocabularyError(f"{path} is not a SentencePiece model ({error})") from error
        self._words = WordCounts(self._count_words)
        self._line_break = len(self._processor.EncodeAsIds("\n"))
        self.pairs: Pairs | None = None
        """What counts new words in the library's place; None if the model is of another kind."""
        self.by_words = self._has_words()
        """Whether texts are counted by their words."""
        if self.by_words:
            self.pairs = self._with_pairs()

    @property
    def name(self) -> str:
        return "sentencepiece"

    def count(self, text: str) -> int:
        text = encodable(text)
        parts = split(text, NOISE)
        if parts is None:
            return self._count_all(text)
        rest, windows = parts
        return self._count_all(rest) + NOISE.one_in * sum(map(self._count_all, windows))

    def is_exact_for(self, text: str) -> bool:
        if len(text) <= _MAX_CHARS:
            return True
        if split(text, NOISE) is not None:
            return False
        # Every piece is given a space of its own at its start, hence a cut is never exact.
        return self.by_words and max(map(len, _words(encodable(text)))) <= _MAX_CHARS

    def _count_all(self, text: str) -> int:
        return self._count_by_words(text) if self.by_words else self._count_whole(text)

    def _count_whole(self, text: str) -> int:
        return sum(len(self._processor.EncodeAsIds(piece)) for piece in cut(text, _MAX_CHARS).pieces)

    def _count_by_words(self, text: str) -> int:
        words = _words(text) if text else []
        known = self._words.known(words)
        if known is not None:
            return known
        pairs = self.pairs
        if len(words) > MAX_WORDS and len(set(words)) > MAX_WORDS:
            # To remember these would push out all that is known, and they would be gone before they come again.
            whole = pairs.count(text) if pairs is not None else None
            return sum(self._count_by_library(_pieces(words))) if whole is None else whole
        return self._words.total(words, (lambda: pairs.count(text)) if pairs is not None else None)

    def _count_words(self, words: Sequence[str]) -> list[int]:
        """Count each of `_words`, or of several on end."""
        if self.pairs is None:
            return self._count_by_library(words)
        found = self.pairs.count_words(words)
        others = iter(self._count_by_library([word for word, count in zip(words, found, strict=True) if count is None]))
        return [next(others) if count is None else count for count in found]

    def _count_by_library(self, words: Sequence[str]) -> list[int]:
        """Count each of `_words`, or of several on end. The library puts a space before what it is given."""
        counts: list[int] = []
        for start in range(0, len(words), _BATCH_WORDS):
            batch = words[start : start + _BATCH_WORDS]
            # A line break keeps that space and the word apart.
            given = [word[1:] if word[0] == " " else f"\n{word}" for word in batch]
            counts += [
                (tokens or 1) if word[0] == " " else tokens - self._line_break
                for word, tokens in zip(batch, self._count_each(given), strict=True)
            ]
        return counts

    def _count_each(self, texts: Sequence[str]) -> list[int]:
        short = [text for text in texts if len(text) <= _SHORT_CHARS]
        counts = map(len, self._processor.Encode(short, out_type=int, num_threads=1))
        return [next(counts) if len(text) <= _SHORT_CHARS else self._count_whole(text) for text in texts]

    def _with_pairs(self) -> Pairs | None:
        """Return what counts as the library does, whole texts and their words; None if it does not."""
        try:
            pairs = Pairs(self._processor)
        except ValueError:
            return None
        for text in samples():
            words = _words(text)
            of_words = zip(words, pairs.count_words(words), strict=True)
            if any(count not in (None, self._count_by_library([word])[0]) for word, count in of_words):
                return None
            if pairs.count(text) not in (None, self._count_whole(text)):
                return None
        return pairs

    def _has_words(self) -> bool:
        """Whether the sum over words is the text's: by the vocabulary, and for texts of many sorts."""
        pieces = map(self._processor.IdToPiece, range(self._processor.GetPieceSize()))
        return not any(map(_GOES_ON.search, pieces)) and all(
            self._count_by_words(text) == self._count_whole(text) for text in samples()
        )


def _pieces(words: Sequence[str]) -> list[str]:
    """Return the words, some of them on end, none over _MAX_CHARS for it."""
    pieces: list[str] = []
    for start in range(0, len(words), _PIECE_WORDS):
        some = words[start : start + _PIECE_WORDS]
        piece = "".join(some)
        pieces += [piece] if len(piece) <= _MAX_CHARS else some
    return pieces


def _words(text: str) -> list[str]:
    # What the library adds is a space like others.
    return _WORDS.findall(" " + text.replace(SPACE, " "))
