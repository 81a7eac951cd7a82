"""OpenInference with OpenAI's agents."""

import conversation
from agents import Agent, Runner, function_tool
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from telemetry import set_up_traces

set_up_traces()
OpenAIAgentsInstrumentor().instrument()
agent = Agent(
    name="travel-assistant",
    instructions=conversation.SYSTEM,
    model=conversation.OPENAI_MODEL,
    tools=[function_tool(conversation.get_weather)],
)
with using_attributes(session_id=conversation.SCENARIO["session_id"], user_id=conversation.SCENARIO["user_id"]):
    print(Runner.run_sync(agent, conversation.USER).final_output)
