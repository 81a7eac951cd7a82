"""An estimate from the sorts of characters in a text, for models whose tokenizer nobody knows.

A text is a sequence of runs of characters of one sort (Latin letters, digits, ideographs and so on). Each character
and each run of a sort costs a part of a token, fitted to what six public tokenizers of 2023 to 2026 give for texts of
68 languages, code, JSON, numbers and noise; `python -m tests.bench.calibrate_characters` fits anew and measures. The
six are themselves apart by about as much as the estimate is from their middle.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from a11i_tokenization.counting.sources import Source

ENCODING: Final = "characters"

_Table = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sort:
    """Characters that tokenizers treat alike."""

    name: str
    tokens_a_character: float
    tokens_a_run: float
    ranges: tuple[tuple[int, int], ...]
    """Code points, both ends included."""


SORTS: Final = (
    Sort("other", 1.466, 0.867, ((0, 0x10FFFF),)),
    Sort("lower-case Latin", 0.062, 0.486, ((0x61, 0x7A),)),
    Sort("upper-case Latin", 0.000, 1.413, ((0x41, 0x5A),)),
    Sort("digit", 0.436, 0.693, ((0x30, 0x39), (0x660, 0x669), (0x966, 0x96F), (0xFF10, 0xFF19))),
    Sort("space", 0.132, 0.116, ((0x20, 0x20), (0xA0, 0xA0), (0x3000, 0x3000))),
    Sort("line break or tab", 0.050, 0.300, ((0x9, 0xD),)),
    Sort("ASCII punctuation", 0.369, 0.245, ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E))),
    Sort("accented Latin", 0.000, 0.737, ((0xC0, 0x24F), (0x1E00, 0x1EFF))),
    Sort("Cyrillic", 0.366, 0.000, ((0x400, 0x52F),)),
    Sort(
        "Greek, Armenian or Georgian",
        0.000,
        3.272,
        ((0x370, 0x3FF), (0x1F00, 0x1FFF), (0x530, 0x58F), (0x10A0, 0x10FF)),
    ),
    Sort(
        "Hebrew or Arabic",
        0.317,
        0.600,
        ((0x590, 0x65F), (0x66A, 0x7FF), (0x8A0, 0x8FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFE)),
    ),
    Sort("Devanagari or Bengali", 0.171, 2.565, ((0x900, 0x965), (0x970, 0x9FF))),
    Sort("other Indic", 0.538, 3.925, ((0xA00, 0xDFF),)),
    Sort("Thai, Lao, Burmese, Khmer or Ethiopic", 0.445, 6.990, ((0xE00, 0x109F), (0x1200, 0x139F), (0x1780, 0x17FF))),
    Sort("ideograph", 0.565, 0.000, ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))),
    Sort("kana", 0.961, 0.320, ((0x3041, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F))),
    Sort("Hangul", 0.723, 0.253, ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3))),
    Sort("general punctuation", 0.548, 1.512, ((0x2010, 0x206F), (0x3001, 0x303F), (0xFF00, 0xFF0F), (0xFF1A, 0xFF65))),
    Sort("symbol or emoji", 1.480, 0.837, ((0x2070, 0x2BFF), (0x1F000, 0x1FAFF), (0xFE00, 0xFE0F))),
    Sort("beyond the basic plane", 1.800, 0.300, ((0x10000, 0x1EFFF), (0x1FB00, 0x10FFFF))),
)
"""Of two that have a character the later wins. The weights of line breaks and of the last sort are set by hand."""

_WEIGHTS: Final = np.array([sort.tokens_a_character for sort in SORTS] + [sort.tokens_a_run for sort in SORTS])


_PIECE_CHARS: Final = 65_536


class CharactersEngine:
    """Estimates at some 100 MB/s, whatever the text."""

    def __init__(self) -> None:
        self._sorts = _sort_table()

    @property
    def name(self) -> str:
        return "characters"

    def count(self, text: str) -> int:
        # In pieces, as each character takes eight bytes while it is sorted.
        tokens = sum(
            float(self.features(text[start : start + _PIECE_CHARS]) @ _WEIGHTS)
            for start in range(0, len(text), _PIECE_CHARS)
        )
        return max(1, round(tokens)) if text else 0

    def is_exact_for(self, text: str) -> bool:
        return not text

    def features(self, text: str) -> npt.NDArray[np.int64]:
        """Return for each of SORTS how many characters the text has of it, then how many runs."""
        sorts = self._sorts[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)]
        starts = np.flatnonzero(sorts[1:] != sorts[:-1]) + 1
        runs = np.bincount(sorts[starts], minlength=len(SORTS))
        runs[sorts[0]] += 1
        return np.concatenate([np.bincount(sorts, minlength=len(SORTS)), runs])


def _sort_table() -> _Table:
    table = np.zeros(0x110000, np.uint8)
    for number, sort in enumerate(SORTS):
        for first, last in sort.ranges:
            table[first : last + 1] = number
    return table


SOURCE: Final = Source(
    ENCODING, "an estimate from the sorts of characters, for unknown models", "", CharactersEngine, exact=False
)
"""The estimate as an encoding."""
