"""A model of litellm's table: its rates by tier of service and size of input, and their shares of each other."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from a11i_tokenization.model_table import Entry
from a11i_tokenization.pricing.rates import FALLBACKS, SORTS, Rates, TieredRates

_SORTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "input_cost_per_token": "input",
        "cache_read_input_token_cost": "cache_read",
        "cache_creation_input_token_cost": "cache_write",
        "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
        "input_cost_per_audio_token": "input_audio",
        "input_cost_per_image_token": "input_image",
        "output_cost_per_token": "output",
        "output_cost_per_reasoning_token": "reasoning",
        "output_cost_per_audio_token": "output_audio",
        "output_cost_per_image_token": "output_image",
        "input_cost_per_query": "call",
    }
)
"""Sorts by the table's names of their fields."""
_TIERS: Final[Mapping[str | None, str]] = MappingProxyType(
    {None: "", "batches": "batch", "flex": "flex", "priority": "priority"}
)
_FIELD: Final = re.compile(
    r"(?P<name>.+?)(?:_above_(?P<thousands>\d+)k_tokens)?(?:_(?P<tier>batches|flex|priority))?", re.ASCII
)
_PER_IMAGE: Final = ("output_cost_per_image", "input_cost_per_image")
"""What a picture costs that a model makes: some entries have the one, some the other, and some both."""
_PER_PIXEL: Final = "input_cost_per_pixel"
_PICTURE_DIGITS: Final = Decimal("0.000001")
"""Pictures are sold by hundredths of cents; a price by the pixel has six digits, of which one too many are left."""
_SEARCH_FEE: Final = "search_context_size_"
_ALMOST: Final = Decimal("1e-6")
"""How much rates may differ that are the same: a token's price is rounded to 1e-18 dollars."""
_FOLLOWING: Final = frozenset({"cache_write_1h"})
"""Sorts with a rate of their own that nevertheless change as their kind does: vendors say one factor for all writes."""

