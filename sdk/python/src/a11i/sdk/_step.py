"""A step of an agent: one span in OpenTelemetry's GenAI terms, and what its kind says about it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from a11i.sdk._capture import clean, to_text
from a11i.sdk._client import tracer
from a11i.sdk._quiet import Occasional

Kind = Literal[
    "agent", "workflow", "llm", "tool", "retrieval", "embedding", "rerank", "guardrail", "evaluation", "chain"
]
"""What a step is."""


@dataclass(frozen=True)
class _Words:
    """How a kind of step is written down."""

    operation: str
    """`gen_ai.operation.name`."""
    name_key: str = ""
    """Attribute that holds the step's name."""
    input_key: str = "input.value"
    output_key: str = "output.value"
    as_messages: bool = False
    """True if input and output are written as a message of a user and of an assistant."""
    span_kind: SpanKind = SpanKind.INTERNAL


# OpenTelemetry semantic conventions for generative AI, "Spans" and "Agent spans" (semantic-conventions-genai). They
# have no operation for the last four kinds, and allow others. input.value and output.value are OpenInference's keys.
_MESSAGES: Final = ("gen_ai.input.messages", "gen_ai.output.messages", True)
_WORDS: Final[Mapping[str, _Words]] = {
    "agent": _Words("invoke_agent", "gen_ai.agent.name", *_MESSAGES),
    "workflow": _Words("invoke_workflow", "gen_ai.workflow.name", *_MESSAGES),
    "llm": _Words("chat", "", *_MESSAGES, SpanKind.CLIENT),
    "tool": _Words("execute_tool", "gen_ai.tool.name", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
    "retrieval": _Words(
        "retrieval", "gen_ai.data_source.id", "gen_ai.retrieval.query.text", "gen_ai.retrieval.documents"
    ),
    "embedding": _Words("embeddings", span_kind=SpanKind.CLIENT),
    "rerank": _Words("rerank", span_kind=SpanKind.CLIENT),
    "guardrail": _Words("guardrail"),
    "evaluation": _Words("evaluate", "gen_ai.evaluation.name"),
    "chain": _Words("chain"),
}
KINDS: Final = tuple(_WORDS)

trouble = Occasional()
"""Reports what could not be recorded."""


class Step:
    """An open step. Its methods never raise, and do nothing where the span is not recorded."""

    __slots__ = ("_recording", "_span", "_token", "_words", "kind")

    def __init__(self, kind: str, name: str, attributes: Mapping[str, AttributeValue] | None = None) -> None:
        words = _WORDS[kind]
        start: dict[str, AttributeValue] = {"gen_ai.operation.name": words.operation}
        if words.name_key:
            start[words.name_key] = name
        if attributes:
            start.update(attributes)
        self.kind = kind
        self._words = words
        title = name if kind == "chain" else f"{words.operation} {name}"
        self._span = tracer().start_span(title, kind=words.span_kind, attributes=start)
        self._recording = self._span.is_recording()
        self._token = context.attach(trace.set_span_in_context(self._span))

    @property
    def span(self) -> Span:
        """The OpenTelemetry span."""
        return self._span

    @property
    def recording(self) -> bool:
        """Whether anything set here is kept."""
        return self._recording

    def set_attribute(self, key: str, value: object) -> None:
        """Set an attribute: text, numbers and booleans as they are, anything else as JSON."""
        if not self._recording:
            return
        try:
            self._span.set_attribute(key, value if isinstance(value, (bool, int, float)) else to_text(value))
        except Exception as error:  # telemetry must not break the step
            trouble.warn(f"attribute {key} was not recorded: {type(error).__name__}")

    def set_input(self, value: object) -> None:
        """Record what the step was given: text as it is, anything else as JSON."""
        self._set_content(self._words.input_key, "user", value)

    def set_output(self, value: object) -> None:
        """Record what the step returned: text as it is, anything else as JSON."""
        self._set_content(self._words.output_key, "assistant", value)

    def _set_content(self, key: str, role: str, value: object) -> None:
        if not self._recording or value is None:
            return
        try:
            if self._words.as_messages:
                value = [{"role": role, "parts": [{"type": "text", "content": to_text(value)}]}]
            self._span.set_attribute(key, to_text(value))
        except Exception as error:  # telemetry must not break the step
            trouble.warn(f"{key} was not recorded: {type(error).__name__}")

    def fail(self, error: BaseException) -> None:
        """Set the status to an error and record the exception. A normal end (GeneratorExit, SystemExit) is none."""
        if not self._recording or isinstance(error, (GeneratorExit, SystemExit)):
            return
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        self._span.set_attribute("error.type", name)
        if isinstance(error, asyncio.CancelledError):
            self._span.set_status(Status(StatusCode.ERROR, "cancelled"))
            return
        try:
            self._span.set_status(Status(StatusCode.ERROR, clean(f"{kind.__name__}: {error}")))
            self._span.record_exception(error)
        except Exception as second:  # the exception's own __str__ may raise
            self._span.set_status(Status(StatusCode.ERROR, kind.__name__))
            trouble.warn(f"an exception was not recorded in full: {type(second).__name__}")

    def detach(self) -> None:
        """Make the step's parent the current one again; the step stays open."""
        context.detach(self._token)

    def attach(self) -> None:
        """Make the step the current one again after `detach`."""
        self._token = context.attach(trace.set_span_in_context(self._span))

    def end(self) -> None:
        """End the span."""
        self._span.end()

    def __enter__(self) -> "Step":
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc is not None:
            self.fail(exc)
        self.detach()
        self.end()
