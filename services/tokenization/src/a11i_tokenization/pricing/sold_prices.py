"""What a call costs that used pieces: its model's rates, and those of pictures and searches that its span tells of."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from a11i_tokenization.pricing import vendor_rules
from a11i_tokenization.pricing.finding import FoundModel, ModelFinder
from a11i_tokenization.pricing.genai_rates import search_fee
from a11i_tokenization.pricing.offers import CallNames, Offer, Quote
from a11i_tokenization.pricing.rates import OUTPUT, SORTS, Rates, TieredRates
from a11i_tokenization.pricing.second_table import SecondTable
from a11i_tokenization.pricing.sold_units import SoldKinds
from a11i_tokenization.pricing.tiers import tier_of

_OUTPUTS: Final = frozenset(SORTS[OUTPUT])
_FROM_SECOND: Final = frozenset({"picture-kind", "second-searches", "request-fee"})
"""Words for what comes from the second table."""
_Find = Callable[[str, tuple[str, ...]], FoundModel | None]


class SoldPrices:
    """Adds rates of pieces to those of a model. Safe for use from several threads."""

    def __init__(self, models: ModelFinder, second: SecondTable, find: _Find) -> None:
        self._models = models
        self._second = second
        self._find = find

    def offer(self, call: CallNames, offer: Offer | None) -> Offer | None:
        """Return what the call costs, by what its model costs; None if nobody knows."""
        kinds, found = SoldKinds.of(call.sold), self._find(call.provider, (call.response_model, call.request_model))
        if offer is None:
            quote = self._pictures_alone(call, kinds)
            return Offer(lambda _: quote) if quote else None
        known = offer

        def quote_at(time_ns: int) -> Quote | None:
            quote = known.quote_at(time_ns)
            if quote is None or found is None:
                return self._pictures_alone(call, kinds)
            return self._with_pieces(quote, found, kinds, tier_of(call.service_tier) or found.reading.tier, time_ns)

        return Offer(quote_at, known.dates_ns, known.hours_ns)

    def _pictures_alone(self, call: CallNames, kinds: SoldKinds) -> Quote | None:
        """Return the price of pictures whose model has none by itself, as DALL-E's."""
        if not kinds.pictures or kinds.searches:
            return None
        models = tuple(filter(None, (call.response_model, call.request_model)))
        for seller, reading in self._models.sellers(call.provider.strip().lower(), models):
            if found := self._picture(seller.id, reading.name, kinds):
                key, price = found
                label = key if key.startswith(f"{seller.id}/") else f"{seller.id}/{key}"
                rates = Rates.of({"input": Decimal(0), "picture": price})
                how = (*reading.how, "second", "picture-kind")
                return Quote(self._second.version, label, TieredRates((rates,)), how)
        return None

    def _picture(self, seller: str, name: str, kinds: SoldKinds) -> tuple[str, Decimal] | None:
        if name.startswith(vendor_rules.NO_QUALITIES.get(kinds.quality, ("/",))):
            return None
        return self._second.picture(seller, [name], kinds.quality, kinds.size)

    def _with_pieces(self, quote: Quote, found: FoundModel, kinds: SoldKinds, tier: str, time_ns: int) -> Quote:
        words: list[str] = []
        rates = quote.rates
        if kinds.request and (fee := _request_fee(found, kinds.request, quote)) is not None:
            rates = rates.changed(lambda one: Rates.of(one.usd() | {"call": fee}))
            words.append("request-fee")
        if kinds.pictures:
            price, word = self._picture_rate(quote, found, kinds)
            words.append(word)
            if price is not None:
                rates = rates.changed(lambda one: _by_picture(one.usd(), price))
        if kinds.searches:
            searched, word = _search_rate(quote, found, tier, time_ns)
            words += [word] if word else []
            rates = rates.changed(lambda one: Rates.of(one.usd() | {"web_search": searched}))
        how = (*(word for word in quote.how if word != "image" or not kinds.pictures), *words)
        supplement = quote.supplement or (self._second.version if not _FROM_SECOND.isdisjoint(words) else "")
        return replace(quote, rates=rates, how=how, supplement=supplement)

    def _picture_rate(self, quote: Quote, found: FoundModel, kinds: SoldKinds) -> tuple[Decimal | None, str]:
        """Return what each picture costs, None if that is not known, and a word for how that is."""
        if special := self._picture(found.provider.id, found.reading.name, kinds):
            return special[1], "picture-kind"
        call = quote.rates.tiers[0].usd().get("call")
        of_images = found.second is not None and found.second.mode == "image_generation"
        return (call, "pictures") if call and of_images else (None, "no-picture-price")


def with_pieces(own: Rates, sold: str, default: Quote | None, *, has_fee: bool) -> tuple[Rates, tuple[str, ...]]:
    """Return a tenant's rates with the default's of the pieces `sold` that the tenant has none for, and words for that.

    A fee of the tenant's for the call, which `has_fee` says that it has, were it 0, is one for its pictures and
    searches, too. The default's price of a picture is that of the whole answer, and its fee of a request that of the
    searches in it: neither comes without the other.
    """
    usd, kinds, words = own.usd(), SoldKinds.of(sold), []
    normal = default.rates.tiers[0].usd() if default else {}
    rates = usd
    if kinds.pictures and "picture" not in usd:
        if usd.get("call"):
            rates = rates | {"picture": Decimal(0)}
        elif (price := normal.get("picture")) is not None:
            rates = _by_picture(rates, price).usd()
            words.append("default-pieces")
    if (kinds.searches or kinds.request) and "web_search" not in usd:
        fees = ("web_search",) if has_fee or kinds.pictures else ("web_search", "call")
        if lacking := {sort: normal[sort] for sort in fees if sort in normal}:
            rates = rates | lacking
            words.append("default-pieces")
    if kinds.pictures and "picture" not in rates:
        words.append("no-picture-price")
    if kinds.searches and "web_search" not in rates:
        words.append("no-search-price")
    return Rates.of(rates), tuple(dict.fromkeys(words))


def _by_picture(usd: Mapping[str, Decimal | None], price: Decimal) -> Rates:
    """Return rates of a call that is sold by its pictures: what it was told costs what it does, its answer is them."""
    rest = {sort: rate for sort, rate in usd.items() if sort not in _OUTPUTS and sort != "call"}
    return Rates.of({**rest, "output": Decimal(0), "picture": price})


def _request_fee(found: FoundModel, size: str, quote: Quote) -> Decimal | None:
    """Return the fee of a request by the size of its search, of models that have one; None if no table says."""
    if not quote.rates.tiers[0].usd().get("call") or found.second is None:
        return None
    return found.second.search_fees.get(size)


def _search_rate(quote: Quote, found: FoundModel, tier: str, time_ns: int) -> tuple[Decimal | None, str]:
    """Return what a search costs, None if no table says, and a word for how that is known."""
    provider, prefix = vendor_rules.FREE_SEARCHES
    if found.provider.id == provider and found.reading.name.startswith(prefix):
        return Decimal(0), "free-searches"
    if found.model is not None and (fee := search_fee(found.model, time_ns, tier)) is not None:
        return fee, ""
    if quote.rates.tiers[0].usd().get("call"):
        return Decimal(0), "searches-in-fee"
    fees = set(found.second.search_fees.values()) if found.second else set()
    return (fees.pop(), "second-searches") if len(fees) == 1 else (None, "no-search-price")
