"""Strands Agents' own telemetry, set up by its StrandsTelemetry; an agent with one tool."""

import os
import sys
from typing import Any

from conversation import ANTHROPIC_MODEL, OPENAI_MODEL, RESULT, SCENARIO, SYSTEM, USER
from strands import Agent, tool
from strands.models.anthropic import AnthropicModel
from strands.models.openai import OpenAIModel
from strands.telemetry import StrandsTelemetry

CASE = sys.argv[1]


@tool
def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city.

    Args:
        city: Name of the city
    """
    return {"status": "success", "content": [{"json": RESULT}]}


telemetry = StrandsTelemetry().setup_otlp_exporter()
if "anthropic" in CASE:
    model: Any = AnthropicModel(model_id=ANTHROPIC_MODEL, max_tokens=1024)
else:
    model = OpenAIModel(client_args={"base_url": os.environ["OPENAI_BASE_URL"]}, model_id=OPENAI_MODEL)
agent = Agent(
    name="travel-assistant",
    model=model,
    system_prompt=SYSTEM,
    tools=[] if CASE.startswith("stream") else [get_weather],
    trace_attributes={"session.id": SCENARIO["session_id"], "user.id": SCENARIO["user_id"]},
    callback_handler=None,
)
print(agent(USER))
telemetry.tracer_provider.force_flush()
