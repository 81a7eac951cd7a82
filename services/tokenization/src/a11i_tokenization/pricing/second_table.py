"""Prices out of litellm's table, for what genai-prices lacks: tiers of service, sorts of tokens, reranking.

The table is not dated, so that its rates are taken as shares of its own standard ones wherever genai-prices has those.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from a11i_tokenization.model_table import Entry, ModelTable
from a11i_tokenization.pricing.rates import FALLBACKS, SORTS, Rates, TieredRates

_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "input": "input_cost_per_token",
        "cache_read": "cache_read_input_token_cost",
        "cache_write": "cache_creation_input_token_cost",
        "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
        "input_audio": "input_cost_per_audio_token",
        "input_image": "input_cost_per_image_token",
        "output": "output_cost_per_token",
        "reasoning": "output_cost_per_reasoning_token",
        "output_audio": "output_cost_per_audio_token",
        "output_image": "output_cost_per_image_token",
        "call": "input_cost_per_query",
    }
)
_PER_IMAGE: Final = "output_cost_per_image"
_TIERS: Final[Mapping[str, str]] = MappingProxyType({"batch": "_batches", "flex": "_flex", "priority": "_priority"})
_PREFIXES: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "openai": ("", "openai/"),
        "anthropic": ("", "anthropic/"),
        "google": ("gemini/", "vertex_ai/", ""),
        "aws": ("", "bedrock/"),
        "azure": ("azure/", "azure_ai/"),
        "cohere": ("", "cohere/"),
        "voyageai": ("voyage/",),
        "x-ai": ("xai/",),
        "together": ("together_ai/",),
        "fireworks": ("fireworks_ai/accounts/fireworks/models/", "fireworks_ai/"),
        "moonshotai": ("moonshot/",),
    }
)
"""What litellm writes before the names of a provider of genai-prices; of others, the provider's name and a slash."""
_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image_generation": "picture, by its size and quality",
        "image_edit": "picture, by its size and quality",
        "audio_transcription": "second of audio",
        "audio_speech": "character or second of audio",
        "video_generation": "second of video",
        "ocr": "page",
    }
)
"""What models of a kind are sold by that have no price by the token or the call."""
_ALONE: Final = frozenset({"embedding", "rerank", "image_generation"})
"""Kinds of models that are priced by this table alone if genai-prices does not know them."""


@dataclass(frozen=True, slots=True)
class SecondModel:
    """A model of the table."""

    key: str
    """What the table calls it."""
    mode: str
    """What kind of model it is, such as chat, rerank."""
    standard: Mapping[str, Decimal]
    """Dollars a token by sort."""
    tiers: Mapping[str, Mapping[str, Decimal]]
    """Likewise, by tier of service."""

    def sorts(self, rates: TieredRates, lacking: Iterable[str]) -> tuple[TieredRates, bool]:
        """Return rates with those of sorts `lacking` worked out of those that are there, and whether there are any."""
        shares: dict[str, tuple[str, Decimal]] = {}
        for sort in lacking:
            base = next((kind for kind in _kinds(sort) if kind not in lacking), "")
            # A rate of 0 says in this table that a sort costs no more than its kind.
            if self.standard.get(base) and self.standard.get(sort, self.standard[base]) not in (0, self.standard[base]):
                shares[sort] = base, self.standard[sort] / self.standard[base]
        if not shares:
            return rates, False

        def added(one: Rates) -> Rates:
            usd = one.usd()
            whole = {sort: usd.get(sort) for sort in ("input", "output")} | usd
            for sort, (base, share) in shares.items():
                rate = next((found for kind in (base, *_kinds(base)) if (found := whole.get(kind)) is not None), None)
                if rate is not None:
                    usd[sort] = rate * share
            return Rates.of(usd)

        return rates.changed(added), True

    def tier(self, rates: TieredRates, tier: str) -> TieredRates | None:
        """Return what a tier of service costs as a share of its standard rates; None if the table does not say."""
        special = self.tiers.get(tier)
        if not special or "input" not in special:
            return None
        factors = {sort: self._factor(sort, special) for sort in SORTS}
        return rates.changed(lambda one: one.scaled(factors))

    def _factor(self, sort: str, special: Mapping[str, Decimal]) -> Decimal:
        standard = self.standard.get(sort)
        if standard and sort in special:
            return special[sort] / standard
        kind = FALLBACKS.get(sort)
        if kind and (standard is None or standard == self.standard.get(kind)):
            return self._factor(kind, special)
        return Decimal(1)

    def rates(self) -> TieredRates | None:
        """Return the table's own rates; None if the model is sold in another way."""
        if not any(self.standard.get(sort) for sort in ("input", "call")):
            return None
        usd: dict[str, Decimal | None] = {"input": Decimal(0), **self.standard}
        if not usd.get("output"):
            usd.pop("output", None)
        try:
            return TieredRates((Rates.of(usd),))
        except ValueError:
            return None


class SecondTable:
    """Looks up models in litellm's table."""

    def __init__(self, table: ModelTable) -> None:
        self.version = table.version
        self._models = table.models
        self._units = {
            key.rpartition("/")[2]: _UNITS[mode]
            for key, entry in table.models.items()
            if (mode := entry.get("mode", "")) in _UNITS and _model(key, entry).rates() is None
        }
        self._dated = {key.rpartition("-20")[0]: key for key in sorted(self._models, reverse=True) if "-20" in key}

    def find(self, provider: str, names: Iterable[str]) -> SecondModel | None:
        """Return the first of `names` that the table has of a provider of genai-prices."""
        for name in names:
            for prefix in _PREFIXES.get(provider, (f"{provider}/",)):
                key = prefix + name
                if key not in self._models:
                    key = self._dated.get(key, "")
                if key:
                    return _model(key, self._models[key])
        return None

    def unit(self, names: Iterable[str]) -> str:
        """Return what the first of `names` is sold by that is sold by neither tokens nor calls; "" if none is known."""
        return next((self._units[name] for name in names if name in self._units), "")

    def find_alone(self, provider: str, names: Sequence[str]) -> SecondModel | None:
        """Return a model that this table may price alone: one of a kind that genai-prices hardly has, or fine-tuned."""
        for name in names:
            found = self.find(provider, [name])
            if found and (found.mode in _ALONE or found.key.startswith("ft:")) and found.rates():
                return found
        return None


def _kinds(sort: str) -> Iterator[str]:
    """Yield what a sort falls back to, and what that does."""
    while sort in FALLBACKS:
        sort = FALLBACKS[sort]
        yield sort


def _model(key: str, entry: Entry) -> SecondModel:
    standard, mode, image = _prices(entry, ""), str(entry.get("mode", "")), entry.get(_PER_IMAGE)
    if mode == "image_generation" and not any(standard.values()) and isinstance(image, int | Decimal):
        standard["call"] = Decimal(image)
    return SecondModel(
        key=key,
        mode=mode,
        standard=standard,
        tiers={tier: prices for tier, suffix in _TIERS.items() if (prices := _prices(entry, suffix))},
    )


def _prices(entry: Entry, suffix: str) -> dict[str, Decimal]:
    found = {sort: entry.get(field + suffix) for sort, field in _FIELDS.items()}
    return {sort: Decimal(price) for sort, price in found.items() if isinstance(price, int | Decimal)}
