"""Minutes of the ledger, and those around them. A minute is the second in which it begins."""

from collections.abc import Iterable, Iterator
from typing import Final

MINUTE_S: Final = 60
_AROUND: Final = 20
"""Minutes in which a request that is sent again is the same account: the bus knows a batch again for 15."""
_AT_ONCE: Final = 30
"""Minutes that one statement is about: some hundred thousand batches on a busy day."""


def around(minutes: Iterable[int]) -> list[int]:
    """Return the minutes and those so near that they may hold entries of the same accounts."""
    steps = range(-_AROUND * MINUTE_S, (_AROUND + 1) * MINUTE_S, MINUTE_S)
    return sorted({minute + step for minute in minutes for step in steps if minute + step >= 0})


def chunks(minutes: Iterable[int]) -> Iterator[list[int]]:
    """Yield the minutes, earliest first, as many at once as a statement is to be about."""
    ordered = sorted(set(minutes))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
