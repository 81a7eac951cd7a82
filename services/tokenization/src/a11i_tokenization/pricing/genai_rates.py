"""Rates out of genai-prices' entries, by asking genai-prices itself, so that its own rules hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from genai_prices import Usage
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from a11i_tokenization.pricing.rates import Rates, TieredRates

_NS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONTEXT_KEYS: Final = ("service_tier", "processing", "speed")
"""Under which names genai-prices asks for a tier."""
_USAGE: Final = {
    "input": {},
    "cache_read": {"cache_read_tokens"},
    "cache_write": {"cache_write_tokens"},
    "cache_write_1h": {"cache_write_tokens", "cache_write_1h_tokens"},
    "input_audio": {"input_audio_tokens"},
    "input_image": {"input_image_tokens"},
    "output": {},
    "reasoning": {"output_reasoning_tokens"},
    "output_audio": {"output_audio_tokens"},
    "output_image": {"output_image_tokens"},
}
"""What genai-prices calls tokens of a sort, beside all of the input or the output."""
_PRICE_KEYS: Final = {
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "input_audio": "input_audio_mtok",
    "input_image": "input_image_mtok",
    "reasoning": "output_reasoning_mtok",
    "output_audio": "output_audio_mtok",
    "output_image": "output_image_mtok",
}
_AUDIO_MODELS: Final = ("audio", "realtime", "voice", "-live")
"""Models made for audio, whose audio never costs what text does, whatever a table leaves out."""


@dataclass(frozen=True, slots=True)
class GenaiRates:
    """The rates of an entry."""

    rates: TieredRates
    lacking: tuple[str, ...]
    """Sorts that the entry has no price of its own for."""
    for_audio: bool
    """Whether the model is made for audio."""
    free: bool = False
    """Whether the provider takes nothing for it."""

    def closed(self, rates: TieredRates) -> TieredRates:
        """Return the final rates, without those that nobody knows: of audio models, where they have none for audio."""
        if not self.for_audio:
            return rates

        def change(one: Rates) -> Rates:
            usd = one.usd()
            unknown = {f"{side}_audio": None for side in ("input", "output") if f"{side}_audio" not in usd}
            return Rates.of(usd | unknown)

        return rates.changed(change)


def prices_at(model: ModelInfo, time_ns: int, tier: str) -> tuple[ModelPrice, bool]:
    """Return what a model costs at a time, and whether that holds for the tier of service."""
    at = _EPOCH + _delta(time_ns)
    if not tier:
        return model.get_prices(at), True
    known = any(_is_for(variant, tier) and _active(variant, at) for variant in model.price_variants or ())
    return model.get_prices(at, dict.fromkeys(_CONTEXT_KEYS, tier)), known


def search_fee(model: ModelInfo, time_ns: int, tier: str) -> Decimal | None:
    """Return what a search of the web costs that a model runs, in dollars; None if the table does not say."""
    fee = prices_at(model, time_ns, tier)[0].web_searches_kcount
    return fee / 1_000 if isinstance(fee, Decimal) else None


def dates_of(model: ModelInfo, tier: str) -> tuple[int, ...]:
    """Return the times, in nanoseconds since the epoch, from which a model costs something else."""
    starts = {
        constraint.start_date for constraint in _constraints(model, tier) if isinstance(constraint, StartDateConstraint)
    }
    return tuple(sorted(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * _NS for day in starts))


def hours_of(model: ModelInfo) -> tuple[int, ...]:
    """Return the times of the day (UTC), in nanoseconds, at which a model's price changes."""
    bounds = {
        _time_of_day_ns(bound)
        for constraint in _constraints(model, "")
        if isinstance(constraint, TimeOfDateConstraint)
        for bound in (constraint.start_time, constraint.end_time)
    }
    return tuple(sorted(bounds))


def rates_of(price: ModelPrice, model_id: str) -> GenaiRates | None:
    """Return the rates of a price; None if it has none for input tokens (sold by the page, the minute, or not at all),
    or one that is too high to be.
    """
    for_audio = any(word in model_id for word in _AUDIO_MODELS)
    if price.input_mtok is None:
        free = model_id.endswith(":free") and all(value is None for value in vars(price).values())
        nothing = Rates.of({"input": Decimal(0), "output": Decimal(0)})
        return GenaiRates(TieredRates((nothing,)), (), for_audio=False, free=True) if free else None
    starts = sorted(
        {tier.start for value in vars(price).values() if isinstance(value, TieredPrices) for tier in value.tiers}
    )
    try:
        tiers = tuple(_probe(price, tokens) for tokens in (1, *(start + 1 for start in starts)))
    except ValueError:
        return None
    lacking = tuple(sort for sort, key in _PRICE_KEYS.items() if getattr(price, key) is None)
    return GenaiRates(TieredRates(tiers, tuple(starts)), lacking, for_audio)


def _probe(price: ModelPrice, tokens: int) -> Rates:
    """Return the rates of calls with `tokens` of input. Raises ValueError."""

    def cost(**usage: int) -> Decimal:
        return price.calc_price(Usage(**usage))["total_price"]

    call = cost()
    unanswered = cost(input_tokens=tokens)
    usd: dict[str, Decimal | None] = {"call": call}
    for sort, keys in _USAGE.items():
        if sort.startswith(("output", "reasoning")):
            usage = {"output_tokens": 1} | dict.fromkeys(keys, 1)
            usd[sort] = cost(input_tokens=tokens, **usage) - unanswered if price.output_mtok is not None else None
        else:
            usd[sort] = (cost(input_tokens=tokens, **dict.fromkeys(keys, tokens)) - call) / tokens
    return Rates.of(usd)


def _constraints(model: ModelInfo, tier: str) -> Iterator[StartDateConstraint | TimeOfDateConstraint]:
    dated: list[ConditionalPrice | PriceVariant] = []
    if not isinstance(model.prices, ModelPrice):
        dated.extend(model.prices)
    if tier:
        dated.extend(variant for variant in model.price_variants or () if _is_for(variant, tier))
    for one in dated:
        if one.constraint is not None:
            yield one.constraint


def _is_for(variant: PriceVariant, tier: str) -> bool:
    return all(key in _CONTEXT_KEYS and value == tier for key, value in variant.when.items())


def _active(variant: PriceVariant, at: datetime) -> bool:
    return variant.constraint is None or variant.constraint.active(at)


def _delta(time_ns: int) -> timedelta:
    return timedelta(microseconds=time_ns // 1_000)


def _time_of_day_ns(bound: time) -> int:
    if bound.tzinfo is not None:
        bound = datetime.combine(_EPOCH.date(), bound).astimezone(UTC).time()
    return ((bound.hour * 60 + bound.minute) * 60 + bound.second) * _NS + bound.microsecond * 1_000
