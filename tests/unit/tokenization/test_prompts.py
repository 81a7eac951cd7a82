import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from a11i_tokenization.cache import Count
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prompts import CallInput, PromptCounter


class SpiedEncodings(Encodings):
    """The real encodings, and a list of the texts that they were asked about."""

    def __init__(self, encodings: Encodings) -> None:
        self._real = encodings
        self.asked: list[str] = []

    def count(self, encoding: str, text: str) -> int:
        self.asked.append(text)
        return self._real.count(encoding, text)

    def sum_of(self, encoding: str, texts: Sequence[str]) -> tuple[int, bool]:
        self.asked += texts
        return self._real.sum_of(encoding, texts)


@pytest.fixture
def spied(encodings: Encodings) -> SpiedEncodings:
    return SpiedEncodings(encodings)


@pytest.fixture
def counter(spied: SpiedEncodings) -> PromptCounter:
    return PromptCounter(spied, 1 << 20)


@pytest.fixture
def tokens(encodings: Encodings) -> Callable[[str], int]:
    return lambda text: encodings.count("o200k_base", text)


def chat(*messages: Any) -> CallInput:
    return CallInput(json.dumps(messages))


def test_the_cookbooks_example_counts_as_the_cookbook_says(counter: PromptCounter) -> None:
    # "How to count tokens with tiktoken", part 6: the API reported 129 (cl100k) and 124 (o200k) input tokens.
    system = "system"
    messages = [
        (
            system,
            "",
            "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
        ),
        (system, "example_user", "New synergies will help drive top-line growth."),
        (system, "example_assistant", "Things working well together will increase revenue."),
        (
            system,
            "example_user",
            "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
        ),
        (system, "example_assistant", "Let's talk later when we're less busy about how to do better."),
        ("user", "", "This late pivot means we don't have time to boil the ocean for the client deliverable."),
    ]
    call = chat(
        *({"role": role, "content": content} | ({"name": name} if name else {}) for role, name, content in messages)
    )
    assert counter.count_chat("cl100k_base", call).total == Count(129)
    assert counter.count_chat("o200k_base", call).total == Count(124)


@pytest.mark.parametrize(
    "call",
    [
        CallInput('[{"role":"user","content":"How are you?"}]'),
        CallInput('[{"type": "text", "role": "user", "content": "How are you?"}]'),
        CallInput("", "How are you?"),
        CallInput("", "", '["How are you?"]'),
    ],
)
def test_without_memory_a_call_is_counted_anew_each_time(spied: SpiedEncodings, call: CallInput) -> None:
    forgetful = PromptCounter(spied, 0)
    counts = []
    for _ in range(3):
        spied.asked.clear()
        counts.append(forgetful.count_chat("o200k_base", call))
        assert "How are you?" in "".join(spied.asked)
    assert counts[0] == counts[1] == counts[2]


def test_both_message_shapes_count_alike(counter: PromptCounter) -> None:
    plain = counter.count_chat("o200k_base", chat({"role": "user", "content": "Where is my order?"}))
    parts = counter.count_chat(
        "o200k_base", chat({"role": "user", "parts": [{"type": "text", "content": "Where is my order?"}]})
    )
    assert plain == parts


def test_instructions_count_as_a_system_message(counter: PromptCounter) -> None:
    user = {"role": "user", "content": "Hi"}
    apart = CallInput(json.dumps([user]), system_instructions='[{"type":"text","content":"Be brief."}]')
    among = counter.count_chat("o200k_base", chat({"role": "system", "content": "Be brief."}, user))
    assert counter.count_chat("o200k_base", apart).parts == among.parts


def test_what_the_model_wrote_counts_without_the_formats_tokens(
    counter: PromptCounter, tokens: Callable[[str], int]
) -> None:
    output = '[{"role":"assistant","parts":[{"type":"text","content":"It is on its way."}],"finish_reason":"stop"}]'
    assert counter.count_texts("o200k_base", output).total == Count(tokens("It is on its way."))


