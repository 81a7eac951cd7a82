"""What one GenAI event says, in the normal form of messages."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_telemetry.messages import Evaluation, EventContent, event_messages, is_genai_event, joined

_CALL = {"id": "call-1", "type": "function", "function": {"name": "look_up", "arguments": '{"city": "Paris"}'}}
_CALL_PART = {"type": "tool_call", "id": "call-1", "name": "look_up", "arguments": {"city": "Paris"}}


def _text(role: str, content: str, **rest: object) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}], **rest}


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_an_event_of_one_message_is_one_input_message(role: str) -> None:
    expected = EventContent(input_messages=[_text(role, "hello")])
    assert event_messages(f"gen_ai.{role}.message", {"content": "hello"}, {}) == expected
    assert event_messages(f"gen_ai.{role}.message", None, {"content": "hello"}) == expected


def test_an_assistants_calls_and_the_answers_to_them_are_parts() -> None:
    asked = event_messages("gen_ai.assistant.message", {"tool_calls": [_CALL]}, {"gen_ai.system": "openai"})
    assert asked == EventContent(input_messages=[{"role": "assistant", "parts": [_CALL_PART]}])
    answered = event_messages("gen_ai.tool.message", {"content": '{"sky": "sunny"}', "id": "call-1"}, {})
    part = {"type": "tool_call_response", "id": "call-1", "response": {"sky": "sunny"}}
    assert answered == EventContent(input_messages=[{"role": "tool", "parts": [part]}])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}, _text("assistant", "hi")),
        ({"finish_reason": "stop", "message": "hi"}, _text("assistant", "hi")),
        ({"finish_reason": "stop", "message": '[{"text": "hi"}]'}, _text("assistant", "hi")),
        ({"finish_reason": "stop", "content": {"role": "model", "parts": [{"text": "hi"}]}}, _text("assistant", "hi")),
        (
            {"finish_reason": "stop", "message": {"tool_calls": [_CALL]}},
            {"role": "assistant", "parts": [_CALL_PART]},
        ),
        ({"finish_reason": "stop", "tool_calls": [_CALL]}, {"role": "assistant", "parts": [_CALL_PART]}),
    ],
)
def test_a_choice_is_an_output_message_with_its_reason(body: dict[str, Any], message: dict[str, Any]) -> None:
    expected = EventContent(output_messages=[{**message, "finish_reason": "stop"}])
    assert event_messages("gen_ai.choice", body, {}) == expected
    assert event_messages("gen_ai.choice", None, body) == expected


@pytest.mark.parametrize("as_text", [True, False])
def test_the_details_of_an_operation_hold_everything(as_text: bool) -> None:
    said: dict[str, object] = {
        "gen_ai.input.messages": [_text("user", "hello")],
        "gen_ai.output.messages": [_text("assistant", "hi", finish_reason="stop")],
        "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
        "gen_ai.tool.definitions": [{"type": "function", "name": "look_up"}],
    }
    attributes = {key: json.dumps(value) if as_text else value for key, value in said.items()}
    assert event_messages("gen_ai.client.inference.operation.details", None, attributes) == EventContent(
        input_messages=[_text("user", "hello")],
        output_messages=[_text("assistant", "hi", finish_reason="stop")],
        system_instructions=[{"type": "text", "content": "Be brief."}],
        tool_definitions=[{"type": "function", "name": "look_up"}],
    )


def test_prompts_and_completions_of_the_oldest_events_are_messages() -> None:
    prompt = event_messages("gen_ai.content.prompt", None, {"gen_ai.prompt": '[{"role": "user", "content": "hello"}]'})
    assert prompt == EventContent(input_messages=[_text("user", "hello")])
    completion = event_messages("gen_ai.content.completion", None, {"gen_ai.completion": "hi"})
    assert completion == EventContent(output_messages=[_text("assistant", "hi")])


def test_an_evaluation_is_its_score_label_and_explanation() -> None:
    attributes = {
        "gen_ai.evaluation.name": "Relevance",
        "gen_ai.evaluation.score.value": 1,
        "gen_ai.evaluation.score.label": "pass",
        "gen_ai.evaluation.explanation": "to the point",
    }
    content = event_messages("gen_ai.evaluation.result", None, attributes)
    assert content == EventContent(evaluations=[Evaluation("Relevance", 1.0, "pass", "to the point")])


def test_the_events_of_a_span_are_joined_in_their_order() -> None:
    contents = [event_messages("gen_ai.user.message", {"content": text}, {}) for text in ("one", "two")]
    together = joined(content for content in contents if content)
    assert together.input_messages == [_text("user", "one"), _text("user", "two")]
    assert not joined([])


@pytest.mark.parametrize(
    ("name", "body"), [("exception", {"content": "x"}), ("gen_ai.user.message", None), ("gen_ai.choice", {})]
)
def test_other_events_and_empty_ones_say_nothing(name: str, body: object) -> None:
    assert event_messages(name, body, {}) is None
    assert is_genai_event(name) is (name != "exception")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["role", "parts", "content", "type", "message", "tool_calls", "id", "kwargs", "lc", "data"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    name=st.sampled_from(["gen_ai.user.message", "gen_ai.tool.message", "gen_ai.choice", "gen_ai.content.prompt"]),
    body=_JSON,
    attributes=st.dictionaries(st.sampled_from(["content", "message", "gen_ai.prompt", "role", "id"]), _JSON),
)
def test_nothing_that_an_event_can_hold_raises(name: str, body: object, attributes: dict[str, object]) -> None:
    content = event_messages(name, body, attributes)
    for message in (content.input_messages + content.output_messages) if content else ():
        assert isinstance(message["role"], str)
        assert message["parts"]
        assert all(isinstance(part["type"], str) for part in message["parts"])
