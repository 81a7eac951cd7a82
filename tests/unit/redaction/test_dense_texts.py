"""Texts full of values: examined in time that grows with the text, redacted, and never beyond their budget."""

import itertools
import random
import time
from collections.abc import Iterable, Iterator

import pytest

from a11i_redaction.detectors.budget import Budget, BudgetExceededError
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.detectors.recognizers import CardRecognizer
from a11i_redaction.detectors.secrets import SecretFinder
from a11i_redaction.findings import Finding
from a11i_redaction.pipeline import Redactor
from a11i_redaction.pseudonyms import WITHHELD
from tests.unit.redaction.redaction_kit import ScriptedModel, redactor_with

SLOWEST_S_PER_MB = 30.0
"""What these texts never take, on a busy core either; one comparison of all findings with all others is many times as
much."""


def _cards(count: int) -> str:
    rng = random.Random(2)  # noqa: S311  (the same text in each run)
    valid = CardRecognizer().validate_result
    numbers = (f"4{rng.randrange(10**15):015d}" for _ in itertools.count())
    return " ".join(itertools.islice(filter(valid, numbers), count))


DENSE = {
    "cards": (_cards(8_000), "CREDIT_CARD", 8_000),
    "npi": ("npi 1234567893 " * 10_000, "US_NPI", 10_000),
    "ssn": ("219-09-9999 " * 10_000, "US_SSN", 10_000),
    "nhs": ("943-476-5919, " * 10_000, "PHONE_NUMBER", 10_000),  # a number of North America's form as well
    "table": (
        "n,customer account\n" + "".join(f"{n},customer account {10**11 + n}\n" for n in range(8_000)),
        "US_BANK_NUMBER",
        8_000,
    ),
    "phones": ("".join(f"(415) 555-{n:04d} " for n in range(2_000, 3_000)), "PHONE_NUMBER", 1_000),
    "addresses": ("".join(f"user{n}@example.com, " for n in range(5_000)), "EMAIL_ADDRESS", 5_000),
}


@pytest.fixture(scope="module")
def dense_redactor(patterns: PatternDetector) -> Redactor:
    return redactor_with(patterns, ScriptedModel({}), max_value_chars=2_000_000)


@pytest.mark.parametrize("name", DENSE)
def test_a_text_full_of_values_is_redacted_in_linear_time(dense_redactor: Redactor, name: str) -> None:
    text, entity, count = DENSE[name]
    start = time.thread_time()
    redacted = dense_redactor.redact_texts([text], "t")[0]
    assert time.thread_time() - start < SLOWEST_S_PER_MB * max(len(text), 50_000) / 1e6
    assert redacted.withheld == 0
    assert sum(finding.entity == entity for finding in redacted.findings) == count


def test_signs_of_assignment_without_values_take_little(patterns: PatternDetector) -> None:
    text = "token is " * 50_000
    start = time.thread_time()
    assert patterns.find(text, "") == []
    assert time.thread_time() - start < SLOWEST_S_PER_MB * len(text) / 1e6


def test_a_list_under_a_telling_heading_settles(dense_redactor: Redactor) -> None:
    text = "bank account " + " ".join(str(10**11 + n) for n in range(3_000))
    redacted = dense_redactor.redact_texts([text], "t")[0]
    assert redacted.withheld == 0
    assert redacted.findings
    assert dense_redactor.redact_texts([redacted.text], "t")[0].text == redacted.text


def test_a_text_stops_soon_after_its_budget_and_is_not_examined_again(patterns: PatternDetector) -> None:
    budget_s = 0.05
    redactor = redactor_with(PatternDetector(budget_s), ScriptedModel({}), max_value_chars=2_000_000)
    text = _cards(20_000)
    start = time.thread_time()
    assert redactor.redact_texts([text], "t")[0].text == WITHHELD
    assert time.thread_time() - start < budget_s + 0.5
    assert redactor.redact_texts([text], "t")[0].text == WITHHELD
    assert redactor.failures == {BudgetExceededError.__name__: 1}


@pytest.mark.parametrize("char", ["\u200b", "\u0442", "\u4e2d", "\uff1f"])
def test_what_is_not_ascii_is_no_sign_of_assignment(
    patterns: PatternDetector, monkeypatch: pytest.MonkeyPatch, char: str
) -> None:
    looked_into: list[int] = []

    def of_assignments(_self: SecretFinder, _text: str, ends: Iterable[int], _budget: Budget) -> Iterator[Finding]:
        looked_into.extend(ends)
        return iter(())

    monkeypatch.setattr(SecretFinder, "of_assignments", of_assignments)
    patterns.find(char * 1_000, "")
    assert not looked_into
    patterns.find("\u5bc6\u7801\uff1ahunter22", "")
    assert looked_into
