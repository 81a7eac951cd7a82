"""SentencePiece's byte-pair models counted with tiktoken: each count is the library's, or it is left to the library."""

import itertools
import random
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_tokenization.counting.sentencepiece_engine import SentencePieceEngine
from a11i_tokenization.counting.sentencepiece_pairs import MAX_CHARS, Pairs
from a11i_tokenization.vocabularies import package_directory
from tests.bench.token_texts import files, fuzzed, languages, made_up, packaged
from tests.unit.effort import times

_MODELS = ("tokenizer.model.v1", "mistral_instruct_tokenizer_240323.model.v3")
_PARTS = (*("", " ", "  ", "\n", "\r\n", "\t", "\u2581", "\u00a0", "\u3000", "a", "the", "é", "日本", "😀", "1", "-"),
          *("<s>", "[INST]", "<0x0A>", "\0", "'s", "\n\n", "\u0301", "\x1f", "\x1e", "[REFERENCE_DOC_1]"))  # fmt: skip
Processor = sentencepiece.SentencePieceProcessor


@pytest.fixture(scope="module", params=_MODELS)
def model(request: pytest.FixtureRequest) -> Processor:
    processor = Processor()
    processor.LoadFromFile(str(package_directory("mistral_common") / "data" / request.param))
    return processor


@pytest.fixture(scope="module")
def pairs(model: Processor) -> Pairs:
    return Pairs(model)


def _library(model: Processor, text: str) -> int:
    return len(model.EncodeAsIds(text))


def test_fuzzed_and_real_texts(model: Processor, pairs: Pairs) -> None:
    texts = [
        *(*fuzzed(10_000, seed=9), *languages(), *packaged("py", 200_000), *packaged("csv", 100_000)),
        *(text for _, text in [*files(), *made_up(20)]),
    ]
    counted = {text: found for text in texts if (found := pairs.count(text)) is not None}
    assert len(counted) > len(texts) // 5
    assert [text for text, found in counted.items() if found != _library(model, text)] == []


@settings(max_examples=times(150), deadline=None)
@given(
    text=st.lists(st.sampled_from(_PARTS), max_size=20).map("".join)
    | st.text(st.characters(codec="utf-8"), max_size=80)
)
def test_any_text(model: Processor, pairs: Pairs, text: str) -> None:
    assert pairs.count(text) in (None, _library(model, text))


def test_every_run_of_spaces_and_of_signs(model: Processor, pairs: Pairs) -> None:
    for run, length in itertools.product((" ", "-", "=", "\n", "\t", "a", "0", "é"), range(1, 300)):
        for text in (run * length, f"x{run * length}return{run * (length % 7)}"):
            assert pairs.count(text) == _library(model, text), repr((run, length))


def test_a_long_text_is_cut_between_words_alone(model: Processor, pairs: Pairs) -> None:
    rng = random.Random(4)  # noqa: S311 - texts, no secrets
    for between in (" ", "\n", "     ", " \n"):
        words = ("".join(rng.choices("abcdefgh", k=rng.randint(1, 40))) for _ in range(6_000))
        text = between.join(words)
        assert len(text) > 3 * MAX_CHARS
        assert pairs.count(text) == _library(model, text)
    assert pairs.count("x" * (MAX_CHARS + 1) + " y") is None
    assert pairs.count(" " * (MAX_CHARS + 1) + " y") is None


def test_words_count_as_in_a_text_and_odd_ones_are_left(model: Processor, pairs: Pairs) -> None:
    words = [" the", "  agent", "\n", " 日本", " ", "    ", " called,", " \x1f", " \U0001f9ff", " " + "x" * MAX_CHARS]
    found = pairs.count_words(words)
    assert found[-3:] == [None, None, None]
    for word, count in zip(words[:-3], found, strict=False):
        library = _library(model, word[1:]) if word[0] == " " else _library(model, word) - 1
        assert count == max(library, 1), repr(word)


def test_what_the_library_takes_out_of_a_text_is_left_to_it(model: Processor, pairs: Pairs) -> None:
    text = "See [REFERENCE_DOC_1] of it."
    taken_out = len(model.EncodeAsIds("[REFERENCE_DOC_1]")) == 2
    assert (pairs.count(text) is None) == taken_out


def _trained(tmp_path: Path, options: str) -> Processor:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(text.replace("\n", " ") for _, text in made_up(30) if len(text) < 4_000))
    sentencepiece.SentencePieceTrainer.Train(
        f"--input={corpus} --model_prefix={tmp_path / 'model'} --minloglevel=2 --hard_vocab_limit=false "
        f"--vocab_size=2000 --remove_extra_whitespaces=false {options}"
    )
    processor = Processor()
    processor.LoadFromFile(str(tmp_path / "model.model"))
    return processor


@pytest.mark.parametrize(
    ("options", "why"),
    [("--model_type=bpe", "no bytes"), ("--model_type=unigram --byte_fallback=true", "no order")],
    ids=["no bytes", "unigram"],
)
def test_a_model_of_another_kind_is_refused(tmp_path: Path, options: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Pairs(_trained(tmp_path, options))


def test_a_model_that_changes_texts_is_left_to_the_library(tmp_path: Path) -> None:
    _trained(tmp_path, "--model_type=bpe --byte_fallback=true --normalization_rule_name=identity")
    assert SentencePieceEngine(tmp_path / "model.model").pairs is not None
    _trained(tmp_path, "--model_type=bpe --byte_fallback=true --normalization_rule_name=nfkc_cf")
    engine = SentencePieceEngine(tmp_path / "model.model")
    assert engine.pairs is None
    assert engine.count("ﬁne Words") == len(engine._processor.EncodeAsIds("ﬁne Words"))
