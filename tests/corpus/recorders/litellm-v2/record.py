"""LiteLLM's second OpenTelemetry callback (LITELLM_OTEL_V2), which hears of asynchronous calls only."""

import asyncio
import json
import os
import sys
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


async def chat_tool(model: str) -> None:
    """Answer with the tool's help."""
    messages: list[Any] = [
        {"role": "system", "content": SCENARIO["system"]},
        {"role": "user", "content": SCENARIO["user"]},
    ]
    first = await litellm.acompletion(model=model, messages=messages, tools=[FUNCTION], **who())
    call = first.choices[0].message.tool_calls[0]
    result = json.dumps(TOOL["result"])
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": result}]
    await litellm.acompletion(model=model, messages=messages, tools=[FUNCTION], **who())


async def stream(model: str) -> None:
    """Answer as a stream."""
    messages = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": SCENARIO["user"]}]
    options = {"include_usage": True}
    chunks = await litellm.acompletion(model=model, messages=messages, stream=True, stream_options=options, **who())
    async for _ in chunks:
        pass


async def main(case: str) -> None:
    """Run a case, and wait for the callbacks, which have no end to wait for."""
    litellm.callbacks = ["otel"]
    model = "anthropic/claude-sonnet-4-5" if "anthropic" in case else "openai/gpt-4o-mini"
    await (stream if case == "stream" else chat_tool)(model)
    await asyncio.sleep(CALLBACK_WAIT_S)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
