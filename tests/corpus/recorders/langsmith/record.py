"""LangSmith: traceable around its OpenAI and Anthropic wrappers, and a LangChain agent, exported by OpenTelemetry."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anthropic
import langsmith
import openai
from langchain.agents import create_agent
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI
from langsmith.run_trees import get_cached_client
from langsmith.wrappers import wrap_anthropic, wrap_openai
from opentelemetry import trace

SCENARIO = json.loads(Path(os.environ["CORPUS_SCENARIO"]).read_text())
TOOL = SCENARIO["tool"]
FUNCTION = {"type": "function", "function": {name: TOOL[name] for name in ("name", "description", "parameters")}}
CLAUDE_TOOL = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}
WHO = {"session_id": SCENARIO["session_id"], "user_id": SCENARIO["user_id"]}


@langsmith.traceable(run_type="tool")
def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city."""
    return dict(TOOL["result"])


@langsmith.traceable(name="travel-assistant", metadata=WHO)
def chat_tool(question: str) -> str:
    """Answer with the tool's help."""
    client = wrap_openai(openai.OpenAI())
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    first = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    call = first.choices[0].message.tool_calls[0]
    result = get_weather(**json.loads(call.function.arguments))
    answer = {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}
    messages = [*messages, first.choices[0].message, answer]
    second = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    return str(second.choices[0].message.content)


@langsmith.traceable(name="travel-assistant", metadata=WHO)
def stream(question: str) -> str:
    """Answer as a stream."""
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    chunks = wrap_openai(openai.OpenAI()).chat.completions.create(
        model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@langsmith.traceable(name="travel-assistant", metadata=WHO)
def anthropic_chat_tool(question: str) -> str:
    """Answer with the tool's help, by Claude."""
    client = wrap_anthropic(anthropic.Anthropic())
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "system": SCENARIO["system"], "tools": [CLAUDE_TOOL]}
    messages: list[Any] = [{"role": "user", "content": question}]
    first = client.messages.create(messages=messages, **asked)
    call = first.content[0]
    answer = {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(get_weather(**call.input))}
    messages = [*messages, {"role": "assistant", "content": [call.to_dict()]}, {"role": "user", "content": [answer]}]
    return str(client.messages.create(messages=messages, **asked).content[0].text)


def langchain(question: str) -> None:
    """Answer by a LangChain agent, which LangSmith traces by itself."""
    tool = StructuredTool.from_function(
        lambda city: dict(TOOL["result"]),
        name=TOOL["name"],
        description=TOOL["description"],
        args_schema=TOOL["parameters"],
    )
    agent = create_agent(
        ChatOpenAI(model="gpt-4o-mini"), [tool], system_prompt=SCENARIO["system"], name="travel-assistant"
    )
    agent.invoke({"messages": [{"role": "user", "content": question}]}, config={"metadata": WHO})


CASES = {"chat-tool": chat_tool, "stream": stream, "anthropic-chat-tool": anthropic_chat_tool, "langchain": langchain}

if __name__ == "__main__":
    CASES[sys.argv[1]](SCENARIO["user"])
    get_cached_client().flush()
    trace.get_tracer_provider().force_flush()
