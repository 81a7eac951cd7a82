"""Messages in whatever notation a source writes them, brought to the one of `gen_ai.input.messages`.

A message is {"role", "parts": [...]} and, of what came out and where known, "finish_reason"; a part one of

    {"type": "text", "content"}                                 {"type": "reasoning", "content"}
    {"type": "tool_call", "id", "name", "arguments"}            {"type": "tool_call_response", "id", "response"}
    {"type": "blob", "modality", "mime_type", "content"}        {"type": "uri", "modality", "mime_type", "uri"}
    {"type": "file", "modality", "mime_type", "file_id"}

without the members that the source does not give. Notations are told apart by the members that an object has, so one
reader takes them all: OpenAI's chat and responses, Anthropic's, Bedrock's and Gemini's contents, LangChain's
serialised messages, the AI SDK's and pydantic-ai's parts, LiveKit's, Haystack's and OpenTelemetry's own. What none of
them explains is kept as it is.

Nothing here raises for any JSON value.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from a11i_telemetry.parts import (
    MAX_DEPTH,
    RESPONSE_TYPES,
    JsonValue,
    Part,
    first,
    to_call,
    to_part,
    to_parts,
    to_response,
    to_text,
    type_of,
)

Message = dict[str, JsonValue]
_SPEAKERS: Final = frozenset({"user", "assistant", "system"})
_OF_PROMPT: Final = frozenset({"role", "content", "name", "tool_call_id"})
_OF_CHAT: Final = _OF_PROMPT | {"tool_calls", "refusal", "annotations", "audio", "function_call"}
"""Members that most messages have no others than."""
_ROLES: Final = {
    "human": "user",
    "humanmessage": "user",
    "ai": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "developer": "system",
    "systemmessage": "system",
    "toolmessage": "tool",
    "function": "tool",
    "functionmessage": "tool",
    "tool-call": "assistant",
    "tool-response": "tool",
}
"""Other words for OpenTelemetry's four roles."""
_LANGCHAIN_TYPES: Final = frozenset({"human", "ai", "system", "tool", "function", "chat", "AIMessageChunk"})
_ITEM_ROLES: Final = {
    "function_call": "assistant",
    "custom_tool_call": "assistant",
    "mcp_call": "assistant",
    "reasoning": "assistant",
    "function_call_output": "tool",
    "custom_tool_call_output": "tool",
}
"""Items of OpenAI's responses that are no messages there, and whose message they are a part of."""
_SERVER_ITEMS: Final = frozenset({"web_search_call", "file_search_call", "code_interpreter_call"})
"""Those of tools that OpenAI runs itself, a part of the assistant's message as they are."""
_NO_MESSAGES: Final = frozenset({"agent_config_update", "agent_handoff", "item_reference"})
_FINISH: Final = ("finish_reason", "finishReason", "stop_reason", "stopReason")


def role_of(word: JsonValue, default: str) -> str:
    """Return OpenTelemetry's word for a role."""
    if not isinstance(word, str) or not word:
        return default
    return word if word in ("user", "assistant", "system", "tool") else _ROLES.get(word.lower(), word)


def text_message(role: str, text: str) -> Message:
    """Return a message of one text."""
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def is_message(value: JsonValue) -> bool:
    """Return whether an object is a message rather than a part of one or something else."""
    if not isinstance(value, dict):
        return False
    if "role" in value:
        return isinstance(value["role"], str)
    kind = type_of(value)
    return bool(
        ("parts" in value and isinstance(value["parts"], list))
        or (kind in _LANGCHAIN_TYPES and ("content" in value or "data" in value))
        or (kind in _ITEM_ROLES and ("call_id" in value or "summary" in value))
        or (kind in _NO_MESSAGES)
        or (kind in _SERVER_ITEMS)
        or isinstance(value.get("tool_calls"), list)
        or ("kwargs" in value and "lc" in value)
        or isinstance(value.get("message"), dict)
    )


def is_messages(value: JsonValue) -> bool:
    """Return whether a value is a list of messages (or of such lists, as LangChain writes a batch)."""
    if not isinstance(value, list) or not value:
        return False
    first = value[0]
    if isinstance(first, list):
        return bool(first) and all(is_message(one) for one in first)
    return all(is_message(one) for one in value)


def to_messages(value: JsonValue, role: str, depth: int = 0) -> list[Message]:
    """Return the messages of a value: of a list, of one message, of the content of one, or of plain text.

    `role` is whose the messages are that do not say it.
    """
    if value is None or depth > MAX_DEPTH:
        return []
    if isinstance(value, str):
        return [text_message(role, value)] if value else []
    if isinstance(value, list):
        return _list_to_messages(value, role, depth)
    if isinstance(value, dict):
        return _object_to_messages(value, role, depth)
    return [text_message(role, to_text(value))]


