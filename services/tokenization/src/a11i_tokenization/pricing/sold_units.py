"""What calls used that is sold by the piece, by the column `units`: pictures, searches of the web, requests by size."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from a11i_telemetry.columns import Column, mask
from a11i_tokenization.pricing.rates import MAX_UNITS, UNIT_SORTS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ODD_UNITS: Final = "absurd units"
"""The flag of pieces that cannot be: over MAX_UNITS of a kind or none, of two kinds at once, of one not known, and more
requests than one.
"""
_UNIT: Final = re.compile(
    r"pictures(?:/(?P<quality>low|medium|high|standard|hd))?(?:/(?P<size>[1-9][0-9]{1,4}x[1-9][0-9]{1,4}))?"
    r"|(?P<searches>web_searches)"
    r"|requests/(?P<request>low|medium|high)",
    re.ASCII,
)
_PICTURE, _SEARCH = UNIT_SORTS.index("picture"), UNIT_SORTS.index("web_search")


@dataclass(frozen=True, slots=True)
class SoldKinds:
    """What the prices of a call's pieces depend on."""

    pictures: bool = False
    quality: str = ""
    """Of the pictures; empty if it is not told."""
    size: str = ""
    """Of the pictures, as `1792x1024`; likewise."""
    searches: bool = False
    request: str = ""
    """How much of the web the request looked at: low, medium, high, or empty."""

    @classmethod
    def of(cls, text: str) -> "SoldKinds":
        """Return what `CallNames.sold` says."""
        found = [unit for word in text.split() if (unit := _UNIT.fullmatch(word))]
        said = {name: value for unit in found for name, value in unit.groupdict().items() if value}
        pictures = any(unit[0].startswith("pictures") for unit in found)
        said.pop("searches", None)
        return cls(pictures, searches="web_searches" in text.split(), **said)


class SoldUnits(NamedTuple):
    """The pieces that calls of a batch used."""

    rows: Ints
    """The calls that used any, ascending."""
    kinds: list[str]
    """What the prices of each call's depend on, as `CallNames.sold`."""
    counts: Ints
    """Shape (UNIT_SORTS, calls): how many of each."""
    odd: Bools
    """Of which calls what is told cannot be."""

    @classmethod
    def of(cls, columns: Mapping[str, Column], calls: Bools) -> "SoldUnits | None":
        """Return the pieces of the column `units`; None where no call used any, as in nearly every batch.

        Pictures of which the tokens are told are sold by these.
        """
        column = columns["units"]
        if not len(column.keys):
            return None
        by_token = mask(columns["output_image_tokens"].is_valid())
        rows, kinds, counts, odd = [], [], [], []
        for row, said in enumerate(column.to_pylist()):
            units = [
                (unit, number)
                for unit, number in sorted(said or ())
                if not (by_token[row] and unit.startswith("pictures"))
            ]
            if units and calls[row]:
                rows.append(row)
                kinds.append(" ".join(unit for unit, _ in units))
                numbers = _counts(units)
                counts.append(numbers or (0,) * len(UNIT_SORTS))
                odd.append(numbers is None)
        if not rows:
            return None
        return cls(np.array(rows, np.int64), kinds, np.array(counts, np.int64).T, np.array(odd, np.bool_))

    @property
    def pictures(self) -> Ints:
        """Return how many pictures each call made."""
        return np.asarray(self.counts[_PICTURE])

    def payable(self, unsold: Bools) -> Bools:
        """Return of which calls all pieces have a price; `unsold`, of the shape of counts, says which have none."""
        lacking = self.odd.copy()
        for counts, none in zip(self.counts, unsold, strict=True):
            lacking |= (counts > 0) & none
        return ~lacking


def odd_units(units: Iterable[tuple[str, int]]) -> str:
    """Return what is wrong with the pieces of a call, "" if nothing is."""
    if _counts(sorted(units)) is not None:
        return ""
    return (
        "pieces are web_searches, pictures, pictures/hd/1792x1024 and the like (quality and size), of one kind at most "
        f"and from 1 to {MAX_UNITS:,}; or requests/low, /medium, /high, of which a call is one"
    )


def _counts(units: Iterable[tuple[str, int]]) -> tuple[int, ...] | None:
    """Return the number of each of UNIT_SORTS; None if they cannot be."""
    counts, requests = [0] * len(UNIT_SORTS), 0
    for unit, number in units:
        found = _UNIT.fullmatch(unit)
        if found is None or not 0 < number <= MAX_UNITS:
            return None
        if found["request"]:
            requests += number
        else:
            sort = _SEARCH if found["searches"] else _PICTURE
            if counts[sort]:
                return None
            counts[sort] = number
    return tuple(counts) if requests <= 1 else None  # A call is one request.
