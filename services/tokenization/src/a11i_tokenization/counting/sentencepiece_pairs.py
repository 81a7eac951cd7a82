"""SentencePiece's byte-pair models counted with tiktoken, in a quarter of the time that the library takes.

Such a model merges characters, in the order of its pieces' scores. tiktoken merges bytes, in the order of ranks. Both
come to the same if bytes are merged to characters first: the ranks of characters, and of what they begin with, are
before all others'. A text with a character beyond ASCII that is no piece of the model is left to the library.
"""

import re
from collections.abc import Sequence
from typing import Final, Protocol

import tiktoken

from a11i_tokenization.vocabularies import lean

SPACE: Final = "\u2581"
"""What the library reads a space as."""
_SPACE_BYTE: Final = "\x1f"
"""What stands for it here, as a byte of its own. A text that has it is left to the library."""
_WORDS: Final = rf"\n|{_SPACE_BYTE}*[^{_SPACE_BYTE}\n]+|{_SPACE_BYTE}+"
"""Words with the spaces before them, and line breaks, which are tokens of their own."""
MAX_CHARS: Final = 32_768
"""Of one call, which ends between words; it takes 6 ms for the worst of this length."""


class Model(Protocol):
    """The library's processor."""

    def GetPieceSize(self) -> int: ...
    def IdToPiece(self, number: int) -> str: ...
    def GetScore(self, number: int) -> float: ...
    def IsControl(self, number: int) -> bool: ...
    def IsUnknown(self, number: int) -> bool: ...
    def IsUnused(self, number: int) -> bool: ...
    def IsByte(self, number: int) -> bool: ...


class Pairs:
    """Counts as a byte-pair model of SentencePiece does that puts a space before a text and changes nothing else.

    For which models that holds a comparison tells. Safe for use from several threads.
    """

    def __init__(self, model: Model) -> None:
        """Take the pieces over, in 0.1 s. Raises ValueError for a model of another kind."""
        pieces = _pieces(model)
        characters = "".join(piece for piece in pieces if len(piece) == 1 and not piece.isascii())
        # The library takes out of a text what has no score, before it merges.
        whole = "".join(f"|{re.escape(piece)}" for piece, score in pieces.items() if score == 0 and len(piece) > 1)
        # One of ASCII that is no piece is a byte, which merges with nothing.
        self._not_merged = re.compile(f"[^\\0-\x7f{characters}{SPACE}]|{_SPACE_BYTE}{whole}")
        self._encoding = lean(
            tiktoken.Encoding("sentencepiece", pat_str=_WORDS, mergeable_ranks=_ranks(pieces), special_tokens={})
        )
        self._count_piece = self._encoding._core_bpe.encode_single_piece

    def count(self, text: str) -> int | None:
        """Return the tokens of a text; None for one that the library is to count, or has a word over MAX_CHARS."""
        if not text or self._not_merged.search(text):
            return None
        text = f" {text}".replace(SPACE, " ").replace(" ", _SPACE_BYTE)
        total = start = 0
        while len(text) - start > MAX_CHARS:
            end = _between_words(text, start)
            if end is None:
                return None
            total += len(self._encoding.encode_ordinary(text[start:end]))
            start = end
        return total + len(self._encoding.encode_ordinary(text[start:]))

    def count_words(self, words: Sequence[str]) -> list[int | None]:
        """Return the tokens of each word, which begins with its spaces; None for those that the library is to count."""
        odd, count = self._not_merged.search, self._count_piece
        return [
            None if len(word) > MAX_CHARS or odd(word) else len(count(word.replace(" ", _SPACE_BYTE).encode()))
            for word in words
        ]


def _pieces(model: Model) -> dict[str, float]:
    """Return pieces, spaces in them as such, and their scores. Raises ValueError."""
    numbers = range(model.GetPieceSize())
    if sum(map(model.IsByte, numbers)) != 0x100:
        raise ValueError("the model has no bytes")
    pieces = {
        model.IdToPiece(number).replace(SPACE, " "): model.GetScore(number)
        for number in numbers
        if not (model.IsControl(number) or model.IsUnknown(number) or model.IsUnused(number) or model.IsByte(number))
    }
    # A run of spaces may have the score of others: the shorter comes first.
    scores = [score for piece, score in pieces.items() if len(piece) > 1 and score != 0 and not piece.isspace()]
    if len(set(scores)) != len(scores) or any(score != int(score) for score in scores):
        raise ValueError("the pieces have no order")
    if any(_SPACE_BYTE in piece for piece in pieces if len(piece) > 1):
        raise ValueError("a piece has what stands for a space")
    return pieces


def _ranks(pieces: dict[str, float]) -> dict[bytes, int]:
    ranks = {bytes([octet]): octet for octet in range(0x100)}
    characters = [piece.encode() for piece in pieces if len(piece) == 1]
    for size in (2, 3, 4):
        for beginning in sorted({one[:size] for one in characters if len(one) >= size}):
            ranks[beginning] = len(ranks)
    longer = [piece for piece, score in pieces.items() if len(piece) > 1 and score != 0]
    for piece in sorted(longer, key=lambda piece: (-pieces[piece], len(piece))):
        ranks[piece.replace(" ", _SPACE_BYTE).encode()] = len(ranks)
    return ranks


def _between_words(text: str, start: int) -> int | None:
    """Return the last place in the next MAX_CHARS where one word ends and another begins; None if there is none."""
    end = start + MAX_CHARS
    line = text.rfind("\n", start, end) + 1
    space = text.rfind(_SPACE_BYTE, start, end)
    # The spaces before a word are its own.
    word = start + len(text[start:space].rstrip(_SPACE_BYTE)) if space > start else 0
    found = max(line, word)
    return found if found > start else None
