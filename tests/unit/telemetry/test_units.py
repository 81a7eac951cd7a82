"""What calls used that is not sold by the token, as instrumentations tell of it.

The attributes are those that the packages send: openlit 1.45 (`common_image_logic`), logfire 5.2 (its first version of
`/images/generations`, and `get_usage_attributes`), openinference-instrumentation-openai 0.1.66, -openai-agents 2.6 and
-anthropic 3.1 (`_get_server_tool_use`),
opentelemetry-instrumentation-genai-openai and -anthropic 1.3b0 (`_extract_server_tool_part`), pydantic-ai 2.68
(`_set_web_search_usage`), litellm 1.106 (`metadata.usage_object`).
"""

import json

import pytest

from tests.unit.telemetry.attribute_rows import row_of


def _of_openai(operation: str, model: str) -> dict[str, object]:
    return {"gen_ai.operation.name": operation, "gen_ai.provider.name": "openai", "gen_ai.request.model": model}


_IMAGE = _of_openai("image", "dall-e-3")
_OPENLIT = _IMAGE | {"gen_ai.request.image_size": "1024x1024", "gen_ai.request.image_quality": "standard"}
_LOGFIRE = _of_openai("image_generation", "dall-e-3")
_CHAT = _of_openai("chat", "gpt-5")


def _units(attributes: dict[str, object]) -> dict[str, int]:
    return dict(row_of(attributes)["units"])


@pytest.mark.parametrize(
    ("attributes", "units"),
    [
        (_OPENLIT | {"gen_ai.response.image": ["https://a", "https://b"]}, {"pictures/standard/1024x1024": 2}),
        # What was made, not what was asked for.
        (
            _OPENLIT
            | {
                "gen_ai.response.image": ["[base64_image_data]"],
                "gen_ai.response.image_size": "1536x1024",
                "gen_ai.response.image_quality": "high",
            },
            {"pictures/high/1536x1024": 1},
        ),
        # Without an answer nothing was made.
        (_OPENLIT, {}),
        (
            _LOGFIRE
            | {
                "request_data": '{"model": "dall-e-3", "n": 2, "size": "1792x1024", "quality": "hd"}',
                "response_data": '{"images": [{"url": "https://a"}, {"url": "https://b"}]}',
            },
            {"pictures/hd/1792x1024": 2},
        ),
        (_LOGFIRE | {"request_data": "{}", "response_data": '{"images": [{"url": "https://a"}]}'}, {"pictures": 1}),
        (
            {
                "openinference.span.kind": "LLM",
                "llm.invocation_parameters": '{"model": "dall-e-3", "n": 2, "quality": "hd", "size": "1792x1024"}',
                "output.value": '{"created": 1767225600, "data": [{"url": "https://a"}, {"b64_json": "aGk="}]}',
            },
            {"pictures/hd/1792x1024": 2},
        ),
        ({"openinference.span.kind": "LLM", "llm.invocation_parameters": "{}", "output.value": '{"data": [1]}'}, {}),
        # An answer that leaves its time out, beside what newer versions say of its pictures.
        (
            {
                "openinference.span.kind": "LLM",
                "llm.invocation_parameters": '{"model": "grok-imagine-image"}',
                "output.value": '{"data": [{"url": "https://a", "revised_prompt": ""}]}',
                "output.images.0.image.url": "https://a",
            },
            {"pictures": 1},
        ),
        # What a program asked a chat for can have any members.
        *(
            (
                {
                    "openinference.span.kind": "LLM",
                    "llm.model_name": "gpt-4o",
                    "llm.invocation_parameters": "{}",
                    "output.value": answer,
                },
                {},
            )
            for answer in (
                '{"data": ["Paris", "Rome"]}',
                '{"data": [{"url": "https://x", "title": "t"}]}',
                '{"data": [{"url": "https://x"}]}',
                '{"created": "today", "data": [{"url": "https://x"}]}',
                '{"created": 1767225600, "data": [{"url": "https://x", "title": "t"}]}',
                '{"created": 1767225600, "data": ["https://x"]}',
                '[{"created": 1767225600}]',
            )
        ),
        # Words that say nothing of what was made, and sizes that are none.
        (
            _IMAGE
            | {
                "gen_ai.response.image": ["a"],
                "gen_ai.request.image_size": "auto",
                "gen_ai.request.image_quality": "auto",
            },
            {"pictures": 1},
        ),
        (
            _IMAGE | {"gen_ai.response.image": ["a"], "gen_ai.request.image_size": "1x" + "9" * 40},
            {"pictures": 1},
        ),
        # Choices of a chat are no pictures.
        (_CHAT | {"request_data": '{"n": 3}', "response_data": '{"message": {}}'}, {}),
    ],
)
def test_pictures_are_counted_with_what_their_price_depends_on(
    attributes: dict[str, object], units: dict[str, int]
) -> None:
    assert _units(attributes) == units


