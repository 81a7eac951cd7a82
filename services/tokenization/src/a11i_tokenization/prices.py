"""The price of a model: genai-prices' embedded table, matched by the names that spans carry.

Neither the network nor the package's updater is used, nor its lookup caches, which keep every unknown name for ever.
What the table lacks comes from a second one, see `pricing.second_table`.
"""

from difflib import get_close_matches
from functools import lru_cache, partial
from typing import Final

from genai_prices import __version__ as genai_prices_version
from genai_prices.data import providers as embedded_providers
from genai_prices.types import ModelInfo

from a11i_tokenization.model_table import ModelTable, model_table
from a11i_tokenization.pricing import vendor_rules
from a11i_tokenization.pricing.finding import FoundModel, ModelFinder
from a11i_tokenization.pricing.genai_rates import GenaiRates, dates_of, hours_of, prices_at, rates_of
from a11i_tokenization.pricing.offers import CallNames, Offer, Quote
from a11i_tokenization.pricing.rates import TieredRates
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS, readings
from a11i_tokenization.pricing.second_table import SecondTable
from a11i_tokenization.pricing.sheet import Sheet, Sheets
from a11i_tokenization.pricing.sold_prices import SoldPrices
from a11i_tokenization.pricing.tiers import BATCH, tier_of

PRICE_VERSION: Final = f"genai-prices {genai_prices_version}"
"""The price table and its version, as spans keep it."""

_FROM_SECOND: Final = frozenset({"factor", "in-region", "size-factor", "tier-factor"})
"""Words for what follows from the second table."""

_CACHED_NAMES: Final = 8192
"""Distinct names remembered, found or not, as they come from outside; a mesh sees dozens."""


