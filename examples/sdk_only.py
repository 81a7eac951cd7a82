"""A traced agent on a11i.sdk alone: no model provider, no other instrumentation.

Reads A11I_OTLP_GRPC and A11I_API_KEY, prints what happens, and as its last line `trace_id=<32 hex digits>`. Exit
status: 0 sent, 1 not all was accepted, 2 wrong settings.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

from opentelemetry import trace

from a11i.sdk import ConfigurationError, init, llm, observe, set_session, set_user

NOTES = {
    "bread": "Sourdough: 500 g flour, 350 g water, 10 g salt, 100 g starter; 24 hours in the cold.",
    "soup": "Onion soup: six onions, two potatoes, a litre of stock; 30 minutes.",
}


@observe(kind="retrieval", name="recipe notes")
def search(query: str) -> list[dict[str, str]]:
    """Return the notes that share a word with the query."""
    return [{"id": key, "content": text} for key, text in NOTES.items() if key in query]


@observe(kind="guardrail", name="is about food")
def about_food(question: str) -> bool:
    """Return whether the question may be answered."""
    return any(word in question for word in NOTES)


@observe(kind="tool", name="scale_recipe", ignore=["note"])
def scale(note: str, persons: int) -> str:
    """Return the note for so many persons."""
    if persons < 1:
        raise ValueError("persons must be 1 or more")
    return f"{note} Times {persons / 4:g}."


async def write(question: str, facts: str) -> AsyncIterator[str]:
    """Stand in for a model that streams, and record the call as the SDK's user would."""
    messages = [{"role": "user", "content": f"{question}\n\nNotes: {facts}"}]
    async with llm("house-model-1", provider="kitchen", messages=messages, parameters={"temperature": 0.1}) as call:
        words = f"Here you are: {facts}".split(" ")
        for number, word in enumerate(words):
            if number == 0:
                call.first_chunk()
            yield word if number == 0 else f" {word}"
            await asyncio.sleep(0)
        call.record(" ".join(words), input_tokens=58, output_tokens=len(words), finish_reason="stop")


@observe(kind="agent", name="kitchen-help")
async def answer(question: str, persons: int) -> str:
    """Answer a question about the notes."""
    if not about_food(question):
        return "I only know about food."
    notes = search(question)
    try:
        facts = scale(notes[0]["content"], persons)
    except ValueError:
        facts = scale(notes[0]["content"], 4)
    return "".join([word async for word in write(question, facts)])


async def run() -> str:
    """Ask three questions in one session; returns the trace id, 32 hexadecimal digits."""
    with set_session("kitchen-1"), set_user("cook-3"), observe(kind="workflow", name="evening") as step:
        for question, persons in (("How do I make bread?", 8), ("And soup?", 0), ("Who won the match?", 2)):
            print(f"  cook: {question}")
            print(f"  help: {await answer(question, persons)}")
        step.set_output("three questions answered")
        return trace.format_trace_id(step.span.get_span_context().trace_id)


def main() -> int:
    """Run the agent and send its trace; returns the exit status."""
    try:
        client = init(service_name="kitchen-help")
    except ConfigurationError as error:
        print(f"sdk_only: {error}", file=sys.stderr)
        return 2
    with client:
        trace_id = asyncio.run(run())
        sent = client.flush()
    print(f"trace_id={trace_id}")
    return 0 if sent else 1


if __name__ == "__main__":
    sys.exit(main())
