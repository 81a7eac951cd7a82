"""The basis of a cost: the rates that were applied and how they were found, as the JSON that a span keeps.

It holds names and numbers of tables and words of this code alone, never text of a sender: it is not redacted.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from a11i_tokenization.pricing.offers import OwnLine, Quote
from a11i_tokenization.pricing.rates import Rates, TieredRates

_VERSION: Final = 1
_MAX_CHARS: Final = 10_000


class BasisError(ValueError):
    """The text is no basis."""


def write(quote: Quote, tier: int) -> str:
    """Return the basis of calls whose input reaches tier number `tier` of the quote's rates."""
    basis: dict[str, Any] = {"v": _VERSION, "table": quote.table, "as": quote.priced_as}
    if quote.tier:
        basis["tier"] = quote.tier
    if tier:
        basis["over"] = quote.rates.starts[tier - 1]
    basis["rates"] = {sort: None if usd is None else _text(usd) for sort, usd in quote.rates.tiers[tier].usd().items()}
    if quote.supplement:
        basis["with"] = quote.supplement
    if quote.own:
        own = quote.own
        said = {"discount": own.discount, "currency": own.currency, "usd_per_unit": own.usd_per_unit}
        basis["own"] = {"tenant": own.tenant_id, "version": own.version, "line": own.line}
        basis["own"] |= {name: value for name, value in said.items() if value}
    if quote.how:
        basis["how"] = quote.how
    return json.dumps(basis, ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Quote:
    """Return the quote of a basis, with the rates that were applied alone. Raises BasisError.

    Rates of a tier by size of input are there twice, below and over its start, so that `write` says the start again.
    """
    if len(text) > _MAX_CHARS:
        raise BasisError(f"over {_MAX_CHARS} characters")
    try:
        basis = json.loads(text)
        if basis["v"] != _VERSION:
            raise BasisError("of another version")
        rates = {sort: None if usd is None else Decimal(usd) for sort, usd in basis["rates"].items()}
        applied, over = Rates.of(rates), basis.get("over")
        tiers = TieredRates((applied,)) if over is None else TieredRates((applied, applied), (int(over),))
        own = basis.get("own")
        quote = Quote(
            table=str(basis["table"]),
            priced_as=str(basis["as"]),
            rates=tiers,
            how=tuple(map(str, basis.get("how", ()))),
            tier=str(basis.get("tier", "")),
            supplement=str(basis.get("with", "")),
            own=None if own is None else _own(own),
        )
    except BasisError:
        raise
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BasisError("not one that spans keep") from error
    return quote


def _own(said: Mapping[str, Any]) -> OwnLine:
    texts = (str(said.get(name, "")) for name in ("discount", "currency", "usd_per_unit"))
    return OwnLine(str(said["tenant"]), int(said["version"]), int(said["line"]), *texts)


def _text(usd: Decimal) -> str:
    return f"{usd.normalize():f}"
