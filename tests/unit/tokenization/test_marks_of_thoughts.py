"""The marks of thoughts in what a model wrote: exact where models write them, and no text of them takes long."""

import json
import random
from functools import partial
from itertools import pairwise

import pytest

from a11i_tokenization.answers import written
from a11i_tokenization.cache import Count
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.models import Models
from a11i_tokenization.prompts import CallInput, PromptCounter
from tests.bench.token_texts import languages

MARKS = {
    "deepseek-r1": ("<think>", "</think>"),
    "qwen3-32b": ("<think>", "</think>"),
    "magistral-medium-2506": ("[THINK]", "[/THINK]"),
}
MODELS = Models()
BOMBS = ("{0}a{1}b", "{0}é", "é{1}", "{1}", "{0}", "{1}\n\n\n", "a{1}\n\nb")


def letters(chars: int) -> str:
    return "".join(random.Random(chars).choices("abcdefghijklmnopqrstuvwxyz", k=chars))  # noqa: S311 - texts, no secrets


def answer_of(*texts: str) -> str:
    parts = [{"type": "text", "content": text} for text in texts]
    return json.dumps([{"role": "assistant", "parts": parts}], ensure_ascii=False)


def tokens_of(encodings: Encodings, model: str, *texts: str) -> Count:
    """Return what an answer of these texts counts, nothing of it known before."""
    encoding = MODELS.resolve(model).encoding
    return PromptCounter(encodings, 0).count_texts(encoding, answer_of(*texts), model).total


@pytest.mark.parametrize("model", MARKS)
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_text_full_of_marks_is_counted_as_one(encodings: Encodings, model: str, bomb: str) -> None:
    """How long a megabyte of it takes, `tests.bench.bench_marks` says."""
    unit = bomb.format(*MARKS[model])
    text = unit * (100_000 // len(unit.encode()))
    found = written([text], MARKS[model], lambda _: True)
    assert len(found.sent) + len(found.thoughts) + len(found.answers) == 1
    assert found.sent_marks + found.thought_marks == sum(map(text.count, MARKS[model]))
    assert not tokens_of(encodings, model, text).exact


def test_marks_in_many_parts_are_too_many_as_well() -> None:
    found = written(["a</think>b"] * 25_000, ("<think>", "</think>"), lambda _: True)
    assert len(found.sent) + len(found.thoughts) + len(found.answers) == 1
    assert (found.thought_marks, found.exact) == (25_000, False)


@pytest.mark.parametrize("model", MARKS)
def test_noise_that_is_sampled_is_not_cut_at_marks_into_pieces_too_short_for_that(
    encodings: Encodings, model: str
) -> None:
    encoding, (_, end) = MODELS.resolve(model).encoding, MARKS[model]
    noise = end.join(letters(200_000 + at) for at in range(5))
    found = written([noise], MARKS[model], partial(encodings.is_exact_for, encoding))
    assert len(found.sent) + len(found.thoughts) + len(found.answers) == 1
    assert (found.thought_marks, found.exact) == (4, False)
    assert not tokens_of(encodings, model, noise).exact
    prose = "".join(f"On its way, and here by noon on day {day}. " for day in range(8_000))
    assert tokens_of(encodings, model, f"{prose}{end}a") == Count(
        encodings.count(encoding, prose) + 1 + encodings.count(encoding, "a")
    )


@pytest.mark.parametrize("model", MARKS)
def test_too_many_marks_are_estimated_closely(encodings: Encodings, model: str) -> None:
    encoding, (begin, end) = MODELS.resolve(model).encoding, MARKS[model]
    pieces = [f"{word} it and {word}." for word in ("look", "find", "sell", "buy", "ask")] * 40
    text = "".join(f"{begin}{a}{end}{b}" for a, b in pairwise(pieces))
    found = tokens_of(encodings, model, text)
    exactly = sum(encodings.count(encoding, a) + encodings.count(encoding, b) + 2 for a, b in pairwise(pieces))
    assert not found.exact
    assert found.tokens == pytest.approx(exactly, rel=0.05)


@pytest.mark.parametrize("model", MARKS)
def test_the_marks_of_eight_thoughts_are_exact_in_any_text(encodings: Encodings, model: str) -> None:
    encoding, (begin, end) = MODELS.resolve(model).encoding, MARKS[model]
    count = encodings.count
    found = tokens_of(encodings, model, f"{begin}a{end}b" * 8)
    assert found == Count(8 * (2 + count(encoding, "a") + count(encoding, "b")))
    assert tokens_of(encodings, model, *[f"{begin}a{end}b"] * 8) == found
    assert not tokens_of(encodings, model, f"{begin}a{end}b" * 9).exact


@pytest.mark.parametrize("model", MARKS)
def test_the_marks_of_long_thoughts_are_exact_however_many(encodings: Encodings, model: str) -> None:
    encoding, (begin, end) = MODELS.resolve(model).encoding, MARKS[model]
    prose = " ".join(languages())[:3_000]
    found = tokens_of(encodings, model, f"{begin}{prose}{end}" * 40)
    assert found == Count(40 * (2 + encodings.count(encoding, prose)))


@pytest.mark.parametrize("model", [*MARKS, "qwen3.6-27b"])
@pytest.mark.parametrize("breaks", ["", "\n", "\n\n", "\n \n", "\n\n  - ", "\n" * 9_000])
@pytest.mark.parametrize("sentences", [1, 2_000])
def test_a_long_answers_line_breaks_count_as_in_the_whole_answer(
    encodings: Encodings, model: str, breaks: str, sentences: int
) -> None:
    encoding, (_, end) = MODELS.resolve(model).encoding, MARKS.get(model, MARKS["qwen3-32b"])
    answer = breaks + "On its way, and here by noon. " * sentences
    found = tokens_of(encodings, model, f"It left.{end}{answer}")
    assert found == Count(encodings.count(encoding, "It left.") + 1 + encodings.count(encoding, answer))
    turns = [{"role": "assistant", "content": f"It left.{end}{answer}"}, {"role": "user", "content": "Thanks"}]
    call = PromptCounter(encodings, 0).count_chat(encoding, CallInput(json.dumps(turns)), model)
    kept = answer if model == "deepseek-r1" else answer.lstrip("\n")
    turns[0]["content"] = kept
    assert call.tokens == PromptCounter(encodings, 0).count_chat(encoding, CallInput(json.dumps(turns)), model).tokens
