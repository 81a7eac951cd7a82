"""Requests and responses of models, and what frameworks record of a step's input and output, as messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from a11i_telemetry.notations import Message, is_message, is_messages, to_messages
from a11i_telemetry.parts import JsonValue, Part, first, parsed, to_parts, to_tool_definitions, tool_output

_MAX_DEPTH: Final = 4
"""Wrappings of an input or output that are taken off: no framework has more than two."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a request or a response holds."""

    messages: list[Message]
    system: list[Part] = field(default_factory=list)
    """System instructions that stand beside the messages."""
    tools: list[JsonValue] = field(default_factory=list)
    """Tool definitions."""


def request(value: JsonValue, depth: int = 0) -> Body | None:
    """Return the messages of a provider's request or a step's input; None if it holds none."""
    if isinstance(value, list):
        return _listed(value) if is_messages(value) else None
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        return None
    config = value.get("config")
    settings = {**config, **value} if isinstance(config, dict) else value
    system = to_parts(_system(first(settings, ("system", "instructions", "system_instruction", "systemInstruction"))))
    tools = to_tool_definitions(first(settings, ("tools", "functions")))
    for key in ("messages", "contents", "items", "input"):
        listed = value.get(key)
        if isinstance(listed, list) and is_messages(listed):
            found = _listed(listed)
            return Body(found.messages, system, tools or found.tools)
    spoken = first(value, ("prompt", "input"))
    if isinstance(spoken, str) and (system or tools or "model" in value):
        return Body(to_messages(spoken, "user"), system, tools)
    if is_message(value) and ("content" in value or "parts" in value):
        return Body(to_messages(value, "user"))
    return request(value["inputs"], depth + 1) if "inputs" in value else None


def response(value: JsonValue, depth: int = 0) -> Body | None:
    """Return the messages of a provider's response or a step's output; None if it holds none."""
    if isinstance(value, list):
        return Body(to_messages(value, "assistant")) if is_messages(value) else None
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        return None
    for key in ("last_message", "choices", "candidates", "replies", "generations", "messages", "output"):
        found = _answers(value.get(key))
        if found:
            return Body(found)
    content = value.get("content")
    if isinstance(content, dict) and isinstance(content.get("parts"), list):  # One of Gemini's candidates.
        return Body(_finished(to_messages(content, "assistant"), value))
    if is_message(value) and ("content" in value or "tool_calls" in value or "parts" in value):
        messages = to_messages(value, "assistant")
        return Body(messages) if any(message["parts"] for message in messages) else None
    if isinstance(value.get("output_text"), str):
        return Body(to_messages(value["output_text"], "assistant"))
    for key in ("outputs", "output"):
        if isinstance(value.get(key), dict):
            return response(value[key], depth + 1)
    return None


def arguments(value: JsonValue) -> JsonValue:
    """Return a tool's arguments, out of what a framework wraps them in."""
    given = parsed(value)
    if isinstance(given, dict):
        if set(given) == {"args", "kwargs"} and isinstance(given["kwargs"], dict):
            if not given["args"]:
                return given["kwargs"]
            return given["args"] if not given["kwargs"] else given
        if "inputs" in given and "input_str" in given:  # LangChain's callback.
            return given["inputs"] or given["input_str"]
    return given


def is_schema(value: JsonValue) -> bool:
    """Return whether a value describes arguments: as a JSON schema, a tool's definition, or a schema by each name."""
    if not isinstance(value, dict):
        return False
    if "$schema" in value or isinstance(value.get("properties"), dict) or value.get("type") in ("object", "function"):
        return True
    return bool(value) and all(isinstance(one, dict) and ("type" in one or "anyOf" in one) for one in value.values())


def argument(value: JsonValue) -> JsonValue:
    """Return the one argument that a decorator saw a function called with, nothing if it saw none; else the value."""
    if isinstance(value, dict) and set(value) == {"args", "kwargs"} and not value["kwargs"]:
        args = value["args"]
        if isinstance(args, list) and len(args) < 2:
            return args[0] if args else None
    return value


def result(value: JsonValue) -> JsonValue:
    """Return a tool's result, likewise."""
    given = parsed(value)
    if isinstance(given, dict) and "output" in given and set(given) <= {"output", "kwargs"}:
        inner = tool_output(given["output"])
        return inner if "kwargs" in given or inner is not given["output"] else given
    return given if isinstance(given, list) else tool_output(given)


def _system(value: JsonValue) -> JsonValue:
    return value["parts"] if isinstance(value, dict) and isinstance(value.get("parts"), list) else value


def _listed(messages: list[JsonValue]) -> Body:
    """Return messages, and the tools that LangChain's callback has among them."""
    tools = [
        one["content"]
        for one in messages
        if isinstance(one, dict) and isinstance(one.get("content"), dict) and one["content"].get("type") == "function"
    ]
    said = (
        [one for one in messages if not (isinstance(one, dict) and one.get("content") in tools)] if tools else messages
    )
    return Body(to_messages(said, "user"), tools=to_tool_definitions(tools))


def _answers(value: JsonValue) -> list[Message]:
    """Return what a member that holds answers has: choices, candidates, replies, or lists of them."""
    if is_message(value):
        value = [value]
    if not isinstance(value, list) or not value:
        return []
    if isinstance(value[0], list):
        return [message for one in value for message in _answers(one)]
    if not all(isinstance(one, dict) for one in value):
        return []
    found: list[Message] = []
    if all(_is_choice(one) for one in value):
        for one in value:
            found += _choice(one)
    elif is_messages(value):
        found = to_messages(value, "assistant")
        for message, one in zip(found, value, strict=False):
            meta = one.get("meta")
            if isinstance(meta, dict):  # Haystack's.
                _finished([message], meta)
    return [message for message in found if message["parts"]]


def _is_choice(one: Mapping[str, JsonValue]) -> bool:
    return (
        isinstance(one.get("message"), dict)
        or isinstance(one.get("content"), dict)
        or (isinstance(one.get("text"), str) and "type" not in one)
        or "generation_info" in one
    )


def _choice(one: Mapping[str, JsonValue]) -> list[Message]:
    """Return the messages of a choice, a candidate or a generation."""
    said = one.get("message", one.get("content"))
    info = one.get("generation_info")
    messages = to_messages(said if isinstance(said, dict) else one.get("text"), "assistant")
    return _finished(_finished(messages, one), info if isinstance(info, dict) else {})


def _finished(messages: list[Message], said: Mapping[str, JsonValue]) -> list[Message]:
    reason = first(said, ("finish_reason", "finishReason", "stop_reason"))
    if messages and isinstance(reason, str):
        messages[-1].setdefault("finish_reason", reason)
    return messages
