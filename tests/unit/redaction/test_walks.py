"""JSON arrays that go on where another one of the batch ended: walked through from there on, with the same outcome."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_redaction.beside import Beside
from a11i_redaction.policy.attributes import KeySet
from a11i_redaction.values import Parser

_LONG = "a first message with as many words as it takes to be worth a place among the texts that are remembered. " * 3
_KEYS = st.sampled_from(["columns", "rows", "data", "type", "name", "value", "key", "card", "password", "gone", "kept"])
_WORDS = st.sampled_from(
    ["password", "credit card number", "4111111111111111", "secret", "Emma", "a]b", 'say "hi"', ""]
)
_LEAVES = st.none() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False) | _WORDS
_ITEMS = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12
)
_TABLE = {"columns": ["name", "card"]}
_BYTES = {"bytesValue": "cGFzc3dvcmQ9aHVudGVyMg=="}


def _parser() -> Parser:
    return Parser(names=True, skipped=KeySet(["kept"]), dropped=KeySet(["gone"]))


@given(st.lists(_ITEMS, max_size=5), st.lists(_ITEMS, min_size=1, max_size=4), st.sampled_from([None, 1]))
def test_an_array_that_goes_on_has_the_parts_that_it_has_alone(
    first: list[Any], more: list[Any], indent: int | None
) -> None:
    before, after = (json.dumps([_LONG, *items], indent=indent) for items in (first, first + more))
    parser = _parser()
    parser.parse(before, "input")
    # The second text twice: what it knows of the first must not have changed meanwhile.
    assert [parser.parse(after, "input") for _ in range(2)] == [_parser().parse(after, "input")] * 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([_LONG, 41], f'["{_LONG}", 411111111111111]'),
        ([_LONG, _TABLE], json.dumps([_LONG, _TABLE, {"rows": [["a", "b"]]}])),
        ([_LONG, _BYTES], json.dumps([_LONG, _BYTES, _BYTES])),
        ([_LONG, "x"], json.dumps([_LONG, "x"], indent=1)),
    ],
)  # fmt: skip
def test_what_only_begins_alike_is_walked_through_anew(before: list[Any], after: str) -> None:
    parser = _parser()
    parser.parse(json.dumps(before), "input")
    assert parser.parse(after, "input") == _parser().parse(after, "input")


def test_two_arrays_that_go_on_differently_do_not_mix() -> None:
    texts = [json.dumps([_LONG, _TABLE, *more]) for more in ([], [{"columns": ["iban"]}], [{"rows": [["a", "b"]]}])]
    parser = _parser()
    assert [parser.parse(text, "") for text in texts] == [_parser().parse(text, "") for text in texts]


def test_under_another_key_it_is_another_walk() -> None:
    texts = [(json.dumps([_LONG, "12345678"]), "output"), (json.dumps([_LONG, "12345678", "9"]), "ssn")]
    parser = _parser()
    assert [parser.parse(*each) for each in texts] == [_parser().parse(*each) for each in texts]


def test_each_message_of_a_conversation_is_walked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    key = Beside.key

    def noted(beside: Beside, name: str) -> str:
        seen.append(name)
        return key(beside, name)

    monkeypatch.setattr(Beside, "key", noted)
    messages = [{"role": "user", "content": f"{_LONG} {number}"} for number in range(20)]
    parser = _parser()
    for count in range(1, len(messages) + 1):
        parser.parse(json.dumps(messages[:count]), "input")
    assert len(seen) == 2 * len(messages)
