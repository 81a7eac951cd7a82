"""Rates of the calls seen so far as arrays, so that whole columns are priced with a few look-ups."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Final

import numpy as np
import numpy.typing as npt

from a11i_telemetry.columns import Column, pc
from a11i_tokenization.pricing.offers import CallNames, Offer, Prices, Quote
from a11i_tokenization.pricing.rate_table import FOREVER, NOT_FOUND, UNKNOWN, Table
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS
from a11i_tokenization.pricing.sold_units import SoldUnits
from a11i_tokenization.pricing.usage import SortedUsage

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NAME_COLUMNS: Final = ("provider", "response_model", "request_model", "service_tier")
"""The columns that say who was called."""
CallNameTexts = tuple[str, ...]
"""Those of a call, in the order of NAME_COLUMNS."""
_FEW_SPANS: Final = 512
"""Up to so many Python's strings are faster than Arrow's functions, which take long to begin."""
_SEPARATOR: Final = "\x1f"
_DAY_NS: Final = 86_400_000_000_000
_MOST_ROWS: Final = 16_384
"""Of calls seen, and of rates: names come from outside. A mesh sees dozens; beyond this a new sheet is begun."""


@dataclass(slots=True, eq=False)
class _Item:
    """What is known of calls with the same names."""

    offer: Offer | None
    row: int = UNKNOWN
    """First row of an offer that always holds; UNKNOWN of others."""
    stretches: dict[tuple[int, int], int] = field(default_factory=dict)
    """By stretch of time: first row of its quote."""

    @property
    def dated(self) -> bool:
        """Whether its quotes depend on the time."""
        return self.offer is not None and bool(self.offer.dates_ns or self.offer.hours_ns)


class _Rows(dict[CallNameTexts, int]):
    """Rows by the names of calls. Each span asks: where its names are known, no Python runs."""

    def __init__(self, find: Callable[[CallNameTexts], int]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, names: CallNameTexts) -> int:
        return self._find(names)


class Sheet:
    """Grows as calls with new names come; a row, once there, stays. Safe for use from several threads."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._lock = threading.Lock()
        self._items: dict[CallNameTexts, _Item] = {}
        self._sold_items: dict[tuple[str, ...], _Item] = {}
        """Of calls that used pieces, by their names and `CallNames.sold`."""
        self._rows = _Rows(self._find)
        self._any_dated = False
        self._table = Table.empty()

    @property
    def full(self) -> bool:
        """Whether it is time for a new one."""
        return max(len(self._items), len(self._sold_items), self._table.size) > _MOST_ROWS

    def rows(
        self,
        columns: Mapping[str, Column],
        calls: Bools,
        usage: SortedUsage,
        names: Sequence[CallNameTexts] | None = None,
        sold: SoldUnits | None = None,
    ) -> tuple[Table, Ints]:
        """Return rates, and for each span its row in them: UNKNOWN of those that are no `calls`.

        `names` are each call's, where they are known; else they are read. `sold` are the pieces that calls used.
        """
        rows = np.zeros(len(calls), np.int64)
        if names is None and len(calls) <= _FEW_SPANS:
            read = (column.to_pylist() for column in _names(columns))
            names = [*compress(zip(*read, strict=True), calls.tolist())]
        if names is None:
            joined = pc.binary_join_element_wise(*_names(columns), _SEPARATOR).dictionary_encode()
            known = [self._rows[tuple(name.split(_SEPARATOR))] for name in joined.dictionary.to_pylist()]
            np.multiply(np.array(known, np.int64)[joined.indices.to_numpy()], calls, out=rows)
        else:
            known = [*map(self._rows.__getitem__, names)]
            np.place(rows, calls, known)
        if self._any_dated and not self._table.hold({*known}, times := _times(columns["start_time"])):
            self._correct(rows, _names(columns), times)
        if sold is not None:
            self._fill_sold(rows, _names(columns), columns["start_time"], sold)
        table = self._table
        if usage.most > table.least_above:
            while np.count_nonzero(more := usage.input > table.above.take(rows)):
                rows += more
        return table, rows

    def _correct(self, rows: Ints, names: list[Column], times: Ints) -> None:
        """Look rows up that did not hold when their calls began."""
        first, last = self._table.holds.take(rows, axis=1)
        elsewhen = np.flatnonzero((times < first) | (times > last))
        if not elsewhen.size:
            return
        groups: dict[CallNameTexts, list[int]] = {}
        for span, call in zip(
            elsewhen.tolist(), zip(*(column.take(elsewhen).to_pylist() for column in names), strict=True), strict=True
        ):
            groups.setdefault(call, []).append(span)
        for call, spans in groups.items():
            rows[spans] = self._dated_rows(call, times[spans])

    def _fill_sold(self, rows: Ints, names: list[Column], started: Column, sold: SoldUnits) -> None:
        """Look up the rows of calls with pieces, whose rates depend on what these are.

        Those with pieces that cannot be keep what their names cost, and nothing is remembered of what they say.
        """
        groups: dict[tuple[str, ...], list[int]] = {}
        for *call, kind, odd, span in zip(
            *(column.take(sold.rows).to_pylist() for column in names),
            sold.kinds,
            sold.odd.tolist(),
            sold.rows.tolist(),
            strict=True,
        ):
            if not odd:
                groups.setdefault((*call, kind), []).append(span)
        times = _times(started)
        for key, spans in groups.items():
            item = self._sold_item(key)
            offer = item.offer
            rows[spans] = UNKNOWN if offer is None else self._stretch_rows(item, offer, times[spans])

    def _sold_item(self, key: tuple[str, ...]) -> _Item:
        item = self._sold_items.get(key)
        if item is None:
            known = max(map(len, key)) <= MAX_NAME_CHARS
            item = self._sold_items[key] = _Item(self._prices.offer(CallNames(*key)) if known else None)
        return item

    def _find(self, names: CallNameTexts) -> int:
        """Return the row of calls whose names are new; NOT_FOUND where that depends on the time."""
        item = self._item(names)
        row = NOT_FOUND if item.dated else item.row
        if names in self._items:
            self._rows[names] = row
        return row

    def _item(self, names: CallNameTexts) -> _Item:
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
            if item.dated:
                self._any_dated = True
            elif item.offer is not None:
                item.row = self._quoted(item, item.offer, (0, 0), 0)
            self._items[names] = item
        return item

    def _quoted(self, item: _Item, offer: Offer, stretch: tuple[int, int], time_ns: int) -> int:
        known = item.stretches.get(stretch)
        if known is None:
            quote = offer.quote_at(time_ns)
            holds = _stretch_of(offer, stretch[0])
            known = item.stretches[stretch] = UNKNOWN if quote is None else self._add(quote, holds)
        return known

    def _dated_rows(self, names: CallNameTexts, times: Ints) -> Ints:
        """Return the rows of calls with these names, whose quotes depend on the time. The next ones are likely to
        begin in the stretch of the last.
        """
        item = self._item(names)
        offer = item.offer
        assert offer is not None  # noqa: S101  (what `dated` says)
        rows = self._stretch_rows(item, offer, times)
        if names in self._items and not offer.hours_ns:
            self._rows[names] = int(rows[np.argmax(times)]) or NOT_FOUND
        return rows

    def _stretch_rows(self, item: _Item, offer: Offer, times: Ints) -> Ints:
        """Return the rows of an item's offer that hold at these times."""
        dates = np.searchsorted(np.array(offer.dates_ns, np.int64), times, side="right")
        hours = np.searchsorted(np.array(offer.hours_ns, np.int64), times % _DAY_NS, side="right")
        stretches = dates * (len(offer.hours_ns) + 1) + hours
        rows = np.zeros(len(times), np.int64)
        for stretch in np.unique(stretches):
            within = stretches == stretch
            at = int(np.argmax(within))
            rows[within] = self._quoted(item, offer, (int(dates[at]), int(hours[at])), int(times[at]))
        return rows

    def _add(self, quote: Quote, holds: tuple[int, int]) -> int:
        with self._lock:
            row = self._table.size
            self._table = self._table.with_quote(quote, holds)
        return row


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


def _stretch_of(offer: Offer, number: int) -> tuple[int, int]:
    """Return the first and the last time at which an offer's quote holds, after this number of its dates.

    One that depends on the hour is looked up each time, and nothing is made of these.
    """
    first, last = FOREVER
    if number:
        first = offer.dates_ns[number - 1]
    if number < len(offer.dates_ns):
        last = offer.dates_ns[number] - 1
    return first, last


def _names(columns: Mapping[str, Column]) -> list[Column]:
    return [columns[name] for name in NAME_COLUMNS]


def _times(column: Column) -> Ints:
    """Return times in nanoseconds, from Arrow's buffer: there are no nulls."""
    return np.frombuffer(column.buffers()[1], np.int64, len(column), column.offset * 8)
