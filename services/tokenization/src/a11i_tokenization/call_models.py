"""What counting needs to know of a call's model."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.models import Models, Tokenizer
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS

_CACHED_CALLS: Final = 8192
"""Distinct combinations of names remembered, as they come from outside; a mesh sees dozens."""


@dataclass(frozen=True, slots=True)
class CallModel:
    """The model of a call."""

    tokenizer: Tokenizer
    name: str
    """As the span has it; the one that answered, else the one asked for."""
    context_window: int | None
    """Tokens that it takes; None if not known."""


class CallModels:
    """Finds models by their names. Safe for use from several threads."""

    def __init__(self, windows: ContextWindows, tokenizers: Models | None = None) -> None:
        """Find windows in `windows`, and tokenizers by the rules of `tokenizers`, or else those built in."""
        self._windows = windows
        self._tokenizers = tokenizers or Models()
        self._cached = lru_cache(maxsize=_CACHED_CALLS)(self._find)

    def find(self, provider: str, response_model: str, request_model: str) -> CallModel:
        """Return what is known of a call's model. Names too long to be any are as none, so that memory is bounded."""
        if len(provider) + len(response_model) + len(request_model) > MAX_NAME_CHARS:
            names = (provider, response_model, request_model)
            return self._cached(*(name if len(name) <= MAX_NAME_CHARS else "" for name in names))
        return self._cached(provider, response_model, request_model)

    def _find(self, provider: str, response_model: str, request_model: str) -> CallModel:
        models = (response_model, request_model)
        return CallModel(
            tokenizer=self._tokenizers.first_of(models),
            name=response_model or request_model,
            context_window=self._windows.find(provider, models),
        )