class PriceBook:
    """The default prices. Safe for use from several threads."""

    def __init__(self, second: ModelTable | None = None) -> None:
        self._second = SecondTable(second or model_table())
        self._models = ModelFinder(embedded_providers, self._second)
        self._cached = lru_cache(maxsize=_CACHED_NAMES)(self._models.find)
        self._sold = SoldPrices(self._models, self._second, self.find)
        self._sheets = Sheets(self)

    def find(self, provider: str, models: tuple[str, ...]) -> FoundModel | None:
        """Return the first of `models` that the table has, under its provider if possible, else under any; or None.

        `provider` is `gen_ai.provider.name`, and may be empty or unknown: gateways and frameworks put their own names
        there. Models that are empty, or too long to be one, are passed over.
        """
        names = tuple(model for model in models if 0 < len(model) <= MAX_NAME_CHARS)
        return self._cached(provider[:MAX_NAME_CHARS].strip().lower(), names)

    def offer(self, call: CallNames) -> Offer | None:
        """Return what the call's model costs; None if the tables do not know it."""
        return self._sold.offer(call, self._offer(call)) if call.sold else self._offer(call)

    def _offer(self, call: CallNames) -> Offer | None:
        found = self.find(call.provider, (call.response_model, call.request_model))
        if found is None:
            return None
        tier = tier_of(call.service_tier) or found.reading.tier
        if found.model is None:
            return Offer(partial(self._second_quote, found, tier))
        offer = self._dated(found, found.model, tier)
        if found.successor is None or (newer := found.successor[1].model) is None:
            return offer
        from_ns, later = found.successor
        after = self._dated(later, newer, tier)
        return Offer(
            lambda time_ns: (offer if time_ns < from_ns else after).quote_at(time_ns),
            tuple(sorted({*offer.dates_ns, from_ns, *after.dates_ns})),
            tuple(sorted({*offer.hours_ns, *after.hours_ns})),
        )

    def _dated(self, found: FoundModel, model: ModelInfo, tier: str) -> Offer:
        return Offer(partial(self._quote, found, model, tier), dates_of(model, tier), hours_of(model))

    @property
    def tables(self) -> str:
        """All tables that default prices come from, and their versions."""
        return f"{PRICE_VERSION}, {self._second.version}"

    def of(self, tenant_id: str) -> "PriceBook":
        """Return a tenant's prices where no tenant has its own: these."""
        return self

    def sheet(self) -> Sheet:
        """Return the rates of calls seen so far, for whole columns."""
        return self._sheets.current()

    def provider_id(self, name: str) -> str:
        """Return the table's id of a provider by any of its names; the name itself, in lower case, if it has none."""
        plain = name.strip().lower()
        found = self._models.provider(plain)
        return found.id if found else plain

    def seller(self, provider: str) -> str:
        """Return the table's id of a provider that has only prices of its own; "" of those that may stand for any."""
        found = self._models.seller(provider[:MAX_NAME_CHARS].strip().lower())
        return found.id if found else ""

    def nearest(self, model: str) -> list[str]:
        """Return up to three model names of the table that look like `model`."""
        names = {known.id for vendor in self._models.vendors for known in vendor.models}
        return get_close_matches(model.lower()[:MAX_NAME_CHARS], names, n=3)

    def unit(self, model: str) -> str:
        """Return what a model is sold by that has no price by the token, such as a page; "" if that is not known."""
        return self._second.unit(reading.name for reading in readings(model))

    def _quote(self, found: FoundModel, model: ModelInfo, tier: str, time_ns: int) -> Quote | None:
        own = any(model is known for known in found.provider.models)
        # Another provider's tiers are not this one's, though its standard rates are.
        prices, has_tier = prices_at(model, time_ns, tier if own else "")
        has_tier = has_tier and (own or not tier)
        priced = rates_of(prices, model.id)
        if priced is None:
            return None
        how, second = list(found.how), ""
        if priced.free:
            how.append("free")
        rates, words = _completed(found, model, priced, tier if has_tier else "")
        if tier and not has_tier:
            special, word = _tier(found, model, rates, tier)
            rates, words = special or rates, [*words, word]
        if not _FROM_SECOND.isdisjoint((*found.how, *words)):
            second = self._second.version
        return Quote(PRICE_VERSION, found.priced_as, priced.closed(rates), (*how, *words), tier, second)

    def _second_quote(self, found: FoundModel, tier: str, _time_ns: int) -> Quote | None:
        rates: TieredRates | None = found.second.rates() if found.second else None
        if found.second is None or rates is None:
            return None
        how = list(found.how)
        if tier:
            special = found.second.tier(rates, tier)
            how.append("tier-factor" if special else "no-tier")
            rates = special or rates
        if found.second.standard.get("call"):
            how.append("search-unit" if found.second.mode == "rerank" else "image")
        return Quote(self._second.version, found.priced_as, rates, tuple(how), tier)


def _completed(found: FoundModel, model: ModelInfo, priced: GenaiRates, tier: str) -> tuple[TieredRates, list[str]]:
    """Return an entry's rates with those that it lacks, of sorts of tokens and for larger inputs, and words for how."""
    words: list[str] = []
    rates = vendor_rules.sizes(found.provider.id, model.id, priced.rates)
    if rates != priced.rates:
        words.append("size-rule")
    if found.second is not None:
        if found.plain is not None:
            rates = found.second.instead_of(found.plain, rates)
        rates, added = found.second.sorts(rates, priced.lacking)
        sized = found.second.sizes(rates, tier)
        other = found.second.has_sizes(tier) and not (sized.starts or found.second.is_like(rates.tiers[0]))
        said = (("factor", added), ("size-factor", sized != rates), ("other-rates", other))
        words += [word for word, does in said if does]
        rates = sized
    return rates, words


def _tier(found: FoundModel, model: ModelInfo, rates: TieredRates, tier: str) -> tuple[TieredRates | None, str]:
    """Return what a tier of service costs that the entry has no rates of, and a word for how that is known."""
    by_rule = vendor_rules.batch(found.provider.id, model.id, rates) if tier == BATCH else None
    if by_rule is not None:
        return by_rule, "batch-half"
    special = found.second.tier(rates, tier) if found.second else None
    return special, "tier-factor" if special else "no-tier"
