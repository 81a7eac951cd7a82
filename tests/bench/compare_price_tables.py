"""Lists the models that the two tables of prices disagree about, for whoever decides which of them to believe.

Prints a table, or writes it with `--write`: `.venv/bin/python -m tests.bench.compare_price_tables --write
docs/price-tables.md`.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from a11i_tokenization.model_table import ModelTable, model_table
from a11i_tokenization.prices import PRICE_VERSION, PriceBook
from a11i_tokenization.pricing.offers import CallNames
from a11i_tokenization.pricing.second_model import SecondModel
from a11i_tokenization.pricing.second_table import SecondTable

_MOST_APART = Decimal("1.25")
_SIDES = ("input", "output")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A model of which the tables say something else, in dollars a million tokens."""

    priced_as: str
    name: str
    """As the second table writes it."""
    first: tuple[Decimal | None, ...]
    """Of the input and the output."""
    second: tuple[Decimal | None, ...]


def differences(table: ModelTable, book: PriceBook, time_ns: int) -> Iterator[Difference]:
    """Yield the models whose input or output differs by over a quarter, as calls that begin at a time are priced."""
    second = SecondTable(table)
    for key in sorted(table.models):
        seller = second.seller(key)
        found = book.find(seller, (key,))
        theirs = SecondModel.of(key, table.models[key])
        if found is None or found.model is None or theirs.rates() is None or found.plain is not None:
            continue
        offer = book.offer(CallNames(seller, "", key, ""))
        quote = offer.quote_at(time_ns) if offer else None
        if quote is None:
            continue
        usd = quote.rates.tiers[0].usd()
        ours = tuple(usd.get(side) for side in _SIDES)
        says = tuple(theirs.standard.get(side) for side in _SIDES)
        if any(_apart(one, other) for one, other in zip(ours, says, strict=True)):
            yield Difference(quote.priced_as, key, ours, says)


def page(found: list[Difference], version: str) -> str:
    """Return the differences as a page."""
    rows = [
        f"| {one.priced_as} | `{one.name}` | {_pair(one.first)} | {_pair(one.second)} |"
        for one in sorted(found, key=lambda one: (one.priced_as, one.name))
    ]
    return "\n".join(
        [
            "# Where the tables of prices disagree",
            "",
            f"Models that {PRICE_VERSION} and {version} give prices over a quarter apart, input and output, in",
            "dollars a million tokens at noon (UTC). Calls cost what the first says: it is dated. Where the vendor's",
            "page agrees with the second, a line of the tenant's own prices says so (`a11i prices put`), until a newer",
            "lock does. Written by `python -m tests.bench.compare_price_tables --write docs/price-tables.md`.",
            "",
            "| priced as | in the second table | first | second |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _apart(one: Decimal | None, other: Decimal | None) -> bool:
    if not one or not other:
        return False
    return max(one, other) > _MOST_APART * min(one, other)


def _pair(usd: tuple[Decimal | None, ...]) -> str:
    return " / ".join("-" if one is None else f"{(one * _MILLION).normalize():f}" for one in usd)


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", metavar="FILE", type=Path, help="write the page there")
    arguments = parser.parse_args()
    table = model_table()
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    text = page(list(differences(table, PriceBook(table), int(noon.timestamp()) * 10**9)), table.version)
    if arguments.write:
        arguments.write.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
