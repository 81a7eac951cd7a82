"""Members that a policy drops, in text that holds JSON without being JSON."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.dropping import without_members
from a11i_redaction.policy.attributes import KeySet
from a11i_redaction.values import Parser, members
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, batch, column, policy, redactor_with

_ILLNESS = 'acute "x" \\ ]} asthma'
_JSON = json.dumps({"a": 1, "diagnosis": _ILLNESS, "b": [2]})
_NESTED = json.dumps({"diagnosis": {"of": ["}", {"it's": _ILLNESS}]}, "b": 3})
_DROPPED = KeySet(["diagnosis", "notes.*"])
_TEXTS = [
    _JSON[:40],
    _JSON[:-1],
    _NESTED[:30],
    f"{_JSON}\n{_NESTED}",
    f"result: {_JSON} done",
    f"result: {_NESTED} done",
    f"result: {json.dumps(_JSON)} done",
    f"result: {json.dumps(_NESTED)} done",
    f"result: {json.dumps(json.dumps(_NESTED))} done",
    repr({"diagnosis": "acute asthma", "b": 2}),
    repr({"b": 2, "diagnosis": ["acute", {"asthma": None}]}),
    '{"diagnosis": acute asthma, "b": 2',
    '{"b": 2, "diagnosis": acute asthma}',
    '{"diagno\\u0073is": "acute asthma", "b": 2',
    '{"notes.first" => "acute asthma", "b" => 2}',
    '{"diagnosis"\n:\n "acute asthma", "b": 2,}',
]


@pytest.mark.parametrize("text", _TEXTS)
def test_members_of_what_is_almost_json_are_dropped(patterns: PatternDetector, text: str) -> None:
    redactor = redactor_with(
        patterns, ScriptedModel({}), policy(preset="standard", drop_attributes=["diagnosis", "notes.*"])
    )
    [once] = redactor.redact_texts([text], TENANT)
    assert "asthma" not in once.text
    assert "acute" not in once.text
    assert "<DROPPED>" in once.text
    assert ("done" in once.text) is text.endswith("done")
    assert [again.text for again in redactor.redact_texts([once.text], TENANT)] == [once.text]


def test_what_stands_around_dropped_members_is_examined_and_counted(patterns: PatternDetector) -> None:
    redactor = redactor_with(patterns, ScriptedModel({}), policy(preset="standard", drop_attributes=["diagnosis"]))
    text = f"of jane.roe@example.com: {_JSON}"
    output = redactor.redact_batch(batch(attr_string=[[("note", text)]], tool_result=[json.dumps({"log": text})]))
    [(_, left)] = column(output, "attr_string")[0]
    assert left.startswith("of <EMAIL_ADDRESS_")
    assert left.endswith(': {"a": 1, "diagnosis": "<DROPPED>", "b": [2]}')
    assert json.loads(column(output, "tool_result")[0]) == {"log": left}
    assert dict(column(output, "redacted_entities")[0]) == {"DROPPED": 2, "EMAIL_ADDRESS": 2}


def test_text_without_such_members_stays() -> None:
    for text in (
        'the "diagnosis" is: "asthma"',
        '"a": "diagnosis"',
        "diagnosis",
        '{"diagnosis": ""',
        "'diagnosis': '<DROPPED>'",
    ):
        assert without_members(text, _DROPPED) is None


def test_members_are_told_to_what_compares_copies() -> None:
    value = Parser(names=False, dropped=_DROPPED).parse(f"{_JSON}\n{_NESTED}", "")
    assert members(value, _DROPPED) == {"diagnosis": 2}


@settings(max_examples=150, deadline=None)
@given(st.text("\\\\\"'{}[]:, ad\n", max_size=30), st.text("\\\\\"'{}[]:, ad\n", max_size=30))
def test_dropping_again_changes_nothing(before: str, value: str) -> None:
    text = f'{before}"diagnosis": {value}'
    once = without_members(text, _DROPPED)
    if once is not None:
        assert without_members(once[0], _DROPPED) is None


@given(st.text("\\\\\"'{}[]:, ad\n", max_size=30), st.text("\\\\\"'{}[]:, ad\n", max_size=30))
def test_no_string_of_json_hides_its_end(value: str, behind: str) -> None:
    text = json.dumps({"diagnosis": f"Q{value}Q", "b": f"R{behind}R"})
    for cut in (text + "!", json.dumps(text) + "!"):
        once = without_members(cut, _DROPPED)
        assert once is not None
        assert "Q" not in once[0]
        assert "R" in once[0]
