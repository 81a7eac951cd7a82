"""Which side of a call the flags on its reported tokens make one without a cost."""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from a11i_telemetry.columns import Column
from a11i_tokenization.pricing.usage import TOKEN_COLUMNS

Bools = npt.NDArray[np.bool_]

_OUTPUT: Final = TOKEN_COLUMNS.index("output_tokens")
_INPUT_WORDS: Final = frozenset({"input", *TOKEN_COLUMNS[:_OUTPUT]})
_OUTPUT_WORDS: Final = frozenset({"output", *TOKEN_COLUMNS[_OUTPUT:]}) - {"reasoning_tokens"}
"""What a flag ends with, by the side that it is about. Without its reasoning an output costs what all output does."""
_PRICED: Final = frozenset({"reasoning over output", "cache_write_1h over cache_write", "total over input and output"})
"""Flags of what says more than a whole, or the wholes, that are known and cost what they do."""
_LONGEST_FLAG: Final = 64


def flagged_sides(flags: Column) -> tuple[Bools, Bools] | None:
    """Return of which calls the input, and of which the output, has no cost for `usage_flags`; None if of none.

    A number that cannot be is not in its column any more: priced without it, cached tokens would cost what others do.
    """
    if not len(flags.values):  # A tenth of the time that it takes to look at those of a slice alone.
        return None
    sides = np.zeros((2, len(flags)), np.bool_)
    for row, said in enumerate(flags.to_pylist()):
        for words in said or ():
            side = _side(words) if len(words) <= _LONGEST_FLAG else None
            if side is not None:
                sides[side, row] = True
    return sides[0], sides[1]


@lru_cache(maxsize=256)
def _side(words: str) -> int | None:
    if words in _PRICED:
        return None
    last = words.rpartition(" ")[2]
    return 0 if last in _INPUT_WORDS else 1 if last in _OUTPUT_WORDS else None
