"""The fast tokenizer against tiktoken, the reference: on 20,000 texts and more each count is the same."""

from collections.abc import Sequence

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_tokenization import vocabularies
from a11i_tokenization.counting.repeats import PERIOD, shorten
from a11i_tokenization.counting.tiktoken_engine import TiktokenEngine
from a11i_tokenization.counting.toktok_engine import ENCODINGS, ToktokEngine
from tests.bench.token_texts import files, fuzzed, languages, made_up
from tests.unit.effort import times

_FUZZED = 20_000
_REPEATED = "-=*#/"
LONG_S = "\u017f"


@pytest.fixture(scope="module", params=ENCODINGS)
def pair(request: pytest.FixtureRequest) -> tuple[ToktokEngine, tiktoken.Encoding]:
    encoding: str = request.param
    oracle = vocabularies.build(encoding, vocabularies.packaged_directory())
    return ToktokEngine(encoding, lambda: TiktokenEngine(oracle)), oracle


def _assert_equal(engine: ToktokEngine, oracle: tiktoken.Encoding, texts: Sequence[str]) -> None:
    differing = [text for text in texts if engine.count(text) != len(oracle.encode_ordinary(text))]
    assert differing == []


def test_twenty_thousand_fuzzed_texts(pair: tuple[ToktokEngine, tiktoken.Encoding]) -> None:
    texts = list(fuzzed(_FUZZED, seed=20))
    assert len(set(texts)) > 0.9 * _FUZZED
    _assert_equal(*pair, texts)


def test_texts_of_many_languages_and_structures(pair: tuple[ToktokEngine, tiktoken.Encoding]) -> None:
    texts = [*languages(), *(text for _, text in files()), *(text for _, text in made_up(40))]
    assert sum(map(len, texts)) > 400_000
    _assert_equal(*pair, texts)
    _assert_equal(*pair, ["".join(texts)[:1_000_000]])


@settings(max_examples=times(150), deadline=None)
@given(text=st.text(st.characters(), max_size=400))
def test_any_text(pair: tuple[ToktokEngine, tiktoken.Encoding], text: str) -> None:
    _assert_equal(*pair, [text])


def test_a_long_s_behind_an_apostrophe_is_the_contraction_that_tiktoken_takes_it_for(
    pair: tuple[ToktokEngine, tiktoken.Encoding],
) -> None:
    words = ("a", "A", "é", " it", "", "the", "st", "\n", "1", "ll", f"'{LONG_S}")
    _assert_equal(
        *pair, [f"{a}'{LONG_S}{b}'{c}{d}" for a in words for b in words for c in f"stmdST{LONG_S}" for d in words]
    )


@settings(max_examples=times(60), deadline=None)
@given(text=st.text(st.characters(categories=["Cs", "Ll", "So"]), max_size=60))
def test_lone_surrogates_count_as_tiktoken_counts_them(pair: tuple[ToktokEngine, tiktoken.Encoding], text: str) -> None:
    _assert_equal(*pair, [text])


@pytest.mark.parametrize("repeated", _REPEATED)
def test_runs_are_shortened_by_whole_tokens(pair: tuple[ToktokEngine, tiktoken.Encoding], repeated: str) -> None:
    # Between every beginning and end that the vocabulary joins with the character, at every phase.
    engine, oracle = pair
    tokens = [oracle.decode_single_token_bytes(token) for token in range(oracle.n_vocab - 30) if _exists(oracle, token)]
    sign = repeated.encode()
    before = {token.rstrip(sign) for token in tokens if token.endswith(sign)} | {b"", b"x", b" x\n"}
    after = {token.lstrip(sign) for token in tokens if token.startswith(sign)} | {b"", b"x", b"\n", b"\n\n/"}
    texts = []
    for phase, (start, end) in enumerate([(start, end) for start in before for end in after][:4_000]):
        run = repeated * (8 * PERIOD + phase % PERIOD)
        texts.append(start.decode(errors="ignore") + run + end.decode(errors="ignore"))
    assert all(shorten(text)[1] >= 5 for text in texts)
    _assert_equal(engine, oracle, texts)


@pytest.mark.parametrize("repeated", _REPEATED)
def test_runs_of_every_length_are_shortened_rightly(
    pair: tuple[ToktokEngine, tiktoken.Encoding], repeated: str
) -> None:
    lengths = range(2 * PERIOD, 8 * PERIOD)
    texts = [f"{start}{repeated * length}{end}" for length in lengths for start, end in (("", ""), ("| ", " |\n"))]
    # Long enough to be looked through.
    _assert_equal(*pair, [f"{text}\n\n{'x ' * PERIOD * 4}" for text in texts])


@settings(max_examples=times(100), deadline=None)
@given(
    runs=st.lists(st.tuples(st.sampled_from([*_REPEATED, " ", "a", "\n", "-=", "!"]), st.integers(1, 700)), max_size=8)
)
def test_runs_beside_runs(pair: tuple[ToktokEngine, tiktoken.Encoding], runs: list[tuple[str, int]]) -> None:
    _assert_equal(*pair, ["".join(unit * times for unit, times in runs)])


@given(st.text(max_size=2_000))
def test_texts_without_long_runs_stay(text: str) -> None:
    assert shorten(text) == (text, 0)


def _exists(oracle: tiktoken.Encoding, token: int) -> bool:
    try:
        oracle.decode_single_token_bytes(token)
    except KeyError:
        return False
    return True
