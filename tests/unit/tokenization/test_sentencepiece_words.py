"""SentencePiece counted word by word against the library on whole texts: each count is the same."""

import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_tokenization.counting import words
from a11i_tokenization.counting.long_texts import split
from a11i_tokenization.counting.sentencepiece_engine import NOISE, SentencePieceEngine, _pieces
from a11i_tokenization.counting.words import WordCounts
from a11i_tokenization.vocabularies import package_directory
from tests.bench.token_texts import files, fuzzed, languages, made_up
from tests.unit.effort import times

_MODELS = ("tokenizer.model.v1", "mistral_instruct_tokenizer_240323.model.v3")
_PARTS = (*("", " ", "  ", "\n", "\r\n", "\t", "\u2581", "\u00a0", "\u3000", "a", "the", "é", "日本", "😀", "1", "-"),
          *("<s>", "[INST]", "<0x0A>", "\0", "'s", "\n\n", "\u0301"))  # fmt: skip


def _directory() -> Path:
    return package_directory("mistral_common") / "data"


@pytest.fixture(scope="module", params=[(model, pairs) for model in _MODELS for pairs in (True, False)], ids=str)
def engine(request: pytest.FixtureRequest) -> SentencePieceEngine:
    """An engine with what counts new words faster, and one that has just the library."""
    model, pairs = request.param
    engine = SentencePieceEngine(_directory() / model)
    assert engine.by_words
    assert engine.pairs is not None
    if not pairs:
        engine.pairs = None
    return engine


def _differing(engine: SentencePieceEngine, texts: list[str]) -> list[str]:
    return [text for text in texts if engine.count(text) != len(engine._processor.EncodeAsIds(text))]


def test_fuzzed_and_real_texts(engine: SentencePieceEngine) -> None:
    texts = [*fuzzed(10_000, seed=8), *languages(), *(text for _, text in files()), *(text for _, text in made_up(10))]
    assert _differing(engine, texts) == []