Prices = Mapping[str, Decimal]
"""Dollars a token by sort."""
_NOTHING: Final[Prices] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SecondModel:
    """A model of the table."""

    key: str
    """What the table calls it."""
    mode: str
    """What kind of model it is, such as chat, rerank."""
    prices: Mapping[tuple[str, int], Prices]
    """By tier of service, empty for the standard one, and by the tokens that the input has more of."""
    search_fees: Prices
    """What a search costs, or a request, by how much of the web it looks at: low, medium, high. Empty: not said."""

    @classmethod
    def of(cls, key: str, entry: Entry) -> "SecondModel":
        """Return the model that an entry of the table is of."""
        prices: dict[tuple[str, int], dict[str, Decimal]] = {("", 0): {}}
        for name, price in entry.items():
            field = _FIELD.fullmatch(name)
            if field and field["name"] in _SORTS and isinstance(price, int | Decimal):
                band = _TIERS[field["tier"]], int(field["thousands"] or 0) * 1_000
                prices.setdefault(band, {})[_SORTS[field["name"]]] = Decimal(price)
        mode, standard = str(entry.get("mode", "")), prices["", 0]
        if mode == "image_generation" and not any(standard.values()) and (one := _image(entry)):
            standard["call"] = one
        fees = {
            name.removeprefix(_SEARCH_FEE): Decimal(fee) for name, fee in entry.items() if name.startswith(_SEARCH_FEE)
        }
        return cls(key, mode, prices, fees or _NOTHING)

    @property
    def standard(self) -> Prices:
        """The standard rates for inputs of any size, or of the smallest."""
        return self.prices["", 0]

    def standard_alone(self) -> "SecondModel":
        """Return the model without its tiers of service."""
        return replace(self, prices={(tier, start): rates for (tier, start), rates in self.prices.items() if not tier})

    def costs_as(self, other: "SecondModel") -> bool:
        """Return whether another costs the same."""
        return all(self.standard.get(side) == other.standard.get(side) for side in ("input", "output"))

    def sorts(self, rates: TieredRates, lacking: Iterable[str]) -> tuple[TieredRates, bool]:
        """Return rates with those of sorts `lacking` worked out of those that are there, and whether there are any."""
        lacking = frozenset(lacking)
        shares: dict[str, str] = {}
        for sort in SORTS:
            base = next((kind for kind in _kinds(sort) if kind not in lacking), "") if sort in lacking else ""
            # A rate of 0 says in this table that a sort costs no more than its kind.
            if self.standard.get(base) and self.standard.get(sort, self.standard[base]) not in (0, self.standard[base]):
                shares[sort] = base
        changed = rates.changed(lambda one: self._added(one, shares))
        return changed, changed != rates

    def _added(self, one: Rates, shares: Mapping[str, str]) -> Rates:
        usd = one.usd()
        whole = {sort: usd.get(sort) for sort in ("input", "output")} | usd
        for sort, base in shares.items():
            rate = next((found for kind in (base, *_kinds(base)) if (found := whole.get(kind)) is not None), None)
            share = self.standard[sort] / self.standard[base]
            # Some entries give the kind the rate of its dearer sort: what is that already is not made dearer again.
            if rate is not None and not (share > 1 and rate == self.standard[sort]):
                usd[sort] = rate * share
        return Rates.of(usd)

    def is_at(self, rates: Rates) -> bool:
        """Return whether rates are the standard ones of this table."""
        usd = rates.usd()
        return all((usd.get(side) or 0) == self.standard.get(side, 0) for side in ("input", "output"))

    def is_like(self, rates: Rates) -> bool:
        """Return whether rates are this table's, or all of them dearer or cheaper by one share, as in a cloud's region.

        If not, the entry is of another time or service: what it says of its rates says nothing of these.
        """
        usd = rates.usd()
        sides = ((usd.get(side), self.standard.get(side)) for side in ("input", "output"))
        shares = [rate / price for rate, price in sides if rate and price]
        return not shares or max(shares) - min(shares) <= max(shares) * _ALMOST

    def has_sizes(self, tier: str) -> bool:
        """Return whether this table has rates by the size of the input, of a tier of service or the standard ones."""
        return bool(self._starts(tier) or self._starts(""))

    def sizes(self, rates: TieredRates, tier: str) -> TieredRates:
        """Return rates that are the same for every size of input as those that this table has by size."""
        tier = tier if self._starts(tier) else ""
        starts = self._starts(tier)
        if rates.starts or not starts or not self.is_like(rates.tiers[0]):
            return rates
        (one,) = rates.tiers
        larger = (one.scaled(self._size_factors(tier, start)) for start in starts)
        return TieredRates((one, *larger), starts)

    def tier(self, rates: TieredRates, tier: str) -> TieredRates | None:
        """Return what a tier of service costs as a share of its standard rates; None if the table does not say."""
        if not self._has(tier, 0) or not self.is_like(rates.tiers[0]):
            return None
        sized = zip(rates.tiers, (0, *rates.starts), strict=True)
        return TieredRates(tuple(one.scaled(self._tier_factors(tier, start)) for one, start in sized), rates.starts)

    def _starts(self, tier: str) -> tuple[int, ...]:
        """Return the sizes of input over which a tier of service has other rates."""
        if not self._has(tier, 0):
            return ()
        return tuple(sorted(start for of, start in self.prices if of == tier and start and self._has(tier, start)))

    def _has(self, tier: str, start: int) -> bool:
        return "input" in self.prices.get((tier, start), _NOTHING)

    def _size_factors(self, tier: str, start: int) -> Prices:
        base = self.prices[tier, 0]
        # What the table has for larger inputs alone is no rate of tokens, but what a cache takes with the time.
        return _factors({sort: price for sort, price in self.prices[tier, start].items() if sort in base}, base)

    def _tier_factors(self, tier: str, start: int) -> Prices:
        if not start or not (self._has(tier, start) and self._has("", start)):
            return _factors(self.prices[tier, 0], self.standard)
        larger = self._size_factors("", start)
        return _factors(self.prices[tier, start], {sort: price * larger[sort] for sort, price in self.standard.items()})

    def instead_of(self, plain: "SecondModel", rates: TieredRates) -> TieredRates:
        """Return what this model costs where `plain` costs `rates`."""
        factors = _factors(self.standard, plain.standard)
        return rates.changed(lambda one: one.scaled(factors))

    def rates(self) -> TieredRates | None:
        """Return the table's own rates; None if the model is sold in another way."""
        if not any(self.standard.get(sort) for sort in ("input", "call")):
            return None
        usd: dict[str, Decimal | None] = {"input": Decimal(0), **self.standard}
        if not usd.get("output"):
            usd.pop("output", None)
        try:
            return self.sizes(TieredRates((Rates.of(usd),)), "")
        except ValueError:
            return None


def picture_price(entry: Entry, size: str) -> Decimal | None:
    """Return what an entry for pictures of one size, such as `1792x1024`, takes for one; None if it does not say."""
    price, pixel = _image(entry), entry.get(_PER_PIXEL)
    if price is None and isinstance(pixel, int | Decimal) and pixel:
        width, _, height = size.partition("x")
        price = (Decimal(pixel) * int(width) * int(height)).quantize(_PICTURE_DIGITS)
    return price


def _image(entry: Entry) -> Decimal | None:
    return next((Decimal(price) for name in _PER_IMAGE if (price := entry.get(name))), None)


def _factors(special: Prices, standard: Prices) -> Prices:
    return {sort: _factor(sort, special, standard) for sort in SORTS}


def _factor(sort: str, special: Prices, standard: Prices) -> Decimal:
    price = standard.get(sort)
    if price and sort in special:
        return special[sort] / price
    kind = FALLBACKS.get(sort)
    if kind and (price is None or price == standard.get(kind) or sort in _FOLLOWING):
        return _factor(kind, special, standard)
    return Decimal(1)


def _kinds(sort: str) -> Iterator[str]:
    """Yield what a sort falls back to, and what that does."""
    while sort in FALLBACKS:
        sort = FALLBACKS[sort]
        yield sort
