"""Items between commas that come again are counted once, and exactly."""

import json
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from a11i_tokenization.cache import Count
from a11i_tokenization.counting.long_texts import LINE_ENDS, MIN_CHARS, LongTexts, repeated_items
from a11i_tokenization.counting.tiktoken_engine import NOISE
from a11i_tokenization.encodings import Encodings
from tests.bench.token_texts import files, languages, made_up
from tests.unit.effort import times
from tests.unit.tokenization.oracles import OF_TIKTOKEN, counter_of_whole

_ITEMS = (
    "",
    "a",
    "1",
    '"',
    "'s",
    " b",
    "x ",
    "\\\\\\",
    "é",
    "日本",
    "。",
    "\u0301",
    "²",
    "\n",
    "\r\n",
    "/",
    "'",
    "😀",
    "_",
)
_NESTED = json.dumps(json.dumps(json.dumps([{"a": [1, "b\n"], "c": "d'e"}] * 900)))


@pytest.fixture(scope="module", params=OF_TIKTOKEN)
def named(request: pytest.FixtureRequest) -> tuple[str, Callable[[str], int]]:
    return request.param, counter_of_whole(request.param)


def _items(text: str) -> Counter[str]:
    found = repeated_items(text)
    assert found is not None
    return found


@settings(max_examples=times(15), deadline=None)
@given(items=st.lists(st.sampled_from(_ITEMS) | st.text(st.characters(codec="utf-8"), max_size=6), max_size=8))
def test_the_parts_before_commas_have_the_texts_tokens(
    named: tuple[str, Callable[[str], int]], items: list[str]
) -> None:
    _, whole = named
    record = ",".join([*items, "an item of a length " * 7 + "1"])
    text = ",".join([record] * 40)
    found = repeated_items(text)
    assume(found is not None)  # Of items that are commas there are too many.
    assert found is not None
    assert sum(len(part) * often for part, often in found.items()) == len(text)
    assert sum(whole(part) * often for part, often in found.items()) == whole(text)


def test_every_two_items_on_end(named: tuple[str, Callable[[str], int]]) -> None:
    _, whole = named
    for before in _ITEMS:
        for behind in _ITEMS:
            text = f"{before}a,{behind} and some item or other of a length," * 20
            found = _items(text)
            assert sum(whole(part) * often for part, often in found.items()) == whole(text), repr((before, behind))


def test_json_within_json_is_counted_by_its_items_and_exactly(
    encodings: Encodings, named: tuple[str, Callable[[str], int]]
) -> None:
    name, whole = named
    assert len(_NESTED) > MIN_CHARS
    assert len(_items(_NESTED)) < 10
    exact = encodings.source(name).exact
    assert encodings.measure(name, _NESTED) == Count(whole(_NESTED), exact=exact)


def test_lines_that_repeat_come_before_items() -> None:
    text = "some item or other 1,some item or other 1\n" * 1_000
    found = LongTexts(len, LINE_ENDS, NOISE, items=True).parts(text)
    assert found is not None
    assert set(found) == {"some item or other 1,some item or other 1\n"}


def test_items_are_told_apart_only_where_that_saves_time() -> None:
    assert LongTexts(len, LINE_ENDS, NOISE, items=True).parts(_NESTED) == repeated_items(_NESTED)
    assert LongTexts(len, LINE_ENDS, NOISE).parts(_NESTED) is None


def test_a_text_whose_items_do_not_repeat_stays_whole() -> None:
    for text in (
        " ".join(languages()),
        ",".join(text for kind, text in made_up(50) if kind == "JSON"),
        "\n".join(text for _, text in files()),
        ",".join(["the same item"] * 200 + [f"item number {number}" for number in range(2_000)]),
        "a," * MIN_CHARS,
        "no comma " * MIN_CHARS,
        "",
    ):
        assert repeated_items(text) is None, text[:80]
