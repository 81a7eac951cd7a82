"""Shortens long runs of one character, which cost byte-pair merging hundreds of times what text costs.

Why the count stays exact: a sequence of tokens is the encoding of its text if and only if each two neighbours are the
encoding of their own text (for vocabularies that merge by rank). A run of `-` becomes tokens of PERIOD characters in
its middle, of which two may stand side by side; so between such a token and its neighbour any number of them may be
taken out or put in, and the rest of the sequence stays as it is. Enough of the run is left that its middle holds one,
whatever stands before and after; a test tries everything that the vocabulary joins with these characters.
"""

import re
from functools import cache
from typing import Final

PERIOD: Final = 64
"""Characters in the token that fills the middle of a run of any of these characters."""

_KEPT_CHARS: Final = 2 * PERIOD
_MIN_RUN_CHARS: Final = _KEPT_CHARS + PERIOD
SIGNS: Final = "-=*#/"
"""Only these characters have tokens so long that merging their runs is slow, in o200k and cl100k; all others take under
30 ms a megabyte."""

_STRIDE: Final = PERIOD
"""A run of three strides or more shows as three equal characters or more in a row, in a 64th of the text."""

MIN_TEXT_CHARS: Final = 512
"""Below, looking for a run costs more than counting it."""


def shorten(text: str, signs: str = SIGNS) -> tuple[str, int]:
    """Return a text with its long runs of `signs` shortened, and the number of tokens that this took out.

    In the encoding, the middle of a run of each sign must be of tokens of PERIOD.
    """
    if len(text) < MIN_TEXT_CHARS:
        return text, 0
    kept, end, taken_out = [], 0, 0
    for seen in _sampled(signs).finditer(text[::_STRIDE]):
        # The runs that these samples can be of begin after the sample before them, and end before the next.
        first, last = max(0, (seen.start() - 1) * _STRIDE), seen.end() * _STRIDE
        for run in _long_run(seen[1]).finditer(text, max(first, end), last):
            periods = (run.end() - run.start() - _KEPT_CHARS) // PERIOD
            taken_out += periods
            kept.append(text[end : run.end() - periods * PERIOD])
            end = run.end()
    if not kept:
        return text, 0
    return "".join([*kept, text[end:]]), taken_out


@cache
def _sampled(signs: str) -> re.Pattern[str]:
    return re.compile(f"([{re.escape(signs)}])\\1\\1+")


@cache
def _long_run(sign: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(sign)}{{{_MIN_RUN_CHARS},}}")
