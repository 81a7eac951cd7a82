"""The presets: what they say, under which version, and what their thresholds mean."""

import hashlib
import json
from typing import Any

import pytest

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.analysis import Analyzer
from a11i_redaction.cache import FindingsCache
from a11i_redaction.detectors.families import FAMILIES
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.entities import MODEL_ENTITIES
from a11i_redaction.policy.in_force import OnePolicy
from a11i_redaction.policy.parsing import Abilities
from a11i_redaction.policy.presets import Preset, presets
from a11i_redaction.policy.trials import Trials
from a11i_redaction.pseudonyms import Pseudonyms
from tests.unit.redaction.redaction_kit import KEY, found, policy

_CONTENTS: dict[str, tuple[int, str]] = {
    "secrets-only": (1, "df421f6f10304a67"),
    "standard": (1, "968abdcbfde7649f"),
    "strict": (1, "1a3364e1d7500b03"),
    "hipaa": (1, "57634f9eedf727a4"),
    "pci": (1, "4086ca115d0e0166"),
}
"""Version and digest of each preset. Spans carry the version: what says something else has another one."""
_ASKED_FOR = {"CARD_EXPIRY", "CARD_SECURITY_CODE", "DATE_OF_BIRTH"}


def _digest(preset: Preset) -> str:
    said = json.dumps([preset.name, preset.min_score, sorted(preset.thresholds.items())])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", presets())
def test_a_preset_that_says_something_else_has_another_version(name: str) -> None:
    preset = presets()[name]
    assert (preset.version, _digest(preset)) == _CONTENTS[name], (
        f"{name} says something else: raise its version, and put version and digest here"
    )


def test_standard_takes_every_number_with_a_form_of_its_own() -> None:
    families = {family.recognizer().supported_entities[0] for family in FAMILIES}
    standard, strict = presets()["standard"].thresholds.keys(), presets()["strict"].thresholds.keys()
    assert families - standard == _ASKED_FOR
    assert families | MODEL_ENTITIES <= strict
    assert standard < strict


def test_hipaa_takes_all_that_standard_does_with_places_and_dates_of_birth() -> None:
    hipaa, standard = presets()["hipaa"].thresholds.keys(), presets()["standard"].thresholds.keys()
    assert hipaa == standard | {"LOCATION", "DATE_OF_BIRTH"}


def test_pci_takes_card_data_and_leaves_other_people_s_numbers() -> None:
    pci = presets()["pci"].thresholds.keys()
    assert {"CREDIT_CARD", "CARD_SECURITY_CODE", "CARD_EXPIRY", "SECRET", "IBAN_CODE"} <= pci
    assert pci.isdisjoint({"PERSON", "US_SSN", "SG_UEN", "IT_VAT_CODE", "EMAIL_ADDRESS"})


@pytest.fixture(scope="module")
def redactor(patterns: PatternDetector) -> Redactor:
    analyzer = Analyzer(patterns, None, FindingsCache(1_000_000), 100_000)
    return Redactor(analyzer, Pseudonyms(KEY), OnePolicy(policy(preset="standard")), "test/1", lambda: 0)


def _taken(redactor: Redactor, text: str, **fields: Any) -> list[tuple[str, str]]:
    [analyzed] = redactor.analyze_texts([text], policy(**fields))
    return sorted((item.entity, text[item.start : item.end]) for item in analyzed.findings)


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("she was born on 3 February 1980 in a town", "DATE_OF_BIRTH", "3 February 1980"),
        ("Date of birth: 02/03/1980, tall", "DATE_OF_BIRTH", "02/03/1980"),
        ("DOB 1980-02-03T00:00:00Z ok", "DATE_OF_BIRTH", "1980-02-03T00:00:00Z"),
        ("geboren am 03.02.1980 dort", "DATE_OF_BIRTH", "03.02.1980"),
        ("生年月日 1980/02/03 です", "DATE_OF_BIRTH", "1980/02/03"),
        ("the CVV is 123 there", "CARD_SECURITY_CODE", "123"),
        ("card verification 4321.", "CARD_SECURITY_CODE", "4321"),
        ("security code: 4321", "CARD_SECURITY_CODE", "4321"),
        ("the security code on the back is 123.", "CARD_SECURITY_CODE", "123"),
        ("valid thru 09/27", "CARD_EXPIRY", "09/27"),
        ("exp. 9 / 2027", "CARD_EXPIRY", "9 / 2027"),
    ],
)
def test_finds_dates_of_birth_and_what_is_on_cards_where_it_is_asked_for(
    redactor: Redactor, text: str, entity: str, value: str
) -> None:
    asked = pb.EntityRule(entity=entity, enabled=True)
    assert _taken(redactor, text, preset="strict") == [(entity, value)]
    assert _taken(redactor, text, preset="standard", entities=[asked]) == [(entity, value)]
    assert _taken(redactor, text, preset="standard") == []


@pytest.mark.parametrize(
    "text",
    [
        "released on 1980-02-03", "a meeting on 3 February 1980", "order 123 of 4321", "in 09/27 of the list",
        "expect 404 or 500", "the export took 12/27 of the time",
    ],
)  # fmt: skip
def test_leaves_dates_and_numbers_without_the_words(redactor: Redactor, text: str) -> None:
    assert _taken(redactor, text, preset="strict") == []


_WEAK = [("an order, 536904399, came", "US_SSN", 0.05), ("ticket 9876543210", "UK_NHS", 0.2)]


@pytest.mark.parametrize(("text", "entity", "score"), _WEAK)
def test_a_policy_that_asks_for_weak_findings_has_them(
    redactor: Redactor, text: str, entity: str, score: float
) -> None:
    rules = [pb.EntityRule(entity=entity, min_score=score)]
    assert [each for each, _ in _taken(redactor, text, preset="standard", entities=rules)] == [entity]
    assert _taken(redactor, text, preset="standard") == _taken(redactor, text, preset="strict") == []


@pytest.mark.parametrize(("text", "entity", "score"), _WEAK)
def test_analyze_shows_weak_findings_to_those_who_ask(redactor: Redactor, text: str, entity: str, score: float) -> None:
    trials = Trials(policy(preset="standard"), Abilities(names=False))
    asked = trials.everything(pb.AnalyzeRequest(min_score=score))
    [analyzed] = redactor.analyze_texts([text], asked)
    assert (entity, score) in {(item.entity, item.score) for item in analyzed.findings}
    [default] = redactor.analyze_texts([text], trials.everything(pb.AnalyzeRequest()))
    assert found(default.findings, text) == []


def test_strict_takes_what_standard_takes_for_too_weak(redactor: Redactor) -> None:
    assert _taken(redactor, "it says 1EG4TE5MK73 there", preset="strict") == [("US_MBI", "1EG4TE5MK73")]
    assert _taken(redactor, "it says 1EG4TE5MK73 there", preset="standard") == []
