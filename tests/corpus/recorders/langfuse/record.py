"""Langfuse: the observe decorator around its OpenAI wrapper, a Claude generation by hand, and its LangChain handler."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anthropic
from langchain.agents import create_agent
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI
from langfuse import get_client, observe, propagate_attributes
from langfuse.langchain import CallbackHandler

if sys.argv[1] in ("chat-tool", "stream"):
    # Importing it is what makes it watch OpenAI's client, LangChain's too: there it would see each call twice.
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
    """Answer with the tool's help."""
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    first = openai.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    call = first.choices[0].message.tool_calls[0]
    result = get_weather(**json.loads(call.function.arguments))
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}]
    second = openai.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[FUNCTION])
    return str(second.choices[0].message.content)


@observe(name="travel-assistant")
def stream(question: str) -> str:
    """Answer as a stream."""
    messages: list[Any] = [{"role": "system", "content": SCENARIO["system"]}, {"role": "user", "content": question}]
    chunks = openai.chat.completions.create(
        model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@observe(name="claude", as_type="generation")
def claude(messages: list[Any]) -> anthropic.types.Message:
    """Call Claude, as Langfuse's guide for a model without a wrapper shows it."""
    tool = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}
    answer = anthropic.Anthropic().messages.create(
        model="claude-sonnet-4-5", max_tokens=1024, system=SCENARIO["system"], messages=messages, tools=[tool]
    )
    get_client().update_current_generation(
        model="claude-sonnet-4-5",
        input=messages,
        output=answer.to_dict(),
        model_parameters={"max_tokens": 1024},
        usage_details={
            "input": answer.usage.input_tokens,
            "output": answer.usage.output_tokens,
            "cache_read_input_tokens": answer.usage.cache_read_input_tokens or 0,
            "cache_creation_input_tokens": answer.usage.cache_creation_input_tokens or 0,
        },
    )
    return answer


@observe(name="travel-assistant", as_type="agent")
def anthropic_chat_tool(question: str) -> str:
    """Answer with the tool's help, by Claude."""
    messages: list[Any] = [{"role": "user", "content": question}]
    first = claude(messages)
    call = first.content[0]
    result = get_weather(**call.input)
    answer = {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps(result)}
    messages = [*messages, {"role": "assistant", "content": [call.to_dict()]}, {"role": "user", "content": [answer]}]
    return str(claude(messages).content[0].text)


def langchain(question: str) -> None:
    """Answer by a LangChain agent, watched by Langfuse's handler."""
    tool = StructuredTool.from_function(
        lambda city: dict(TOOL["result"]),
        name=TOOL["name"],
        description=TOOL["description"],
        args_schema=TOOL["parameters"],
    )
    agent = create_agent(
        ChatOpenAI(model="gpt-4o-mini"), [tool], system_prompt=SCENARIO["system"], name="travel-assistant"
    )
    agent.invoke({"messages": [{"role": "user", "content": question}]}, config={"callbacks": [CallbackHandler()]})


@observe(name="embed", as_type="embedding")
def embed(text: str) -> list[float]:
    """Embed a text, as Langfuse's guide for a model without a wrapper shows it."""
    embedding = SCENARIO["embedding"]
    get_client().update_current_generation(
        model="text-embedding-3-small", usage_details={"input": embedding["input_tokens"]}
    )
    return list(embedding["vector"])


@observe(name="find-weather", as_type="retriever")
def retrieve(query: str) -> list[str]:
    """Find documents."""
    embed(query)
    return [each["text"] for each in SCENARIO["documents"]]


@observe(name="no-secrets", as_type="guardrail")
def guard(text: str) -> dict[str, Any]:
    """Let a text pass."""
    return {"allowed": True}


@observe(name="groundedness", as_type="evaluator")
def evaluate(answer: str, document: str) -> dict[str, Any]:
    """Judge an answer."""
    return {"score": 0.75, "label": "grounded"}


@observe(name="answer-from-documents", as_type="chain")
def answer_from_documents(question: str) -> str:
    """Answer from what was found."""
    documents = retrieve(query=question)
    answer = str(SCENARIO["answer"])
    evaluate(answer, documents[0])
    return answer


@observe(name="travel-assistant", as_type="agent")
def kinds(question: str) -> str:
    """Answer with a step of every kind that the decorator knows."""
    guard(text=question)
    get_weather(**TOOL["arguments"])
    return answer_from_documents(question)


CASES = {
    "chat-tool": chat_tool,
    "stream": stream,
    "anthropic-chat-tool": anthropic_chat_tool,
    "langchain": langchain,
    "kinds": kinds,
}

if __name__ == "__main__":
    with propagate_attributes(session_id=SCENARIO["session_id"], user_id=SCENARIO["user_id"]):
        CASES[sys.argv[1]](SCENARIO["user"])
    get_client().flush()
