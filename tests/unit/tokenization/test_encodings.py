import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from a11i_tokenization import vocabularies
from a11i_tokenization.cache import Count
from a11i_tokenization.chunks import MAX_CHUNK_CHARS, cut
from a11i_tokenization.counting.engine import Engine
from a11i_tokenization.counting.sources import Source
from a11i_tokenization.encodings import KNOWN_ENCODINGS, Encodings
from tests.unit.effort import times

ENCODINGS = ("o200k_base", "cl100k_base", "p50k_base", "r50k_base")
FAST = ("o200k_base", "cl100k_base")
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
@settings(max_examples=times(50), deadline=None)
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
@settings(max_examples=times(15), deadline=None)
@given(text=texts_of_words(20, 60), shift=st.integers(0, 40))
def test_long_texts_are_cut_where_no_token_is(encoding: str, text: str, shift: int) -> None:
    # At least one word and a blank, so that the text has a boundary at all.
    unit = text + " agent called"
    long = "x" * shift + unit * (2 * MAX_CHUNK_CHARS // len(unit) + 1)
    assert len(cut(long).pieces) > 1
    assert COUNTER.count(encoding, long) == oracle(encoding, long)


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
    "an endless word of capitals": "".join(_RANDOM.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=1_000_000)),
    "dashes": "-" * 1_000_000,
    "rules": ("=" * 300 + "\n") * 3_000,
    "punctuation": "".join(_RANDOM.choices("!#$%&()*+,-./:;<=>?@[]^_{|}~", k=1_000_000)),
    "ideographs": "".join(chr(_RANDOM.randint(0x4E00, 0x9FFF)) for _ in range(333_000)),
    "NUL": "\0" * 1_000_000,
    "special tokens": "<|endoftext|>" * 77_000,
    "digits": "7" * 1_000_000,
    "lone surrogates": "\ud800a" * 100_000,
}


# All texts of one encoding after each other, as loading one takes longer than the texts do.
@pytest.mark.parametrize("kind", _HOSTILE)
@pytest.mark.parametrize("encoding", KNOWN_ENCODINGS)
def test_no_text_takes_the_process_down_or_long(encoding: str, kind: str) -> None:
    text = _HOSTILE[kind][: 1_000_000 if encoding in FAST else 200_000]
    COUNTER.count(encoding, "")
    started = time.process_time()
    assert COUNTER.count(encoding, text) > 0
    # The slow ones take up to 0.27 s for the worst megabyte, and are given a fifth of one; the rest is for a busy core.
    assert time.process_time() - started < (0.25 if encoding in FAST else 0.5)


@pytest.mark.parametrize("kind", ["spaces", "newlines", "emoji", "one letter"])
def test_what_tiktoken_panics_on_is_counted(kind: str) -> None:
    assert COUNTER.count("p50k_base", _HOSTILE[kind]) > 0


@pytest.mark.parametrize("encoding", FAST)
@pytest.mark.parametrize("kind", [kind for kind in _HOSTILE if not kind.startswith(("an endless word", "punctuation"))])
def test_hostile_texts_are_counted_exactly_by_the_fast_tokenizer(encoding: str, kind: str) -> None:
    text = _HOSTILE[kind][:20_000]
    assert COUNTER.measure(encoding, text) == Count(oracle(encoding, text))
    assert COUNTER.measure(encoding, _HOSTILE[kind]).exact


def test_a_word_of_a_quarter_megabyte_is_exact() -> None:
    text = "".join(_RANDOM.choices("abcdefghijklmnopqrstuvwxyz", k=250_000))
    assert COUNTER.measure("o200k_base", text) == Count(oracle("o200k_base", text))


def test_a_longer_word_is_estimated_within_a_percent_and_says_so() -> None:
    word = "".join(_RANDOM.choices("abcdefghijklmnopqrstuvwxyz", k=600_000))
    text = f"A word: {word}, and what follows."
    found = COUNTER.measure("o200k_base", text)
    assert not found.exact
    assert found.tokens == pytest.approx(oracle("o200k_base", text), rel=0.01)


def test_an_endless_word_is_off_by_little_in_pieces() -> None:
    text = "".join(_RANDOM.choices("abcdefghijklmnopqrstuvwxyz", k=3 * MAX_CHUNK_CHARS))
    found = COUNTER.measure("r50k_base", text)
    assert not found.exact
    assert found.tokens == pytest.approx(oracle("r50k_base", text), abs=6)


def test_sums_are_exact_if_every_text_is() -> None:
    assert COUNTER.total("o200k_base", ["one", "two words"]) == Count(3)
    assert COUNTER.total("r50k_base", ["one", " " * 100_000]).exact is False
    assert COUNTER.total("claude2", ["one"]).exact is False
    assert COUNTER.total("claude2", []).tokens == 0


def test_encodings_are_listed_with_what_is_loaded() -> None:
    encodings = Encodings(vocabularies.packaged_directory())
    listed = {info.name: info for info in encodings.list_encodings()}
    assert set(listed) == set(KNOWN_ENCODINGS)
    assert [info.name for info in listed.values() if info.engine] == ["o200k_base", "o200k_harmony"]
    assert listed["o200k_base"].engine == "toktok"
    assert all(info.description for info in listed.values())
    assert all(info.version for info in listed.values() if info.package)
    assert {info.name for info in listed.values() if not info.exact} == {"claude2", "characters"}
    encodings.count("llama3", "")
    assert {info.name: info.engine for info in encodings.list_encodings()}["llama3"] == "tiktoken"


def test_the_least_recently_used_encoding_is_forgotten() -> None:
    encodings = Encodings(vocabularies.packaged_directory(), max_kept=2)
    for name in ("r50k_base", "mistral_v1", "r50k_base", "mistral_v3", "o200k_base"):
        assert encodings.count(name, "Hello") > 0
    assert [info.name for info in encodings.list_encodings() if info.engine] == [
        *("gpt2", "mistral_v3", "o200k_base", "o200k_harmony", "r50k_base")
    ]


def test_an_encoding_that_cannot_be_loaded_is_estimated() -> None:
    def load() -> Engine:
        raise vocabularies.VocabularyError("the file is damaged")

    encodings = Encodings(vocabularies.packaged_directory(), [Source("ours", "an operator's", "", load)])
    with capture_logs() as logs:
        assert encodings.total("ours", ["Hello", " world"]) == Count(
            encodings.count("characters", "Hello") + encodings.count("characters", " world"), exact=False
        )
    assert [line["reason"] for line in logs if line["log_level"] == "error"] == ["the file is damaged"]


def test_threads_may_share_encodings() -> None:
    encodings = Encodings(vocabularies.packaged_directory(), max_kept=1)
    text = "Threads share a tokenizer. " * 200
    # One is kept, so that nearly every count loads a tokenizer anew, which takes those of Mistral's a second.
    names = ("o200k_base", "r50k_base") * 8 + ("mistral_v1", "mistral_v3") * 2
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(encodings.count, names, [text] * len(names)))
    assert found == [COUNTER.count(name, text) for name in names]


@pytest.mark.parametrize(
    ("alias", "encoding"), [("o200k_harmony", "o200k_base"), ("gpt2", "r50k_base"), ("p50k_edit", "p50k_base")]
)
def test_encodings_that_differ_in_special_tokens_count_alike(alias: str, encoding: str) -> None:
    text = "Special tokens such as <|start|> and <|endoftext|> are text here.    \n"
    assert COUNTER.count(alias, text) == oracle(encoding, text)


def test_an_unknown_encoding_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="o300k"):
        COUNTER.count("o300k", "text")
