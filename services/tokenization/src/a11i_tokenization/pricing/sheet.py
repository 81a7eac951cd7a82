"""Rates of the calls seen so far as arrays, so that whole columns are priced with a few look-ups."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column, pc
from a11i_tokenization.pricing import basis
from a11i_tokenization.pricing.offers import CallNames, Offer, Prices, Quote
from a11i_tokenization.pricing.rates import ATTO_PER_PICO, SORTS
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NAME_COLUMNS: Final = ("provider", "response_model", "request_model", "service_tier")
"""The columns that say who was called."""
TEXT_COLUMNS: Final = ["price_version", "priced_as", "price_basis"]
_Names = tuple[str, ...]
"""Those of a call, in the order of NAME_COLUMNS."""
_FEW_SPANS: Final = 128
"""Up to so many Python's strings are faster than Arrow's functions, which take long to begin."""
_SEPARATOR: Final = "\x1f"
_DAY_NS: Final = 86_400_000_000_000
_MOST_ROWS: Final = 16_384
"""Of calls seen, and of rates: names come from outside. A mesh sees dozens; beyond this a new sheet is begun."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of rates. Row 0 is that of calls whose cost is not known: all its rates are 0."""

    pico: Ints
    """Shape (SORTS, rows): dollars a token (or call), whole units of 1e-12."""
    atto: Ints
    """The rest in units of 1e-18."""
    unsold: Bools
    """Shape (SORTS, rows): the model is not sold by this sort of token."""
    by_call: Bools
    """The model is sold by the call alone: its tokens need not be known."""
    texts: pa.RecordBatch
    """What spans keep: TEXT_COLUMNS."""
    any_atto: bool
    any_unsold: bool
    any_by_call: bool


