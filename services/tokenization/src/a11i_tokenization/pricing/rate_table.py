"""Rates of quotes as arrays, a row for each size of input that a quote has rates for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column
from a11i_tokenization.pricing import basis
from a11i_tokenization.pricing.offers import Quote
from a11i_tokenization.pricing.rates import ATTO_PER_PICO, COMMON_SORTS, EVERY_SORT, SORTS, UNIT_SORTS, Rates, SortRows

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = Sequence[Sequence[bytes]]

UNKNOWN: Final = 0
"""The row of calls whose cost is not known: all its rates are 0."""
NOT_FOUND: Final = 1
"""A row that holds at no time, for calls whose own is still to be found."""
FOREVER: Final = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)
"""The first and the last time at which a row holds whose rates never change."""
_CALL: Final = SORTS.index("call")
_UNITS: Final = SortRows(tuple(map(SORTS.index, UNIT_SORTS)), slice(0, 0), slice(0, 0))
_TEXT: Final = pa.string()
_NEVER: Final = (FOREVER[1], FOREVER[0])


@dataclass(frozen=True, slots=True)
class RateRows:
    """The rates for some sorts. Shape of each: (sorts, rows)."""

    pico: Ints
    """Dollars a token, whole units of 1e-12."""
    atto: Ints
    """The rest in units of 1e-18."""
    unsold: Bools
    """The model is not sold by this sort of token."""
    any_atto: bool
    any_unsold: bool

    @classmethod
    def of(cls, pico: Ints, atto: Ints, unsold: Bools) -> "RateRows":
        """Return the rates."""
        return cls(pico, atto, unsold, bool(atto.any()), bool(unsold.any()))

    def joined(self, other: "RateRows") -> "RateRows":
        """Return these rows, and another's behind them."""
        return RateRows.of(
            np.hstack((self.pico, other.pico)),
            np.hstack((self.atto, other.atto)),
            np.hstack((self.unsold, other.unsold)),
        )

    def some(self, sorts: SortRows) -> "RateRows":
        """Return the rates for these sorts, of all."""
        rows = list(sorts.rows)
        return RateRows.of(self.pico[rows], self.atto[rows], self.unsold[rows])


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of rates: UNKNOWN, NOT_FOUND, and those of quotes, by size of input."""

    every: RateRows
    common: RateRows
    units: RateRows
    """Of UNIT_SORTS, for one piece."""
    by_call: Bools
    """The model is sold by the call or the piece alone: its tokens need not be known."""
    any_by_call: bool
    fees: Ints
    """What the call itself costs, in 1e-12 dollars, rounded half up."""
    any_fee: bool
    above: Ints
    """The input from which on the next row holds, less one."""
    least_above: int
    holds: Ints
    """Shape (2, rows): the first and the last time at which a row holds, nanoseconds since the epoch."""
    stretches: Sequence[tuple[int, int]]
    """The same of each row."""
    texts: Texts
    """What spans keep: price_version, priced_as and price_basis, each of all rows."""
    text_sizes: Ints
    """Shape (3, rows): their sizes in bytes."""

    @classmethod
    def empty(cls) -> "Table":
        """Return a table without quotes."""
        nothing = Rates((0,) * len(SORTS))
        return _tabulated([nothing] * 2, [FOREVER[1]] * 2, [FOREVER, _NEVER], [("", "", "")] * 2)

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.above)

    def rates(self, sorts: SortRows) -> RateRows:
        """Return the rates for all or for common sorts."""
        return self.common if sorts is COMMON_SORTS else self.every

    def hold(self, rows: Collection[int], times: Ints) -> bool:
        """Return whether each of these rows holds at all of these times: in most batches they do."""
        if not rows:
            return True
        # Half of the time that min and max take.
        earliest, latest = times.item(times.argmin()), times.item(times.argmax())
        return all(first <= earliest and latest <= last for first, last in map(self.stretches.__getitem__, rows))

    def texts_of(self, rows: Ints) -> list[Column]:
        """Return price_version, priced_as and price_basis of spans at rows, each a column.

        All three are made at once, as making a column takes longer than what is in it.
        """
        spans = len(rows)
        bounds = np.zeros(3 * spans + 1, np.int32)
        np.add.accumulate(self.text_sizes.take(rows, axis=1).ravel(), out=bounds[1:])
        priced = [*filter(None, rows.tolist())]
        octets = b"".join([text[row] for text in self.texts for row in priced])
        buffers: list[Any] = [None, pa.py_buffer(bounds.data), pa.py_buffer(octets)]
        every = pa.Array.from_buffers(_TEXT, 3 * spans, buffers, 0)
        return [every.slice(0, spans), every.slice(spans, spans), every.slice(2 * spans)]

    def with_quote(self, quote: Quote, holds: tuple[int, int]) -> "Table":
        """Return the table with a quote's rows at its end, the ones for larger inputs behind those for smaller."""
        tiers, starts = quote.rates.tiers, quote.rates.starts
        texts = [(quote.version, quote.priced_as, basis.write(quote, tier)) for tier in range(len(tiers))]
        return _joined(self, _tabulated(tiers, [*starts, FOREVER[1]], [holds] * len(tiers), texts))


def _tabulated(
    tiers: Sequence[Rates],
    above: Sequence[int],
    holds: Sequence[tuple[int, int]],
    texts: Sequence[tuple[str, str, str]],
) -> Table:
    attos = np.array([[atto or 0 for atto in rates.atto] for rates in tiers], object).T
    unsold = np.array([[atto is None for atto in rates.atto] for rates in tiers]).T
    pico, atto = (attos // ATTO_PER_PICO).astype(np.int64), (attos % ATTO_PER_PICO).astype(np.int64)
    by_call = (attos[:_CALL] == 0).all(0) & (attos[_CALL:] > 0).any(0)
    every = RateRows.of(pico, atto, unsold)
    return _table(
        every.some(EVERY_SORT),
        every.some(_UNITS),
        by_call.astype(np.bool_),
        np.array(above, np.int64),
        np.array(holds, np.int64).T,
        [[text.encode() for text in column] for column in zip(*texts, strict=True)],
    )


def _joined(one: Table, other: Table) -> Table:
    return _table(
        one.every.joined(other.every),
        one.units.joined(other.units),
        np.hstack((one.by_call, other.by_call)),
        np.hstack((one.above, other.above)),
        np.hstack((one.holds, other.holds)),
        [[*first, *second] for first, second in zip(one.texts, other.texts, strict=True)],
    )


def _table(every: RateRows, units: RateRows, by_call: Bools, above: Ints, holds: Ints, texts: Texts) -> Table:
    fees = every.pico[_CALL] + (every.atto[_CALL] + ATTO_PER_PICO // 2) // ATTO_PER_PICO
    return Table(
        every=every,
        common=every.some(COMMON_SORTS),
        units=units,
        by_call=by_call,
        any_by_call=bool(by_call.any()),
        fees=fees,
        any_fee=bool(fees.any()),
        above=above,
        least_above=int(above.min()),
        holds=holds,
        stretches=[*zip(*holds.tolist(), strict=True)],
        texts=texts,
        text_sizes=np.array([[len(text) for text in column] for column in texts], np.int32),
    )
