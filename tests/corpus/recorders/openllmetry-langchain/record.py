"""OpenLLMetry with a LangChain agent."""

import conversation
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from traceloop.sdk import Traceloop

Traceloop.init(app_name="travel-assistant", disable_batch=True)
Traceloop.set_association_properties(
    {"session_id": conversation.SCENARIO["session_id"], "user_id": conversation.SCENARIO["user_id"]}
)
agent = create_agent(
    ChatOpenAI(model=conversation.OPENAI_MODEL),
    tools=[conversation.get_weather],
    system_prompt=conversation.SYSTEM,
    name="travel-assistant",
)
question = {"role": "user", "content": conversation.USER}
print(agent.invoke({"messages": [question]})["messages"][-1].content)
