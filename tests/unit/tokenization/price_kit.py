"""Calls priced one at a time, for the tests of prices."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_tokenization.costs import COST_COLUMNS, PRICED_BY, cost_columns
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.explain import Explained, explain
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.pricing.own_lines import parse
from a11i_tokenization.pricing.own_prices import OwnPrices
from tests.unit.tokenization.span_rows import batch_of


def price(prices: Prices, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cost columns of the calls, a mapping for each."""
    columns = batch_of(*calls).columns
    costs = cost_columns({name: columns[name] for name in PRICED_BY}, np.ones(len(calls), np.bool_), prices).columns
    return [{name: costs[name][row].as_py() for name in COST_COLUMNS} for row in range(len(calls))]


def explained(prices: Prices, call: dict[str, Any]) -> Explained:
    """Return why a call costs what it does."""
    columns = batch_of(call).columns
    return explain({name: columns[name][0].as_py() for name in PRICED_BY}, prices)


def sum_of(found: Explained) -> Decimal:
    """Return what the lines of an explanation add up to."""
    return sum((line.usd for line in found.lines), Decimal(0))


def own(book: PriceBook, *lines: pb2.PriceLine, version: int = 3) -> OwnPrices:
    """Return the prices of the tenant acme."""
    return OwnPrices("acme", version, parse(list(lines), book.provider_id), book)


def line(model: str, rates: dict[str, str] | None = None, **fields: Any) -> pb2.PriceLine:
    """Return a line of a price table; times as datetimes."""
    made = pb2.PriceLine(model=model, rates=rates or {})
    for name, value in fields.items():
        if isinstance(value, datetime):
            getattr(made, name).FromDatetime(value)
        else:
            setattr(made, name, value)
    return made


def day(*date: int) -> datetime:
    """Return the beginning of a day."""
    year, month, number = date
    return datetime(year, month, number, tzinfo=UTC)


def sources(found: Explained) -> Sequence[str]:
    """Return where the rates of an explanation's lines come from."""
    return [one.source for one in found.lines]
