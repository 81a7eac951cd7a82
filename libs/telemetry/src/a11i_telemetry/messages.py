"""What GenAI events say about their span: messages in the normal form of `notations`, and evaluations.

Events come on the span, or as log records that name it; both are a name, attributes and perhaps a body.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from a11i_telemetry.notations import Message, role_of, to_messages
from a11i_telemetry.parts import JsonValue, Part, first, parsed, to_parts, to_tool_definitions


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A judgement of an output, as `gen_ai.evaluation.result` has it. Empty text: not given."""

    name: str = ""
    score: float | None = None
    label: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class EventContent:
    """What one event, or several of a span, say."""

    input_messages: list[Message] = field(default_factory=list)
    """{"role", "parts": [...]}, a system prompt among them if the source has it there."""
    output_messages: list[Message] = field(default_factory=list)
    """The same with "finish_reason" where known; one a choice."""
    system_instructions: list[Part] = field(default_factory=list)
    """Parts, where the source gives them beside the messages."""
    tool_definitions: list[JsonValue] = field(default_factory=list)
    """{"type": "function", "name", "description", "parameters"}."""
    evaluations: list[Evaluation] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Return whether the events say anything."""
        return bool(
            self.input_messages
            or self.output_messages
            or self.system_instructions
            or self.tool_definitions
            or self.evaluations
        )


def event_messages(name: str, body: object, attributes: Mapping[str, object]) -> EventContent | None:
    """Return what one event says; None if it is no GenAI event or says nothing.

    `body` is a log record's (None for a span's event); it and the attributes' values are plain objects as JSON has
    them. Values of the wrong type are passed over; nothing raises.
    """
    read = _READERS.get(name)
    content = read(body if isinstance(body, dict) else {}, attributes, body) if read else None
    return content or None


def is_genai_event(name: str) -> bool:
    """Return whether `event_messages` can read events of this name."""
    return name in _READERS


def joined(contents: Iterable[EventContent]) -> EventContent:
    """Return what the events of one span say together, in their order."""
    together = EventContent()
    for content in contents:
        together.input_messages.extend(content.input_messages)
        together.output_messages.extend(content.output_messages)
        together.system_instructions.extend(content.system_instructions)
        together.tool_definitions.extend(content.tool_definitions)
        together.evaluations.extend(content.evaluations)
    return together


_Reader = Callable[[Mapping[str, JsonValue], Mapping[str, JsonValue], object], EventContent]


def _message(role: str) -> _Reader:
    """Return a reader of the older events of one message each."""

    def read(body: Mapping[str, JsonValue], attributes: Mapping[str, JsonValue], whole: object) -> EventContent:
        event = {**attributes, **body}
        content = parsed(event.get("content", whole if isinstance(whole, str) else None))
        if isinstance(content, dict) and isinstance(content.get("parts"), list):  # Gemini's contents.
            return EventContent(input_messages=_said(content, role))
        message = {
            "role": role_of(event.get("role"), role),
            "content": content,
            "tool_calls": parsed(event.get("tool_calls")),
            "tool_call_id": event.get("id") if role == "tool" else None,
        }
        return EventContent(input_messages=_said(message, role))

    return read


def _said(value: JsonValue, role: str) -> list[Message]:
    """Return the messages that say anything."""
    return [message for message in to_messages(parsed(value), role) if message["parts"]]


def _choice(body: Mapping[str, JsonValue], attributes: Mapping[str, JsonValue], whole: object) -> EventContent:
    event = {**attributes, **body}
    message = parsed(event.get("message", event.get("content", whole if isinstance(whole, str) else None)))
    if isinstance(message, dict) and not ("content" in message or "parts" in message or "tool_calls" in message):
        message = [message]  # One part.
    found = to_messages(message, "assistant")
    calls = parsed(event.get("tool_calls"))
    if isinstance(calls, list) and calls:
        found = found or [{"role": "assistant", "parts": []}]
        found[-1]["parts"] += to_parts(calls)
    reason = event.get("finish_reason")
    if found and isinstance(reason, str) and reason:
        found[-1].setdefault("finish_reason", reason)
    return EventContent(output_messages=[one for one in found if one["parts"]])


def _details(body: Mapping[str, JsonValue], attributes: Mapping[str, JsonValue], _: object) -> EventContent:
    event = {**body, **attributes}
    sent = _said(event.get("gen_ai.input.messages"), "user")
    for message in sent:
        message.pop("finish_reason", None)
    return EventContent(
        input_messages=sent,
        output_messages=_said(event.get("gen_ai.output.messages"), "assistant"),
        system_instructions=to_parts(parsed(event.get("gen_ai.system_instructions"))),
        tool_definitions=to_tool_definitions(event.get("gen_ai.tool.definitions")),
    )


def _prompt(body: Mapping[str, JsonValue], attributes: Mapping[str, JsonValue], _: object) -> EventContent:
    prompt = first({**body, **attributes}, ("gen_ai.prompt", "content"))
    return EventContent(input_messages=_said(prompt, "user"))


def _completion(body: Mapping[str, JsonValue], attributes: Mapping[str, JsonValue], _: object) -> EventContent:
    completion = first({**body, **attributes}, ("gen_ai.completion", "content"))
    return EventContent(output_messages=_said(completion, "assistant"))


def _evaluation(body: Mapping[str, JsonValue], attributes: Mapping[str, JsonValue], _: object) -> EventContent:
    event = {**body, **attributes}

    def text(key: str) -> str:
        value = event.get(f"gen_ai.evaluation.{key}")
        return value if isinstance(value, str) else ""

    score = event.get("gen_ai.evaluation.score.value")
    known = float(score) if isinstance(score, (int, float)) and not isinstance(score, bool) else None
    found = Evaluation(text("name"), known, text("score.label"), text("explanation"))
    return EventContent(evaluations=[] if found == Evaluation() else [found])


_READERS: Final[dict[str, _Reader]] = {
    "gen_ai.system.message": _message("system"),
    "gen_ai.user.message": _message("user"),
    "gen_ai.assistant.message": _message("assistant"),
    "gen_ai.tool.message": _message("tool"),
    "gen_ai.choice": _choice,
    "gen_ai.content.prompt": _prompt,
    "gen_ai.content.completion": _completion,
    "gen_ai.client.inference.operation.details": _details,
    "gen_ai.evaluation.result": _evaluation,
}
