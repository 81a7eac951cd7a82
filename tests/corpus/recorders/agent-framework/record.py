"""Microsoft's Agent Framework, its telemetry set up by its configure_otel_providers; an agent with one tool."""

import asyncio
import os
import sys
from typing import Annotated, Any

from agent_framework import Agent, tool
from agent_framework.observability import configure_otel_providers
from agent_framework_openai import OpenAIChatCompletionClient
from conversation import OPENAI_MODEL, RESULT, SYSTEM, USER
from opentelemetry import _logs, trace


@tool(approval_mode="never_require")
def get_weather(city: Annotated[str, "Name of the city"]) -> dict[str, Any]:
    """Get the current weather of a city."""
    return RESULT


async def main() -> None:
    """Ask once, in one session."""
    client = OpenAIChatCompletionClient(model=OPENAI_MODEL, base_url=os.environ["OPENAI_BASE_URL"])
    if sys.argv[1].startswith("stream"):
        agent = Agent(client=client, name="travel-assistant", instructions=SYSTEM)
        async for update in agent.run(USER, stream=True, session=agent.create_session()):
            print(update.text, end="")
        print()
    else:
        agent = Agent(client=client, name="travel-assistant", instructions=SYSTEM, tools=[get_weather])
        print((await agent.run(USER, session=agent.create_session())).text)


configure_otel_providers(enable_sensitive_data=True)
asyncio.run(main())
trace.get_tracer_provider().force_flush()
_logs.get_logger_provider().force_flush()
