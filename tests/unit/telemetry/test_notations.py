"""Messages, parts and tools in each notation come out in one."""

from typing import Any

import pytest

from a11i_telemetry import bodies
from a11i_telemetry.flat import listed, path_of
from a11i_telemetry.notations import to_messages
from a11i_telemetry.parts import to_part, to_tool_definitions, tool_output
from a11i_telemetry.takes import json_of
from a11i_telemetry.usage import Usage, read_usage

_CALL = {"type": "tool_call", "id": "c1", "name": "look_up", "arguments": {"city": "Paris"}}
_ANSWER = {"type": "tool_call_response", "id": "c1", "response": {"sky": "sunny"}}
_HELLO = {"role": "user", "parts": [{"type": "text", "content": "hello"}]}
_ASKS = {"role": "assistant", "parts": [_CALL]}
_ANSWERED = {"role": "tool", "parts": [_ANSWER]}


@pytest.mark.parametrize(
    ("said", "messages"),
    [
        pytest.param("hello", [_HELLO], id="text"),
        pytest.param([{"role": "user", "content": "hello"}], [_HELLO], id="chat"),
        pytest.param([{"role": "user", "content": [{"type": "text", "text": "hello"}]}], [_HELLO], id="chat blocks"),
        pytest.param([{"role": "user", "parts": [{"type": "text", "content": "hello"}]}], [_HELLO], id="OpenTelemetry"),
        pytest.param([{"role": "user", "parts": [{"text": "hello"}]}], [_HELLO], id="Gemini"),
        pytest.param([{"role": "user", "content": [{"text": "hello"}]}], [_HELLO], id="Bedrock"),
        pytest.param([{"text": "hello"}], [_HELLO], id="Bedrock's content alone"),
        pytest.param([[{"type": "human", "content": "hello"}]], [_HELLO], id="LangChain's batch"),
        pytest.param([{"type": "human", "data": {"content": "hello"}}], [_HELLO], id="LangChain's dumps"),
        pytest.param(
            [{"lc": 1, "type": "constructor", "id": ["langchain", "HumanMessage"], "kwargs": {"content": "hello"}}],
            [_HELLO],
            id="LangChain serialised",
        ),
        pytest.param([{"type": "message", "role": "user", "content": ["hello"]}], [_HELLO], id="LiveKit"),
        pytest.param(
            [
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "c1",
                            "type": "function",
                            "function": {"name": "look_up", "arguments": '{"city": "Paris"}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "c1", "content": '{"sky": "sunny"}'},
            ],
            [_ASKS, _ANSWERED],
            id="chat's calls",
        ),
        pytest.param(
            [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                {"type": "function_call", "call_id": "c1", "name": "look_up", "arguments": '{"city": "Paris"}'},
                {"type": "function_call_output", "call_id": "c1", "output": '{"sky": "sunny"}'},
            ],
            [{"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}, _CALL]}, _ANSWERED],
            id="responses' items",
        ),
        pytest.param(
            [
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "c1", "name": "look_up", "input": {"city": "Paris"}}],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "c1",
                            "content": [{"type": "text", "text": '{"sky": "sunny"}'}],
                        }
                    ],
                },
            ],
            [_ASKS, {"role": "user", "parts": [_ANSWER]}],
            id="Anthropic's blocks",
        ),
        pytest.param(
            [
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool-call", "toolCallId": "c1", "toolName": "look_up", "input": {"city": "Paris"}}
                    ],
                },
                {
                    "role": "tool",
                    "content": [
                        {
                            "type": "tool-result",
                            "toolCallId": "c1",
                            "output": {"type": "json", "value": {"sky": "sunny"}},
                        }
                    ],
                },
            ],
            [_ASKS, _ANSWERED],
            id="AI SDK's parts",
        ),
        pytest.param(
            [
                {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "c1", "name": "look_up", "input": {"city": "Paris"}}}],
                }
            ],
            [_ASKS],
            id="Bedrock's tool use",
        ),
        pytest.param(
            [
                {
                    "role": "model",
                    "parts": [{"functionCall": {"id": "c1", "name": "look_up", "args": {"city": "Paris"}}}],
                }
            ],
            [_ASKS],
            id="Gemini's function call",
        ),
        pytest.param(
            [
                {
                    "role": "tool",
                    "content": [{"tool_call_result": {"result": '{"sky": "sunny"}', "origin": {"id": "c1"}}}],
                }
            ],
            [_ANSWERED],
            id="Haystack's result",
        ),
        pytest.param(
            [{"type": "agent_config_update"}, {"role": "user", "content": ["hello", {"type": "cache_breakpoint"}]}],
            [_HELLO],
            id="what is no message and no part",
        ),
        pytest.param([{"role": ["odd"], "type": ["odd"], "content": {"type": {}}}], None, id="types that are none"),
    ],
)
def test_messages_of_each_notation_are_one(said: Any, messages: list[Any] | None) -> None:
    found = to_messages(said, "user")
    assert messages is None or found == messages


