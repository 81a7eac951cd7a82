"""LiteLLM: litellm.callbacks = ["otel"], as it comes and with the newer conventions opted in."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import litellm

SCENARIO = json.loads(Path(os.environ["CORPUS_SCENARIO"]).read_text())
TOOL = SCENARIO["tool"]
FUNCTION = {"type": "function", "function": {name: TOOL[name] for name in ("name", "description", "parameters")}}
CALLBACK_WAIT_S = 3.0


def who() -> dict[str, Any]:
    """Return a call's user and session; anew for each, as LiteLLM writes into them."""
    return {"user": SCENARIO["user_id"], "metadata": {"session_id": SCENARIO["session_id"]}}


def chat_tool(model: str) -> None:
    """Answer with the tool's help."""
    messages: list[Any] = [
        {"role": "system", "content": SCENARIO["system"]},
        {"role": "user", "content": SCENARIO["user"]},
    ]
    first = litellm.completion(model=model, messages=messages, tools=[FUNCTION], **who())
    call = first.choices[0].message.tool_calls[0]
    result = json.dumps(TOOL["result"])
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": result}]
    litellm.completion(model=model, messages=messages, tools=[FUNCTION], **who())


def stream(model: str) -> None:
    """Answer as a stream."""
    messages = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": SCENARIO["user"]}]
    options = {"include_usage": True}
    for _ in litellm.completion(model=model, messages=messages, stream=True, stream_options=options, **who()):
        pass


if __name__ == "__main__":
    case = sys.argv[1]
    litellm.callbacks = ["otel"]
    model = "anthropic/claude-sonnet-4-5" if "anthropic" in case else "openai/gpt-4o-mini"
    (stream if case.endswith("stream") else chat_tool)(model)
    # Callbacks run in a thread that has no end to wait for; what they made is exported when the program ends.
    time.sleep(CALLBACK_WAIT_S)
