"""Messages of chat APIs in OpenTelemetry's form: a role and parts."""

import json
from collections.abc import Mapping
from contextlib import suppress

from a11i.sdk._capture import fields_of


def as_parts(message: object) -> dict[str, object]:
    """Return a message of OpenAI's form (role, content, tool_calls; a mapping or the client's own object) as
    OpenTelemetry has it (role, parts). One that has parts passes unchanged; what is no message becomes a user's text.
    """
    fields = message if isinstance(message, Mapping) else _fields(message)
    if fields is None:
        return {"role": "user", "parts": [text_part(str(message) if isinstance(message, str) else "")]}
    if "parts" in fields:
        return dict(fields)
    role, content = fields.get("role", "user"), fields.get("content")
    parts: list[object] = []
    if role == "tool":
        parts = [{"type": "tool_call_response", "id": fields.get("tool_call_id"), "response": content}]
    elif isinstance(content, str):
        parts = [text_part(content)]
    elif isinstance(content, (list, tuple)):
        parts = [_part(item) for item in content]
    calls = fields.get("tool_calls")
    if isinstance(calls, (list, tuple)):
        parts.extend(_tool_call(call) for call in map(_fields, calls) if call is not None)
    return {"role": role, "parts": parts}


def text_part(content: str) -> dict[str, object]:
    """Return a part of text."""
    return {"type": "text", "content": content}


def _fields(value: object) -> Mapping[str, object] | None:
    """Return the fields of a mapping, a dataclass or a pydantic object; None for anything else."""
    if isinstance(value, Mapping):
        return value
    with suppress(Exception):  # the object's own code may raise
        fields = fields_of(value)
        return fields if isinstance(fields, Mapping) else None
    return None


def _part(item: object) -> object:
    """Return one item of a list of contents: OpenAI's and Anthropic's text items by name, others as they are."""
    if isinstance(item, str):
        return text_part(item)
    if isinstance(item, Mapping) and isinstance(item.get("text"), str):
        return text_part(str(item["text"]))
    return item


def _tool_call(call: Mapping[str, object]) -> dict[str, object]:
    """Return OpenAI's tool call as a part, with its arguments as JSON values where they are JSON."""
    details = _fields(call.get("function")) or call
    arguments = details.get("arguments")
    if isinstance(arguments, str):
        with suppress(ValueError):  # a model may write arguments that are no JSON: they stay text
            arguments = json.loads(arguments)
    return {"type": "tool_call", "id": call.get("id"), "name": details.get("name"), "arguments": arguments}
