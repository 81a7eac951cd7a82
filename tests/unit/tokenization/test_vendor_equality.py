"""Other vendors' vocabularies in the fast tokenizer against tiktoken with the same: each count is the same."""

import itertools
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from a11i_tokenization.counting import self_check, vendors
from a11i_tokenization.counting.engine import encodable
from a11i_tokenization.counting.repeats import PERIOD, shorten
from a11i_tokenization.counting.self_check_texts import samples
from a11i_tokenization.counting.tiktoken_engine import TiktokenEngine
from a11i_tokenization.counting.toktok_vendor_engine import ToktokVendorEngine
from tests.bench.token_texts import files, fuzzed, languages, made_up
from tests.unit.effort import times

_FUZZED = times(5_000)
_SIGNS = ("", "a", "A", "é", "日", "1", "½", " ", "\n", "\r\n", "\t", "!", "(", "'", "\x01", "e\u0301", "\u00a0", "/")
LONG_S = "\u017f"


class Pair(NamedTuple):
    """An engine and its reference."""

    engine: ToktokVendorEngine
    tiktoken: tiktoken.Encoding
    form: Callable[[str], str]

    def count(self, text: str) -> int:
        return len(self.tiktoken.encode_ordinary(self.form(text)))

    def assert_equal(self, texts: Sequence[str]) -> None:
        assert [text for text in texts if self.engine.count(text) != self.count(text)] == []


@pytest.fixture(scope="module", params=vendors.FAST)
def pair(request: pytest.FixtureRequest) -> Pair:
    engine = {source.name: source for source in vendors.sources()}[request.param].load()
    assert isinstance(engine, ToktokVendorEngine)
    reference = engine._reference()
    assert isinstance(reference, TiktokenEngine)
    forms: dict[str | None, Callable[[str], str]] = {
        None: encodable,
        "NFC": lambda text: unicodedata.normalize("NFC", encodable(text)),
    }
    return Pair(engine, reference._encoding, forms[reference._normalization])


def test_fuzzed_texts(pair: Pair) -> None:
    texts = list(fuzzed(_FUZZED, seed=21))
    assert len(set(texts)) > 0.9 * _FUZZED
    pair.assert_equal(texts)


def test_texts_of_many_languages_and_structures(pair: Pair) -> None:
    texts = [*languages(), *(text for _, text in files()), *(text for _, text in made_up(20))]
    pair.assert_equal([*texts, "".join(texts)[:200_000]])


@settings(max_examples=times(100), deadline=None)
@given(text=st.text(st.characters(), max_size=300))
def test_any_text(pair: Pair, text: str) -> None:
    pair.assert_equal([text])


@settings(max_examples=times(100), deadline=None)
@given(text=st.lists(st.sampled_from(_SIGNS), max_size=24).map("".join))
def test_signs_and_white_space_in_any_order(pair: Pair, text: str) -> None:
    pair.assert_equal([text])


def test_every_three_signs_before_white_space_and_at_the_end(pair: Pair) -> None:
    pair.assert_equal(
        [f"{''.join(three)}{end}" for three in itertools.product(_SIGNS, repeat=3) for end in ("", " \n ")]
    )


def test_contractions_of_every_case(pair: Pair) -> None:
    words = ("", "it", "IT", "é", " ", "\n", "1", "(", "日")
    ends = ("s", "S", LONG_S, "t", "T", "ll", "Ll", "VE", "re", "rE", "m", "D", "x", "'")
    pair.assert_equal([f"{a}{sign}{b}{c}" for a in words for sign in "'\x01" for b in ends for c in words])


def test_every_two_digits_of_a_script(pair: Pair) -> None:
    digits = [chr(code) for code in range(0x20000) if unicodedata.category(chr(code)).startswith("N")]
    assert len(digits) > 1_500
    pairs = [first + second for first, second in itertools.pairwise(digits)]
    pair.assert_equal([*pairs, *(f"{two}{two} {two[0]}" for two in pairs)])


def test_every_token_is_made_by_merges_and_stands_in_longer_words_as_tiktoken_has_it(pair: Pair) -> None:
    tokens = [pair.tiktoken.decode_single_token_bytes(token) for token in range(pair.tiktoken.n_vocab)]
    encode = pair.tiktoken._core_bpe.encode_single_piece
    # 0xff is in no UTF-8, hence in no token but its own: the rest is not the whole word.
    assert [token for token in tokens if len(encode(token + b"\xff")) != 2] == []
    words = [token.decode(errors="ignore") for token in tokens]
    pair.assert_equal([f"{word}{end}" for word, end in zip(words, itertools.cycle(("b", "e", "ing", "u", "a")))])
    pair.assert_equal([f"a{word.strip()}" for word in words])


def test_runs_are_shortened_by_whole_tokens(pair: Pair, request: pytest.FixtureRequest) -> None:
    # Between beginnings and ends that the vocabulary joins with the character, at every phase.
    tokens = [pair.tiktoken.decode_single_token_bytes(token) for token in range(pair.tiktoken.n_vocab)]
    texts = []
    signs = vendors._RULES[request.node.callspec.params["pair"]].slow_signs
    for sign in map(str.encode, signs):
        before = sorted({token.rstrip(sign) for token in tokens if token.endswith(sign)} | {b"", b"x", b" x\n"})
        after = sorted({token.lstrip(sign) for token in tokens if token.startswith(sign)} | {b"", b"x", b"\n"})
        every = list(itertools.product(before, after))
        for phase, (start, end) in enumerate(every[:: 1 + len(every) // 1_000]):
            run = sign.decode() * (8 * PERIOD + phase % PERIOD)
            texts.append(start.decode(errors="ignore") + run + end.decode(errors="ignore"))
    assert len(texts) > 500 * len(signs)
    assert all(shorten(text, signs)[1] >= 5 for text in texts)
    assert [
        text for text in texts if pair.engine._count_shortened(pair.engine._prepared(text)) != pair.count(text)
    ] == []


def test_lone_surrogates_count_as_tiktoken_counts_them(pair: Pair) -> None:
    pair.assert_equal(["\ud800", "a\udfffb", "\ud83d\ude00 it's", "\n \ud800 \n "])


def test_what_is_expected_is_what_tiktoken_gives(pair: Pair, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["pair"]
    own = pair.engine.encode
    digest = self_check.digest(lambda text: pair.tiktoken.encode_ordinary(pair.form(text)) if own(text) else ())
    assert digest == self_check.EXPECTED[name]
    assert sum(not own(text) for text in samples()) <= 1


def test_without_the_fast_tokenizer_tiktoken_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    source = {source.name: source for source in vendors.sources()}["qwen2"]
    with capture_logs() as logs:
        engine = source.load()
    assert (engine.name, engine.count("tiktoken counts")) == ("tiktoken", 4)
    assert [(line["event"], line["encoding"]) for line in logs] == [
        ("the fast tokenizer is not available, tiktoken counts", "qwen2")
    ]


def test_a_vocabulary_that_counts_otherwise_gives_way_to_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vendors._RULES, "llama4", vendors._RULES["qwen2"])
    source = {source.name: source for source in vendors.sources()}["llama4"]
    with capture_logs() as logs:
        assert source.load().name == "tiktoken"
    assert [line["event"] for line in logs] == ["the fast tokenizer does not count as tiktoken does, tiktoken counts"]
