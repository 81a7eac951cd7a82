"""Prices out of litellm's table, for what genai-prices lacks: tiers of service, sorts of tokens, reranking.

The table is not dated, so that its rates are taken as shares of its own standard ones wherever genai-prices has those.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from a11i_tokenization.model_table import ModelTable
from a11i_tokenization.pricing.second_model import SecondModel

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
        self._dated = {key.rpartition("-20")[0]: key for key in sorted(self._models, reverse=True) if "-20" in key}

    def find(self, provider: str, names: Iterable[str]) -> SecondModel | None:
        """Return the first of `names` that the table has of a provider of genai-prices."""
        for name in names:
            for prefix in _PREFIXES.get(provider, (f"{provider}/",)):
                key = prefix + name
                if key not in self._models:
                    key = self._dated.get(key, "")
                if key:
                    return SecondModel.of(key, self._models[key])
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
