"""MLflow: autolog() for OpenAI and Anthropic below mlflow.trace, exported by OTLP in place of the tracking server."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anthropic
import mlflow
import openai
from mlflow.entities import SpanType

SCENARIO = json.loads(Path(os.environ["CORPUS_SCENARIO"]).read_text())
TOOL = SCENARIO["tool"]
FUNCTION = {"type": "function", "function": {name: TOOL[name] for name in ("name", "description", "parameters")}}
CLAUDE_TOOL = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}


@mlflow.trace(span_type=SpanType.TOOL)
def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city."""
    return dict(TOOL["result"])


def say_who() -> None:
    """Tell the trace its session and user, as MLflow's guide shows it."""
    mlflow.update_current_trace(session_id=SCENARIO["session_id"], user=SCENARIO["user_id"])


@mlflow.trace(name="travel-assistant", span_type=SpanType.AGENT)
def chat_tool(question: str) -> str:
    """Answer with the tool's help."""
    say_who()
    client = openai.OpenAI()
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    first = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    call = first.choices[0].message.tool_calls[0]
    result = get_weather(**json.loads(call.function.arguments))
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}]
    second = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    return str(second.choices[0].message.content)


@mlflow.trace(name="travel-assistant")
def stream(question: str) -> str:
    """Answer as a stream."""
    say_who()
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    chunks = openai.OpenAI().chat.completions.create(
        model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@mlflow.trace(name="travel-assistant", span_type=SpanType.AGENT)
def anthropic_chat_tool(question: str) -> str:
    """Answer with the tool's help, by Claude."""
    say_who()
    client = anthropic.Anthropic()
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "system": SCENARIO["system"], "tools": [CLAUDE_TOOL]}
    messages: list[Any] = [{"role": "user", "content": question}]
    first = client.messages.create(messages=messages, **asked)
    call = first.content[0]
    answer = {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(get_weather(**call.input))}
    messages = [*messages, {"role": "assistant", "content": first.content}, {"role": "user", "content": [answer]}]
    return str(client.messages.create(messages=messages, **asked).content[0].text)


CASES = {"chat-tool": chat_tool, "stream": stream, "anthropic-chat-tool": anthropic_chat_tool}

if __name__ == "__main__":
    mlflow.openai.autolog()
    mlflow.anthropic.autolog()
    CASES[sys.argv[1].removeprefix("genai-")](SCENARIO["user"])
    mlflow.flush_trace_async_logging()
