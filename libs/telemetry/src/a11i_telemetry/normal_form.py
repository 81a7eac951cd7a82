"""Messages that are in the normal form of `notations`, or short of it by little, as OpenTelemetry's own senders are.

This is asked of each message list of each span: what most of them are is told, and mended, without reading them as one
of all the notations.
"""

from typing import Final

from a11i_telemetry.parts import JsonValue, Part, parse, tool_output

Message = dict[str, JsonValue]
_SPEAKERS: Final = frozenset({"user", "assistant", "system"})
_OF_MESSAGE: Final = frozenset({"role", "parts", "finish_reason", "name"})
_OF_CALL: Final = frozenset({"type", "id", "name", "arguments"})
_OF_RESPONSE: Final = frozenset({"type", "id", "response"})


def normal_messages(value: JsonValue, *, sent: bool) -> list[Message] | None:
    """Return messages in the normal form: the list itself if it is that; None if it has to be read as any notation.

    Mended are members that are null or empty, names, and JSON texts where their values belong. Only messages that came
    out (not `sent`) say why they are finished.
    """
    if type(value) is not list or not value:
        return None
    mended: list[Message] = []
    same = True
    for message in value:
        found = _message(message, sent)
        if found is None:
            return None
        if found is not message:
            same = False
        mended.append(found)
    return value if same else mended


def _message(message: JsonValue, sent: bool) -> Message | None:
    if type(message) is not dict:
        return None
    role, parts = message.get("role"), message.get("parts")
    if type(parts) is not list or not parts or type(role) is not str:
        return None
    if role not in _SPEAKERS and role != "tool":
        return None
    mended: list[Part] = []
    same = True
    for part in parts:
        found = _part(part)
        if found is None or (role == "tool" and found["type"] != "tool_call_response"):
            return None
        if found is not part:
            same = False
        mended.append(found)
    if same and len(message) == 2:
        return message
    if not _OF_MESSAGE.issuperset(message):
        return None
    reason = None if sent else message.get("finish_reason")
    if not reason:
        return {"role": role, "parts": mended}
    if type(reason) is not str:
        return None
    return message if same and len(message) == 3 else {"role": role, "parts": mended, "finish_reason": reason}


def _part(part: JsonValue) -> Part | None:
    """Return a part in the normal form, the very one if it is that; None if it is of another notation."""
    if type(part) is not dict:
        return None
    kind = part.get("type")
    if kind == "text" or kind == "reasoning":  # half the time of a look-up
        content = part.get("content")
        return part if len(part) == 2 and type(content) is str and content else None
    if kind == "tool_call" and _OF_CALL.issuperset(part):
        return _with(part, "arguments", _parsed(part.get("arguments")))
    if kind == "tool_call_response" and _OF_RESPONSE.issuperset(part):
        return _with(part, "response", tool_output(part.get("response")))
    return None


def _parsed(value: JsonValue) -> JsonValue:
    return parse(value) if type(value) is str else value


def _with(part: Part, key: str, value: JsonValue) -> Part | None:
    """Return a call or its response with this value, and without names and ids that are none."""
    call_id, name = part.get("id", "-"), part.get("name", "-")
    if value is None or (call_id and type(call_id) is not str) or (name and type(name) is not str):
        return None
    if value is part[key] and call_id and name:
        return part
    mended = {member: said for member, said in part.items() if said or member == key}
    mended[key] = value
    return mended
