"""Phone numbers: plans as phonenumbers has them, regions, lists, context, and numbers that are none."""

import random
from typing import Any

import phonenumbers
import pytest

from a11i_redaction.detectors import numbering
from a11i_redaction.detectors.patterns import PatternDetector
from tests.unit.redaction.redaction_kit import found

_KINDS = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)


def _numbers() -> list[Any]:
    rng = random.Random(5)  # noqa: S311  (the same numbers in each run)
    made = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in _KINDS:
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            digits = str(example.national_number)[:-4] + "".join(rng.choices("0123456789", k=4))
            made.append(
                phonenumbers.PhoneNumber(
                    country_code=example.country_code,
                    national_number=int(digits),
                    italian_leading_zero=example.italian_leading_zero,
                )
            )
    return made


def test_plans_take_the_numbers_that_phonenumbers_takes() -> None:
    numbers = _numbers()
    assert len(numbers) > 400
    for number in numbers:
        valid = phonenumbers.is_valid_number(number)
        assert numbering.international(phonenumbers.format_number(number, 0)[1:]) == valid
        if valid:
            national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            region = str(phonenumbers.region_code_for_number(number))
            assert numbering.national("".join(filter(str.isdigit, national)), region), (national, region)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("电话是+1 201-555-0123谢谢", ["+1 201-555-0123"]),
        ("電話番号は090-1234-5678です", ["090-1234-5678"]),
        ("전화 010-2345-6789입니다", ["010-2345-6789"]),
        ("Head of People | T +64 21 345 678", ["+64 21 345 678"]),
        ("a;b;+4534462280", ["+4534462280"]),
        ("téléphone 06 12 34 56 78", ["06 12 34 56 78"]),
        ("Telefon: 601 146 843", ["601 146 843"]),
        ("tel 050-236-4993", ["050-236-4993"]),
        ("+44 (0)20 7946 0958", ["+44 (0)20 7946 0958"]),
        ("from abroad 0049 30 12345678", ["0049 30 12345678"]),
        ("415-555-2671 415-555-2672", ["415-555-2671", "415-555-2672"]),
        ("2026-11-21 415-555-2671", ["415-555-2671"]),
        ("(415) 555-2671 ext. 123", ["(415) 555-2671 ext. 123"]),
        ("msisdn=4155552671", ["4155552671"]),
    ],
)
def test_finds_numbers_as_people_write_them(patterns: PatternDetector, text: str, numbers: list[str]) -> None:
    phones = [value for entity, value in found(patterns.find(text, ""), text) if entity == "PHONE_NUMBER"]
    assert phones == sorted(numbers)


@pytest.mark.parametrize(
    "text",
    [
        "call me on 20261121", "the total was 12 345 678 in all", "order 328617942 was late",
        "DE89 3704 0044 0532 0130 00",
        "2026-11-21 10:20:30", "range 1000-2000 and 3000-4000", "+1 000 000 0000", "part 0000-0000-0000",
        "$415-555-2671.00", "0.4155552671",
    ],
)  # fmt: skip
def test_leaves_numbers_that_are_no_phones(patterns: PatternDetector, text: str) -> None:
    assert [entity for entity, _ in found(patterns.find(text, ""), text) if entity == "PHONE_NUMBER"] == []
