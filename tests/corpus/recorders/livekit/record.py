"""LiveKit Agents' own telemetry. Its AgentSession works on text alone, with no room and no voice."""

import asyncio
import os
import sys
from typing import Any

import httpx2 as httpx
from conversation import OPENAI_MODEL, RESULT, SCENARIO, SYSTEM, USER
from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.telemetry import set_tracer_provider
from livekit.plugins import openai
from openai import AsyncOpenAI
from telemetry import set_up_traces


class Scripted(httpx.AsyncHTTPTransport):
    """Sends OpenAI's requests to the scripted provider: LiveKit tells the provider by the host of the base URL."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request elsewhere."""
        provider = httpx.URL(os.environ["CORPUS_PROVIDERS"])
        request.url = request.url.copy_with(scheme=provider.scheme, host=provider.host, port=provider.port)
        return await super().handle_async_request(request)


class TravelAssistant(Agent):
    """The class gives the agent its name."""


@function_tool
async def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city.

    Args:
        city: Name of the city
    """
    return RESULT


async def main() -> None:
    """Ask once."""
    agent = TravelAssistant(instructions=SYSTEM, tools=[] if sys.argv[1].startswith("stream") else [get_weather])
    http = httpx.AsyncClient(transport=Scripted(), trust_env=False)
    client = AsyncOpenAI(base_url="https://api.openai.com/v1", http_client=http)
    async with AgentSession(llm=openai.LLM(model=OPENAI_MODEL, client=client)) as session:
        await session.start(agent)
        result = await session.run(user_input=USER)
        print([event.item.text_content for event in result.events if event.type == "message"])


ids = {"langfuse.session.id": SCENARIO["session_id"], "langfuse.user.id": SCENARIO["user_id"]}
set_tracer_provider(set_up_traces(), metadata=ids)
asyncio.run(main())
