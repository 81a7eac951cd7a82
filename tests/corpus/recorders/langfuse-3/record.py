"""Langfuse's third SDK: the observe decorator around its OpenAI wrapper."""

import json
import os
from pathlib import Path
from typing import Any

from langfuse import get_client, observe
from langfuse.openai import openai

SCENARIO = json.loads(Path(os.environ["CORPUS_SCENARIO"]).read_text())
TOOL = SCENARIO["tool"]
FUNCTION = {"type": "function", "function": {name: TOOL[name] for name in ("name", "description", "parameters")}}


@observe(as_type="tool")
def get_weather(city: str) -> dict[str, Any]:
    """Get the current weather of a city."""
    return dict(TOOL["result"])


@observe(name="travel-assistant", as_type="agent")
def chat_tool(question: str) -> str:
    """Answer with the tool's help; session and user are told at the trace's root, as this SDK's guide shows it."""
    get_client().update_current_trace(
        session_id=SCENARIO["session_id"], user_id=SCENARIO["user_id"], input=question, tags=["corpus"]
    )
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    first = openai.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    call = first.choices[0].message.tool_calls[0]
    result = get_weather(**json.loads(call.function.arguments))
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}]
    second = openai.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    answer = str(second.choices[0].message.content)
    get_client().update_current_trace(output=answer)
    return answer


if __name__ == "__main__":
    chat_tool(SCENARIO["user"])
    get_client().flush()
