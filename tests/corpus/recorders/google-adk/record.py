"""Google's Agent Development Kit, its telemetry set up from OTEL_EXPORTER_OTLP_ENDPOINT; an agent with one tool."""

import asyncio
import sys
from typing import Any

from conversation import RESULT, SCENARIO, SYSTEM, USER
from google.adk.agents import Agent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.runners import InMemoryRunner
from google.adk.telemetry.setup import maybe_set_otel_providers
from google.genai import types
from opentelemetry import _logs, trace

STREAM = sys.argv[1].startswith("stream")


def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city."""
    return RESULT


async def main() -> None:
    """Ask once, in one session."""
    agent = Agent(
        name="travel_assistant",
        model="gemini-2.5-flash",
        instruction=SYSTEM,
        tools=[] if STREAM else [get_weather],
    )
    runner = InMemoryRunner(agent=agent, app_name="travel")
    who = {"user_id": SCENARIO["user_id"], "session_id": SCENARIO["session_id"]}
    await runner.session_service.create_session(app_name="travel", **who)
    message = types.Content(role="user", parts=[types.Part(text=USER)])
    config = RunConfig(streaming_mode=StreamingMode.SSE if STREAM else StreamingMode.NONE)
    async for event in runner.run_async(new_message=message, run_config=config, **who):
        if event.is_final_response() and not event.partial and event.content:
            print(event.content.parts[0].text)


maybe_set_otel_providers()
asyncio.run(main())
trace.get_tracer_provider().force_flush()
_logs.get_logger_provider().force_flush()
