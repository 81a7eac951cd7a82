"""Numbers: whatever their length, where their key says what they are or the policy looks for things of its own."""

import json
from typing import Any

import pytest

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.policy.model import Policy
from a11i_telemetry.signals import Signal
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, batch, batch_of, column, policy, redactor_with

_MODEL = ScriptedModel({})
_BADGE = pb.CustomRecognizer(entity="BADGE", patterns=[r"^\d{5}$", r"^\d{4}\.5$"], deny_list=["471"])


def _redacted(patterns: PatternDetector, text: str, chosen: Policy) -> Any:
    [done] = redactor_with(patterns, _MODEL, chosen).redact_texts([text], TENANT)
    return json.loads(done.text)


@pytest.mark.parametrize(
    ("preset", "key", "number", "entity"),
    [
        ("pci", "cvv", "821", "CARD_SECURITY_CODE"),
        ("standard", "pin", "4821", "SECRET"),
        ("standard", "otp", "482913", "SECRET"),
        ("standard", "password", "482913", "SECRET"),
        ("standard", "password", "-482913", "SECRET"),
        ("standard", "password", "9300000000000000001", "SECRET"),
        ("standard", "password", "93000000000000000019", "SECRET"),
        ("standard", "db_password", "4829.13", "SECRET"),
    ],
)
def test_number_under_a_key_that_tells_what_it_is_goes(
    patterns: PatternDetector, preset: str, key: str, number: str, entity: str
) -> None:
    chosen = policy(preset=preset)
    for text in (f'{{"{key}": {number}}}', f'{{"columns": ["id", "{key}"], "rows": [[12, {number}]]}}'):
        once = _redacted(patterns, text, chosen)
        assert f"<{entity}_" in json.dumps(once)
        assert _redacted(patterns, json.dumps(once), chosen) == once
    if "." in number or abs(int(number)) < 2**63:
        name = "attr_double" if "." in number else "attr_int"
        sent = batch(**{name: [[(key, float(number) if "." in number else int(number))]]})
        output = redactor_with(patterns, _MODEL, chosen).redact_batch(sent)
        assert column(output, name) == [[]]
        [(kept, value)] = column(output, "attr_string")[0]
        assert kept == key
        assert value.startswith(f"<{entity}_")


@pytest.mark.parametrize(
    "text",
    [
        '{"value": 4821, "name": "pin"}', '["--pin", 4821]', '{"pin": {"new": 4821}}', '[["pin", 4821]]',
        '{"pin": {"type": "int", "old": -4821, "new": 48.21e2}}',
    ],
)  # fmt: skip
def test_number_goes_that_something_beside_it_or_around_it_names(patterns: PatternDetector, text: str) -> None:
    once = json.dumps(_redacted(patterns, text, policy(preset="standard")))
    assert once.count("<SECRET_") == text.count("48")
    assert "482" not in once
    chosen = policy(preset="standard", skip_attributes=["value", "pin"], drop_attributes=["gone"])
    kept = '{"value": 4821, "name": "pin", "pin": {"new": 4821}, "gone": ["--pin", 4821], "a": ["--pin", 4822]}'
    left = _redacted(patterns, kept, chosen)
    assert left["a"][1].startswith("<SECRET_")
    assert left == json.loads(kept) | {"gone": "<DROPPED>", "a": left["a"]}


@pytest.mark.parametrize("text", ['{"n": 12345}', '{"n": 1234.5}', '{"n": [471]}', '[{"a": 1}, -12345]'])
def test_every_number_is_shown_to_recognizers_of_one_s_own(patterns: PatternDetector, text: str) -> None:
    own = policy(preset="secrets-only", recognizers=[_BADGE])
    assert "<BADGE_" in json.dumps(_redacted(patterns, text, own))
    assert _redacted(patterns, text, policy(preset="standard")) == json.loads(text)


def test_numbers_of_attributes_and_bodies_are_shown_to_recognizers_of_one_s_own(patterns: PatternDetector) -> None:
    redactor = redactor_with(patterns, _MODEL, policy(preset="secrets-only", recognizers=[_BADGE]))
    output = redactor.redact_batch(batch(attr_int=[[("n", 12345), ("m", 12)]], attr_double=[[("d", 1234.5)]]))
    assert [key for key, value in column(output, "attr_string")[0] if value.startswith("<BADGE_")] == ["n", "d"]
    assert column(output, "attr_int") == [[("m", 12)]]
    logs = redactor.redact_batch(batch_of(Signal.LOGS, body=["12345"], body_is_json=[True]))
    assert json.loads(column(logs, "body")[0]).startswith("<BADGE_")


def test_numbers_that_nothing_tells_of_are_not_examined(patterns: PatternDetector) -> None:
    text = '{"n": 4821, "status_code": 200, "input_tokens": 4821, "t": 0.75, "ns": 1763697018000000000}'
    assert _redacted(patterns, text, policy(preset="strict")) == json.loads(text)


def test_exemplars_are_examined_and_measurements_are_left_as_they_are(patterns: PatternDetector) -> None:
    card = 4111111111111111
    measured: dict[str, list[Any]] = {"value_int": [card], "sum": [float(card)], "quantile_values": [[float(card)]]}
    exemplars = [json.dumps([{"time_unix_nano": 1, "value": value} for value in (card, float(card), 3)])]
    sent = batch_of(Signal.METRICS, **measured, exemplars=exemplars)
    output = redactor_with(patterns, _MODEL, policy(preset="pci")).redact_batch(sent)
    assert {name: column(output, name) for name in measured} == measured
    assert [str(one["value"])[:13] for one in json.loads(column(output, "exemplars")[0])] == ["<CREDIT_CARD_"] * 2 + [
        "3"
    ]
