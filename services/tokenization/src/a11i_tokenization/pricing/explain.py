"""Why a call costs what it does: a line for each sort of token, whose sum is the cost to the last digit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa

from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.costs import COST_COLUMNS, PRICED_BY, cost_columns
from a11i_tokenization.pricing import basis
from a11i_tokenization.pricing.offers import CallNames, Offer, OwnLine, Prices, Quote
from a11i_tokenization.pricing.rates import FEES, INPUT, OUTPUT, SORTS, UNIT_SORTS, Rates
from a11i_tokenization.pricing.sheet import Sheet
from a11i_tokenization.pricing.sold_units import SoldUnits
from a11i_tokenization.pricing.usage import SortedUsage

_EXACT: Final = Context(prec=60)
ROUNDING: Final = "rounding"
"""The sort of the line that says what rounding added or took away; there is none where that is nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a cost."""

    sort: str
    """One of SORTS, or ROUNDING."""
    tokens: int
    usd_per_token: Decimal
    """Of FEES dollars for one."""
    usd: Decimal
    source: str
    """Where the rate comes from."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A call's cost, and why."""

    costs: Mapping[str, Any]
    """COST_COLUMNS; None, or empty text, where the cost is not known."""
    lines: tuple[Line, ...]
    """Of the sides whose cost is known; in total the known cost."""
    quote: Quote | None
    """What the rates are of; None if no table knows the model."""
    flags: tuple[str, ...]


class StoredPrice:
    """The prices that a basis keeps, whatever a call names."""

    def __init__(self, quote: Quote) -> None:
        self._quote = quote

    def offer(self, call: CallNames) -> Offer | None:
        """Return the price of the basis."""
        return Offer(lambda _: self._quote)

    def sheet(self) -> Sheet:
        """Return its rates."""
        return Sheet(self)


def explain(call: Mapping[str, Any], prices: Prices) -> Explained:
    """Explain a call: `call` has the values of PRICED_BY, and may leave out those that are not known."""
    columns = {name: pa.array([call.get(name)], SCHEMA.field(name).type) for name in PRICED_BY}
    found = cost_columns(columns, np.ones(1, np.bool_), prices)
    costs = {name: found.columns[name][0].as_py() for name in COST_COLUMNS}
    flags = tuple(dict.fromkeys((*(call.get("usage_flags") or ()), *found.flags.get(0, ()))))
    if not costs["price_basis"]:
        return Explained(costs, (), None, flags)
    quote = basis.read(costs["price_basis"])
    tokens = [int(count) for count in SortedUsage.of(columns).tokens[:, 0]]
    sold = SoldUnits.of(columns, np.ones(1, np.bool_))
    tokens += [0] * len(UNIT_SORTS) if sold is None else [int(count) for count in sold.counts[:, 0]]
    return Explained(costs, tuple(_lines(costs, tokens, quote.rates.tiers[0], source_of(quote))), quote, flags)


def stored(text: str) -> StoredPrice:
    """Return the prices that a basis keeps. Raises BasisError."""
    return StoredPrice(basis.read(text))


def source_of(quote: Quote) -> str:
    """Say where the rates of a basis come from."""
    parts = [quote.priced_as]
    if quote.tier:
        parts.append(quote.tier)
    if quote.rates.starts:
        parts.append(f"input over {quote.rates.starts[0]:,} tokens")
    base = f"{quote.table}: {', '.join(parts)}"
    if quote.supplement:
        base += f" (with {quote.supplement})"
    if quote.own is None:
        return base
    own = _own(quote.own)
    return own if quote.table == f"{quote.own.tenant_id}/{quote.own.version}" else f"{own}; of {base}"


def _own(own: OwnLine) -> str:
    said = [f"{own.discount}% off"] if own.discount else []
    if own.currency:
        said.append(f"{own.currency} at {own.usd_per_unit} dollars")
    line = f"prices of {own.tenant_id}, version {own.version}, line {own.line}"
    return f"{line}: {', '.join(said)}" if said else line


def _lines(costs: Mapping[str, Any], tokens: Iterable[int], rates: Rates, source: str) -> Iterator[Line]:
    known = _known_sorts(costs)
    total = Decimal(0)
    for sort, count, atto in zip(SORTS, tokens, rates.atto, strict=True):
        if sort in known and count and atto is not None and (atto or sort != "call"):
            rate = Decimal(atto).scaleb(-18, _EXACT)
            amount = _EXACT.multiply(rate, count)
            total = _EXACT.add(total, amount)
            yield Line(sort, count, rate, amount, source)
    stored_usd = costs["total_cost_usd"]
    if stored_usd is None:
        stored_usd = sum((costs[name] or Decimal(0) for name in COST_COLUMNS[:2]), Decimal(0))
    if rest := _EXACT.subtract(stored_usd, total):
        yield Line(ROUNDING, 0, Decimal(0), rest, "input, output and fees are each rounded to 1e-12 dollars")


def _known_sorts(costs: Mapping[str, Any]) -> set[str]:
    known: set[str] = set()
    if costs["input_cost_usd"] is not None:
        known.update(SORTS[INPUT])
    if costs["output_cost_usd"] is not None:
        known.update(SORTS[OUTPUT])
    if costs["total_cost_usd"] is not None:
        known.update(FEES)
    return known
