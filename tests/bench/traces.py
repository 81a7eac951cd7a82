"""One generated run of an agent, as spans."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.bench.corpus import paragraph

CALLS: Final = (7, 12)
"""Model calls of a trace, at least and at most; with these, four fifths of the message text are repeats."""
UNREPORTED_SHARE: Final = 0.15
"""Of the traces, those whose provider reports no usage."""
ERROR_SHARE: Final = 0.02
"""Of the tools."""
MODELS: Final = (
    *(("openai", "gpt-4o"), ("openai", "gpt-4o-mini")),
    *(("anthropic", "claude-sonnet-4-5"), ("mistral_ai", "mistral-large-latest")),
)
TOOLS: Final = ("search_documents", "run_query", "read_file", "send_message", "book_ticket")
DEFINITIONS: Final = json.dumps(
    [
        {"type": "function", "name": name, "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}
        for name in TOOLS
    ]
)
AGENTS: Final = ("researcher", "order-desk", "on-call", "tutor", "travel-desk")

Attribute = str | int | float | Sequence[str]


@dataclass(slots=True)
class Conversation:
    """What has been said so far; each message is kept as JSON text, as it is sent again and again."""

    messages: list[str] = field(default_factory=list)
    sent_chars: int = 0
    """Of all messages of all calls."""
    new_chars: int = 0
    """Of them, those that were sent for the first time."""

    def add(self, role: str, part: Mapping[str, object]) -> str:
        """Append a message of one part; returns its JSON."""
        message = json.dumps({"role": role, "parts": [part]})
        self.messages.append(message)
        self.new_chars += len(message)
        return message

    def send(self) -> str:
        """Return the whole conversation as `gen_ai.input.messages`."""
        text = f"[{','.join(self.messages)}]"
        self.sent_chars += len(text)
        return text


@dataclass(slots=True)
class Run:
    """Makes the spans of one trace."""

    rng: random.Random
    trace_id: bytes
    start_ns: int
    agent: str
    conversation: Conversation = field(default_factory=Conversation)

    def spans(self) -> Iterator[Span]:
        """Return the spans in the order in which they end: the root is the last."""
        rng = self.rng
        provider, model = rng.choice(MODELS)
        reported = rng.random() >= UNREPORTED_SHARE
        self.conversation.add("user", _text(paragraph(rng, 250)))
        root_id, clock_ns = rng.randbytes(8), self.start_ns
        calls = rng.randint(*CALLS)
        for number in range(calls):
            last = number == calls - 1
            begun_ns, clock_ns = clock_ns, clock_ns + rng.randint(200, 2000) * 1_000_000
            yield self._chat(root_id, begun_ns, clock_ns, provider, model, reported, last)
            if not last:
                begun_ns, clock_ns = clock_ns, clock_ns + rng.randint(5, 300) * 1_000_000
                yield self._tool(root_id, begun_ns, clock_ns)
        attributes: dict[str, Attribute] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": self.agent,
            **self._identity(),
        }
        yield self._span(f"invoke_agent {self.agent}", root_id, b"", self.start_ns, clock_ns, attributes)

    def _chat(
        self, parent: bytes, begun_ns: int, ended_ns: int, provider: str, model: str, reported: bool, last: bool
    ) -> Span:
        given = self.conversation.send()
        if last:
            part = _text(paragraph(self.rng, 250))
        else:
            arguments = {"q": paragraph(self.rng, 40)}
            part = {"type": "tool_call", "id": self.rng.randbytes(6).hex(), "name": "run_query", "arguments": arguments}
        answer = self.conversation.add("assistant", part)
        attributes: dict[str, Attribute] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.request.temperature": 0.2,
            "gen_ai.response.id": f"chatcmpl-{self.rng.randbytes(12).hex()}",
            "gen_ai.response.finish_reasons": ["stop" if last else "tool_call"],
            "gen_ai.input.messages": given,
            "gen_ai.output.messages": f"[{answer}]",
            "gen_ai.system_instructions": json.dumps([_text(f"You are {self.agent}. Answer briefly, cite sources.")]),
            "gen_ai.tool.definitions": DEFINITIONS,
            "server.address": "api.example.com",
            **self._identity(),
        }
        if reported:
            attributes["gen_ai.usage.input_tokens"] = len(given) // 4
            attributes["gen_ai.usage.output_tokens"] = len(answer) // 4
        return self._span(f"chat {model}", self.rng.randbytes(8), parent, begun_ns, ended_ns, attributes)

    def _tool(self, parent: bytes, begun_ns: int, ended_ns: int) -> Span:
        name = self.rng.choice(TOOLS)
        call = json.loads(self.conversation.messages[-1])["parts"][0]
        result = paragraph(self.rng, self.rng.randint(40, 300))
        self.conversation.add("tool", {"type": "tool_call_response", "id": call["id"], "response": result})
        attributes: dict[str, Attribute] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.call.id": call["id"],
            "gen_ai.tool.call.arguments": json.dumps(call["arguments"]),
            "gen_ai.tool.call.result": result,
            **self._identity(),
        }
        span = self._span(f"execute_tool {name}", self.rng.randbytes(8), parent, begun_ns, ended_ns, attributes)
        if self.rng.random() < ERROR_SHARE:
            span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="the tool timed out"))
        return span

    def _identity(self) -> dict[str, Attribute]:
        return {
            "gen_ai.conversation.id": f"session-{self.trace_id[8:12].hex()}",
            "user.id": f"user-{self.trace_id[12]}",
        }

    def _span(
        self,
        name: str,
        span_id: bytes,
        parent: bytes,
        begun_ns: int,
        ended_ns: int,
        attributes: Mapping[str, Attribute],
    ) -> Span:
        return Span(
            trace_id=self.trace_id,
            span_id=span_id,
            parent_span_id=parent,
            name=name,
            kind=Span.SPAN_KIND_CLIENT if name.startswith("chat") else Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=begun_ns,
            end_time_unix_nano=ended_ns,
            attributes=to_key_values(attributes),
        )


def to_key_values(values: Mapping[str, Attribute]) -> list[KeyValue]:
    """Return OTLP attributes."""
    return [KeyValue(key=key, value=_any_value(value)) for key, value in values.items()]


def _any_value(value: Attribute) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=item) for item in value]))


def _text(content: str) -> dict[str, object]:
    return {"type": "text", "content": content}
