"""A value in disguise is the value: the same placeholder, and the same right to stay."""

import base64

import pytest

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.findings import Finding, merge
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.in_force import InForce
from a11i_redaction.pseudonyms import Pseudonyms
from tests.unit.redaction.redaction_kit import KEY, TENANT, policy

_MAIL = "ann.smith@example.com"
_CARD = "4111 1111 1111 1111"
_PSEUDONYMS = Pseudonyms(KEY)

_DISGUISES = [
    ("EMAIL_ADDRESS", _MAIL, "write to ann.smith%40example.com today"),
    ("EMAIL_ADDRESS", _MAIL, "write to ann.sm<b>ith</b>@example.com today"),
    ("EMAIL_ADDRESS", _MAIL, "write to ann.sm\u200bith@example.com today"),
    ("EMAIL_ADDRESS", _MAIL, "write to ann.smith&#64;example.com today"),
    ("EMAIL_ADDRESS", _MAIL, "write to ann.smith [at] example [dot] com today"),
    ("EMAIL_ADDRESS", _MAIL, f"it says {base64.b64encode(f'write to {_MAIL} now'.encode()).decode()} there"),
    ("CREDIT_CARD", _CARD, "my card is <i>4111</i> <i>1111</i> 1111 1111, take it"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "value", "text"), _DISGUISES)
def test_a_value_in_disguise_has_the_placeholder_of_the_value(
    redactor: Redactor, entity: str, value: str, text: str
) -> None:
    [redacted] = redactor.redact_texts([text], TENANT)
    assert _PSEUDONYMS.placeholder(TENANT, entity, value) in redacted.text
    assert redactor.redact_texts([text], TENANT)[0] == redacted


@pytest.mark.parametrize("text", [text for entity, _, text in _DISGUISES if entity == "EMAIL_ADDRESS"])
def test_a_value_that_is_allowed_stays_in_its_disguise(redactor: Redactor, text: str) -> None:
    [redacted] = redactor.redact_texts([text], TENANT, InForce(policy(preset="standard", allow_list=[_MAIL])))
    assert redacted.text == text


@pytest.mark.parametrize("encoded", [base64.b64encode(_MAIL.encode()).decode(), _MAIL.encode().hex()])
def test_a_key_that_is_encoded_is_the_value_also_where_the_same_text_was_a_value(
    redactor: Redactor, encoded: str
) -> None:
    placeholder = _PSEUDONYMS.placeholder(TENANT, "EMAIL_ADDRESS", _MAIL)
    for text in (f'["{encoded}"]', f'{{"{encoded}": 1}}'):
        assert redactor.redact_texts([text], TENANT)[0].text == text.replace(encoded, placeholder)


def test_an_operator_is_applied_to_the_value_not_its_disguise(redactor: Redactor) -> None:
    rule = pb.EntityRule(entity="CREDIT_CARD", operator=pb.OPERATOR_MASK, mask_keep_last=4)
    [redacted] = redactor.redact_texts(
        ["card 4111<b>1111</b>11111111 it is"], TENANT, InForce(policy(preset="standard", entities=[rule]))
    )
    assert redacted.text == "card ************1111 it is"


def test_findings_that_overlap_keep_the_value_of_the_one_that_is_over_all_of_it() -> None:
    part, whole = Finding(0, 4, "PERSON", 0.9), Finding(0, 9, "EMAIL_ADDRESS", 0.5, "a@b.de")
    assert [found.plain for found in merge([part, whole])] == ["a@b.de"]
    assert [found.plain for found in merge([whole, Finding(5, 12, "PERSON", 0.9, "x")])] == [""]


def test_a_finding_does_not_show_its_value() -> None:
    assert "a@b.de" not in repr(Finding(0, 9, "EMAIL_ADDRESS", 0.5, "a@b.de"))
