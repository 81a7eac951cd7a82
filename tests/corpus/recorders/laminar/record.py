"""Laminar: Laminar.initialize() and the observe decorator around the OpenAI and Anthropic clients."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anthropic
import openai
from lmnr import Laminar, observe

SCENARIO = json.loads(Path(os.environ["CORPUS_SCENARIO"]).read_text())
TOOL = SCENARIO["tool"]
FUNCTION = {"type": "function", "function": {name: TOOL[name] for name in ("name", "description", "parameters")}}
CLAUDE_TOOL = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}
IDS = {"session_id": SCENARIO["session_id"], "user_id": SCENARIO["user_id"]}


@observe(span_type="TOOL")
def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city."""
    return dict(TOOL["result"])


@observe(name="travel-assistant", **IDS)
def chat_tool(question: str) -> str:
    """Answer with the tool's help."""
    client = openai.OpenAI()
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    first = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    call = first.choices[0].message.tool_calls[0]
    result = get_weather(**json.loads(call.function.arguments))
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}]
    second = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    return str(second.choices[0].message.content)


@observe(name="travel-assistant", **IDS)
def stream(question: str) -> str:
    """Answer as a stream."""
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    chunks = openai.OpenAI().chat.completions.create(
        model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@observe(name="travel-assistant", **IDS)
def anthropic_chat_tool(question: str) -> str:
    """Answer with the tool's help, by Claude."""
    client = anthropic.Anthropic()
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "system": SCENARIO["system"], "tools": [CLAUDE_TOOL]}
    messages: list[Any] = [{"role": "user", "content": question}]
    first = client.messages.create(messages=messages, **asked)
    call = first.content[0]
    answer = {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(get_weather(**call.input))}
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [answer]}]
    return str(client.messages.create(messages=messages, **asked).content[0].text)


@observe(name="travel-assistant", **IDS)
def anthropic_stream(question: str) -> str:
    """Answer as a stream, by Claude."""
    events = anthropic.Anthropic().messages.create(
        model="claude-sonnet-4-5",
        max_tokens=1024,
        system=SCENARIO["system"],
        messages=[{"role": "user", "content": question}],
        stream=True,
    )
    return "".join(event.delta.text for event in events if event.type == "content_block_delta")


CASES = {
    "chat-tool": chat_tool,
    "stream": stream,
    "anthropic-chat-tool": anthropic_chat_tool,
    "anthropic-stream": anthropic_stream,
}

if __name__ == "__main__":
    Laminar.initialize(
        project_api_key="not-a-key",
        base_url="http://127.0.0.1",
        http_port=int(os.environ["CORPUS_COLLECTOR"].rpartition(":")[2]),
        grpc_port=int(os.environ["CORPUS_COLLECTOR_GRPC"].rpartition(":")[2]),
    )
    CASES[sys.argv[1]](SCENARIO["user"])
    Laminar.flush()
