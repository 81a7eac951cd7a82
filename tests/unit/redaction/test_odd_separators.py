"""Cards and bank accounts are found however their groups stand apart; numbers of tables and prose stay."""

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, redactor_with


@pytest.fixture(scope="module")
def scripted(patterns: PatternDetector) -> Redactor:
    """Real patterns, and a model that knows no name."""
    return redactor_with(patterns, ScriptedModel({}))


NUMBERS = [
    "DE89.3704.0044.0532.0130.00",
    "DE89/3704/0044/0532/0130/00",
    "DE89 - 3704 - 0044 - 0532 - 0130 - 00",
    "DE 89 370 400 440 532 013 000",
    "de89 3704 0044 0532 0130 00",
    "de89370400440532013000",
    "GB82_WEST_1234_5698_7654_32",
    "gb82 west 1234 5698 7654 32",
    "NO93 8601 11 17947",
    "FR14.2004.1010.0505.0001.3M02.606",
    "4111|1111|1111|1111",
    "3782|822463|10005",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("carrier", ["{}", "my account is {} at the bank.", '{{"iban": "{}"}}', "({})"])
def test_takes_all_of_a_number(scripted: Redactor, carrier: str, number: str) -> None:
    [redacted] = scripted.redact_texts([carrier.format(number)], TENANT)
    assert not [part for part in (number[5:12], number[-7:]) if part in redacted.text], redacted.text
    assert ("<IBAN_CODE_" if number[0].isalpha() else "<CREDIT_CARD_") in redacted.text
    assert scripted.redact_texts([redacted.text], TENANT)[0].text == redacted.text


LOOK_ALIKES = [
    "DE89.3704.0044.0532.0130.01",
    "de 89 370 400 440 532 013",
    "there is 26 of 30 and 40 of 50, 60 in 70 and 80",
    "at 10 30 2024 and 11 45 2025, be 16 or 17 or 18",
    "no 15/16/17/18/19/20/21",
    "in v1 10.2.3-4_5 and xk20 v2 2024-11-21",
    "1234|5678|9012|3456\n4111|1111|1111|1111\n2345|6789|0123|4567",
    "|2021|2022|2023|2024|",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_leaves_numbers_that_are_none(scripted: Redactor, text: str) -> None:
    assert scripted.redact_texts([text], TENANT)[0].text == text
