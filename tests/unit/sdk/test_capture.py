"""Anything that a program passes around becomes text that UTF-8 and JSON can hold."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from a11i.sdk._capture import MAX_CAPTURED_CHARS, to_json, to_text

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner),
    max_leaves=20,
)


@given(ANYTHING)
def test_any_value_becomes_json_that_utf8_can_hold(value: object) -> None:
    text = to_text([value])
    text.encode()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@given(st.text(st.characters()))
def test_text_stays_as_it_is_but_for_lone_surrogates(text: str) -> None:
    assert to_text(text) == text.encode(errors="replace").decode()


@dataclass
class Order:
    number: str


class Reply(BaseModel):
    words: list[str]


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("do not ask")

    def model_dump(self, mode: str) -> object:
        raise RuntimeError("do not ask")


def test_objects_show_their_fields_or_the_name_of_their_type() -> None:
    value = {"order": Order("A-1"), "reply": Reply(words=["hi"]), "raw": b"1234", "seen": {1}, "other": object()}
    assert json.loads(to_json(value)) == {
        "order": {"number": "A-1"},
        "reply": {"words": ["hi"]},
        "raw": "<4 bytes>",
        "seen": [1],
        "other": "<object>",
    }


def test_what_json_cannot_hold_does_not_take_the_rest_with_it() -> None:
    cycle: list[object] = [1]
    cycle.append(cycle)
    assert json.loads(to_json({"nan": float("nan"), (1, 2): "pair", "hostile": Hostile(), "fine": True})) == {
        "nan": "nan",
        "(1, 2)": "pair",
        "hostile": "<Hostile>",
        "fine": True,
    }
    assert to_json(cycle).startswith("[1, [1, ")


def test_text_over_the_limit_is_cut_and_says_so() -> None:
    text = to_text("é" * (MAX_CAPTURED_CHARS + 1))
    assert len(text) == MAX_CAPTURED_CHARS
    assert text.endswith("[cut by a11i.sdk]")
