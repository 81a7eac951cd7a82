"""Haystack's own tracing, sent through OpenTelemetry by its integration; an agent with one tool."""

import sys
from typing import Annotated, Any

from conversation import OPENAI_MODEL, RESULT, SYSTEM, USER
from haystack import tracing
from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage, StreamingChunk
from haystack.tools import tool
from haystack_integrations.tracing.opentelemetry import OpenTelemetryTracer
from opentelemetry import trace
from telemetry import set_up_traces


@tool
def get_weather(city: Annotated[str, "Name of the city"]) -> dict[str, Any]:
    """Get the current weather of a city."""
    return RESULT


def show(chunk: StreamingChunk) -> None:
    """Print the part of an answer."""
    print(chunk.content, end="")


set_up_traces()
tracing.enable_tracing(OpenTelemetryTracer(trace.get_tracer("travel-assistant")))
stream = sys.argv[1].startswith("stream")
more = {"stream_options": {"include_usage": True}} if stream else {}
generator = OpenAIChatGenerator(model=OPENAI_MODEL, streaming_callback=show if stream else None, generation_kwargs=more)
agent = Agent(chat_generator=generator, tools=[] if stream else [get_weather], system_prompt=SYSTEM)
print(agent.run(messages=[ChatMessage.from_user(USER)])["last_message"].text)