@dataclass(slots=True, eq=False)
class _Item:
    """What is known of calls with the same names."""

    offer: Offer | None
    row: int = 0
    """First row of an offer that always holds; 0 of others."""
    starts: tuple[int, ...] = ()
    """Sizes of input from which each next row holds."""
    varies: bool = False
    """Whether its quotes depend on the time, or its rates on the size of the input."""
    stretches: dict[tuple[int, int], tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    """By stretch of time: `row` and `starts` of its quote."""

    @property
    def dated(self) -> bool:
        """Whether its quotes depend on the time."""
        return self.offer is not None and bool(self.offer.dates_ns or self.offer.hours_ns)


class Sheet:
    """Grows as calls with new names come; a row, once there, stays. Safe for use from several threads."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._lock = threading.Lock()
        self._items: dict[_Names, _Item] = {}
        self._quotes: list[tuple[Quote, int]] = []
        self._table = _tabulate([])

    @property
    def full(self) -> bool:
        """Whether it is time for a new one."""
        return max(len(self._items), len(self._quotes)) > _MOST_ROWS

    def rows(self, columns: Mapping[str, Column], input_tokens: Ints) -> tuple[Table, Ints]:
        """Return rates, and for each span its row in them. `input_tokens`: the spans' whole input, 0 if not known."""
        names = [columns[name] for name in NAME_COLUMNS]
        if len(input_tokens) <= _FEW_SPANS:
            each = [self._item(call) for call in zip(*(column.to_pylist() for column in names), strict=True)]
            rows = np.array([item.row for item in each], np.int64)
            for item in {item for item in each if item.varies}:
                self._vary(
                    item, np.array([at for at, one in enumerate(each) if one is item]), rows, columns, input_tokens
                )
            return self._table, rows
        joined = pc.binary_join_element_wise(*names, _SEPARATOR).dictionary_encode()
        codes = joined.indices.to_numpy()
        items = [self._item(tuple(name.split(_SEPARATOR))) for name in joined.dictionary.to_pylist()]
        rows = np.array([item.row for item in items], np.int64)[codes]
        for number, item in enumerate(items):
            if item.varies:
                self._vary(item, np.flatnonzero(codes == number), rows, columns, input_tokens)
        return self._table, rows

    def _vary(self, item: _Item, spans: Ints, rows: Ints, columns: Mapping[str, Column], input_tokens: Ints) -> None:
        """Fill the rows of spans whose quote depends on their time or size."""
        sizes = input_tokens[spans]
        if item.dated:
            rows[spans] = self._dated_rows(item, _times(columns["start_time"], spans), sizes)
        else:
            # The tier is the number of starts that the input is beyond.
            rows[spans] += np.searchsorted(np.array(item.starts), sizes, side="left")

    def _item(self, names: _Names) -> _Item:
        item = self._items.get(names)
        if item is None and len(names) > len(NAME_COLUMNS):
            return self._item(())  # Cut at separators within a name: nobody's, however many they are.
        if item is None and any(len(name) > MAX_NAME_CHARS for name in names):
            # No table has it, and nothing of its size is remembered.
            return self._item(tuple(name if len(name) <= MAX_NAME_CHARS else "" for name in names))
        if item is None:
            # A name with the separator in it is nobody's.
            whole = len(names) == len(NAME_COLUMNS) and not any(_SEPARATOR in name for name in names)
            item = _Item(self._prices.offer(CallNames(*names)) if whole else None)
            if item.offer is not None and not item.dated:
                item.row, item.starts = self._quoted(item, item.offer, (0, 0), 0)
            item.varies = item.dated or bool(item.starts)
            self._items[names] = item
        return item

    def _quoted(self, item: _Item, offer: Offer, stretch: tuple[int, int], time_ns: int) -> tuple[int, tuple[int, ...]]:
        known = item.stretches.get(stretch)
        if known is None:
            quote = offer.quote_at(time_ns)
            known = item.stretches[stretch] = (0, ()) if quote is None else self._add(quote)
        return known

    def _dated_rows(self, item: _Item, times: Ints, input_tokens: Ints) -> Ints:
        offer = item.offer
        assert offer is not None  # noqa: S101  (what `dated` says)
        dates = np.searchsorted(np.array(offer.dates_ns, np.int64), times, side="right")
        hours = np.searchsorted(np.array(offer.hours_ns, np.int64), times % _DAY_NS, side="right")
        stretches = dates * (len(offer.hours_ns) + 1) + hours
        rows = np.zeros(len(times), np.int64)
        for stretch in np.unique(stretches):
            within = stretches == stretch
            at = int(np.argmax(within))
            row, starts = self._quoted(item, offer, (int(dates[at]), int(hours[at])), int(times[at]))
            rows[within] = row
            if starts:
                rows[within] += np.searchsorted(np.array(starts), input_tokens[within], side="left")
        return rows

    def _add(self, quote: Quote) -> tuple[int, tuple[int, ...]]:
        with self._lock:
            row = len(self._quotes) + 1
            self._quotes.extend((quote, tier) for tier in range(len(quote.rates.tiers)))
            self._table = _tabulate(self._quotes)
        return row, quote.rates.starts


class Sheets:
    """Begins a new sheet when one is full. Who has the old one goes on with it."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._sheet = Sheet(prices)

    def current(self) -> Sheet:
        """Return the sheet for the next columns."""
        if self._sheet.full:
            self._sheet = Sheet(self._prices)
        return self._sheet


def _tabulate(quotes: Sequence[tuple[Quote, int]]) -> Table:
    rates = [(0,) * len(SORTS), *(quote.rates.tiers[tier].atto for quote, tier in quotes)]
    attos = np.array([[atto or 0 for atto in row] for row in rates], object).T
    unsold = np.array([[atto is None for atto in row] for row in rates]).T
    pico, rest = (attos // ATTO_PER_PICO).astype(np.int64), (attos % ATTO_PER_PICO).astype(np.int64)
    by_call = (attos[:-1] == 0).all(0) & (attos[-1] > 0)
    texts = [("", "", ""), *((quote.version, quote.priced_as, basis.write(quote, tier)) for quote, tier in quotes)]
    return Table(
        pico=np.ascontiguousarray(pico),
        atto=np.ascontiguousarray(rest),
        unsold=np.ascontiguousarray(unsold),
        by_call=by_call.astype(np.bool_),
        texts=pa.RecordBatch.from_arrays([pa.array(list(column)) for column in zip(*texts, strict=True)], TEXT_COLUMNS),
        any_atto=bool(rest.any()),
        any_unsold=bool(unsold.any()),
        any_by_call=bool(by_call.any()),
    )


def _times(column: Column, spans: Ints) -> Ints:
    """Return times at `spans` in nanoseconds, from Arrow's buffer: there are no nulls."""
    return np.frombuffer(column.buffers()[1], np.int64, len(column), column.offset * 8)[spans]
