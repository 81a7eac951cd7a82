"""A pydantic-ai agent with its own instrumentation; the case's name says which version of it."""

import sys

import conversation
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings
from telemetry import set_up_logs, set_up_traces

set_up_traces()
set_up_logs()
version = int(sys.argv[1].rpartition("-v")[2])
Agent.instrument_all(
    InstrumentationSettings(version=version, event_mode="logs" if "logs" in sys.argv[1] else "attributes")
)
model = (
    "anthropic:" + conversation.ANTHROPIC_MODEL
    if "anthropic" in sys.argv[1]
    else "openai-chat:" + conversation.OPENAI_MODEL
)
agent = Agent(model, name="travel-assistant", instructions=conversation.SYSTEM, tools=[conversation.get_weather])
if sys.argv[1].startswith("stream"):
    agent = Agent(model, name="travel-assistant", instructions=conversation.SYSTEM)
    answer = agent.run_stream_sync(conversation.USER)
    print("".join(answer.stream_text(delta=True)))
else:
    print(agent.run_sync(conversation.USER, conversation_id=conversation.SCENARIO["session_id"]).output)