@settings(max_examples=times(150), deadline=None)
@given(text=st.lists(st.sampled_from(_PARTS), max_size=20).map("".join) | st.text(max_size=100))
def test_any_text(engine: SentencePieceEngine, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert _differing(engine, [text]) == []


def test_a_text_of_any_length_is_exact_if_its_words_are_short(engine: SentencePieceEngine) -> None:
    text = "\n".join([*languages(), *(text for _, text in files())])
    assert len(text) > 262_144 or engine.is_exact_for(text * 2)
    assert engine.count(text * 2) == len(engine._processor.EncodeAsIds(text * 2))
    assert not engine.is_exact_for("x" * 300_000)


@pytest.mark.parametrize("noise", [" ", "-", "ab1", " \t\n", "abcdefghijklmnopqrstuvwxyz   "])
def test_long_noise_is_estimated_within_a_percent_and_says_so(engine: SentencePieceEngine, noise: str) -> None:
    text = f"Noise: {''.join(random.Random(2).choices(noise, k=500_000))}, no more."  # noqa: S311 - texts, no secrets
    assert not engine.is_exact_for(text)
    near = sum(len(engine._processor.EncodeAsIds(text[at : at + 50_000])) for at in range(0, len(text), 50_000))
    assert engine.count(text) == pytest.approx(near, rel=0.01)


@pytest.mark.parametrize("unit", ["<|endoftext|>", "()", "a-1_", "=>"])
def test_one_word_again_and_again_is_estimated_within_a_percent(engine: SentencePieceEngine, unit: str) -> None:
    text = unit * (600_000 // len(unit))
    assert not engine.is_exact_for(text)
    assert engine.count(text) == pytest.approx(len(engine._processor.EncodeAsIds(text)), rel=0.01)


def test_long_words_that_are_data_are_exact_by_words(engine: SentencePieceEngine) -> None:
    rng = random.Random(5)  # noqa: S311 - texts, no secrets
    text = json.dumps([rng.gauss(0, 1) for _ in range(30_000)], separators=(",", ":"))
    assert len(text) > 500_000
    assert split(text, NOISE) is None


def _trained(tmp_path: Path, options: str) -> Path:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(text.replace("\n", " ") for _, text in made_up(30) if len(text) < 4_000))
    sentencepiece.SentencePieceTrainer.Train(
        f"--input={corpus} --model_prefix={tmp_path / 'model'} --model_type=bpe --minloglevel=2 "
        f"--hard_vocab_limit=false --vocab_size=2000 {options}"
    )
    return tmp_path / "model.model"


@pytest.mark.parametrize(
    ("options", "by_words"),
    [
        ("--normalization_rule_name=identity --remove_extra_whitespaces=false --byte_fallback=true", True),
        ("--normalization_rule_name=identity --remove_extra_whitespaces=false --split_by_whitespace=false", False),
        ("--normalization_rule_name=identity --treat_whitespace_as_suffix=true", False),
        ("--normalization_rule_name=identity --add_dummy_prefix=false", False),
        ("--character_coverage=0.99", False),
    ],
    ids=["like Mistral's", "over spaces", "spaces behind", "without a first space", "as the trainer has it"],
)
def test_what_a_model_does_decides(tmp_path: Path, options: str, by_words: bool) -> None:
    engine = SentencePieceEngine(_trained(tmp_path, options))
    assert engine.by_words is by_words
    assert _differing(engine, [*languages()[:40], *(text for _, text in made_up(3)), "  two  spaces \n in it  "]) == []


def _lengths(words: Sequence[str]) -> list[int]:
    return list(map(len, words))


def test_new_words_are_counted_together_and_each_once() -> None:
    asked: list[list[str]] = []

    def count(words: Sequence[str]) -> list[int]:
        asked.append(list(words))
        return _lengths(words)

    counts = WordCounts(count)
    assert counts.total(["one", "two", "one", "three"]) == 14
    assert counts.total(["three", "four", "one", "x" * 1_000]) == 1_012
    assert counts.total(["x" * 1_000, "four"]) == 1_004
    assert asked == [["one", "two", "three"], ["four", "x" * 1_000], ["x" * 1_000]]


def test_many_words_of_which_nearly_all_are_new_are_counted_whole_and_not_remembered() -> None:
    counts = WordCounts(_lengths)
    known = [str(number) for number in range(400)]
    assert counts.total(known) == 1_090
    new = [f"n{number}" for number in range(1_000)]
    assert counts.total(new, lambda: 7) == 7
    assert counts.total([*new[:250]], lambda: 7) == 890
    assert counts.total([*known, *new[300:]], lambda: 7) == 1_090 + 2_800
    assert counts.total([f"o{number}" for number in range(300)], lambda: None) == 1_090
    assert len(counts) == 400 + 250 + 700 + 300


@pytest.mark.parametrize("ending", ["", "\n", " ", "\n\n  "])
def test_words_of_which_none_comes_again(engine: SentencePieceEngine, ending: str) -> None:
    rng = random.Random(ending)  # noqa: S311 - texts, no secrets
    words = [f"{number}{ending}{'日é' * (number % 3)}{rng.choice('ab1')}" for number in range(3_000)]
    text = f" {ending}".join(words) + "y" * 20_000
    assert _differing(engine, [text, text[1:], text[::-1]]) == []


def test_more_new_words_than_are_remembered_push_none_out(engine: SentencePieceEngine) -> None:
    engine.count("known words")
    known = len(engine._words)
    text = "\n".join(f"{number} {'  ' * (number % 3)}-{number}" for number in range(40_000)) + " "
    assert _differing(engine, [text, text[1:], f"  {text}"]) == []
    assert len(engine._words) == known


def test_words_are_put_on_end_up_to_what_the_library_takes_at_once() -> None:
    words = [*(f" {number}" for number in range(1_000)), *(f" {'x' * 200_000}{number}" for number in range(3))]
    pieces = _pieces(words)
    assert "".join(pieces) == "".join(words)
    assert max(map(len, pieces)) < 262_144
    assert len(pieces) < 200


def test_words_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MAX_WORDS", 100)
    monkeypatch.setattr(words, "_MAX_CHARS", 500)
    counts = WordCounts(_lengths)
    assert counts.total([str(number) for number in range(1_000)]) == 2_890
    assert len(counts) <= 100
    assert counts.total(["x" * 100_000, "y" * 90] * 9) == 900_810
    assert sum(map(len, counts._known)) <= 500


def test_threads_may_share_words() -> None:
    counts = WordCounts(_lengths)
    lists = [[f"{number % 5_000}" for number in range(start, start + 20_000)] for start in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(counts.total, lists)) == [sum(map(len, words)) for words in lists]