@pytest.mark.parametrize(
    "item",
    [
        {"type": "file_search_call", "id": "fs_1", "queries": ["order"], "results": [{"text": "A page. " * 500}]},
        {
            "type": "code_interpreter_call",
            "id": "ci_1",
            "code": "order",
            "outputs": [{"type": "logs", "logs": "1" * 99}],
        },
        {"type": "tool_call_response", "id": "srvtoolu_1", "response": "A page. " * 500},
    ],
)
def test_what_a_providers_own_tools_gave_is_not_written_by_the_model(
    item: dict[str, object], counter: PromptCounter, tokens: Callable[[str], int]
) -> None:
    text = {"type": "text", "content": "It is on its way."}
    counted = counter.count_texts("o200k_base", json.dumps([{"role": "assistant", "parts": [item, text]}]))
    called = item.get("code") or item.get("queries")
    written = tokens(called if isinstance(called, str) else json.dumps(called)) if called else 0
    assert counted.tokens == written + tokens("It is on its way.")
    # As part of the next call's input they are a tool's results.
    sent = counter.count_chat("o200k_base", chat({"role": "assistant", "parts": [item, text]}))
    assert sent.parts["tool_results"] > 0


def test_a_tool_call_written_counts_its_name_and_arguments(
    counter: PromptCounter, tokens: Callable[[str], int]
) -> None:
    part = {"type": "tool_call", "id": "call_1", "name": "lookup", "arguments": '{"order":"A-1"}'}
    counted = counter.count_texts("o200k_base", json.dumps([{"role": "assistant", "parts": [part]}]))
    # What stands around them is not documented.
    assert counted.total == Count(tokens("lookup") + tokens('{"order":"A-1"}'), exact=False)


def test_parts_add_up_to_the_call(counter: PromptCounter, tokens: Callable[[str], int]) -> None:
    call = CallInput(
        json.dumps(
            [
                {"role": "system", "content": "Never shout."},
                {"role": "user", "content": "Where is my order?"},
                {"role": "assistant", "tool_calls": [{"function": {"name": "lookup", "arguments": "{}"}}]},
                {"role": "tool", "content": "in stock"},
                {"role": "assistant", "content": "In stock."},
                {"role": "user", "content": "Thanks."},
                {"role": "user", "content": "And the other?"},
                {"role": "assistant", "tool_calls": [{"function": {"name": "lookup", "arguments": "{}"}}]},
                {"role": "tool", "content": "gone"},
            ]
        ),
        system_instructions='[{"type":"text","content":"Be brief."}]',
        tool_definitions='[{"type":"function","name":"lookup"}]',
    )
    counted = counter.count_chat("o200k_base", call)
    assert counted.parts == {
        "system": tokens("Never shout.") + tokens("Be brief."),
        "tools": 7 + tokens("lookup:") + 12,
        "history": tokens("Where is my order?") + 2 * tokens("lookup") + 2 * tokens("{}") + tokens("In stock."),
        "user": tokens("Thanks.") + tokens("And the other?"),
        "tool_results": tokens("in stock") + tokens("gone"),
        "format": 3 + 10 * (3 + 1),
    }
    assert counted.tokens == sum(counted.parts.values())
    assert len(counted.messages) == 9
    assert counted.messages[3] == tokens("in stock") + 4


@pytest.mark.parametrize("message", [{"role": "user"}, {"content": ""}])
def test_a_flood_of_messages_is_one_text(
    counter: PromptCounter, tokens: Callable[[str], int], message: dict[str, str]
) -> None:
    flood = json.dumps([message] * 10_001)
    counted = counter.count_chat("o200k_base", CallInput(flood))
    assert counted.total == Count(tokens(flood) + 3, exact=False)
    assert len(counted.messages) == 1


def test_images_count_by_the_models_formula(counter: PromptCounter) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IHDR" + (1024).to_bytes(4, "big") * 2
    url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    call = chat({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url, "detail": "high"}}]})
    counts = {model: counter.count_chat("o200k_base", call, model) for model in ("gpt-4o", "gpt-4o-mini", "")}
    assert counts["gpt-4o"].parts == {"user": 765, "format": 7}
    assert counts["gpt-4o"].exact
    assert counts["gpt-4o-mini"].parts["user"] == 2_833 + 4 * 5_667
    assert not counts[""].exact


def test_a_message_is_known_again_however_its_json_is_written(counter: PromptCounter, spied: SpiedEncodings) -> None:
    messages = [{"role": "user", "content": "One question"}, {"role": "assistant", "content": "One answer"}]
    counts = [
        counter.count_chat("o200k_base", CallInput(text)).total
        for text in (
            json.dumps(messages, separators=(",", ":")),
            json.dumps(messages),
            json.dumps(messages, indent=2),
            json.dumps({"messages": messages}),
        )
    ]
    assert len(set(counts)) == 1
    assert spied.asked.count("One question") == 2, "once as compact JSON, once with spaces"


