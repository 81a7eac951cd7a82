"""The policies that come with the service, which others start from."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from a11i_redaction.policy.entities import (
    BIRTH_DATE,
    CARD_CODE,
    CARD_EXPIRY,
    detected_entities,
    secret_entities,
)

_MIN_SCORE: Final = 0.4
"""What detectors of Presidio's family count from: below, a form says little without context."""
_STRICT_MIN_SCORE: Final = 0.25
_STRICT_ONLY: Final = frozenset({"LOCATION", "ORGANIZATION"})
"""Where names of places and firms stand, agents mostly talk about the world, not about somebody."""
_ASKED_FOR: Final = frozenset({BIRTH_DATE, CARD_CODE, CARD_EXPIRY})
"""Found by the words beside them alone; by themselves dates and short numbers are nobody's."""
_CARD_DATA: Final = frozenset(
    {"CREDIT_CARD", CARD_CODE, CARD_EXPIRY, "IBAN_CODE", "US_BANK_NUMBER", "ABA_ROUTING_NUMBER"}
)


@dataclass(frozen=True, slots=True)
class Preset:
    """A policy of the service's own."""

    name: str
    description: str
    version: int
    """Raised when what it says changes."""
    min_score: float
    thresholds: dict[str, float]
    """By entity that it looks for; `min_score` where nothing else is said."""


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """Return the presets by name."""
    everything, secrets = detected_entities(), secret_entities()
    found = (
        Preset(
            "secrets-only",
            "Keys, tokens, passwords and other credentials; personal data stays.",
            1,
            _MIN_SCORE,
            _at(_MIN_SCORE, secrets),
        ),
        Preset(
            "standard",
            "Secrets, numbers and addresses with a form of their own, and names of people.",
            1,
            _MIN_SCORE,
            _at(_MIN_SCORE, everything - _STRICT_ONLY - _ASKED_FOR),
        ),
        Preset(
            "strict",
            "As standard, with places, organisations, dates of birth and data of cards, from lower scores on.",
            1,
            _STRICT_MIN_SCORE,
            _at(_STRICT_MIN_SCORE, everything),
        ),
        Preset(
            "hipaa",
            "Secrets and the identifiers of 45 CFR 164.514(b)(2) that detectors know.",
            1,
            _MIN_SCORE,
            _at(_MIN_SCORE, everything - {"ORGANIZATION", CARD_CODE, CARD_EXPIRY}),
        ),
        Preset(
            "pci",
            "Secrets, card numbers with security codes and expiry dates, and bank numbers.",
            1,
            _MIN_SCORE,
            _at(_MIN_SCORE, secrets | _CARD_DATA),
        ),
    )
    return {preset.name: preset for preset in found}


def _at(score: float, entities: Iterable[str]) -> dict[str, float]:
    return dict.fromkeys(sorted(entities), score)
