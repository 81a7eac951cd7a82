"""CrewAI through OpenInference's instrumentation of it and of the openai client; a crew of one agent with one tool."""

import json

from conversation import OPENAI_MODEL, RESULT, SCENARIO, SYSTEM, USER
from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from openinference.instrumentation import using_attributes
from openinference.instrumentation.crewai import CrewAIInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor
from telemetry import set_up_traces


@tool("get_weather")
def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return json.dumps(RESULT)


provider = set_up_traces()
CrewAIInstrumentor().instrument(tracer_provider=provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)
agent = Agent(
    role="travel-assistant",
    goal="Answer briefly",
    backstory=SYSTEM,
    tools=[get_weather],
    llm=LLM(model=OPENAI_MODEL),
)
task = Task(description=USER, expected_output="One sentence", agent=agent)
with using_attributes(session_id=SCENARIO["session_id"], user_id=SCENARIO["user_id"]):
    print(Crew(name="travel", agents=[agent], tasks=[task]).kickoff())
