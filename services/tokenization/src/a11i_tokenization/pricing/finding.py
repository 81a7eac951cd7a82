"""Which model of which seller a call's names mean, and what the two tables have of it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from genai_prices.data_snapshot import find_provider_by_id
from genai_prices.types import ModelInfo, Provider

from a11i_tokenization.pricing.genai_rates import dates_of, hours_of, prices_at, rates_of
from a11i_tokenization.pricing.matching import ModelIndices, base_of, is_version, prepared
from a11i_tokenization.pricing.readings import Reading, readings
from a11i_tokenization.pricing.second_model import SecondModel
from a11i_tokenization.pricing.second_table import SecondTable
from a11i_tokenization.pricing.vendor_rules import SUCCESSORS

_ALIASES: Final = {
    "gcp.gen_ai": "google",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure_openai": "azure",
    "azure_ai": "azure",
    "x_ai": "x-ai",
    "fireworks_ai": "fireworks",
    "together_ai": "together",
    "voyage": "voyageai",
    "moonshot": "moonshotai",
    "cohere_chat": "cohere",
    "ibm.watsonx.ai": "watsonx",
}
"""OpenTelemetry's and frameworks' provider names that genai-prices (0.2) misses or takes for another provider."""

_VENDORS: Final = (
    "openai", "anthropic", "google", "mistral", "cohere", "deepseek", "x-ai", "meta", "moonshotai", "perplexity",
    "voyageai", "minimax", "zai", "arcee",
)  # fmt: skip
"""Those who sell models of their own, asked in this order about a model that comes without a known provider."""

_RESELLING: Final = frozenset({"perplexity", "arcee"})
"""Those of them who sell others' models, too."""

_PROTOCOLS: Final = frozenset({"openai", "anthropic"})
"""Vendors whose protocols gateways speak, so that their clients name them whoever answers: they may stand for any."""

_OWN_MACHINES: Final = frozenset({
    "ollama", "ollama_chat", "vllm", "hosted_vllm", "lm_studio", "lmstudio", "llamafile", "llama.cpp", "llama_cpp",
    "llamacpp", "xinference", "oobabooga", "localai", "sglang", "triton", "huggingface_local", "transformers", "mlx",
})  # fmt: skip
"""Who runs models on machines of one's own: no vendor's table says what that costs, though it may have the names."""

_IN_REGION: Final = re.compile(
    r"(?:azure/)?(?:us|eu|global|global-standard)/"  # azure/eu/gpt-4o
    r"|(?:bedrock/)?(?:us|eu|apac|ap|jp|au|ca|sa|me|af|us-gov)(?:-[a-z]+-\d)?[./]"  # eu.amazon.x, bedrock/eu-west-3/x
)
"""How the names of models begin that are sold in a region alone."""
_REGIONAL: Final = ("regional.", "global.")
"""How genai-prices' own entries of such models begin."""

_CACHED_NAMES: Final = 4_096
"""Names of providers and prefixes remembered, as they come from outside; a mesh sees dozens."""

