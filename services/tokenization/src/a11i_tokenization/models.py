"""Which encoding a model's text is counted with, whether that is the model's own, and why."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from a11i_tokenization.counting import characters
from a11i_tokenization.families import family_of
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS, models_of


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """What counts a model's tokens."""

    encoding: str
    """A name that `Encodings` counts with."""
    exact: bool
    """True if this is the model's own; False if it stands in for one that is not public."""
    why: str = field(default="", compare=False)
    """How it was found, in a sentence for people."""


ESTIMATE: Final = Tokenizer(
    characters.ENCODING, exact=False, why="No rule knows the model: estimated from the sorts of characters."
)
"""For models that no rule knows."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An operator's rule."""

    pattern: re.Pattern[str]
    """Matches whole model names in lower case."""
    tokenizer: Tokenizer


class Models:
    """Finds tokenizers by model names. Safe for use from several threads."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        """Ask an operator's `rules` before those that are built in."""
        self._rules = tuple(rules)
        # Bounded, as names come from outside; a mesh sees dozens.
        self._cached: Callable[[str], Tokenizer] = lru_cache(maxsize=4096)(self._resolve)

    def resolve(self, model: str) -> Tokenizer:
        """Return the tokenizer of `model`, or ESTIMATE."""
        return self._cached(model) if 0 < len(model) <= MAX_NAME_CHARS else ESTIMATE

    def first_of(self, models: Iterable[str]) -> Tokenizer:
        """Return the tokenizer of the first of `models` that is known, else ESTIMATE."""
        return next((found for model in models if (found := self.resolve(model)) is not ESTIMATE), ESTIMATE)

    def _resolve(self, model: str) -> Tokenizer:
        for reading in models_of(model):
            for rule in self._rules:
                if rule.pattern.match(reading.name):
                    return rule.tokenizer
        for reading in models_of(model):
            family = family_of(reading.name)
            if family is not None:
                return Tokenizer(family.encoding, family.exact, family.why)
        return ESTIMATE
