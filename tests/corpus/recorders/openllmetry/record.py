"""OpenLLMetry: Traceloop's SDK with the openai and anthropic clients; workflow and tool by its decorators."""

import sys

import conversation
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import tool, workflow

Traceloop.init(app_name="travel-assistant", disable_batch=True)
Traceloop.set_association_properties(
    {"session_id": conversation.SCENARIO["session_id"], "user_id": conversation.SCENARIO["user_id"]}
)


@tool(name="get_weather")
def get_weather(city: str) -> dict[str, object]:
    """Get the current weather of a city."""
    return conversation.get_weather(city)


@workflow(name="travel-assistant")
def answer(question: str) -> str:
    """Answer a question."""
    ask = conversation.openai_chat_tool if sys.argv[1] == "chat-tool" else conversation.anthropic_chat_tool
    return ask(get_weather)


if sys.argv[1] in ("chat-tool", "anthropic"):
    print(answer(conversation.USER))
elif sys.argv[1] == "anthropic-stream":
    print(conversation.anthropic_stream())
else:
    print(getattr(conversation, "openai_" + sys.argv[1])())