_Sellers = Callable[[Reading], Iterator[Provider]]


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model of a table, and how the name led there."""

    priced_as: str
    """`provider/model`, as the table names them."""
    provider: Provider
    model: ModelInfo | None
    """None if only the second table has it."""
    second: SecondModel | None
    """The same model in the second table."""
    reading: Reading
    how: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    plain: SecondModel | None = None
    """In the second table what the rates of `model` are of, where `second` is the model in a region of its own."""
    successor: "tuple[int, FoundModel] | None" = None
    """What the name means from some time on, nanoseconds since the epoch; None: always this."""


class ModelFinder:
    """Looks models up. Safe for use from several threads."""

    def __init__(self, providers: Sequence[Provider], second: SecondTable) -> None:
        self._providers = list(providers)
        self._models = ModelIndices(providers)
        self._second = second
        known = {provider.id for provider in providers}
        self._others = {
            name: Provider(id=name, name=name, api_pattern="", models=[]) for name in second.sellers - known
        }
        """Who sells by the second table alone."""
        self._sells = [(one, prepared(one.model_match)) for one in providers if one.model_match is not None]
        self.provider = lru_cache(maxsize=_CACHED_NAMES)(self._provider)
        self.vendors = [vendor for name in _VENDORS if (vendor := self.provider(name))]

    def _provider(self, name: str) -> Provider | None:
        """Return a provider by any of its names, in lower case."""
        if not name:
            return None
        name = _ALIASES.get(name, name)
        return find_provider_by_id(self._providers, name) or self._others.get(name)

    def seller(self, name: str) -> Provider | None:
        """Return the provider of a name, if it stands for itself alone: what it does not sell has nobody's price."""
        found = self.provider(name)
        return found if found and found.id not in _PROTOCOLS else None

    def find(self, provider: str, models: Sequence[str]) -> FoundModel | None:
        """Return the first of `models` that a table has, see `PriceBook.find`."""
        every = [(number, reading) for number, model in enumerate(models) for reading in readings(model)]
        if provider in _OWN_MACHINES or any(reading.hint in _OWN_MACHINES for _, reading in every):
            return None
        named = self.provider(provider)
        if named is not None:
            found = self._among(models, every, "", lambda _: iter([named]), all_kinds=True)
            if found or named.id not in _PROTOCOLS:
                return found
        word = "provider" if named else ""
        resold = ((place, self._reseller(reading.hint)) for place, (_, reading) in enumerate(every))
        place, reseller = next((found for found in resold if found[1]), (0, None))
        if reseller is not None:
            return self._among(models, every[place:], word, lambda _: iter([reseller]), all_kinds=True)
        found = self._among(models, every, word, self._hinted, all_kinds=True)
        return found or self._among(models, every, "vendor" if provider else "", self._likely)

    def sellers(self, provider: str, models: Sequence[str]) -> Iterator[tuple[Provider, Reading]]:
        """Yield who can sell what a model makes where the model has no entry, with readings of its name."""
        every = [reading for model in models for reading in readings(model)]
        if provider in _OWN_MACHINES or any(reading.hint in _OWN_MACHINES for reading in every):
            return
        named = self.provider(provider)
        for reading in every:
            hinted = None if named and named.id not in _PROTOCOLS else self.provider(reading.hint)
            for seller in (named, hinted):
                if seller is not None:
                    yield seller, reading

    def _among(
        self,
        models: Sequence[str],
        every: Sequence[tuple[int, Reading]],
        word: str,
        sellers: _Sellers,
        *,
        all_kinds: bool = False,
    ) -> FoundModel | None:
        """Return the first model that `sellers` of a reading have; of `all_kinds`, if only the second table has it."""
        names = [frozenset(reading.name for of, reading in every if of == number) for number in range(len(models))]
        for number, reading in every:
            for provider in sellers(reading):
                if found := self._model(provider, reading, names[number]):
                    return _said(found, number, models[number], word)
        for number, reading in every if all_kinds else ():
            for provider in sellers(reading):
                alone = self._second.exact(provider.id, reading.name)
                # The table has no dates, and often one entry for each version.
                if alone and not any(is_version(name, of=reading.name) for name in names[number]):
                    label = f"{provider.id}/{reading.name}"
                    found = FoundModel(label, provider, None, alone, reading, how=("second",))
                    return _said(found, number, models[number], word)
        for number, reading in every if all_kinds else ():
            for provider in sellers(reading):
                if (model := self._models.same_claude(provider, reading.name)) is not None:
                    found = self._with_second(provider, model, reading, names[number])
                    return _said(replace(found, how=(*found.how, "same-claude")), number, models[number], word)
                if (unlisted := self._unlisted_version(provider, reading)) is not None:
                    return _said(unlisted, number, models[number], word)
        return None

    def _hinted(self, reading: Reading) -> Iterator[Provider]:
        if (hinted := self.provider(reading.hint)) is not None:
            yield hinted

    def _reseller(self, hint: str) -> Provider | None:
        """Return the seller that a prefix names, if not the maker: what follows is sold by nobody else."""
        hinted = self.provider(hint)
        return hinted if hinted and (hinted.id not in _VENDORS or hinted.id in _RESELLING) else None

    def _likely(self, reading: Reading) -> Iterator[Provider]:
        if (seller := self.provider(self._second.seller(reading.name))) is not None:
            yield seller
        yield from self.vendors
        for provider, sells in self._sells:
            if sells(reading.name):
                yield provider

    def _model(self, provider: Provider, reading: Reading, names: frozenset[str]) -> FoundModel | None:
        """Return a provider's model of this name; `names` are all readings of it."""
        name = reading.name
        if not self._models.is_guess(provider, name, names):
            model, maker = self._models.own(provider, name), provider.id
            if model is None:
                model, maker = self._followed(provider, name)
            if model is not None:
                found = self._with_second(provider, model, reading, names)
                if found.second is None and maker != provider.id:
                    found = replace(found, second=self._makers(maker, model, name))
                return replace(found, successor=self._successor(provider, reading))
        alone = self._second.find_alone(provider.id, [name])
        return FoundModel(f"{provider.id}/{name}", provider, None, alone, reading) if alone else None

    def _successor(self, provider: Provider, reading: Reading) -> tuple[int, FoundModel] | None:
        from_ns, name = SUCCESSORS.get((provider.id, reading.name), (0, ""))
        model = self._models.own(provider, name) if name else None
        if model is None:
            return None
        return from_ns, self._with_second(provider, model, replace(reading, name=name), frozenset())

    def _followed(self, provider: Provider, name: str) -> tuple[ModelInfo | None, str]:
        """Return another's model that a provider sells, if at that one's price as far as the second table says, and
        whose it is.
        """
        found = self._models.followed(provider, name)
        if found is None:
            return None, ""
        maker, model = found
        own, makers = self._second.exact(provider.id, name), self._second.find(maker, (name, model.id))
        if own is not None:
            return (model, maker) if makers is not None and makers.costs_as(own) else (None, "")
        # At certain hours a maker is cheaper for its own machines' sake.
        return (None, "") if hours_of(model) else (model, maker)

    def _makers(self, maker: str, model: ModelInfo, name: str) -> SecondModel | None:
        """Return what the second table has of a maker's model for another who sells it at the same rates."""
        found = self._second.find(maker, (name, model.id))
        # The maker's tiers of service are not the other's.
        return found.standard_alone() if found else None

    def _unlisted_version(self, provider: Provider, reading: Reading) -> FoundModel | None:
        """Return a maker's version of a model whose other versions a provider sells at the maker's rates, all of them
        that both list.
        """
        base = base_of(reading.name)
        versions = dict(self._second.versions(provider.id, base)) if base else {}
        for maker in self.vendors if versions else ():
            model = self._models.listed(maker, reading.name)
            if maker.id == provider.id or model is None or hours_of(model):
                continue
            both = [
                (own, theirs)
                for name, own in versions.items()
                if (theirs := self._models.listed(maker, name)) is not None
            ]
            if both and all(_costs_now(theirs, own) for own, theirs in both):
                second = self._makers(maker.id, model, reading.name)
                label = f"{provider.id}/{reading.name}"
                return FoundModel(label, provider, model, second, reading, how=("as-other-versions",))
        return None

    def _with_second(self, provider: Provider, model: ModelInfo, reading: Reading, names: frozenset[str]) -> FoundModel:
        label, own = f"{provider.id}/{model.id}", model.id.removeprefix("regional.")
        second = self._second.find(provider.id, (reading.name, own))
        for name in () if model.id.startswith(_REGIONAL) else sorted(names, key=len, reverse=True):
            if (region := _IN_REGION.match(name)) and (regional := self._second.exact(provider.id, name)):
                plain = self._second.find(provider.id, (name[region.end() :], own))
                if plain and not plain.costs_as(regional):
                    return FoundModel(label, provider, model, regional, reading, ("in-region",), plain=plain)
        return FoundModel(label, provider, model, second, reading)


def _costs_now(model: ModelInfo, own: SecondModel) -> bool:
    """Return whether a model's last rates are those of another table, which is not dated."""
    prices, _ = prices_at(model, max(dates_of(model, ""), default=0), "")
    priced = rates_of(prices, model.id)
    return priced is not None and own.is_at(priced.rates.tiers[0])


def _said(found: FoundModel, number: int, model: str, word: str) -> FoundModel:
    """Return what was found, with how it was: in words that a basis keeps, and in sentences."""
    reading, provider = found.reading, found.provider.id
    steps = [f"took the model that was asked for, {model}: the one that answered is in no table"] if number else []
    steps += reading.steps
    if word:
        steps.append(f"took {provider} for the provider, as it sells the model")
    how = (*(["asked"] if number else []), *reading.how, *([word] if word else []), *found.how)
    successor = found.successor
    if successor is not None:
        from_ns, later = successor
        successor = from_ns, replace(later, how=(*how, "successor"), steps=tuple(steps))
    return replace(found, how=how, steps=tuple(steps), successor=successor)
