import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_tokenization.images import Image
from a11i_tokenization.messages import (
    FIRST_MEMBER,
    JsonDepthError,
    any_text,
    compact_json,
    message_text,
    split_messages,
    split_pieces,
)

CALL = {"type": "tool_call", "id": "call_1", "name": "lookup", "arguments": {"order": "A-1"}}


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        ({"role": "user", "parts": [{"type": "text", "content": "Hello"}]}, ("Hello",)),
        ({"role": "user", "content": "Hello"}, ("Hello",)),
        (
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
            ("one", "two"),
        ),
        ({"role": "assistant", "parts": [CALL], "finish_reason": "tool_call"}, ("lookup", '{"order":"A-1"}')),
        ({"role": "assistant", "parts": [CALL | {"arguments": '{"order": "A-1"}'}]}, ("lookup", '{"order": "A-1"}')),
        (
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "lookup", "arguments": "{}"}}],
            },
            ("lookup", "{}"),
        ),
        ({"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "in stock"}]}, ("in stock",)),
        ({"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "result": {"n": 3}}]}, ('{"n":3}',)),
        ({"role": "tool", "tool_call_id": "c", "content": "in stock"}, ("in stock",)),
        ({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "done"}]}, ("done",)),
        (
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}]},
            ("f", '{"a":1}'),
        ),
        ({"role": "assistant", "parts": [{"type": "reasoning", "content": "because"}]}, ("because",)),
        ({"role": "assistant", "content": [{"type": "thinking", "thinking": "because"}]}, ("because",)),
        ({"role": "assistant", "refusal": "No."}, ("No.",)),
        # Items of system instructions, and of an embedding's input.
        ({"type": "text", "content": "Be brief."}, ("Be brief.",)),
        ("just text", ("just text",)),
        ({"role": "user", "parts": []}, ()),
        ({"role": "user", "parts": [{"type": "text", "content": ""}]}, ()),
    ],
)
def test_text_is_found_in_every_known_shape(message: Any, texts: tuple[str, ...]) -> None:
    found = message_text(message)
    assert (*found.said, *found.results) == texts
    assert found.exact


@pytest.mark.parametrize(
    ("item", "said", "results"),
    [
        (
            {"type": "file_search_call", "id": "fs_1", "queries": ["a dog"], "results": [{"text": "Dogs bark."}]},
            ('["a dog"]',),
            ('[{"text":"Dogs bark."}]',),
        ),
        (
            {
                "type": "code_interpreter_call",
                "id": "ci_1",
                "code": "print(1)",
                "outputs": [{"type": "logs", "logs": "1"}],
            },
            ("print(1)",),
            ('{"type":"logs","logs":"1"}',),
        ),
        (
            {
                "type": "web_search_call",
                "id": "ws_1",
                "action": {"type": "search", "query": "a dog", "sources": [{"type": "url", "url": "https://a"}]},
            },
            ('{"type":"search","query":"a dog"}',),
            ('{"type":"url","url":"https://a"}',),
        ),
        ({"type": "web_search_call", "id": "ws_1", "status": "failed"}, (), ()),
    ],
)
def test_what_openais_own_tools_gave_is_no_models_text(
    item: dict[str, Any], said: tuple[str, ...], results: tuple[str, ...]
) -> None:
    found = message_text({"role": "assistant", "parts": [item, {"type": "text", "content": "Sunny."}]})
    assert (found.said, found.results, found.exact) == ((*said, "Sunny."), results, False)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "blob", "mime_type": "image/png", "content": "aGVsbG8="},
        {"type": "uri", "modality": "image", "uri": "file://picture.png"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}},
    ],
)
def test_an_image_is_no_text(part: dict[str, Any]) -> None:
    found = message_text({"role": "user", "parts": [{"type": "text", "content": "Look:"}, part]})
    assert (found.said, found.images) == (("Look:",), (Image(),))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "aGVsbG8="},
        {"type": "uri", "uri": "file://contract.pdf"},
        {"type": "input_audio", "input_audio": {"data": "aGVsbG8=", "format": "wav"}},
    ],
)
def test_other_media_make_the_count_inexact_and_are_not_counted(part: dict[str, Any]) -> None:
    found = message_text({"role": "user", "parts": [{"type": "text", "content": "Look:"}, part]})
    assert found.said == ("Look:",)
    assert not found.exact


def test_what_tools_answered_is_told_apart() -> None:
    of_tool = message_text({"role": "tool", "tool_call_id": "c", "content": "in stock"})
    assert (of_tool.said, of_tool.results) == ((), ("in stock",))
    mixed = message_text(
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "content": [{"type": "text", "text": "a page"}, {"type": "image", "modality": "image"}],
                },
                {"type": "text", "text": "And now?"},
            ],
        }
    )
    assert (mixed.said, mixed.results, mixed.images) == (("And now?",), ("a page",), (Image(),))


