"""OpenLIT: openlit.init() before the OpenAI and Anthropic clients are used; content is captured by default."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anthropic
import openai
import openlit
from opentelemetry import metrics, trace

SCENARIO = json.loads(Path(os.environ["CORPUS_SCENARIO"]).read_text())
TOOL = SCENARIO["tool"]
FUNCTION = {"type": "function", "function": {name: TOOL[name] for name in ("name", "description", "parameters")}}
CLAUDE_TOOL = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}


def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city."""
    return dict(TOOL["result"])


@openlit.trace
def chat_tool(question: str) -> str:
    """Answer with the tool's help."""
    client = openai.OpenAI()
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    asked = {"model": "gpt-4o-mini", "tools": [FUNCTION], "user": SCENARIO["user_id"]}
    first = client.chat.completions.create(messages=messages, **asked)
    call = first.choices[0].message.tool_calls[0]
    result = get_weather(**json.loads(call.function.arguments))
    messages += [
        first.choices[0].message.to_dict(),
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)},
    ]
    return str(client.chat.completions.create(messages=messages, **asked).choices[0].message.content)


@openlit.trace
def stream(question: str) -> str:
    """Answer as a stream."""
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    chunks = openai.OpenAI().chat.completions.create(
        model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@openlit.trace
def anthropic_chat_tool(question: str) -> str:
    """Answer with the tool's help, by Claude."""
    client = anthropic.Anthropic()
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "system": SCENARIO["system"], "tools": [CLAUDE_TOOL]}
    messages: list[Any] = [{"role": "user", "content": question}]
    first = client.messages.create(messages=messages, **asked)
    call = first.content[0]
    answer = {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(get_weather(**call.input))}
    messages = [*messages, {"role": "assistant", "content": [call.to_dict()]}, {"role": "user", "content": [answer]}]
    return str(client.messages.create(messages=messages, **asked).content[0].text)


@openlit.trace
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


@openlit.trace
def evaluation(question: str) -> str:
    """Answer, and judge the answer: the score is put on the span around it."""
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    answer = openai.OpenAI().chat.completions.create(model="gpt-4o-mini", messages=messages)
    openlit.log_score("groundedness", 0.75, comment="The documents say so.")
    return str(answer.choices[0].message.content)


CASES = {
    "chat-tool": chat_tool,
    "stream": stream,
    "anthropic-chat-tool": anthropic_chat_tool,
    "anthropic-stream": anthropic_stream,
    "evaluation": evaluation,
}

if __name__ == "__main__":
    # Its price list is a file on the internet unless one is given.
    Path("pricing.json").write_text(json.dumps({"chat": {}, "embeddings": {}}))
    openlit.init(otlp_endpoint=os.environ["CORPUS_COLLECTOR"], pricing_json="pricing.json")
    CASES[sys.argv[1]](SCENARIO["user"])
    trace.get_tracer_provider().force_flush()
    metrics.get_meter_provider().force_flush()
