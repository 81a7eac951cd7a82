"""OpenInference 0.1 with the anthropic client of its time; agent and tool by its decorators."""

import sys

import conversation
from openinference.instrumentation import OITracer, TraceConfig, using_attributes
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry import trace
from telemetry import set_up_traces

set_up_traces()
AnthropicInstrumentor().instrument()
tracer = OITracer(trace.get_tracer("travel-assistant"), config=TraceConfig())


@tracer.tool
def get_weather(city: str) -> dict[str, object]:
    """Get the current weather of a city."""
    return conversation.get_weather(city)


@tracer.agent(name="travel-assistant")
def answer(question: str) -> str:
    """Answer a question."""
    return conversation.anthropic_chat_tool(get_weather)


with using_attributes(session_id=conversation.SCENARIO["session_id"], user_id=conversation.SCENARIO["user_id"]):
    if sys.argv[1] == "chat-tool":
        print(answer(conversation.USER))
    else:
        print(getattr(conversation, "anthropic_" + sys.argv[1])())
