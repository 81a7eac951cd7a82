"""A real agent, traced: the official openai client and its OpenTelemetry instrumentation, tools, several turns.

Reads A11I_OTLP_GRPC and A11I_API_KEY, talks to the scripted server beside it, prints the conversation, and as its last
line `trace_id=<32 hex digits>`. Exit status: 0 sent, 1 not all was accepted, 2 wrong settings.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openai
from opentelemetry import trace
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

from a11i.sdk import ConfigurationError, init, observe, set_session, set_user
from scripted_openai import Script, serve

SYSTEM = "You are the order desk of a small shop. Look orders up with the tools, and answer in one or two sentences."
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "find_order",
            "description": "Find an order by its number.",
            "parameters": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
        },
    },
    {
        "type": "function",
        "function": {
            "name": "shipping_quote",
            "description": "Price of shipping to a country.",
            "parameters": {
                "type": "object",
                "properties": {"country": {"type": "string"}, "weight_kg": {"type": "number"}},
                "required": ["country", "weight_kg"],
            },
        },
    },
]
ORDERS = {"A-1042": {"item": "kettle", "status": "in transit", "arrives": "Thursday"}}


@observe(kind="tool", name="find_order")
def find_order(number: str) -> dict[str, str]:
    """Raises LookupError for a number that nobody ordered under."""
    if number not in ORDERS:
        raise LookupError(f"no order {number}")
    return ORDERS[number]


@observe(kind="tool", name="shipping_quote")
def shipping_quote(country: str, weight_kg: float) -> dict[str, object]:
    """Return the price of shipping."""
    return {"country": country, "price_eur": round(8.0 + 2.6 * weight_kg, 2)}


FUNCTIONS: dict[str, Callable[..., object]] = {"find_order": find_order, "shipping_quote": shipping_quote}


class OrderDesk:
    """The agent: a conversation, a model, and a loop that runs the tools that the model asks for."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client
        self._messages: list[Any] = [{"role": "system", "content": SYSTEM}]

    @observe(kind="chain", name="turn")
    def turn(self, text: str) -> str:
        """Answer a message, with as many calls of model and tools as it takes."""
        self._messages.append({"role": "user", "content": text})
        while True:
            message = self._complete("gpt-4o")
            self._messages.append(message.model_dump(exclude_none=True))
            if not message.tool_calls:
                return message.content or ""
            for call in message.tool_calls:
                self._messages.append(
                    {"role": "tool", "tool_call_id": call.id, "content": self._run_tool(call.function)}
                )

    @observe(kind="chain", name="streamed turn")
    def streamed_turn(self, text: str) -> str:
        """Answer a message as it is written."""
        self._messages.append({"role": "user", "content": text})
        stream = self._client.chat.completions.create(
            model="gpt-4o", messages=self._messages, stream=True, stream_options={"include_usage": True}
        )
        words = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        answer = "".join(words)
        self._messages.append({"role": "assistant", "content": answer})
        return answer

    @observe(kind="chain", name="turn with fallback")
    def turn_with_fallback(self, text: str) -> str:
        """Answer a message, by a smaller model if the first is overloaded. The smaller one reports no usage."""
        self._messages.append({"role": "user", "content": text})
        try:
            message = self._complete("gpt-4o")
        except openai.RateLimitError as error:
            say("agent", f"(gpt-4o: {error.status_code}, asking gpt-4o-mini)")
            message = self._complete("gpt-4o-mini")
        return message.content or ""

    def _complete(self, model: str) -> Any:
        answer = self._client.chat.completions.create(
            model=model,
            messages=self._messages,
            tools=TOOLS,  # type: ignore[arg-type]  # the client's types want its own TypedDicts
            temperature=0.2,
        )
        return answer.choices[0].message

    def _run_tool(self, call: Any) -> str:
        """Run a tool; the model is told about an error, as it can often help itself."""
        say("agent", f"-> {call.name}({call.arguments})")
        try:
            return json.dumps(FUNCTIONS[call.name](**json.loads(call.arguments)))
        except LookupError as error:
            return json.dumps({"error": str(error)})


def say(who: str, text: str) -> None:
    """Print a line of the conversation."""
    print(f"{who:>6}: {text}")


def conversation() -> Sequence[tuple[str, str]]:
    """Return what the customer says, and how it is answered. Name, address and key are there to be redacted."""
    # Put together here, so that no file holds anything that looks like a key.
    key = "sk-" + "proj-" + "Zt4Qm8Xw2Lk9Rv7Hs3Nb6Yc1" + "Pd5Jf0Ga"
    return (
        ("turn", "Hello, I am Maria Hernandez, maria.hernandez@northwind-mail.com. Where is order A-1042?"),
        ("turn", f"The webhook for A-9999 fails, my key is {key}. And what is shipping a kettle to Portugal?"),
        ("streamed_turn", "Sum up what we have done so far."),
        ("turn_with_fallback", "Please translate the result into Portuguese."),
    )


@observe(kind="agent", name="order-desk", capture=False)
def run(client: openai.OpenAI) -> str:
    """Hold the conversation; returns its trace id, 32 hexadecimal digits."""
    set_session("order-desk-1")
    set_user("customer-17")
    desk = OrderDesk(client)
    for method, text in conversation():
        say("user", text)
        say("agent", getattr(desk, method)(text))
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


def main() -> int:
    """Run the agent and send its trace; returns the exit status."""
    try:
        a11i = init(service_name="order-desk")
    except ConfigurationError as error:
        print(f"demo_agent: {error}", file=sys.stderr)
        return 2
    os.environ.setdefault("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "span_only")
    OpenAIInstrumentor().instrument()
    script = Script.load(Path(__file__).with_name("order_desk.json"))
    # A proxy of the environment's has no business between this process and itself.
    direct = openai.DefaultHttpxClient(trust_env=False)
    with (
        a11i,
        serve(script) as base_url,
        openai.OpenAI(base_url=base_url, api_key="scripted", max_retries=0, http_client=direct) as client,
    ):
        trace_id = run(client)
        sent = a11i.flush()
    print(f"trace_id={trace_id}")
    return 0 if sent else 1


if __name__ == "__main__":
    sys.exit(main())
