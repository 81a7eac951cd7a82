"""Long texts: lines that repeat are counted once and exactly, and what is sampled is noise alone."""

import random
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_tokenization import vocabularies
from a11i_tokenization.cache import Count
from a11i_tokenization.counting import tiktoken_engine, toktok_engine
from a11i_tokenization.counting.long_texts import (
    LINE_ENDS,
    MIN_CHARS,
    SAMPLED_CHARS,
    STRICT_LINE_ENDS,
    Noise,
    repeated_lines,
    split,
)
from a11i_tokenization.encodings import Encodings
from tests.bench.token_texts import files, languages, made_up
from tests.unit.effort import times
from tests.unit.tokenization.oracles import OF_TIKTOKEN, counter_of_whole

_LENIENT = ("o200k_base", "cl100k_base", "llama4", "tekken", "qwen2")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"
_LINES = (
    *(
        "",
        " ",
        "  ",
        "\t",
        "a",
        "-",
        "---",
        "}",
        "};",
        "/",
        "//x",
        " /",
        "'s",
        "'ll go",
        "1",
        "12345",
        "é",
        "日本",
        "。",
    ),
    *("x ", "x\t", "- ", "\r", "x\r", "\u00a0", "\u0301", "\u2028", "😀", "\x1c", "\x0b", " \u00a0x", "    return x"),
)
_BEFORE = ("", "x ", "a", "-", "\r", " ")
_BEHIND = ("", " ", "\t", "a", "-", "/", " /", "'s", "1", "é", "。", "\u0301", "\x1c", "\x0b")

COUNTER = Encodings(vocabularies.packaged_directory())


@pytest.fixture(scope="module", params=OF_TIKTOKEN)
def named(request: pytest.FixtureRequest) -> tuple[str, Callable[[str], int]]:
    return request.param, counter_of_whole(request.param)


def _noise(seed: int, alphabet: str, chars: int) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=chars))  # noqa: S311 - texts, no secrets


def _random_words(seed: int, length: int, chars: int) -> str:
    letters = _noise(seed, _LETTERS, chars)
    return " ".join(letters[at : at + length] for at in range(0, chars, length))


@settings(max_examples=times(100), deadline=None)
@given(lines=st.lists(st.sampled_from(_LINES) | st.text(max_size=6), min_size=2, max_size=12))
def test_the_parts_between_line_ends_have_the_texts_tokens(
    named: tuple[str, Callable[[str], int]], lines: list[str]
) -> None:
    name, whole = named
    text = "\n".join(lines)
    ends = LINE_ENDS if name in _LENIENT else STRICT_LINE_ENDS
    *parts, last = ends.split(text)
    assert sum(whole(f"{part}\n") for part in parts) + whole(last) == whole(text)


def test_every_line_between_others(named: tuple[str, Callable[[str], int]]) -> None:
    name, whole = named
    ends = LINE_ENDS if name in _LENIENT else STRICT_LINE_ENDS
    cut = 0
    for text in (f"{a}\n{b}\n{c}" for a in _BEFORE for b in _LINES for c in _BEHIND):
        *parts, last = ends.split(text)
        cut += len(parts)
        assert sum(whole(f"{part}\n") for part in parts) + whole(last) == whole(text), repr(text)
    assert cut > 1_000


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base", "tekken", "qwen2", "claude2", "p50k_base"])
@pytest.mark.parametrize("line", ["-" * 190, f"|{'=' * 150}|{'-' * 130}|", f"a row {'*' * 140} of a table"])
def test_rules_are_counted_once_and_exactly(encoding: str, line: str) -> None:
    _assert_counted_once(encoding, line)


@pytest.mark.parametrize("encoding", _LENIENT)
@pytest.mark.parametrize("line", ["  " + "-" * 180, f"{'=' * 150}\r"], ids=["indented", "CR LF"])
def test_so_are_rules_with_white_space_where_line_breaks_are_apart(encoding: str, line: str) -> None:
    _assert_counted_once(encoding, line)


def _assert_counted_once(encoding: str, line: str) -> None:
    text = "Before it\n" + f"{line}\n" * (40_000 // len(line)) + "and behind."
    lines = repeated_lines(text, STRICT_LINE_ENDS if encoding not in _LENIENT else LINE_ENDS)
    assert lines is not None
    assert len(lines) == 3
    assert COUNTER.count(encoding, text) == counter_of_whole(encoding)(text)


def test_a_text_whose_lines_do_not_repeat_stays_whole() -> None:
    real = "\n".join([*languages(), *(text for _, text in files())])
    assert len(real) > MIN_CHARS
    assert repeated_lines(real, LINE_ENDS) is None
    assert repeated_lines("a\n" * MIN_CHARS, LINE_ENDS) is None
    # Nor one of short lines behind long ones, which would take longest to tell apart.
    assert repeated_lines(("-" * 40 + "\n") * 200 + "a\n" * MIN_CHARS, LINE_ENDS) is None


@pytest.mark.parametrize("noise", [toktok_engine.NOISE, tiktoken_engine.NOISE])
def test_no_language_code_or_data_is_noise(noise: Noise) -> None:
    kinds: dict[str, list[str]] = {"languages": list(languages())}
    for kind, text in [*files(), *made_up(700)]:
        kinds.setdefault(kind, []).append(text)
    for kind in ("languages", "code", "English", "JSON", "table", "log", "emoji"):
        text = "\n".join(kinds[kind])
        long = text * (SAMPLED_CHARS * 2 // len(text) + 1)
        assert split(long, noise) is None, kind


def test_base64_and_hex_are_exact_in_the_fast_tokenizer() -> None:
    octets = random.Random(3).randbytes(SAMPLED_CHARS)  # noqa: S311 - texts, no secrets
    assert split(b64encode(octets).decode(), toktok_engine.NOISE) is None
    assert split(octets.hex(), toktok_engine.NOISE) is None


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base", "llama4", "p50k_base"])
@pytest.mark.parametrize(
    "noise",
    [
        _random_words(1, 8, 600_000),
        _random_words(2, 12, 600_000),
        _noise(3, _LETTERS, 600_000),
        _noise(4, _LETTERS.upper(), 600_000),
        _noise(5, _SIGNS, 600_000),
    ],
    ids=["words of 8", "words of 12", "letters", "capitals", "signs"],
)
def test_long_noise_is_estimated_within_a_percent_and_says_so(encoding: str, noise: str) -> None:
    text = f"This is noise: {noise}, and what follows."
    found = COUNTER.measure(encoding, text)
    assert not found.exact
    sizes = range(0, len(text), 10_000)
    near = sum(counter_of_whole(encoding)(text[at : at + 10_000]) for at in sizes)
    assert found.tokens == pytest.approx(near, rel=0.01)


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base", "llama4"])
@pytest.mark.parametrize("noise", [_random_words(6, 12, SAMPLED_CHARS - 40_000), _noise(7, _SIGNS, SAMPLED_CHARS - 1)])
def test_shorter_noise_is_exact(encoding: str, noise: str) -> None:
    text = noise
    assert COUNTER.measure(encoding, text) == Count(counter_of_whole(encoding)(text))
