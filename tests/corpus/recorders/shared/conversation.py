"""The scenario, as a program would have it with the providers' own clients. On the path of every Python recorder."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCENARIO: dict[str, Any] = json.loads(Path(os.environ["CORPUS_SCENARIO"]).read_text())
SYSTEM: str = SCENARIO["system"]
USER: str = SCENARIO["user"]
TOOL: dict[str, Any] = SCENARIO["tool"]
RESULT: dict[str, Any] = TOOL["result"]
OPENAI_MODEL = "gpt-4o-mini"
ANTHROPIC_MODEL = "claude-sonnet-4-5"
OPENAI_TOOL = {"type": "function", "function": {name: TOOL[name] for name in ("name", "description", "parameters")}}
ANTHROPIC_TOOL = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}


def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city."""
    return RESULT if city == TOOL["arguments"]["city"] else {}


def opening() -> list[Any]:
    """Return the messages of the first request to OpenAI."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]


def openai_chat_tool(run: Callable[..., Any] = get_weather) -> str:
    """Question, tool call, result, answer: two calls of chat completions. `run` is the tool, which may be traced."""
    from openai import OpenAI

    client, messages = OpenAI(), opening()
    first = client.chat.completions.create(model=OPENAI_MODEL, messages=messages, tools=[OPENAI_TOOL])
    answer = first.choices[0].message
    messages.append(answer.model_dump(include={"role", "content", "tool_calls"}))
    call = answer.tool_calls[0]
    result = run(**json.loads(call.function.arguments))
    messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
    second = client.chat.completions.create(model=OPENAI_MODEL, messages=messages, tools=[OPENAI_TOOL])
    return str(second.choices[0].message.content)


def openai_stream() -> str:
    """One answer, streamed, with usage."""
    from openai import OpenAI

    stream = OpenAI().chat.completions.create(
        model=OPENAI_MODEL, messages=opening(), stream=True, stream_options={"include_usage": True}
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def openai_responses() -> str:
    """Question, tool call, result, answer: two calls of responses."""
    from openai import OpenAI

    client = OpenAI()
    tools: list[Any] = [{"type": "function", "strict": False, **OPENAI_TOOL["function"]}]
    given: list[Any] = [{"role": "user", "content": USER}]
    first = client.responses.create(model=OPENAI_MODEL, instructions=SYSTEM, input=given, tools=tools)
    call = first.output[0]
    item = call.model_dump(include={"type", "call_id", "name", "arguments"})
    given += [item, {"type": "function_call_output", "call_id": call.call_id, "output": json.dumps(RESULT)}]
    second = client.responses.create(model=OPENAI_MODEL, instructions=SYSTEM, input=given, tools=tools)
    return str(second.output_text)


def openai_embedding() -> list[float]:
    """One embedding."""
    from openai import OpenAI

    answer = OpenAI().embeddings.create(model="text-embedding-3-small", input=SCENARIO["embedding"]["input"])
    return list(answer.data[0].embedding)


def openai_vision() -> str:
    """One answer about two pictures: one in the request, one by its address."""
    from openai import OpenAI

    vision = SCENARIO["vision"]
    content: list[Any] = [
        {"type": "text", "text": vision["user"]},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{vision['png']}"}},
        {"type": "image_url", "image_url": {"url": vision["url"]}},
    ]
    messages: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]
    answer = OpenAI().chat.completions.create(model=OPENAI_MODEL, messages=messages)
    return str(answer.choices[0].message.content)


def openai_file() -> str:
    """One answer about two files: one that the provider has, one in the request."""
    from openai import OpenAI

    file = SCENARIO["file"]
    content: list[Any] = [
        {"type": "text", "text": file["user"]},
        {"type": "file", "file": {"file_id": file["file_id"]}},
        {"type": "file", "file": {"filename": file["name"], "file_data": f"data:application/pdf;base64,{file['pdf']}"}},
    ]
    messages: list[Any] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]
    answer = OpenAI().chat.completions.create(model=OPENAI_MODEL, messages=messages)
    return str(answer.choices[0].message.content)


def anthropic_chat_tool(run: Callable[..., Any] = get_weather) -> str:
    """Question, tool call, result, answer: two calls of messages."""
    from anthropic import Anthropic

    client, messages = Anthropic(), [{"role": "user", "content": USER}]
    given: dict[str, Any] = {"model": ANTHROPIC_MODEL, "max_tokens": 1024, "system": SYSTEM, "tools": [ANTHROPIC_TOOL]}
    first = client.messages.create(messages=messages, **given)
    call = first.content[0]
    use = {"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}
    messages.append({"role": "assistant", "content": [use]})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(run(**call.input))}
    messages.append({"role": "user", "content": [result]})
    second = client.messages.create(messages=messages, **given)
    return str(second.content[0].text)


def anthropic_stream() -> str:
    """One answer, streamed."""
    from anthropic import Anthropic

    messages = [{"role": "user", "content": USER}]
    with Anthropic().messages.stream(
        model=ANTHROPIC_MODEL, max_tokens=1024, system=SYSTEM, messages=messages
    ) as stream:
        return "".join(stream.text_stream)


def anthropic_thinking() -> str:
    """Question, thought and tool call, result, answer: the thought goes back with the call, as Claude wants it."""
    from anthropic import Anthropic

    client, messages = Anthropic(), [{"role": "user", "content": USER}]
    given: dict[str, Any] = {
        "model": ANTHROPIC_MODEL,
        "max_tokens": 2048,
        "system": SYSTEM,
        "tools": [ANTHROPIC_TOOL],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }
    first = client.messages.create(messages=messages, **given)
    thought, call = (block.to_dict() for block in first.content)
    messages.append({"role": "assistant", "content": [thought, call]})
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": json.dumps(get_weather(**call["input"]))}
    messages.append({"role": "user", "content": [result]})
    second = client.messages.create(messages=messages, **given)
    return str(second.content[0].text)
