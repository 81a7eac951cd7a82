"""`llm`: a model call recorded by hand, for clients that no instrumentation knows."""

import time
from collections.abc import Iterable, Mapping
from types import TracebackType

from opentelemetry.util.types import AttributeValue

from a11i.sdk._messages import as_parts, text_part
from a11i.sdk._step import Step


def llm(
    model: str,
    *,
    provider: str,
    messages: Iterable[object] = (),
    system: str | None = None,
    tools: Iterable[Mapping[str, object]] = (),
    parameters: Mapping[str, AttributeValue] | None = None,
    capture: bool = True,
) -> "ModelCall":
    """Open a step for one call of a language model; use it as `with llm(...) as call:` and tell it the answer.

    model, provider: as `gen_ai.request.model` and `gen_ai.provider.name` ("openai", "anthropic", "aws.bedrock", ...).
    messages: what is sent: mappings or objects in the form of OpenAI's chat API (role, content, tool_calls) or of
        OpenTelemetry (role, parts). system: instructions that are sent apart from them. tools: the tools' definitions.
    parameters: of the request, such as {"temperature": 0.2, "max_tokens": 500}: `gen_ai.request.<name>`.
    capture: record messages, instructions and tools, and the answer's text.
    """
    return ModelCall(model, provider, list(messages), system, list(tools), dict(parameters or {}), capture)


class ModelCall:
    """A model call under way; `llm` makes it. Its methods never raise."""

    def __init__(
        self,
        model: str,
        provider: str,
        messages: list[object],
        system: str | None,
        tools: list[Mapping[str, object]],
        parameters: dict[str, AttributeValue],
        capture: bool,
    ) -> None:
        self._model = model
        self._attributes: dict[str, AttributeValue] = {"gen_ai.provider.name": provider, "gen_ai.request.model": model}
        self._attributes.update({f"gen_ai.request.{name}": value for name, value in parameters.items()})
        self._messages, self._system, self._tools = messages, system, tools
        self._capture = capture
        self._step: Step | None = None
        self._started_s = 0.0

    def __enter__(self) -> "ModelCall":
        self._step = step = Step("llm", self._model, self._attributes)
        self._started_s = time.monotonic()
        if self._capture and step.recording:
            if self._messages:
                step.set_attribute("gen_ai.input.messages", [as_parts(message) for message in self._messages])
            if self._system:
                step.set_attribute("gen_ai.system_instructions", [text_part(self._system)])
            if self._tools:
                step.set_attribute("gen_ai.tool.definitions", self._tools)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        step, self._step = self._step, None
        if step is not None:
            step.__exit__(exc_type, exc, traceback)

    async def __aenter__(self) -> "ModelCall":
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)

    def first_chunk(self) -> None:
        """Say that the first chunk of a streamed answer has come."""
        self._set("gen_ai.response.time_to_first_chunk", time.monotonic() - self._started_s)

    def record(
        self,
        output: object = None,
        *,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        finish_reason: str | None = None,
        response_model: str | None = None,
        response_id: str | None = None,
    ) -> None:
        """Record the answer; what is None is left out, and counted by a11i where it can be.

        output: the answer's text, or its message. input_tokens: all of them, cache reads and writes included.
        output_tokens: all of them, reasoning included. Call it again to add what comes later.
        """
        for key, value in (
            ("gen_ai.usage.input_tokens", input_tokens),
            ("gen_ai.usage.output_tokens", output_tokens),
            ("gen_ai.usage.cache_read.input_tokens", cache_read_tokens),
            ("gen_ai.usage.cache_write.input_tokens", cache_write_tokens),
            ("gen_ai.usage.reasoning.output_tokens", reasoning_tokens),
            ("gen_ai.response.model", response_model),
            ("gen_ai.response.id", response_id),
        ):
            if value is not None:
                self._set(key, value)
        if finish_reason is not None and self._step is not None:
            self._step.span.set_attribute("gen_ai.response.finish_reasons", [finish_reason])
        if output is not None and self._capture and self._step is not None and self._step.recording:
            message = as_parts({"role": "assistant", "content": output} if isinstance(output, str) else output)
            if finish_reason is not None:
                message = {**message, "finish_reason": finish_reason}
            self._set("gen_ai.output.messages", [message])

    def _set(self, key: str, value: object) -> None:
        if self._step is not None:
            self._step.set_attribute(key, value)
