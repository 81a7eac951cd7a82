"""The price of a model: genai-prices' embedded table, matched by the names that spans carry.

Neither the network nor the package's updater is used, nor its lookup caches, which keep every unknown name for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from genai_prices import __version__ as genai_prices_version
from genai_prices.data import providers as embedded_providers
from genai_prices.data_snapshot import find_provider_by_id
from genai_prices.types import ModelInfo, ModelPrice, Provider, StartDateConstraint, TimeOfDateConstraint

from a11i_tokenization.names import MAX_NAME_CHARS, Candidate, candidates
from a11i_tokenization.rates import TieredRates, tiered_rates

PRICE_VERSION: Final = f"genai-prices {genai_prices_version}"
"""The price table and its version, as spans keep it."""

_ALIASES: Final = {
    "gcp.gen_ai": "google",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure_openai": "azure",
    "x_ai": "x-ai",
    "fireworks_ai": "fireworks",
}
"""OpenTelemetry's and frameworks' provider names that genai-prices (0.2) misses or takes for another provider."""

_VENDORS: Final = (
    "openai", "anthropic", "google", "mistral", "cohere", "deepseek", "x-ai", "meta", "moonshotai", "perplexity",
    "voyageai", "minimax", "zai", "arcee",
)  # fmt: skip
"""Those who sell models of their own, asked in this order about a model that comes without a known provider."""

_CACHED_NAMES: Final = 8192
"""Distinct names remembered, found or not, as they come from outside; a mesh sees dozens."""


@dataclass(frozen=True, slots=True)
class DatedRates:
    """Rates, and when they hold."""

    constraint: StartDateConstraint | TimeOfDateConstraint | None
    """None: whenever nothing else does."""
    rates: TieredRates | None
    """None if the model was not sold by the token then."""


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model of the price table."""

    priced_as: str
    """`provider/model`, as the table names them."""
    schedule: tuple[DatedRates, ...]
    """The first that holds at a time is what was charged; if none does, the last."""

    def rates_at(self, minute: int) -> TieredRates | None:
        """Return what was charged at a minute since the epoch; None if the model was not sold by the token."""
        time = datetime.fromtimestamp(minute * 60, UTC) if len(self.schedule) > 1 else None
        for dated in self.schedule:
            if time is None or dated.constraint is None or dated.constraint.active(time):
                return dated.rates
        return self.schedule[-1].rates


class PriceBook:
    """Finds models in the price table. Safe for use from several threads."""

    def __init__(self) -> None:
        self._providers = embedded_providers
        self._vendors = [vendor for name in _VENDORS if (vendor := find_provider_by_id(self._providers, name))]
        self._cached = lru_cache(maxsize=_CACHED_NAMES)(self._find)

    def find(self, provider: str, models: tuple[str, ...]) -> PricedModel | None:
        """Return the first of `models` that the table has, under its provider if possible, else under any; or None.

        `provider` is `gen_ai.provider.name`, and may be empty or unknown: gateways and frameworks put their own names
        there. Models that are empty, or too long to be one, are passed over.
        """
        names = tuple(model for model in models if 0 < len(model) <= MAX_NAME_CHARS)
        return self._cached(provider[:MAX_NAME_CHARS].strip().lower(), names)

    def nearest(self, model: str) -> list[str]:
        """Return up to three model names of the table that look like `model`."""
        names = {known.id for vendor in self._vendors for known in vendor.models}
        return get_close_matches(model.lower()[:MAX_NAME_CHARS], names, n=3)

    def _find(self, provider: str, models: tuple[str, ...]) -> PricedModel | None:
        seller = self._provider(provider)
        readings = [candidate for model in models for candidate in candidates(model)]
        for candidate in readings:
            if seller is not None and (found := self._model(seller, candidate)) is not None:
                return found
        for candidate in readings:
            hinted = self._provider(candidate.provider_hint)
            if hinted is not None and (found := self._model(hinted, candidate)) is not None:
                return found
        for candidate in readings:
            for likely in self._likely_providers(candidate):
                if (found := self._model(likely, candidate)) is not None:
                    return found
        return None

    def _provider(self, name: str) -> Provider | None:
        return find_provider_by_id(self._providers, _ALIASES.get(name, name)) if name else None

    def _likely_providers(self, candidate: Candidate) -> Iterator[Provider]:
        yield from self._vendors
        for provider in self._providers:
            if provider.model_match is not None and provider.model_match.is_match(candidate.name):
                yield provider

    def _model(self, provider: Provider, candidate: Candidate) -> PricedModel | None:
        model = provider.find_model(candidate.name, all_providers=self._providers)
        return None if model is None else PricedModel(f"{provider.id}/{model.id}", _schedule(model))


def _schedule(model: ModelInfo) -> tuple[DatedRates, ...]:
    if isinstance(model.prices, ModelPrice):
        return (DatedRates(None, tiered_rates(model.prices)),)
    # In genai-prices the last that holds is right, and the first if none does.
    return tuple(DatedRates(dated.constraint, tiered_rates(dated.prices)) for dated in reversed(model.prices))
