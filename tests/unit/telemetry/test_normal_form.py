"""What is told of messages at a glance is what reading them as any notation comes to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_telemetry.normal_form import normal_messages
from a11i_telemetry.notations import to_messages

_TEXT = {"type": "text", "content": "a"}
_words = st.sampled_from(["", "a", "[1]", '{"a": 1}', "{", "text", "tool_call", "tool_call_response", "tool", "user"])
_values: st.SearchStrategy[Any] = st.one_of(_words, st.none(), st.integers(0, 1), st.just({"a": 1}), st.just([_TEXT]))
_types = st.sampled_from(["text", "reasoning", "tool_call", "tool_call_response", "thinking", "uri", "new"])
_parts = st.fixed_dictionaries(
    {"type": _types},
    optional=dict.fromkeys(("content", "id", "name", "arguments", "response", "text", "result"), _values),
)
_messages = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "system", "tool", "model", "critic"]),
        "parts": st.lists(_parts, max_size=3),
    },
    optional=dict.fromkeys(("finish_reason", "name", "content", "tool_call_id", "id"), _values),
)


@given(st.lists(_messages, max_size=3), st.booleans())
def test_what_is_told_at_a_glance_is_what_reading_comes_to(messages: list[Any], sent: bool) -> None:
    found = normal_messages(messages, sent=sent)
    if found is None:
        return
    read = to_messages(messages, "user")
    for message in read if sent else ():
        message.pop("finish_reason", None)
    assert found == read
    assert normal_messages(found, sent=sent) is found
    assert (found is messages) == (messages == read)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "parts": [_TEXT]},
        {"role": "assistant", "parts": [_TEXT], "finish_reason": "stop"},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "f", "arguments": {}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "sunny"}]},
    ],
)
def test_the_normal_form_is_told_at_a_glance(message: dict[str, Any]) -> None:
    messages = [message]
    assert normal_messages(messages, sent=False) is messages


@pytest.mark.parametrize(
    "value", [None, [], "a", [1], [{"role": "user"}], [{"role": 1, "parts": [_TEXT]}], [{"role": "model", "parts": []}]]
)
def test_anything_else_is_left_to_be_read(value: Any) -> None:
    assert normal_messages(value, sent=True) is None
