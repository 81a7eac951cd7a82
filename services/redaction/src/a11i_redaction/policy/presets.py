"""The policies that come with the service, which others start from."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from a11i_redaction.detectors.custom import CustomRecognizer
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
_WITH_CONTEXT: Final = 0.6
"""Threshold of recognizers whose form alone says nothing: their score without context is below it."""
_STRICT_ONLY: Final = frozenset({"LOCATION", "ORGANIZATION"})
"""Where names of places and firms stand, agents mostly talk about the world, not about somebody."""
_CARD_DATA: Final = frozenset({"CREDIT_CARD", "IBAN_CODE", "US_BANK_NUMBER", "ABA_ROUTING_NUMBER"})

_CARD_CODE: Final = CustomRecognizer(
    CARD_CODE,
    patterns=(r"\b(?P<value>\d{3,4})\b",),
    words=(),
    score=0.85,
    context=(
        "cvv", "cvv2", "cvc", "cvc2", "cid", "csc", "cvn", "security code", "verification code", "verification value",
        "prüfziffer", "kartenprüfnummer", "cryptogramme",
    ),
    ignore_case=True,
)  # fmt: skip
_CARD_EXPIRY: Final = CustomRecognizer(
    CARD_EXPIRY,
    patterns=(r"\b(?P<value>(?:0?[1-9]|1[0-2])\s?[/\-]\s?(?:20)?[2-4]\d)\b",),
    words=(),
    score=0.85,
    context=(
        "exp", "expiry", "expires", "expiration", "exp date", "expiration date", "valid thru", "valid through",
        "good thru", "gültig bis", "caduca", "vencimiento", "expiration month",
    ),
    ignore_case=True,
)  # fmt: skip
_MONTHS: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_BIRTH_DATE: Final = CustomRecognizer(
    BIRTH_DATE,
    patterns=(
        r"\b(?P<value>(?:19|20)\d\d[\-/.](?:0?[1-9]|1[0-2])[\-/.](?:0?[1-9]|[12]\d|3[01]))\b",
        r"\b(?P<value>(?:0?[1-9]|[12]\d|3[01])[\-/.](?:0?[1-9]|[12]\d|3[01])[\-/.](?:(?:19|20)\d\d|\d\d))\b",
        rf"\b(?P<value>(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\.? {_MONTHS}\.?,? (?:19|20)\d\d)\b",
        rf"\b(?P<value>{_MONTHS}\.? (?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,? (?:19|20)\d\d)\b",
    ),
    words=(),
    score=0.85,
    context=(
        "born", "born on", "birth", "birthday", "birthdate", "birth date", "date of birth", "dob", "d.o.b",
        "geboren", "geburtsdatum", "geb", "nacido", "nacida", "nacimiento", "né le", "née le", "naissance", "nascita",
    ),
    ignore_case=True,
)  # fmt: skip


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
    recognizers: tuple[CustomRecognizer, ...] = ()


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
            _at(_MIN_SCORE, everything - _STRICT_ONLY),
        ),
        Preset(
            "strict",
            "As standard, with places, organisations and dates of birth, from lower scores on.",
            1,
            _STRICT_MIN_SCORE,
            _at(_STRICT_MIN_SCORE, everything) | {BIRTH_DATE: _WITH_CONTEXT},
            (_BIRTH_DATE,),
        ),
        Preset(
            "hipaa",
            "Secrets and the identifiers of 45 CFR 164.514(b)(2) that detectors know.",
            1,
            _MIN_SCORE,
            _at(_MIN_SCORE, everything - {"ORGANIZATION"}) | {BIRTH_DATE: _WITH_CONTEXT},
            (_BIRTH_DATE,),
        ),
        Preset(
            "pci",
            "Secrets, card numbers with security codes and expiry dates, and bank numbers.",
            1,
            _MIN_SCORE,
            _at(_MIN_SCORE, secrets | _CARD_DATA) | {CARD_CODE: _WITH_CONTEXT, CARD_EXPIRY: _WITH_CONTEXT},
            (_CARD_CODE, _CARD_EXPIRY),
        ),
    )
    return {preset.name: preset for preset in found}


def _at(score: float, entities: Iterable[str]) -> dict[str, float]:
    return dict.fromkeys(sorted(entities), score)
