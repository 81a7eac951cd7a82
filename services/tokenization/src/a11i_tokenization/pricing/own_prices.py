"""What calls cost a tenant: by the first line of its own table that fits, else by the default prices."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.offers import CallNames, Offer, OwnLine, Quote
from a11i_tokenization.pricing.own_lines import OwnPrice
from a11i_tokenization.pricing.patterns import Patterns
from a11i_tokenization.pricing.rates import TieredRates
from a11i_tokenization.pricing.readings import Reading, readings
from a11i_tokenization.pricing.sheet import Sheet, Sheets
from a11i_tokenization.pricing.sold_prices import with_pieces
from a11i_tokenization.pricing.tiers import STANDARD, tier_of

_Fit = tuple[OwnPrice, Reading]


class OwnPrices:
    """The prices of a tenant with a version of its table. Safe for use from several threads."""

    def __init__(self, tenant_id: str, version: int, lines: Sequence[OwnPrice], default: PriceBook) -> None:
        self._tenant_id = tenant_id
        self._version = version
        self._lines = lines
        self._patterns = Patterns([line.model for line in lines])
        self._default = default
        self._sheets = Sheets(self)

    def sheet(self) -> Sheet:
        """Return the rates of calls seen so far, for whole columns."""
        return self._sheets.current()

    def offer(self, call: CallNames) -> Offer | None:
        """Return what the call's model costs; None if neither the tenant's table nor the default knows it."""
        default = self._default.offer(call)
        fits = self._fits(call)
        if not fits:
            return default
        bounds = {bound for line, _ in fits for bound in (line.from_ns, line.until_ns) if bound is not None}
        if default is not None:
            bounds.update(default.dates_ns)
        return Offer(
            partial(self._quote, call, fits, default), tuple(sorted(bounds)), default.hours_ns if default else ()
        )

    def _quote(self, call: CallNames, fits: Sequence[_Fit], default: Offer | None, time_ns: int) -> Quote | None:
        normal = default.quote_at(time_ns) if default else None
        for line, reading in fits:
            if not line.holds_at(time_ns):
                continue
            if line.rates is not None:
                label = f"{self._tenant_id}/{self._version}"
                own, words = with_pieces(line.rates, call.sold, normal, has_fee=line.has_fee)
                return Quote(
                    table=label,
                    priced_as=f"{self._tenant_id}/{line.model}",
                    rates=TieredRates((own,)),
                    how=(*reading.how, *words),
                    tier=reading.tier,
                    supplement=normal.version if normal and "default-pieces" in words else "",
                    own=self._label(line),
                )
            if normal is not None:
                rates = normal.rates.changed(lambda one, by=line.factor: one.scaled(by))  # type: ignore[misc]
                return replace(normal, rates=rates, own=self._label(line))
        return normal

    def _label(self, line: OwnPrice) -> OwnLine:
        return OwnLine(self._tenant_id, self._version, line.number, line.discount, line.currency, line.usd_per_unit)

    def _fits(self, call: CallNames) -> list[_Fit]:
        """Return the lines that can price the call at some time, in their order, and how each reads the name."""
        provider = self._default.provider_id(call.provider)
        names = self._names(call)
        # A pattern may take a name whole, of which a plainer reading says the tier.
        said = tier_of(call.service_tier) or next((reading.tier for reading in names if reading.tier), "")
        matching = self._patterns.matching([reading.name for reading in names])
        found: list[_Fit] = []
        for place in sorted(matching):
            line = self._lines[place]
            if line.provider in ("", provider) and line.tier in ("", said or STANDARD):
                found.append((line, replace(names[matching[place]], tier=said)))
        return found

    def _names(self, call: CallNames) -> list[Reading]:
        """Return readings of the model that answered, and of the one asked for unless that is known to be another."""
        answered, asked = (list(readings(model)) for model in (call.response_model, call.request_model))
        if answered and asked:
            one = self._default.find(call.provider, (call.response_model,))
            other = self._default.find(call.provider, (call.request_model,))
            if one and other and one.priced_as != other.priced_as:
                return answered
        return answered + asked