@pytest.mark.parametrize(
    ("said", "part"),
    [
        (
            {"type": "image_url", "image_url": {"url": "https://a.test/1.png"}},
            {"type": "uri", "modality": "image", "uri": "https://a.test/1.png"},
        ),
        (
            {"type": "image_url", "image_url": "data:image/png;base64,AAAA"},
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
        ),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
        ),
        ({"type": "input_image", "file_id": "f1"}, {"type": "file", "modality": "image", "file_id": "f1"}),
        (
            {"type": "image_url", "image_url": {"url": "https://a.test/1.png", "detail": "low"}},
            {"type": "uri", "modality": "image", "uri": "https://a.test/1.png", "detail": "low"},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "AAAA"},
        ),
        (
            {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
        ),
        (
            {"file_data": {"file_uri": "gs://b/1", "mime_type": "video/mp4"}},
            {"type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "gs://b/1"},
        ),
        (
            {"type": "file", "data": "AAAA", "mediaType": "application/pdf"},
            {"type": "blob", "mime_type": "application/pdf", "content": "AAAA"},
        ),
        (
            {"type": "uri", "modality": "image", "uri": "https://a.test/1.png"},
            {"type": "uri", "modality": "image", "uri": "https://a.test/1.png"},
        ),
        ({"type": "thinking", "thinking": "hm"}, {"type": "reasoning", "content": "hm"}),
        ({"text": "hm", "thought": True}, {"type": "reasoning", "content": "hm"}),
        ({"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"type": "reasoning", "content": "hm"}),
        ({"type": "a_newer_kind", "x": 1}, {"type": "a_newer_kind", "x": 1}),
        (None, None),
        ("", None),
    ],
)
def test_parts_of_each_notation_are_one(said: Any, part: Any) -> None:
    assert to_part(said) == part


@pytest.mark.parametrize(
    "said",
    [
        [{"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}],
        [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
        [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
        ['{"type": "function", "name": "f", "description": "d", "inputSchema": {"type": "object"}}'],
        [{"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {"type": "object"}}}}],
        [{"function_declarations": [{"name": "f", "description": "d", "parameters_json_schema": {"type": "object"}}]}],
    ],
)
def test_tools_of_each_notation_are_one(said: Any) -> None:
    tool = {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}
    assert to_tool_definitions(said) == [tool]


_REQUEST = {"messages": [{"role": "user", "content": "hello"}], "system": "Be brief.", "tools": [{"name": "f"}]}


@pytest.mark.parametrize(
    "body",
    [
        _REQUEST,
        {**_REQUEST, "messages": [_REQUEST["messages"]]},
        {"model": "m", "input": "hello", "instructions": "Be brief.", "tools": [{"name": "f"}]},
        {"system": "Be brief.", "prompt": "hello", "tools": [{"name": "f"}]},
        {
            "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
            "config": {
                "system_instruction": {"parts": [{"text": "Be brief."}]},
                "tools": [{"functionDeclarations": [{"name": "f"}]}],
            },
        },
    ],
)
def test_requests_of_each_provider_are_one(body: Any) -> None:
    found = bodies.request(body)
    assert found is not None
    assert found.messages == [_HELLO]
    assert found.system == [{"type": "text", "content": "Be brief."}]
    assert found.tools == [{"type": "function", "name": "f"}]


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]},
        {"choices": [{"text": "hi", "finish_reason": "stop"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "hi"}], "stop_reason": "stop"},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "stop"}]},
        {"content": {"role": "model", "parts": [{"text": "hi"}]}, "finish_reason": "stop"},
        {"generations": [[{"text": "hi", "generation_info": {"finish_reason": "stop"}}]]},
        {"replies": [{"role": "assistant", "content": [{"text": "hi"}], "meta": {"finish_reason": "stop"}}]},
        {"outputs": {"messages": [{"role": "assistant", "content": "hi", "finish_reason": "stop"}]}},
    ],
)
def test_responses_of_each_provider_are_one(body: Any) -> None:
    found = bodies.response(body)
    assert found is not None
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "hi"}], "finish_reason": "stop"}
    assert found.messages == [answer]


@pytest.mark.parametrize("body", [{"question": "hello"}, {"args": ["hello"], "kwargs": {}}, 7, None, [], {"output": 1}])
def test_what_holds_no_messages_is_none(body: Any) -> None:
    assert bodies.request(body) is None
    assert bodies.response(body) is None


@pytest.mark.parametrize(
    ("wrapped", "result"),
    [
        ({"output": {"type": "tool", "tool_call_id": "c1", "content": '{"a": 1}'}}, {"a": 1}),
        ({"output": "x", "kwargs": {}}, "x"),
        ({"output": 5}, {"output": 5}),
        ('{"a": 1}', {"a": 1}),
        ([{"json": {"a": 1}}], [{"json": {"a": 1}}]),
        ("plain", "plain"),
    ],
)
def test_results_are_taken_out_of_a_frameworks_wrapping(wrapped: Any, result: Any) -> None:
    assert bodies.result(wrapped) == result


