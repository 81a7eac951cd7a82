import time
from base64 import b64encode
from pathlib import Path
from random import Random

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_tokenization import vocabularies
from a11i_tokenization.chunks import MAX_CHUNK_CHARS, chunks
from a11i_tokenization.encodings import Encodings

ENCODINGS = ("o200k_base", "cl100k_base", "p50k_base", "r50k_base")
ORACLES = {name: vocabularies.build(name, vocabularies.packaged_directory()) for name in ENCODINGS}
COUNTER = Encodings(vocabularies.packaged_directory())

_WORDS = [
    *("the", " agent", " called", " lookup_order", "(", '"A-1234"', ")", "{", "}", ":", "_", "```", "//", " "),
    *("\n", "\n\n", "\r\n", "\t", "  ", "\u00a0", "don't", " I'LL", "camelCase", "ALLCAPS", "<|endoftext|>"),
    *(" 2026", "1234567", "…", " naïve", "e\u0301", "日本語", "\uff0c", "。", "你好", " Привет", "Ⅷ", "½"),
    *("😀", "\U0001f469\u200d\U0001f467"),
]


def texts_of_words(least: int, most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(_WORDS), min_size=least, max_size=most).map("".join)


def oracle(encoding: str, text: str) -> int:
    return len(ORACLES[encoding].encode_ordinary(text))


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=300) | texts_of_words(0, 60))
def test_counts_are_tiktokens(encoding: str, text: str) -> None:
    assert COUNTER.count(encoding, text) == oracle(encoding, text)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_counts_of_real_files_are_tiktokens(encoding: str) -> None:
    files = sorted(Path(tiktoken.__file__).parent.rglob("*.py")) + sorted(Path(vocabularies.__file__).parent.glob("*"))
    texts = [file.read_text() for file in files if file.suffix == ".py"]
    together = "\n".join(texts)
    assert len(together) > 2 * MAX_CHUNK_CHARS
    assert COUNTER.count_all(encoding, [*texts, together]) == [oracle(encoding, text) for text in [*texts, together]]


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=40, deadline=None)
@given(text=texts_of_words(20, 60), shift=st.integers(0, 40))
def test_long_texts_are_cut_where_no_token_is(encoding: str, text: str, shift: int) -> None:
    # At least one word and a blank, so that the text has a boundary at all.
    unit = text + " agent called"
    long = "x" * shift + unit * (2 * MAX_CHUNK_CHARS // len(unit) + 1)
    assert len(list(chunks(long))) > 1
    assert COUNTER.count(encoding, long) == oracle(encoding, long)


@given(st.text(max_size=200), st.integers(1, 5))
@settings(deadline=None, max_examples=50)
def test_chunks_are_bounded_and_lose_nothing(text: str, times: int) -> None:
    long = text * (times * MAX_CHUNK_CHARS // max(1, len(text)) + 1)
    pieces = list(chunks(long))
    assert "".join(pieces) == long
    assert max(map(len, pieces)) <= MAX_CHUNK_CHARS


_RANDOM = Random(7)  # noqa: S311 - texts, no secrets
_HOSTILE = {
    "spaces": " " * 1_000_000,
    "spaces before a word": " " * 1_000_000 + "x",
    "newlines": "\n" * 1_000_000,
    "blank lines": " \n" * 500_000,
    "emoji": "😀" * 250_000,
    "one letter": "a" * 1_000_000,
    "an endless word": "".join(_RANDOM.choices("abcdefghijklmnopqrstuvwxyz", k=1_000_000)),
    "base64": b64encode(_RANDOM.randbytes(750_000)).decode(),
    "combining marks": "e" + "\u0301" * 500_000,
    "wide spaces": "\u3000" * 330_000,
    "exclamations": "!" * 1_000_000,
    "apostrophes": "'s" * 500_000,
    "digits": "7" * 1_000_000,
    "lone surrogates": "\ud800a" * 100_000,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", _HOSTILE)
def test_no_text_takes_the_process_down_or_long(encoding: str, kind: str) -> None:
    text = _HOSTILE[kind]
    started = time.process_time()
    assert COUNTER.count(encoding, text) > 0
    # A megabyte takes 0.3 s at worst on one slow core; tiktoken alone panics, or takes ten times as long.
    assert time.process_time() - started < 2.0


def test_an_endless_word_is_off_by_little() -> None:
    text = "".join(_RANDOM.choices("abcdefghijklmnopqrstuvwxyz", k=3 * MAX_CHUNK_CHARS))
    assert COUNTER.count("o200k_base", text) == pytest.approx(oracle("o200k_base", text), abs=6)


@pytest.mark.parametrize(
    ("alias", "encoding"), [("o200k_harmony", "o200k_base"), ("gpt2", "r50k_base"), ("p50k_edit", "p50k_base")]
)
def test_encodings_that_differ_in_special_tokens_count_alike(alias: str, encoding: str) -> None:
    text = "Special tokens such as <|start|> and <|endoftext|> are text here.    \n"
    assert COUNTER.count(alias, text) == oracle(encoding, text)


def test_an_unknown_encoding_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="o300k"):
        COUNTER.count("o300k", "text")
