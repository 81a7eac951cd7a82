"""Cuts that are called exact: the pieces' tokens sum up to the text's, in every encoding that is counted in pieces."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_tokenization.chunks import MAX_CHUNK_CHARS, cut
from tests.bench.token_texts import fuzzed, languages
from tests.unit.tokenization.oracles import OF_TIKTOKEN, counter_of_whole

_FUZZED = 2_000
_SMALL_CHARS = 24
"""Pieces so short that fuzzed texts are cut at every sort of boundary."""


@pytest.fixture(scope="module", params=OF_TIKTOKEN)
def whole(request: pytest.FixtureRequest) -> Callable[[str], int]:
    return counter_of_whole(request.param)


def test_exact_cuts_lose_no_token(whole: Callable[[str], int]) -> None:
    # In the Unicode forms that engines cut.
    texts = [unicodedata.normalize(form, text) for text in fuzzed(_FUZZED, seed=3) for form in ("NFC", "NFKC")]
    texts += languages()
    exact = [
        (text, found.pieces) for text in texts if (found := cut(text, _SMALL_CHARS)).exact and len(found.pieces) > 1
    ]
    assert len(exact) > 500
    assert [text for text, pieces in exact if whole(text) != sum(map(whole, pieces))] == []


@settings(max_examples=50, deadline=None)
@given(
    words=st.lists(st.text(max_size=12), min_size=20, max_size=60),
    sign=st.sampled_from(' !"#(,-./:;<=>?@[\\_`{~\n、。'),
)
def test_exact_cuts_lose_no_token_before_any_sign(whole: Callable[[str], int], words: list[str], sign: str) -> None:
    text = "".join(f"{word}a{sign}" for word in words)
    found = cut(text, _SMALL_CHARS)
    if found.exact:
        assert whole(text) == sum(map(whole, found.pieces))


@given(st.text(max_size=200), st.integers(1, 5))
@settings(deadline=None, max_examples=50)
def test_pieces_are_bounded_and_lose_nothing(text: str, times: int) -> None:
    long = text * (times * MAX_CHUNK_CHARS // max(1, len(text)) + 1)
    pieces = cut(long).pieces
    assert "".join(pieces) == long
    assert max(map(len, pieces)) <= MAX_CHUNK_CHARS


@pytest.mark.parametrize("unbreakable", ["a", " ", "\n", "-", "😀", "\u0301", "字", "' "])
def test_a_cut_where_there_is_no_boundary_is_not_called_exact(unbreakable: str) -> None:
    assert not cut(unbreakable * (2 * MAX_CHUNK_CHARS)).exact
    assert cut(unbreakable * 100).exact
