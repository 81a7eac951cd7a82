"""The default policy: what is looked for."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Policy:
    """What is looked for, besides secrets and pattern PII, which always are."""

    version: str
    """Name and version, as spans carry it."""
    model_entities: frozenset[str]
    """Entity types of the language model. Empty: the model is not loaded."""


STANDARD: Final = Policy("standard/1", frozenset({"PERSON"}))
STANDARD_NO_NAMES: Final = Policy("standard-no-names/1", frozenset())
