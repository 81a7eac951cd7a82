"""Words of tens of thousands of letters: no language has them, and merging them takes ten times what text takes."""

import re
from typing import Final

BLOCK_CHARS: Final = 32_768
"""An endless word shows as aligned blocks of letters alone."""

_MIN_BLOCKS: Final = 8
"""Up to a quarter of a megabyte is merged whole, 20 ms of work, and exact."""

_WINDOW_CHARS: Final = 1_024
_WINDOW_STEP: Final = 4
"""Of an endless word, one in four windows of this size is counted and stands for the others."""

MIN_TEXT_CHARS: Final = BLOCK_CHARS * _MIN_BLOCKS
"""A text below this has no endless words."""

_NO_LETTER: Final = re.compile(r"[^A-Za-z]")
"""Other scripts' words merge in a third of the time, having fewer tokens."""


def split(text: str) -> tuple[str, list[str], float] | None:
    """Return None for a text without endless words, which is nearly every text.

    Otherwise return the text without its blocks of letters alone, sample windows of these, and by how much the windows'
    count is to be multiplied. The sum is an estimate; it was within 1% for random letters.
    """
    blocks = [start for start in range(0, len(text) - BLOCK_CHARS + 1, BLOCK_CHARS) if _is_endless(text, start)]
    if len(blocks) < _MIN_BLOCKS:
        return None
    rest, end = [], 0
    windows: list[str] = []
    for start in blocks:
        rest.append(text[end:start])
        end = start + BLOCK_CHARS
        windows.extend(text[at : at + _WINDOW_CHARS] for at in range(start, end, _WINDOW_CHARS * _WINDOW_STEP))
    rest.append(text[end:])
    return "".join(rest), windows, float(_WINDOW_STEP)


def _is_endless(text: str, start: int) -> bool:
    end = start + BLOCK_CHARS
    if _NO_LETTER.search(text, start, end):
        return False
    # A run of one letter merges fast, and stays exact.
    return text.count(text[start], start, end) < BLOCK_CHARS
