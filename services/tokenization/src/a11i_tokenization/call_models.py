"""What counting needs to know of a call's model."""

from dataclasses import dataclass
from typing import Final

from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.models import Models, Tokenizer
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS

_MOST_KNOWN: Final = 8192
"""Distinct combinations of names remembered, as they come from outside; a mesh sees dozens, and beyond this all are
forgotten.
"""
_Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallModel:
    """The model of a call."""

    tokenizer: Tokenizer
    name: str
    """As the span has it; the one that answered, else the one asked for."""
    context_window: int | None
    """Tokens that it takes; None if not known."""


class CallModels(dict[_Names, CallModel]):
    """Models by provider, model that answered and model asked for, of which one may be empty; those not yet known are
    found. Safe for use from several threads.

    Each call asks: where its names are known, no Python runs.
    """

    def __init__(self, windows: ContextWindows, tokenizers: Models | None = None) -> None:
        """Find windows in `windows`, and tokenizers by the rules of `tokenizers`, or else those built in."""
        super().__init__()
        self._windows = windows
        self._tokenizers = tokenizers or Models()

    def find(self, provider: str, response_model: str, request_model: str) -> CallModel:
        """Return what is known of a call's model."""
        return self[provider, response_model, request_model]

    def __missing__(self, names: _Names) -> CallModel:
        """Find a model. Names too long to be any are as none, so that memory is bounded."""
        provider, response_model, request_model = (name if len(name) <= MAX_NAME_CHARS else "" for name in names)
        models = (response_model, request_model)
        found = CallModel(
            tokenizer=self._tokenizers.first_of(models),
            name=response_model or request_model,
            context_window=self._windows.find(provider, models),
        )
        if len(self) >= _MOST_KNOWN:
            self.clear()
        self[provider, response_model, request_model] = found
        return found