def _list_to_messages(values: list[JsonValue], role: str, depth: int) -> list[Message]:
    found: list[Message] = []
    loose: list[JsonValue] = []
    for value in values:
        if type(value) is dict and len(value) == 2:  # Most messages are no more than this.
            text, said = value.get("content"), value.get("role")
            if type(text) is str and text and type(said) is str and said in _SPEAKERS:
                found.append({"role": said, "parts": [{"type": "text", "content": text}]})
                continue
        if isinstance(value, list):
            found += to_messages(value, role, depth + 1)
        elif is_message(value):
            kind = type_of(value)
            item = kind in _ITEM_ROLES or kind in _SERVER_ITEMS or (kind == "message" and "id" in value)
            messages = _object_to_messages(value, role, depth + 1)
            # The items that answer together, as reasoning and the call it came to, are one message.
            if item and found and messages and found[-1]["role"] == messages[0]["role"] == "assistant":
                found[-1]["parts"] += messages[0]["parts"]
            else:
                found += messages
        else:
            loose.append(value)
    if loose:
        parts = to_parts(loose, depth + 1)
        if parts:
            found.append({"role": role, "parts": parts})
    return found


def _object_to_messages(value: dict[str, JsonValue], role: str, depth: int) -> list[Message]:
    if depth > MAX_DEPTH:
        return []
    if "role" in value and "content" in value and type(value["role"]) is str:
        return [_message(value, role, depth)]
    inner = value.get("message")
    if isinstance(inner, (dict, list, str)) and "content" not in value:  # A choice.
        messages = to_messages(inner, role, depth + 1)
        return _finished(messages, value)
    kwargs = value.get("kwargs")
    if isinstance(kwargs, dict) and "lc" in value:
        names = value.get("id")
        word = kwargs.get("type") or (names[-1] if isinstance(names, list) and names else None)
        return [_message({**kwargs, "role": kwargs.get("role") or word}, role, depth)]
    kind = type_of(value)
    if kind in _NO_MESSAGES:
        return []
    data = value.get("data")
    if isinstance(data, dict) and kind in _LANGCHAIN_TYPES:
        return [_message({"role": kind, **data}, role, depth)]
    if kind in _LANGCHAIN_TYPES and "role" not in value:
        return [_message({**value, "role": kind}, role, depth)]
    if kind in _SERVER_ITEMS and "role" not in value:
        return [{"role": "assistant", "parts": [value]}]
    if kind in _ITEM_ROLES and "role" not in value:
        part = to_part(value, depth + 1)
        return [{"role": _ITEM_ROLES[kind], "parts": [part]}] if part else []
    if not is_message(value):
        part = to_part(value, depth + 1)
        return [{"role": role, "parts": [part]}] if part else []
    return [_message(value, role, depth)]


def _finished(messages: list[Message], choice: Mapping[str, JsonValue]) -> list[Message]:
    if messages and "finish_reason" not in messages[-1]:
        reason = first(choice, _FINISH)
        if isinstance(reason, str):
            messages[-1]["finish_reason"] = reason
    return messages


def _message(value: Mapping[str, JsonValue], default_role: str, depth: int) -> Message:
    """Return the message of an object that has its content, its calls and its parts as members."""
    role = role_of(value.get("role"), default_role)
    parts: list[Part] = []
    if not _OF_CHAT.issuperset(value):
        reasoning = value.get("reasoning_content") or value.get("reasoning")
        if isinstance(reasoning, str) and reasoning:
            parts.append({"type": "reasoning", "content": reasoning})
    call_id = None
    if role in ("tool", "user"):
        call_id = value.get("tool_call_id") or value.get("toolCallId") or (value.get("id") if role == "tool" else None)
    contents = value.get("parts")
    if not isinstance(contents, list):
        contents = value.get("content", value.get("contents", value.get("text")))
    if (role == "tool" or (role == "user" and call_id)) and not _answers(contents):
        parts.append(to_response(call_id, contents, depth))
    elif contents:
        parts += to_parts(contents, depth + 1)
    found: Message = {"role": role, "parts": parts}
    if not _OF_PROMPT.issuperset(value):
        refusal = value.get("refusal")
        if isinstance(refusal, str) and refusal:
            parts.append({"type": "text", "content": refusal})
        parts += _calls(value, parts)
        _finished([found], value)
    return found


def _answers(contents: JsonValue) -> bool:
    """Return whether contents of a tool's message say themselves which calls they answer."""
    return isinstance(contents, list) and any(
        isinstance(one, dict)
        and (type_of(one) in RESPONSE_TYPES or "toolResult" in one or "tool_call_result" in one or _gemini(one))
        for one in contents
    )


def _gemini(part: Mapping[str, JsonValue]) -> bool:
    return bool(part.get("function_response") or part.get("functionResponse") or part.get("type") == "tool_call")


def _calls(message: Mapping[str, JsonValue], known: Sequence[Part]) -> list[Part]:
    """Return the calls that stand beside a message's content, but for those in it."""
    calls = message.get("tool_calls") or message.get("toolCalls") or message.get("tool_use")
    single = message.get("function_call")
    if not calls and isinstance(message.get("additional_kwargs"), dict):
        calls = message["additional_kwargs"].get("tool_calls")
    found = [to_call(one) for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    if not found and isinstance(single, dict) and single.get("name"):
        found = [to_call(single)]
    if not (found and known):
        return found
    ids = {part.get("id") for part in known if part["type"] == "tool_call"}
    return [call for call in found if call.get("id") not in ids]
