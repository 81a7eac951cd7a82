"""A model's price in integers, so that whole columns of token counts can be priced exactly."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

MAX_TOKENS: Final = 100_000_000
"""A call of more is a mistake of whoever reported it, and is not priced. The largest windows are of ten million."""

MAX_USD_PER_MILLION: Final = 1_500
"""A dearer token is a mistake in a table. At this rate and MAX_TOKENS a call's cost stays within 64 bits of 1e-12
dollars."""

UNIT_SORTS: Final = ("picture", "web_search")
"""What is sold by the piece."""
MAX_UNITS: Final = 1_000
"""A call of more pieces is a mistake of whoever reported it, and is not priced. OpenAI makes ten pictures at once."""

SORTS: Final = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "input_audio",
    "input_image",
    "output",
    "reasoning",
    "output_audio",
    "output_image",
    "call",
    *UNIT_SORTS,
)
"""What is priced apart. No token is of two sorts: "input" is what is neither cached nor audio nor an image, "output"
what is no reasoning and neither audio nor an image; "call" is the fee of the call itself, "picture" that of one that it
made, "web_search" that of one that its provider ran."""
FEES: Final = frozenset({"call", *UNIT_SORTS})
"""Sorts that are no tokens': rates are said for one, not for a million."""
INPUT: Final = slice(0, 6)
OUTPUT: Final = slice(6, 10)


@dataclass(frozen=True, slots=True, eq=False)
class SortRows:
    """Some of SORTS, which arrays have a row each of."""

    rows: tuple[int, ...]
    """Their numbers in SORTS."""
    input: slice
    """Which of the arrays' rows are of the input."""
    output: slice
    sums: npt.NDArray[np.int64] = field(init=False)
    """Shape (3, sorts): what amounts are multiplied by to be those of the input, of the output, and of both."""

    def __post_init__(self) -> None:
        sums = np.zeros((3, len(self.rows)), np.int64)
        sums[0, self.input] = sums[1, self.output] = 1
        sums[2] = sums[0] + sums[1]
        object.__setattr__(self, "sums", sums)


EVERY_SORT: Final = SortRows(tuple(range(len(SORTS) - len(UNIT_SORTS))), INPUT, OUTPUT)
"""All of tokens, and that of the call."""
COMMON_SORTS: Final = SortRows(
    tuple(map(SORTS.index, ("input", "cache_read", "cache_write", "output", "reasoning"))),
    slice(0, 3),
    slice(3, 5),
)
"""What nearly every batch makes do with: half of the arithmetic."""

FALLBACKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cache_read": "input",
        "cache_write": "input",
        "cache_write_1h": "cache_write",
        "input_audio": "input",
        "input_image": "input",
        "reasoning": "output",
        "output_audio": "output",
        "output_image": "output",
    }
)
"""What a sort costs that has no rate of its own."""

ATTO_PER_PICO: Final = 10**6
ATTO_PER_USD: Final = 10**18
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Rates:
    """What a call costs: for each of SORTS the price of one token, of the call itself, or of one piece."""

    atto: tuple[int | None, ...]
    """In 1e-18 dollars; None if the model is not sold by this sort of token."""

    @classmethod
    def of(cls, usd: Mapping[str, Decimal | None]) -> "Rates":
        """Return rates from dollars a token by sort; a sort that is not there costs what its fallback does, or nothing.

        Raises ValueError for rates that are negative, no numbers, or over MAX_USD_PER_MILLION.
        """
        full: dict[str, Decimal | None] = {}
        for sort in SORTS:
            if sort in usd:
                full[sort] = usd[sort]
            elif sort == "call":
                full[sort] = Decimal(0)
            else:
                full[sort] = full[FALLBACKS[sort]] if sort in FALLBACKS else None
        return cls(tuple(None if rate is None else _atto(sort, rate) for sort, rate in full.items()))

    def usd(self) -> dict[str, Decimal | None]:
        """Return dollars a token by sort, without the sorts that cost what their fallback does: the inverse of `of`."""
        by_sort = dict(zip(SORTS, self.atto, strict=True))
        default: dict[str, int | None] = {sort: by_sort[kind] for sort, kind in FALLBACKS.items()}
        default |= {"input": None, "output": None, "call": 0, **dict.fromkeys(UNIT_SORTS)}
        return {
            sort: None if atto is None else Decimal(atto).scaleb(-18, _EXACT)
            for sort, atto in by_sort.items()
            if atto != default[sort]
        }

    def scaled(self, factor: Decimal | Mapping[str, Decimal]) -> "Rates":
        """Return the rates times a factor, one for all or one by sort, rounded to 1e-18 dollars."""
        factors = dict.fromkeys(SORTS, factor) if isinstance(factor, Decimal) else factor

        def product(atto: int, by: Decimal) -> int:
            return int(_EXACT.multiply(Decimal(atto), by).to_integral(ROUND_HALF_EVEN, _EXACT))

        return Rates(
            tuple(
                None if atto is None else product(atto, factors.get(sort, Decimal(1)))
                for sort, atto in zip(SORTS, self.atto, strict=True)
            )
        )


@dataclass(frozen=True, slots=True)
class TieredRates:
    """Rates by the size of the call's whole input; the tier that a call reaches holds for all of its tokens."""

    tiers: tuple[Rates, ...]
    starts: tuple[int, ...] = ()
    """Ascending; tier i + 1 is for input of more than starts[i] tokens. One shorter than `tiers`."""

    def changed(self, change: Callable[[Rates], Rates]) -> "TieredRates":
        """Return the same tiers with other rates."""
        return TieredRates(tuple(map(change, self.tiers)), self.starts)


def _atto(sort: str, usd: Decimal) -> int:
    if not usd.is_finite() or usd < 0:
        raise ValueError(f"{sort} has no price: {usd}")
    if sort not in FEES and usd * 1_000_000 > MAX_USD_PER_MILLION:
        raise ValueError(f"{sort} is over {MAX_USD_PER_MILLION} dollars a million tokens")
    if sort in FEES and usd > MAX_USD_PER_MILLION:
        raise ValueError(f"a {sort} is over {MAX_USD_PER_MILLION} dollars")
    return int(_EXACT.scaleb(usd, 18).to_integral(ROUND_HALF_EVEN, _EXACT))
