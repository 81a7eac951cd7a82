"""Numbers are found however their groups stand apart, in lists too; numbers of tables and prose stay."""

import json

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, batch, column, redactor_with


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


_GROUPS = ["4111", "1111", "1111", "1111"]
_DIGITS = list("".join(_GROUPS))
_NUMBERS = list(map(int, _GROUPS))
LISTED = [
    json.dumps(_NUMBERS),
    json.dumps(_GROUPS),
    json.dumps({"note": _NUMBERS, "more": [1, 2, 3]}),
    json.dumps({"number": _GROUPS, "beside": True}, indent=2),
    json.dumps({"card": list(map(int, _DIGITS))}),
    json.dumps({"card_digits": _DIGITS}),
    json.dumps(json.dumps({"payment": {"pan": _GROUPS}})),
    json.dumps({"said": f"it was {_NUMBERS} again"}),
    f"got {_GROUPS} there",
    f"the digits of my card are {list(map(int, _DIGITS))}, thanks",
    f"visa ({', '.join(_GROUPS)})",
    'cut: {\\"card\\": [\\"4111\\", \\"1111\\", \\"1111\\", \\"1111\\"], {',
]


@pytest.mark.parametrize("text", LISTED)
def test_a_card_in_the_parts_of_a_list_is_the_card(scripted: Redactor, text: str) -> None:
    [whole] = scripted.redact_texts(["4111111111111111"], TENANT)
    [redacted] = scripted.redact_texts([text], TENANT)
    assert redacted.text.count(whole.text) == 1
    assert "1111" not in redacted.text.replace(whole.text, "")
    if text[0] in "[{":
        json.loads(redacted.text)


@pytest.mark.parametrize("text", ['{"card": [4000, 0, 0, 2]}', "card: [4000, 0, 0, 2]"])
def test_zeros_that_groups_lost_as_numbers_count(scripted: Redactor, text: str) -> None:
    [redacted] = scripted.redact_texts([text], TENANT)
    assert "<CREDIT_CARD_" in redacted.text
    assert "4000" not in redacted.text


def test_the_key_of_an_attribute_says_that_digits_are_a_card_s(scripted: Redactor) -> None:
    digits = json.dumps(list(map(int, _DIGITS)))
    sent = batch(attr_json=[[("card.digits", digits), ("ratings", digits)]])
    values = dict(column(scripted.redact_batch(sent), "attr_json")[0])
    assert values["ratings"] == digits
    assert values["card.digits"].startswith('["<CREDIT_CARD_')


@pytest.mark.parametrize(
    "text",
    [
        "[4111, 1111, 1111, 1112]",
        str(list(map(int, _DIGITS))),
        json.dumps(_DIGITS),
        "[4096, 2048, 1024, 512]",
        "[1, 4111, 1111, 1111, 1111]",
        "[4000, 0, 0, 2]",
        "[2021, 2022, 2023, 2024]",
        '{"kept": {"card": "no"}, "list": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}',
        "4111, 1111, 1111, 1111 people came",
    ],
)
def test_other_lists_of_numbers_stay(scripted: Redactor, text: str) -> None:
    assert scripted.redact_texts([text], TENANT)[0].text == text


SECURITY_NUMBERS = [
    "536/90/4399", "536 / 90 / 4399", "536.90.4399", "536_90_4399", "536:90:4399", "536 - 90 - 4399", "536-90 4399",
    "536,90,4399", "536|90|4399", "536\\90\\4399", "536  90  4399", "536*90*4399", "536\u00b790\u00b74399",
    "5 3 6 9 0 4 3 9 9", "5-3-6-9-0-4-3-9-9",
]  # fmt: skip


@pytest.mark.parametrize("number", SECURITY_NUMBERS)
@pytest.mark.parametrize("carrier", ["SSN: {}", "my social security number is {}.", '{{"ssn": "{}"}}', "{} is her SSN"])
def test_a_social_security_number_is_found_whatever_stands_between_its_groups(
    scripted: Redactor, carrier: str, number: str
) -> None:
    text = carrier.format(json.dumps(number)[1:-1] if carrier[0] == "{" and "ssn" in carrier else number)
    [redacted] = scripted.redact_texts([text], TENANT)
    assert "<US_SSN_" in redacted.text
    assert "4399" not in redacted.text
    assert "9 9" not in redacted.text


@pytest.mark.parametrize(
    "text",
    [
        "536/90/4399", "part 536:90:4399 of it", "100, 20, 2000 are in SSN", "order 536/90/4399",
        "SSN on page 12/13/2024",
        "rows 536|90|4399|12", "the SSN form, 100 in 20 cases, 2000 in all", "536 - 90 - 4399",
    ],
)  # fmt: skip
def test_other_numbers_of_such_groups_stay(scripted: Redactor, text: str) -> None:
    assert scripted.redact_texts([text], TENANT)[0].text == text
