"""Prices out of litellm's table, for what genai-prices lacks: tiers of service, sorts of tokens, reranking.

The table is not dated, so that its rates are taken as shares of its own standard ones wherever genai-prices has those.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from a11i_tokenization.model_table import Entry, ModelTable
from a11i_tokenization.pricing.matching import base_of
from a11i_tokenization.pricing.second_model import SecondModel, picture_price

_PREFIXES: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "openai": ("", "openai/"),
        "anthropic": ("", "anthropic/"),
        "google": ("gemini/", "vertex_ai/", ""),
        "aws": ("", "bedrock/", "bedrock_mantle/"),
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
_NEWER: Final = "azure_ai/"
"""Of two entries of Azure's the one that is kept up: the other has what Mistral's models cost when they came."""
_SELLERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text-completion-openai": "openai",
        "gemini": "google",
        "vertex_ai": "google",
        "bedrock": "aws",
        "bedrock_converse": "aws",
        "bedrock_mantle": "aws",
        "azure_ai": "azure",
        "azure_text": "azure",
        "cohere_chat": "cohere",
        "voyage": "voyageai",
        "xai": "x-ai",
        "together_ai": "together",
        "fireworks_ai": "fireworks",
        "moonshot": "moonshotai",
        "codestral": "mistral",
        "text-completion-codestral": "mistral",
    }
)
"""genai-prices' providers by what litellm calls them; others have one name."""
_KIND: Final = re.compile(r"(?<=vertex_ai)-.+|(?<=fireworks_ai)-.+")
"""What litellm writes behind some providers."""
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


class SecondTable:
    """Looks up models in litellm's table."""

    def __init__(self, table: ModelTable) -> None:
        self.version = table.version
        self._models = table.models
        self._units = {
            key.rpartition("/")[2]: _UNITS[mode]
            for key, entry in table.models.items()
            if (mode := entry.get("mode", "")) in _UNITS and SecondModel.of(key, entry).rates() is None
        }
        self.sellers = frozenset(map(_seller, table.models.values()))
        """Who sells the models, by genai-prices' names where it has one."""
        self._dated = {key.rpartition("-20")[0]: key for key in sorted(self._models, reverse=True) if "-20" in key}
        self._versions: dict[tuple[str, str], set[str]] = {}
        for key, entry in self._models.items():
            name = key.rpartition("/")[2]
            if base := base_of(name):
                self._versions.setdefault((_seller(entry), base), set()).add(name)
        self._ends = {key.rpartition("/")[2] for key in (*self._models, *self._dated)}

    def find(self, provider: str, names: Iterable[str]) -> SecondModel | None:
        """Return the first of `names` that the table has of a provider of genai-prices, if need be with a date."""
        for name in names:
            for key in self._keys(provider, name):
                for one in (key, self._dated.get(key, "")):
                    if self.seller(one) == provider:
                        return SecondModel.of(one, self._models[one])
        return None

    def exact(self, provider: str, name: str) -> SecondModel | None:
        """Return a provider's model that has a price by the token or the call, by the table's own name of it."""
        for key in sorted(self._keys(provider, name), key=lambda one: not one.startswith(_NEWER)):
            if self.seller(key) == provider:
                found = SecondModel.of(key, self._models[key])
                return found if found.rates() else None
        return None

    def versions(self, provider: str, base: str) -> Iterator[tuple[str, SecondModel]]:
        """Yield the versions of a model that the table has of a provider and a price for, by their names."""
        for name in sorted(self._versions.get((provider, base), ())):
            if found := self.exact(provider, name):
                yield name, found

    def seller(self, key: str) -> str:
        """Return the provider, as genai-prices calls it, of a model by the table's own name; "" if there is none."""
        entry = self._models.get(key)
        return "" if entry is None else _seller(entry)

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

    def picture(self, provider: str, names: Iterable[str], quality: str, size: str) -> tuple[str, Decimal] | None:
        """Return the entry's name and the price, in dollars, of a provider's pictures of a quality and a size."""
        kind = f"{quality}/{size.replace('x', '-x-')}"
        for name in names:
            for prefix in _PREFIXES.get(provider, (f"{provider}/",)):
                key = f"{prefix}{kind}/{name}"
                if self.seller(key) == provider and (price := picture_price(self._models[key], size)):
                    return key, price
        return None

    def _keys(self, provider: str, name: str) -> Iterator[str]:
        """Yield what the table may call a provider's model; nothing for most names that it does not have."""
        if name.rpartition("/")[2] not in self._ends:
            return
        for prefix in _PREFIXES.get(provider, (f"{provider}/",)):
            yield prefix + name
        if "/" not in name:
            yield name


def _seller(entry: Entry) -> str:
    name = _KIND.sub("", entry["litellm_provider"])
    return _SELLERS.get(name, name)
