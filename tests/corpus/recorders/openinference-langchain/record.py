"""OpenInference with a LangChain agent."""

import sys

import conversation
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.langchain import LangChainInstrumentor
from telemetry import set_up_traces

set_up_traces()
LangChainInstrumentor().instrument()
model = ChatOpenAI(model=conversation.OPENAI_MODEL, stream_usage=True)
question = {"role": "user", "content": conversation.USER}
with using_attributes(session_id=conversation.SCENARIO["session_id"], user_id=conversation.SCENARIO["user_id"]):
    if sys.argv[1] == "stream":
        print("".join(chunk.text for chunk in model.stream(conversation.opening())))
    elif sys.argv[1] == "retrieval":
        from retrieval import travel_assistant

        print(travel_assistant.invoke(conversation.USER))
    else:
        agent = create_agent(
            model, tools=[conversation.get_weather], system_prompt=conversation.SYSTEM, name="travel-assistant"
        )
        print(agent.invoke({"messages": [question]})["messages"][-1].content)