def test_a_part_of_unknown_shape_counts_as_its_json() -> None:
    found = message_text({"role": "user", "parts": [{"type": "telepathy", "strength": 3}]})
    assert found.said == ('{"type":"telepathy","strength":3}',)
    assert not found.exact


def test_role_and_name_are_apart() -> None:
    found = message_text({"role": "user", "name": "ada", "content": "hi"})
    assert (found.role, found.name, found.said) == ("user", "ada", ("hi",))


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ('[{"role":"user"}]', [{"role": "user"}]),
        ('{"role":"user"}', [{"role": "user"}]),
        ('{"messages":[{"role":"user"}]}', [{"role": "user"}]),
        ('"text"', ["text"]),
        ("plain text", ["plain text"]),
        ('[{"role":', ['[{"role":']),
        ("[]", []),
    ],
)
def test_a_column_is_split_into_messages(value: str, messages: list[Any]) -> None:
    assert split_messages(value) == messages


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["role", "parts", "content", "type", "text", "function", "arguments", "tool_calls", "x"]), inner
    ),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_no_json_is_too_odd(value: Any) -> None:
    for message in split_messages(json.dumps(value)):
        assert all(
            isinstance(text, str) and text for text in (*message_text(message).said, *message_text(message).results)
        )


def test_json_deeper_than_any_message_is_an_error_of_its_own() -> None:
    deep = orjson.loads("[" * 1000 + "]" * 1000)
    with pytest.raises(JsonDepthError):
        compact_json(deep)


MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"])}, optional={"content": json_values}),
    max_size=4,
)


@given(MESSAGES, st.sampled_from([(",", ":"), (", ", ": "), (",\n ", ": ")]), st.sampled_from([None, 1]))
def test_pieces_are_the_messages_or_nothing(
    messages: list[Any], separators: tuple[str, str], indent: int | None
) -> None:
    text = json.dumps(messages, separators=separators, indent=indent, ensure_ascii=False)
    usual = messages and not indent and all(next(iter(one)) == "role" for one in messages)
    nested = any(FIRST_MEMBER in json.dumps(one, separators=separators)[1:] for one in messages)
    try:
        found = [orjson.loads(FIRST_MEMBER + piece) for piece in split_pieces(text) or ()]
    except orjson.JSONDecodeError:
        assert nested or not usual
    else:
        assert found == messages or (not found and (nested or not usual))


@pytest.mark.parametrize(
    "text",
    [
        '[{"role":"user","content":"{\\"role\\": 1}"}]',
        '[{"role":"user","content":"[{"}]',
        '[{"role":"user"},{"role":"assistant","content":"]"}]',
    ],
)
def test_what_looks_like_a_message_in_a_text_is_none(text: str) -> None:
    pieces = split_pieces(text)
    assert pieces is not None
    assert [orjson.loads(FIRST_MEMBER + piece) for piece in pieces] == orjson.loads(text)


@pytest.mark.parametrize("text", ["", "[]", "text", '{"role":"user"}', '[{"role":"user"}', '[1,{"role":"user"}]'])
def test_what_does_not_begin_with_messages_is_not_cut(text: str) -> None:
    assert split_pieces(text) is None


TEXTS = st.text(st.characters(codec="utf-8"), max_size=4)
VALUES = (
    TEXTS
    | st.none()
    | st.integers(-(2**53), 2**53)
    | st.dictionaries(TEXTS, TEXTS, max_size=2)
    | st.lists(TEXTS, max_size=2)
)
PARTS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "reasoning", "tool_call", "tool_call_response", "blob", "x"]) | VALUES},
        optional=dict.fromkeys(("content", "id", "name", "arguments", "response", "result", "text"), VALUES),
    )
    | VALUES,
    max_size=3,
)
NORMAL = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "system"]) | VALUES, "parts": PARTS | VALUES},
    optional={"finish_reason": VALUES, "name": VALUES, "content": VALUES},
)


@given(NORMAL)
def test_the_normal_form_says_what_it_says_as_any_form(message: dict[str, Any]) -> None:
    assert message_text(message) == any_text(message)


@pytest.mark.parametrize("role", ["user", "tool"])
def test_the_normal_form_says_what_it_says_in_each_part(role: str) -> None:
    parts = [
        {"type": "text", "content": "a"},
        {"type": "reasoning", "content": "b"},
        {"type": "tool_call", "id": "c", "name": "d", "arguments": {"e": 1}},
        {"type": "tool_call_response", "id": "c", "response": "f"},
        {"type": "tool_call_response", "id": "c", "response": {"g": 2}},
    ]
    for some in (parts, *([one] for one in parts)):
        message: Any = {"role": role, "parts": some}
        assert message_text(message) == any_text(message)
