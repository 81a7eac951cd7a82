"""OpenTelemetry's GenAI instrumentation of a LangChain agent, and of a retriever."""

import sys

import conversation
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from opentelemetry.instrumentation.genai.langchain import LangChainInstrumentor
from telemetry import set_up_logs, set_up_traces

set_up_traces()
set_up_logs()
LangChainInstrumentor().instrument()
if sys.argv[1] == "retrieval":
    from retrieval import travel_assistant

    print(travel_assistant.invoke(conversation.USER))
else:
    agent = create_agent(
        ChatOpenAI(model=conversation.OPENAI_MODEL),
        tools=[conversation.get_weather],
        system_prompt=conversation.SYSTEM,
        name="travel-assistant",
    )
    question = {"role": "user", "content": conversation.USER}
    print(agent.invoke({"messages": [question]})["messages"][-1].content)