def test_an_output_of_text_blocks_is_their_text() -> None:
    assert tool_output([{"type": "text", "text": '{"a":'}, {"type": "text", "text": "1}"}]) == {"a": 1}


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        (
            {
                "prompt_tokens": 120,
                "completion_tokens": 25,
                "prompt_tokens_details": {"cached_tokens": 40},
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
            Usage(120, 25, 40, None, 5),
        ),
        (
            {"input_tokens": 80, "output_tokens": 25, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 0},
            Usage(120, 25, 40, 0),
        ),
        (
            {"input_tokens": 120, "output_tokens": 25, "total_tokens": 145, "cache_read_input_tokens": 40},
            Usage(120, 25, 40),
        ),
        (
            {"input": 80, "output": 20, "total": 145, "input_cache_read": 40, "output_reasoning": 5},
            Usage(120, 25, 40, None, 5),
        ),
        (
            {"input": 80, "output": 25, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 20},
            Usage(140, 25, 40, 20),
        ),
        (
            {"input_tokens": 180, "input_token_details": {"cache_read": 100, "ephemeral_5m_input_tokens": 20}},
            Usage(180, None, 100, 20),
        ),
        (
            {
                "prompt_token_count": 120,
                "candidates_token_count": 20,
                "thoughts_token_count": 5,
                "cached_content_token_count": 40,
            },
            Usage(120, 25, 40, None, 5),
        ),
        (
            {
                "prompt_tokens": 120,
                "completion_tokens": 25,
                "prompt_cache_hit_tokens": 40,
                "prompt_cache_miss_tokens": 80,
            },
            Usage(120, 25, 40),
        ),
        ({"inputTokens": 80, "outputTokens": 25, "cacheReadInputTokens": 40, "totalTokens": 145}, Usage(120, 25, 40)),
        (
            {
                "prompt_tokens": 120,
                "completion_tokens": 25,
                "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 30, "image_tokens": 20},
                "completion_tokens_details": {"audio_tokens": 7},
            },
            Usage(120, 25, 40, input_audio_tokens=30, input_image_tokens=20, output_audio_tokens=7),
        ),
        (
            {
                "promptTokenCount": 300,
                "candidatesTokenCount": 20,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 42},
                    {"modality": "IMAGE", "tokenCount": 258},
                ],
                "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 20}],
            },
            Usage(300, 20, input_image_tokens=258, output_audio_tokens=20),
        ),
        (
            {"prompt_token_count": 300, "prompt_tokens_details": [{"modality": "AUDIO", "token_count": 12}]},
            Usage(300, input_audio_tokens=12),
        ),
        (
            {
                "input_tokens": 10,
                "output_tokens": 5,
                "cache_creation_input_tokens": 30,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
            },
            Usage(40, 5, None, 30, cache_write_1h_tokens=20),
        ),
        (
            {
                "input_tokens": 180,
                "input_token_details": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 4},
            },
            Usage(180, None, None, 24, cache_write_1h_tokens=4),
        ),
        (
            {
                "inputTokens": 10,
                "outputTokens": 5,
                "totalTokens": 45,
                "cacheWriteInputTokens": 30,
                "cacheDetails": [{"ttl": "1h", "inputTokens": 20}, {"ttl": "5m", "inputTokens": 10}],
            },
            Usage(40, 5, None, 30, cache_write_1h_tokens=20),
        ),
        ({"input_tokens": 12, "input_token_details": {"audio": 5}}, Usage(12, input_audio_tokens=5)),
        ({"input": 80, "output": 20, "input_audio_tokens": 5}, Usage(85, 20, input_audio_tokens=5)),
        (
            {"input_tokens": -1, "output_tokens": "many"},
            Usage(flags=("negative input_tokens", "unreadable output_tokens")),
        ),
        ({}, None),
        ("none", None),
    ],
)
def test_usage_of_each_form_has_one_meaning(said: Any, usage: Usage | None) -> None:
    assert read_usage(said) == usage


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': 'it\\'s', 'b': None, 'c': [True, False, 1.5]}", {"a": "it's", "b": None, "c": [True, False, 1.5]}),
        ("{'a': \"it's\", 'b': 'say \"None\"'}", {"a": "it's", "b": 'say "None"'}),
        ("{'a': '\\n\\xe9\\u20ac\\U0001f600'}", {"a": "\né€\U0001f600"}),
        ("('a', 1)", "('a', 1)"),
        ("{'a': object()}", "{'a': object()}"),
        ('"quoted"', "quoted"),
        ("[not json", "[not json"),
    ],
)
def test_pythons_way_to_write_values_is_read_as_json_is(text: str, value: Any) -> None:
    assert json_of(text) == value


@pytest.mark.parametrize("rest", ["x.content", "-1.content", "99999.a", "", "0." + ".".join("abcdefghijklm")])
def test_keys_without_a_plain_index_are_no_members_of_a_list(rest: str) -> None:
    assert path_of(rest) is None


def test_members_that_contradict_each_other_do_no_harm() -> None:
    members = [((0, "a"), "text"), ((0, "a", "b"), 1), ((1,), "whole"), ((1, "a"), 2), ((0, "a"), "again")]
    assert listed(members) == [{"a": "text"}, "whole"]
