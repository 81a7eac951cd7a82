import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_tokenization.call_counts import Tally
from a11i_tokenization.conversations import MOST_NEW, Conversations
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prompts import CallInput, PromptCounter
from a11i_tokenization.vocabularies import packaged_directory
from tests.unit.effort import times

ENCODINGS = Encodings(packaged_directory())
TALLY = Tally(added=3, each=(3,))

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}
MESSAGES: list[Any] = [
    *({"role": role, "content": "Where is it?"} for role in ("user", "assistant", "system", "tool", "?", "r" * 100)),
    {"role": "user", "parts": [{"type": "text", "content": 'Quotes: "{\\"role\\": 1}", 日本語 and 😀.'}]},
    {"role": "user", "name": "ada", "content": "Then?"},
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "find", "arguments": {"a": [1]}}]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "gone"}]},
    {"role": "user", "content": [IMAGE]},
    {"role": "user", "content": [{"type": "input_audio", "data": "x"}]},
    {"role": "user", "parts": [{"type": "tool_call", "name": "save", "arguments": [{"role": "user"}]}]},
    {"role": "user", "content": "", "deep": json.loads("[" * 300 + "]" * 300)},
    {"content": "without a role"},
    "a bare text",
]
WAYS: list[Callable[[Any], str]] = [
    json.dumps,
    lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    lambda value: json.dumps(value, indent=2),
    lambda value: f" {json.dumps(value)}\n",
    lambda value: json.dumps({"messages": value}),
    lambda value: json.dumps(value)[:-1] + "\t]",
    lambda value: json.dumps(value)[:-1] + ",]",
    lambda value: json.dumps(value)[:-1],
    lambda value: json.dumps(value)[1:],
    lambda value: json.dumps(value).replace("}, {", "} , {"),
    lambda value: json.dumps(value).replace('"}', "}", 1),
    lambda value: json.dumps(value) + json.dumps(value),
]


@st.composite
def _runs(draw: st.DrawFn) -> list[str]:
    """Values of one or more conversations, of which nearly each goes on, or starts again from somewhere."""
    usual = draw(st.sampled_from(WAYS[:4]))
    said: list[Any] = []
    values = []
    for _ in range(draw(st.integers(2, 8))):
        said = said[: len(said) - draw(st.sampled_from((0, 0, 0, 1, 2)))]
        said = [*said, *draw(st.lists(st.sampled_from(MESSAGES), max_size=MOST_NEW + 2))]
        values.append(draw(st.sampled_from((usual, usual, usual, *WAYS)))(said))
    return values


@settings(max_examples=times(20), deadline=None)
@given(values=_runs(), models=st.lists(st.sampled_from(("gpt-4o", "gpt-4o-mini", "")), min_size=8, max_size=8))
def test_what_goes_on_counts_as_what_was_never_seen(values: list[str], models: list[str]) -> None:
    remembering = PromptCounter(ENCODINGS, 1 << 20)
    for value, model in zip(values, models, strict=False):
        for encoding in ("o200k_base", "mistral_v3"):
            fresh = PromptCounter(ENCODINGS, 0).count_chat(encoding, CallInput(value), model)
            found = remembering.count_chat(encoding, CallInput(value), model)
            assert (found.tokens, found.exact, list(found.messages), found.by_part) == (
                *(fresh.tokens, fresh.exact, list(fresh.messages), fresh.by_part),
            )


def test_the_longest_known_beginning_is_found_with_what_follows() -> None:
    known = Conversations(1 << 20)
    short, long = '[{"role":"a"}]', '[{"role":"a"}, {"role":"b"}]'
    known.remember("o200k_base", short, TALLY)
    found = known.find("o200k_base", '[{"role":"a"}, {"role":"b"},{"role":"c"}]')
    assert found is not None
    assert list(found.pieces) == [':"b"}', ':"c"}']
    known.remember("o200k_base", long, TALLY)
    found = known.find("o200k_base", '[{"role":"a"}, {"role":"b"},{"role":"c"}]')
    assert found is not None
    assert list(found.pieces) == [':"c"}']
    assert known.find("cl100k_base", short) is None
    assert known.find("o200k_base", '[{"role":"x"}, {"role":"b"},{"role":"c"}]') is None


def test_a_beginning_that_differs_far_ahead_of_the_end_is_not_taken_for_another() -> None:
    known = Conversations(1 << 20)
    tail = "the same" * 100
    known.remember("o200k_base", json.dumps([{"role": "user", "content": "1" + tail}]), TALLY)
    assert known.find("o200k_base", json.dumps([{"role": "user", "content": "2" + tail}])) is None


@pytest.mark.parametrize("chars", [1, 400, 20_000])
def test_memory_is_bounded(chars: int) -> None:
    most = 2 << 20
    tracemalloc.start()
    try:
        known = Conversations(most)
        for number in range(4 * most // (800 + chars)):
            text = json.dumps([{"role": "user", "content": f"{number} 😀" * (chars // 8 + 1)}], ensure_ascii=False)
            known.remember("o200k_base", text, Tally(each=[1_000 + number]))
        assert most // 8 < tracemalloc.get_traced_memory()[0] <= most
    finally:
        tracemalloc.stop()


def test_a_conversation_in_use_is_not_forgotten() -> None:
    known = Conversations(1 << 20)
    mine = '[{"role":"mine"}]'
    known.remember("o200k_base", mine, TALLY)
    for number in range(10_000):
        known.remember("o200k_base", f'[{{"role":"{number}"}}]', TALLY)
        assert known.find("o200k_base", mine) is not None


def test_a_text_that_would_push_out_all_others_is_not_remembered() -> None:
    known = Conversations(1 << 20)
    large = json.dumps([{"role": "user", "content": "x" * (1 << 17)}])
    known.remember("o200k_base", large, TALLY)
    assert len(known) == 0