def test_messages_within_messages_are_not_cut_apart(counter: PromptCounter, tokens: Callable[[str], int]) -> None:
    arguments = {"transcript": [{"role": "user"}, {"role": "assistant"}]}
    call = {"role": "assistant", "parts": [{"type": "tool_call", "name": "save", "arguments": arguments}]}
    counted = counter.count_chat("o200k_base", chat(call, {"role": "user", "content": "Saved?"}))
    text = json.dumps(arguments, separators=(",", ":"))
    assert counted.parts == {"history": tokens("save") + tokens(text), "user": tokens("Saved?"), "format": 3 + 2 * 4}


def test_a_growing_history_is_counted_once(counter: PromptCounter, spied: SpiedEncodings) -> None:
    history = [{"role": "user", "content": f"Question {turn}"} for turn in range(10)]
    for turns in range(1, 11):
        counter.count_chat("o200k_base", chat(*history[:turns]))
    assert [text for text in spied.asked if text.startswith("Question")] == [f"Question {turn}" for turn in range(10)]


def test_an_answer_that_goes_on_in_the_next_call_is_counted_once(counter: PromptCounter, spied: SpiedEncodings) -> None:
    question, then = {"role": "user", "content": "Where?"}, {"role": "user", "content": "When?"}
    answer = {"role": "assistant", "content": "Here."}
    for start in ("One", "Other"):
        begin = {"role": "system", "content": start}
        counter.count_chat("o200k_base", chat(begin, question))
        counter.count_texts("o200k_base", json.dumps([answer]))
        counter.count_chat("o200k_base", chat(begin, question, answer, then))
    assert [spied.asked.count(text) for text in ("Where?", "Here.", "When?")] == [1, 1, 1]


def test_the_cache_does_not_mix_encodings_or_uses(counter: PromptCounter, encodings: Encodings) -> None:
    text = "Überraschung: 日本語 と emoji 😀"
    message = json.dumps([{"role": "user", "content": text}])
    for _ in range(2):
        for encoding in ("o200k_base", "cl100k_base", "p50k_base"):
            bare = encodings.count(encoding, text)
            assert counter.count_texts(encoding, message).total == Count(bare)
            tokens = 3 + 3 + encodings.count(encoding, "user") + bare
            known = encoding != "p50k_base"  # Its models knew no chats.
            assert counter.count_chat(encoding, CallInput(message)).total == Count(tokens, exact=known)


def test_images_make_a_count_an_estimate(counter: PromptCounter) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}
    assert not counter.count_chat("o200k_base", chat({"role": "user", "content": [image]})).exact


def test_json_too_deep_for_messages_is_counted_as_text(counter: PromptCounter, tokens: Callable[[str], int]) -> None:
    deep = "[" * 1000 + "]" * 1000
    expected = Count(tokens(deep), exact=False)
    assert counter.count_texts("o200k_base", deep).total == expected
    assert counter.count_chat("o200k_base", CallInput("", system_instructions=deep)).total == expected + Count(3)


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {
                    "type": "string",
                    "description": "The unit of temperature to return",
                    "enum": ["celsius", "fahrenheit"],
                },
            },
            "required": ["location"],
        },
    },
}


@pytest.mark.parametrize(("encoding", "reported"), [("o200k_base", 101), ("cl100k_base", 105)])
def test_the_cookbooks_tool_counts_as_the_cookbook_says(counter: PromptCounter, encoding: str, reported: int) -> None:
    # Part 7: the API reported 101 (gpt-4o) and 105 (gpt-4) input tokens for these messages and this tool.
    messages = [
        {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
        {"role": "user", "content": "What's the weather like in San Francisco?"},
    ]
    call = CallInput(json.dumps(messages), tool_definitions=json.dumps([WEATHER]))
    assert counter.count_chat(encoding, call).total == Count(reported)
    # OpenTelemetry's shape leaves out the wrapper.
    flat = CallInput(json.dumps(messages), tool_definitions=json.dumps([{"type": "function", **WEATHER["function"]}]))  # type: ignore[dict-item]  # a mapping
    assert counter.count_chat(encoding, flat).total == Count(reported)


@pytest.mark.parametrize(
    "definitions",
    [
        '[{"type":"web_search"}]',
        "not json",
        '[{"name":"f","parameters":{"properties":{"a":{"type":"array","items":{"type":"string"}}}}}]',
        '[{"name":"f","parameters":{"properties":{"a":true}}}]',
    ],
)
def test_tools_of_other_shapes_are_an_estimate(counter: PromptCounter, definitions: str) -> None:
    counted = counter.count_chat("o200k_base", CallInput("", tool_definitions=definitions))
    assert counted.tokens > 3
    assert not counted.exact