_ANTHROPICS = {"input_tokens": 105, "output_tokens": 6039, "server_tool_use": {"web_search_requests": 3}}
_PERPLEXITYS = {"prompt_tokens": 20, "completion_tokens": 200, "total_tokens": 220, "search_context_size": "low"}


@pytest.mark.parametrize(
    ("attributes", "units"),
    [
        (_CHAT | {"gen_ai.usage.raw": json.dumps(_ANTHROPICS)}, {"web_searches": 3}),
        (_CHAT | {"metadata.usage_object": str(_ANTHROPICS)}, {"web_searches": 3}),
        (
            {"openinference.span.kind": "LLM", "metadata": '{"server_tool_use": {"web_search_requests": 3}}'},
            {"web_searches": 3},
        ),
        ({"openinference.span.kind": "LLM", "output.value": json.dumps({"usage": _ANTHROPICS})}, {"web_searches": 3}),
        (
            {
                "ai.operationId": "ai.generateText.doGenerate",
                "ai.response.providerMetadata": json.dumps({"anthropic": {"usage": _ANTHROPICS}}),
            },
            {"web_searches": 3},
        ),
        (_CHAT | {"gen_ai.usage.details.web_search_requests": 2}, {"web_searches": 2}),
        (_CHAT | {"gen_ai.usage.raw": '{"prompt_tokens_details": {"web_search_requests": 4}}'}, {"web_searches": 4}),
        (
            _CHAT | {"gen_ai.usage.raw": '{"server_side_tool_usage_details": {"web_search_calls": 5}}'},
            {"web_searches": 5},
        ),
        (
            _CHAT | {"gen_ai.usage.raw": '{"server_tool_use_details": {"web_search_requests": 6}}'},
            {"web_searches": 6},
        ),
        # OpenAI's newer answers have the number that they bill beside the items: pydantic-ai's `billed_web_searches`.
        (
            {
                "openinference.span.kind": "LLM",
                "output.value": json.dumps(
                    {
                        "output": [{"type": "web_search_call", "id": "ws_1", "status": "completed"}],
                        "tool_usage": {"web_search": {"num_requests": 2}},
                    }
                ),
            },
            {"web_searches": 2},
        ),
        (_CHAT | {"gen_ai.usage.raw": '{"server_tool_use": {"web_search_requests": 0}}'}, {}),
        (_CHAT | {"gen_ai.usage.raw": '{"server_tool_use": null, "input_tokens": 5}'}, {}),
        # An agent's numbers are its calls'.
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.details.web_search_requests": 2}, {}),
        (
            _CHAT | {"gen_ai.request.model": "sonar", "gen_ai.usage.raw": json.dumps(_PERPLEXITYS)},
            {"requests/low": 1},
        ),
        (
            _CHAT
            | {
                "gen_ai.provider.name": "perplexity",
                "gen_ai.request.model": "r1",
                "gen_ai.usage.raw": json.dumps(_PERPLEXITYS | {"num_search_queries": 7}),
            },
            {"web_searches": 7, "requests/low": 1},
        ),
        (_CHAT | {"gen_ai.usage.raw": json.dumps(_PERPLEXITYS)}, {}),
    ],
)
def test_searches_are_those_of_the_providers_usage(attributes: dict[str, object], units: dict[str, int]) -> None:
    assert _units(attributes) == units


def _answer(*parts: dict[str, object]) -> dict[str, object]:
    return _CHAT | {"gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": list(parts)}])}


_SEARCHED = {"type": "search", "query": "weather in Paris"}
_OPENED = {"type": "open_page", "url": "https://example.com"}


