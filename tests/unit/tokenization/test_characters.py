import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_tokenization.counting.characters import SORTS, CharactersEngine
from a11i_tokenization.encodings import Encodings
from tests.bench.token_texts import languages, made_up

ENGINE = CharactersEngine()


@given(st.text(st.characters()))
def test_any_text_has_an_estimate(text: str) -> None:
    # A token is no less than a byte, and seldom more than ten characters.
    assert bool(text) <= ENGINE.count(text) <= 8 * len(text)
    assert ENGINE.is_exact_for(text) == (text == "")


@pytest.mark.parametrize(
    ("text", "sorts"),
    [
        ("Hello world", {"upper-case Latin": (1, 1), "lower-case Latin": (9, 2), "space": (1, 1)}),
        ("абв 12", {"Cyrillic": (3, 1), "space": (1, 1), "digit": (2, 1)}),
        ("字あ字", {"ideograph": (2, 2), "kana": (1, 1)}),
        ("\ud800😀\n", {"other": (1, 1), "symbol or emoji": (1, 1), "line break or tab": (1, 1)}),
    ],
)
def test_characters_and_runs_are_counted_by_sort(text: str, sorts: dict[str, tuple[int, int]]) -> None:
    features = ENGINE.features(text).tolist()
    found = {sort.name: (features[at], features[len(SORTS) + at]) for at, sort in enumerate(SORTS) if features[at]}
    assert found == sorts


def test_estimates_are_within_what_the_documentation_says(encodings: Encodings) -> None:
    names = ("o200k_base", "llama3", "deepseek_v3")
    errors = []
    for text in [*languages(), *(text for _, text in made_up(10))]:
        middle = sorted(encodings.count(name, text) for name in names)[1]
        errors.append(abs(ENGINE.count(text) - middle) / middle)
    assert sum(errors) / len(errors) < 0.2
    assert sorted(errors)[int(0.95 * len(errors))] < 0.5


def test_a_megabyte_is_estimated_in_time() -> None:
    text = "Wörter und 12 Zahlen, 字. " * 40_000
    ENGINE.count(text)
    started = time.process_time()
    assert ENGINE.count(text) == pytest.approx(40_000 * ENGINE.count("Wörter und 12 Zahlen, 字. "), rel=0.1)
    assert time.process_time() - started < 0.05 * len(text.encode()) / 1e6 * 3
