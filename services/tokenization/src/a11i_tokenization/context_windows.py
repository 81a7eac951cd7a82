"""How many tokens a model takes, by litellm's table."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from a11i_tokenization.model_table import ModelTable
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS, models_of

_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "openai": ("",),
        "anthropic": ("",),
        "cohere": ("",),
        "gcp.gemini": ("gemini/", "vertex_ai/"),
        "gcp.vertex_ai": ("vertex_ai/", "gemini/"),
        "gcp.gen_ai": ("gemini/", "vertex_ai/"),
        "aws.bedrock": ("", "bedrock/"),
        "azure.ai.openai": ("azure/",),
        "azure.ai.inference": ("azure_ai/", "azure/"),
        "mistral_ai": ("mistral/",),
        "x_ai": ("xai/",),
        "deepseek": ("deepseek/",),
        "groq": ("groq/",),
        "perplexity": ("perplexity/",),
        "moonshot_ai": ("moonshot/",),
        "ibm.watsonx.ai": ("watsonx/",),
    }
)
"""What litellm writes before the models of OpenTelemetry's providers."""
_CACHED_NAMES: Final = 8192


class ContextWindows:
    """Looks up models. Safe for use from several threads."""

    def __init__(self, table: ModelTable) -> None:
        self._windows = dict(_windows(table))
        self._by_tail = _by_tail(self._windows)
        self._names = frozenset(table.models) | {name.rpartition("/")[2] for name in table.models}
        self._cached = lru_cache(maxsize=_CACHED_NAMES)(self._find)

    def find(self, provider: str, models: tuple[str, ...]) -> int | None:
        """Return the input tokens that the first of `models` takes which the table has; None if it has none.

        `provider` is `gen_ai.provider.name`. Of a model that it does not have of this provider, the window that most
        others give it counts.
        """
        return self._cached(provider[:MAX_NAME_CHARS], tuple(name for name in models if len(name) <= MAX_NAME_CHARS))

    def has(self, model: str) -> bool:
        """Return whether the table has a model of this name, also of one whose window it does not say."""
        return any(reading.name in self._names for reading in models_of(model))

    @property
    def names(self) -> Iterable[str]:
        """The names of all models, with and without the prefixes of those who sell them."""
        return self._names

    def _find(self, provider: str, models: tuple[str, ...]) -> int | None:
        readings = [reading for model in models for reading in models_of(model)]
        for reading in readings:
            for prefix in (*_PREFIXES.get(provider, ()), f"{reading.hint}/"):
                if (window := self._windows.get(prefix + reading.name)) is not None:
                    return window
        return next((self._by_tail[one.name] for one in readings if one.name in self._by_tail), None)


def _windows(table: ModelTable) -> Iterator[tuple[str, int]]:
    for name, entry in table.models.items():
        window = entry.get("max_input_tokens")
        if isinstance(window, int) and window > 0:
            yield name, window


def _by_tail(windows: Mapping[str, int]) -> dict[str, int]:
    """Return windows by the name without prefixes: the vendor's own, or else the one that most sellers give."""
    found: dict[str, Counter[int]] = {}
    for name, window in windows.items():
        found.setdefault(name.rpartition("/")[2], Counter())[window] += 1
    return {tail: windows.get(tail) or max(said, key=lambda one: (said[one], one)) for tail, said in found.items()}
