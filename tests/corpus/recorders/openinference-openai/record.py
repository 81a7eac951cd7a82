"""OpenInference with the openai client; agent and tool by its decorators."""

import sys

import conversation
from openinference.instrumentation import OITracer, TraceConfig, using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from telemetry import set_up_traces

set_up_traces()
OpenAIInstrumentor().instrument()
tracer = OITracer(trace.get_tracer("travel-assistant"), config=TraceConfig())


@tracer.tool
def get_weather(city: str) -> dict[str, object]:
    """Get the current weather of a city."""
    return conversation.get_weather(city)


@tracer.agent(name="travel-assistant")
def answer(question: str) -> str:
    """Answer a question."""
    return conversation.openai_chat_tool(get_weather)


@tracer.retriever(name="find-weather")
def retrieve(query: str) -> list[str]:
    """Find documents."""
    return [each["text"] for each in conversation.SCENARIO["documents"]]


@tracer.reranker(name="rank-weather")
def rerank(query: str, documents: list[str]) -> list[str]:
    """Keep the best."""
    return documents[:1]


@tracer.guardrail(name="no-secrets")
def guard(text: str) -> dict[str, object]:
    """Let a text pass."""
    return {"allowed": True}


@tracer.evaluator(name="groundedness")
def evaluate(answer: str, document: str) -> dict[str, object]:
    """Judge an answer."""
    return {"score": 0.75, "label": "grounded"}


@tracer.chain(name="travel-assistant")
def kinds(question: str) -> str:
    """Answer from documents: every kind of step that the tracer's decorators know, but those of the other cases."""
    guard(question)
    best = rerank(question, retrieve(question))
    answer = conversation.SCENARIO["answer"]
    evaluate(answer, best[0])
    return str(answer)


with using_attributes(session_id=conversation.SCENARIO["session_id"], user_id=conversation.SCENARIO["user_id"]):
    if sys.argv[1] == "chat-tool":
        print(answer(conversation.USER))
    elif sys.argv[1] == "kinds":
        print(kinds(conversation.USER))
    else:
        print(getattr(conversation, "openai_" + sys.argv[1])())
