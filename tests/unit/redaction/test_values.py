"""JSON in columns: examined string by string, changed in place, valid before and after."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_redaction.analysis import Unit
from a11i_redaction.findings import Finding
from a11i_redaction.values import Parser, Rewritten, locate, rewrite, units_of

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _texts(text: str, key: str = "") -> list[str]:
    return [unit.text for unit in units_of(Parser(names=True).parse(text, key))]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in [key, *_strings(item)]]
    return []


@given(_JSON, st.booleans())
def test_every_string_is_examined_as_a_string(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    wanted = [string for string in _strings(value) if string and string[0] not in '{["' and not string[0].isspace()]
    assert set(wanted) <= set(_texts(text))


@given(st.dictionaries(st.text(), _JSON, min_size=1), st.booleans(), st.text())
def test_json_stays_valid_and_only_what_changed_changes(value: Any, ascii_only: bool, new: str) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    parsed = Parser(names=True).parse(text, "")
    units = list(units_of(parsed))
    changed = rewrite(parsed, {units[0]: Rewritten(new, {"A": 1})})
    assert changed is not None
    kept = [unit.text for unit in units if unit != units[0] and len(unit.text) < 8]
    assert json.loads(changed.text) is not None
    after = _texts(changed.text)
    assert all(unit in after for unit in kept if not unit.isdigit())


@given(_JSON)
def test_what_is_not_changed_stays_byte_for_byte(value: Any) -> None:
    assert rewrite(Parser(names=True).parse(json.dumps(value, indent=1), ""), {}) is None


def test_a_change_leaves_white_space_escapes_and_numbers_as_they_were() -> None:
    text = '{ "a" :\t"x@y",\n "b": "caf\\u00e9 \\/ x", "n": 1.50e+3, "big": 123456789012345678901234567890 }'
    changed = rewrite(Parser(names=False).parse(text, ""), {Unit("x@y", "a", names=False): Rewritten('"<P>\n', {})})
    assert changed is not None
    assert changed.text == text.replace('"x@y"', '"\\"<P>\\n"')


def test_a_number_becomes_a_string() -> None:
    value = Parser(names=False).parse(
        '{"card": 4111111111111111, "n": 12, "ns": 1763697018000000000, "f": 1.23456789012}', ""
    )
    assert [unit for unit in units_of(value) if unit.text.isdigit()] == [Unit("4111111111111111", "card", names=False)]
    changed = rewrite(value, {Unit("4111111111111111", "card", names=False): Rewritten("<C>", {"C": 1})})
    assert changed is not None
    assert json.loads(changed.text)["card"] == "<C>"


def test_json_inside_strings_is_opened() -> None:
    inner = json.dumps({"to": "a@b.org", "deep": json.dumps(["c@d.org"])})
    text = json.dumps({"arguments": inner})
    parsed = Parser(names=True).parse(text, "")
    assert {"a@b.org", "c@d.org"} <= set(_texts(text))
    changed = rewrite(parsed, {Unit("c@d.org", "deep", names=True): Rewritten("<E>", {"E": 1})})
    assert changed is not None
    assert json.loads(json.loads(json.loads(changed.text)["arguments"])["deep"]) == ["<E>"]


@pytest.mark.parametrize("text", ["{not json", '{"a": 1} trailing', "plain", "", '["cut', "[" * 100_000])
def test_what_is_no_json_is_one_text(text: str) -> None:
    assert _texts(text) == [text]


def test_half_a_surrogate_pair_survives() -> None:
    text = '{"a": "x \\ud800 y", "b": "z"}'
    parsed = Parser(names=False).parse(text, "")
    changed = rewrite(parsed, {Unit("x \ud800 y", "a", names=False): Rewritten("<P> \ud800", {})})
    assert changed is not None
    assert json.loads(changed.text.encode()) == {"a": "<P> \ud800", "b": "z"}


def test_keys_tell_what_a_value_is() -> None:
    text = '{"role": "user", "ssn": "1", "content": "2", "list": [{"password": "3"}, "4"], "trace_id": "%s"}' % (
        "0f" * 16
    )
    units = {unit.text: unit for unit in units_of(Parser(names=True).parse(text, "attr"))}
    assert not units["user"].names
    assert (units["1"].key, units["2"].key, units["3"].key, units["4"].key) == ("ssn", "", "password", "attr")
    assert units["1"].names
    assert "0f" * 16 not in units


def test_findings_are_placed_in_the_whole_text() -> None:
    text = '{"a": "to x@y", "b": "esc\\n x@y", "n": 4111111111111111}'
    parsed = Parser(names=False).parse(text, "")
    by_text = {unit.text: unit for unit in units_of(parsed)}
    findings = {
        by_text["to x@y"]: [Finding(3, 6, "E", 1.0)],
        by_text["esc\n x@y"]: [Finding(5, 8, "E", 1.0)],
        by_text["4111111111111111"]: [Finding(0, 16, "C", 1.0)],
    }
    assert [text[f.start : f.end] for f in locate(parsed, findings)] == ["x@y", '"esc\\n x@y"', "4111111111111111"]
