"""OpenTelemetry's GenAI instrumentation of OpenAI's agents and of the openai client below them."""

import conversation
from agents import Agent, Runner, function_tool
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.instrumentation.genai.openai_agents import OpenAIAgentsInstrumentor
from telemetry import set_up_logs, set_up_traces

set_up_traces()
set_up_logs()
OpenAIAgentsInstrumentor().instrument()
OpenAIInstrumentor().instrument()
agent = Agent(
    name="travel-assistant",
    instructions=conversation.SYSTEM,
    model=conversation.OPENAI_MODEL,
    tools=[function_tool(conversation.get_weather)],
)
print(Runner.run_sync(agent, conversation.USER).final_output)