@pytest.mark.parametrize(
    ("attributes", "units"),
    [
        # OpenTelemetry's part of OpenAI's item, and of Anthropic's block.
        (
            _answer(
                {
                    "type": "server_tool_call",
                    "id": "ws_1",
                    "name": "web_search",
                    "server_tool_call": {"type": "web_search", "status": "completed", "action": _SEARCHED},
                },
                {
                    "type": "server_tool_call",
                    "id": "ws_2",
                    "name": "web_search",
                    "server_tool_call": {"type": "web_search", "status": "completed", "action": _OPENED},
                },
                {"type": "text", "content": "Sunny."},
            ),
            {"web_searches": 1},
        ),
        (
            _answer(
                {
                    "type": "server_tool_call",
                    "id": "srvtoolu_1",
                    "name": "web_search",
                    "server_tool_call": {"type": "web_search", "input": {"query": "Paris"}},
                },
                {
                    "type": "server_tool_call",
                    "id": "srvtoolu_2",
                    "name": "web_search",
                    "server_tool_call": {"type": "web_search", "input": {"query": "Oslo"}},
                },
                {
                    "type": "server_tool_call_response",
                    "id": "srvtoolu_2",
                    "server_tool_call_response": {
                        "type": "web_search",
                        "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
                    },
                },
            ),
            {"web_searches": 1},
        ),
        # Raw answers, as OpenInference and MLflow keep them.
        (
            {
                "openinference.span.kind": "LLM",
                "output.value": json.dumps(
                    {
                        "output": [
                            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": _SEARCHED},
                            {"type": "web_search_call", "id": "ws_2", "status": "failed"},
                            {
                                "type": "message",
                                "id": "msg_1",
                                "role": "assistant",
                                "content": [{"type": "output_text", "text": "Sunny."}],
                            },
                        ]
                    }
                ),
            },
            {"web_searches": 1},
        ),
        # The answer tells what the calls beside it do not.
        (
            {
                "openinference.span.kind": "LLM",
                "llm.output_messages.0.message.tool_calls.0.tool_call.id": "ws_1",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "web_search_call",
                "llm.output_messages.1.message.tool_calls.0.tool_call.id": "ws_2",
                "llm.output_messages.1.message.tool_calls.0.tool_call.function.name": "web_search_call",
                "output.value": json.dumps(
                    {
                        "output": [
                            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": _SEARCHED},
                            {"type": "web_search_call", "id": "ws_2", "status": "completed", "action": _OPENED},
                        ]
                    }
                ),
            },
            {"web_searches": 1},
        ),
        # OpenInference's flat call.
        (
            {
                "openinference.span.kind": "LLM",
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.tool_calls.0.tool_call.id": "ws_1",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "web_search_call",
                "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": json.dumps(_SEARCHED),
                "llm.output_messages.0.message.tool_calls.1.tool_call.id": "ws_2",
                "llm.output_messages.0.message.tool_calls.1.tool_call.function.name": "web_search_call",
                "llm.output_messages.0.message.tool_calls.1.tool_call.function.arguments": json.dumps(_OPENED),
            },
            {"web_searches": 1},
        ),
        # A tool of one's own that has the name.
        (
            _answer({"type": "tool_call", "id": "call_1", "name": "web_search", "arguments": {"query": "Paris"}}),
            {},
        ),
        (_answer({"type": "text", "content": "web_search_call and web_search are names"}), {}),
        # Ids that are none.
        (
            _answer(
                {"type": "web_search_call", "id": {"a": 1}},
                {"type": "tool_call_response", "id": [2], "response": "web_search_tool_result_error"},
                {"type": "image", "id": {"a": [2]}},
            ),
            {"web_searches": 1},
        ),
        # A number that is told counts, also if it is none.
        (
            _answer({"type": "web_search_call", "id": "ws_1", "status": "completed"})
            | {"gen_ai.usage.raw": '{"server_tool_use": {"web_search_requests": 0}}'},
            {},
        ),
    ],
)
def test_searches_that_no_number_tells_are_counted_in_the_answer(
    attributes: dict[str, object], units: dict[str, int]
) -> None:
    assert _units(attributes) == units
