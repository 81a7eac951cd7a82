"""Messages in whatever notation a source writes them, brought to the one of `gen_ai.input.messages`.

A message is {"role", "parts": [...]} and, where known, "name" and "finish_reason"; a part one of

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
from typing import Any, Final

import orjson

JsonValue = Any
"""What orjson reads: None, bool, int, float, str, list, dict."""
Message = dict[str, JsonValue]
Part = dict[str, JsonValue]

MAX_DEPTH: Final = 8
"""Messages in messages that are followed: no notation has more than four."""

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
_CALL_TYPES: Final = frozenset(
    {"tool_call", "tool-call", "tool_use", "function_call", "function", "server_tool_use", "mcp_call", "mcp_tool_use"}
    | {"custom_tool_call", "tool-invocation"}
)
_RESPONSE_TYPES: Final = frozenset(
    {"tool_call_response", "tool_result", "tool-result", "function_call_output", "web_search_tool_result"}
    | {"custom_tool_call_output", "mcp_tool_result", "tool_call_result"}
)
_ITEM_ROLES: Final = {
    "function_call": "assistant",
    "custom_tool_call": "assistant",
    "mcp_call": "assistant",
    "reasoning": "assistant",
    "function_call_output": "tool",
    "custom_tool_call_output": "tool",
}
"""Items of OpenAI's responses that are no messages there, and whose message they are a part of."""
_NO_MESSAGES: Final = frozenset({"agent_config_update", "agent_handoff", "item_reference"})
_NO_PARTS: Final = frozenset({"cache_breakpoint", "cachePoint", "step-start", "tool_search"})

_ID: Final = ("call_id", "toolCallId", "tool_call_id", "toolUseId", "tool_use_id", "id")
_NAME: Final = ("name", "toolName", "tool_name")
_ARGUMENTS: Final = ("arguments", "args", "input", "parameters")
_RESPONSE: Final = ("response", "result", "output", "content", "value")
_FINISH: Final = ("finish_reason", "finishReason", "stop_reason", "stopReason")
_MIME: Final = ("mime_type", "mimeType", "media_type", "mediaType")
_SCHEMA: Final = ("parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema")


def parse(text: str) -> JsonValue:
    """Return what an array or an object in JSON says; any other text as it is."""
    if text[:1] in ("{", "[") or text[:64].lstrip()[:1] in ("{", "["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text


def parsed(value: JsonValue) -> JsonValue:
    """Return a value, parsed if it is a text that `parse` understands."""
    return parse(value) if isinstance(value, str) else value


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
    kind = _type_of(value)
    return bool(
        ("parts" in value and isinstance(value["parts"], list))
        or (kind in _LANGCHAIN_TYPES and ("content" in value or "data" in value))
        or (kind in _ITEM_ROLES and ("call_id" in value or "summary" in value))
        or (kind in _NO_MESSAGES)
        or isinstance(value.get("tool_calls"), list)
        or ("kwargs" in value and "lc" in value)
        or isinstance(value.get("message"), dict)
    )


def _type_of(value: Mapping[str, JsonValue]) -> str:
    kind = value.get("type")
    return kind if type(kind) is str else ""


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
            kind = _type_of(value)
            item = kind in _ITEM_ROLES or (kind == "message" and "id" in value)
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
    kind = _type_of(value)
    if kind in _NO_MESSAGES:
        return []
    data = value.get("data")
    if isinstance(data, dict) and kind in _LANGCHAIN_TYPES:
        return [_message({"role": kind, **data}, role, depth)]
    if kind in _LANGCHAIN_TYPES and "role" not in value:
        return [_message({**value, "role": kind}, role, depth)]
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
    call_id = value.get("tool_call_id") or value.get("toolCallId") or (value.get("id") if role == "tool" else None)
    contents = value.get("parts")
    if not isinstance(contents, list):
        contents = value.get("content", value.get("contents", value.get("text")))
    if (role == "tool" or (role == "user" and call_id)) and not _answers(contents):
        parts.append(_response(call_id, contents, depth))
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
        and (_type_of(one) in _RESPONSE_TYPES or "toolResult" in one or "tool_call_result" in one or _gemini(one))
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
    found = [_call(one) for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    if not found and isinstance(single, dict) and single.get("name"):
        found = [_call(single)]
    if not known:
        return found
    ids = {part.get("id") for part in known if part["type"] == "tool_call"}
    return [call for call in found if call.get("id") not in ids]


def to_parts(content: JsonValue, depth: int = 0) -> list[Part]:
    """Return the parts of a message's content: text, a part, or a list of both."""
    if isinstance(content, str):
        return [{"type": "text", "content": content}] if content else []
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list) or depth > MAX_DEPTH:
        return []
    return [part for one in content if (part := to_part(one, depth + 1)) is not None]


def to_part(value: JsonValue, depth: int = 0) -> Part | None:
    """Return a part, or None for what is no part of a conversation."""
    if isinstance(value, str):
        return {"type": "text", "content": value} if value else None
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return None if value is None else {"type": "text", "content": to_text(value)}
    kind = _type_of(value)
    if kind in _TEXT_TYPES:
        text = value.get("content", value.get("text"))
        if isinstance(text, dict):
            text = text.get("value")
        return {"type": "text", "content": text} if isinstance(text, str) else None
    if kind in _CALL_TYPES:
        return _call(value)
    if kind in _RESPONSE_TYPES:
        return _response(first(value, _ID), _first_given(value, _RESPONSE), depth)
    if kind in _NO_PARTS:
        return None
    if kind in _REASONING_TYPES:
        return _reasoning(value)
    if kind in _MEDIA_TYPES:
        return _media(value, _MEDIA_TYPES[kind])
    if kind and kind not in _UNTYPED:
        return value  # A kind of part that a newer convention has.
    return _untyped(value, depth)


def _untyped(value: Mapping[str, JsonValue], depth: int) -> Part | None:
    """Return the part of an object whose one member says what it is, as Gemini and Bedrock write them."""
    text = value.get("text")
    if isinstance(text, str):
        return {"type": "reasoning" if value.get("thought") is True else "text", "content": text} if text else None
    for key in ("toolUse", "function_call", "functionCall", "tool_call"):
        if isinstance(value.get(key), dict):
            return _call(value[key])
    for key in ("toolResult", "function_response", "functionResponse", "tool_call_result"):
        answer = value.get(key)
        if isinstance(answer, dict):
            origin = answer.get("origin")
            call_id = first(answer, _ID) or (first(origin, _ID) if isinstance(origin, dict) else None)
            return _response(call_id, _first_given(answer, _RESPONSE), depth)
    for key in ("inline_data", "inlineData", "file_data", "fileData"):
        if isinstance(value.get(key), dict):
            return _media(value[key], "")
    for key in ("image", "video", "document", "audio"):
        if isinstance(value.get(key), dict):
            return _media(value[key], key)
    reasoning = value.get("reasoningContent")
    if isinstance(reasoning, dict):
        return _reasoning(reasoning)
    if "json" in value:
        return {"type": "text", "content": to_text(value["json"])}
    if isinstance(value.get("content"), str):
        return {"type": "text", "content": value["content"]}
    if isinstance(value.get("message_content"), dict):  # OpenInference's flattened contents.
        return to_part(value["message_content"], depth + 1)
    return {"type": "text", "content": to_text(value)} if value else None


def _call(value: Mapping[str, JsonValue]) -> Part:
    function = value.get("function")
    inner = function if isinstance(function, dict) else value
    call: Part = {"type": "tool_call"}
    call_id = first(value, _ID)
    if isinstance(call_id, str) and call_id:
        call["id"] = call_id
    name = first(inner, _NAME)
    if isinstance(name, str) and name:
        call["name"] = name
    arguments = _first_given(inner, _ARGUMENTS)
    if arguments is not None:
        call["arguments"] = parsed(arguments)
    return call


def _response(call_id: JsonValue, content: JsonValue, depth: int) -> Part:
    part: Part = {"type": "tool_call_response"}
    if isinstance(call_id, str) and call_id:
        part["id"] = call_id
    part["response"] = tool_output(content, depth)
    return part


def tool_output(content: JsonValue, depth: int = 0) -> JsonValue:
    """Return what a tool gave: parsed, and out of the wrapping that a notation gives to each result."""
    if depth > MAX_DEPTH:
        return content
    if isinstance(content, str):
        said = parse(content)
        return tool_output(said, depth + 1) if _wrapped(said) else said
    if isinstance(content, list) and content and all(isinstance(one, dict) for one in content):
        texts = [one.get("text", one.get("content")) for one in content if _type_of(one) in ("", *_TEXT_TYPES)]
        if len(texts) == len(content) and all(isinstance(text, str) for text in texts):
            return parse("".join(texts))
        return content
    if isinstance(content, dict) and _wrapped(content):
        inner: Mapping[str, JsonValue] = content.get("kwargs") or content.get("data") or content
        if "tool_call_id" in inner or content is not inner:
            return tool_output(inner.get("content"), depth + 1)
        return tool_output(content.get("value"), depth + 1)
    return content


def _wrapped(value: JsonValue) -> bool:
    """Return whether a tool's output is a message of LangChain's or a value of the AI SDK's that says its type."""
    if not isinstance(value, dict):
        return False
    if value.get("type") in ("json", "text", "error-text", "error-json", "content") and set(value) == {"type", "value"}:
        return True
    inner = value.get("kwargs", value.get("data", value))
    return isinstance(inner, dict) and "tool_call_id" in inner and "content" in inner


def _reasoning(value: Mapping[str, JsonValue]) -> Part | None:
    text = first(value, ("content", "text", "thinking", "reasoning"))
    inner = value.get("reasoningText")
    if not text and isinstance(inner, dict):
        text = inner.get("text")
    if not text:
        text = value.get("summary")
    if isinstance(text, list):
        texts = [one.get("text") for one in text if isinstance(one, dict)]
        text = "\n".join(one for one in texts if isinstance(one, str))
    return {"type": "reasoning", "content": text} if isinstance(text, str) and text else None


def _media(value: Mapping[str, JsonValue], modality: str) -> Part | None:
    """Return an image, a sound, a document: its bytes, where it is, or the id of a file that was sent before."""
    source = value.get("source")
    said = value.get("modality")
    modality = said if isinstance(said, str) and said else modality
    held = {**value, **source} if isinstance(source, dict) else dict(value)
    for key in ("image_url", "input_audio", "file", "image", "video_url", "audio", "audio_url"):
        inner = held.get(key)
        if isinstance(inner, dict):
            held.update(inner)
        elif isinstance(inner, str):
            held.setdefault("url", inner)
    mime_type = first(held, _MIME)
    if not isinstance(mime_type, str):
        word = held.get("format")
        mime_type = f"{modality or 'application'}/{word}" if isinstance(word, str) else ""
    where = first(held, ("url", "uri", "file_uri", "fileUri"))
    content = first(held, ("data", "bytes", "content", "file_data"))
    file_id = first(held, ("file_id", "fileId"))
    if isinstance(content, dict):  # Bytes as OTLP's JSON writes them.
        content = content.get("bytesValue")
    if isinstance(content, str) and content.startswith(("http://", "https://", "data:")):
        where = where or content
    if isinstance(where, str) and where.startswith("data:") and "," in where:
        head, content = where[5:].split(",", 1)
        mime_type, where = mime_type or head.split(";", 1)[0], None
    kind = modality or (mime_type.split("/", 1)[0] if mime_type else "")
    known = {"modality": kind, "mime_type": mime_type}
    if isinstance(where, str) and where:
        return _given({"type": "uri", **known, "uri": where})
    if isinstance(file_id, str) and file_id:
        return _given({"type": "file", **known, "file_id": file_id})
    if isinstance(content, str) and content:
        return _given({"type": "blob", **known, "content": content})
    return None


def to_tool_definitions(value: JsonValue, depth: int = 0) -> list[JsonValue]:
    """Return tools as {"type": "function", "name", "description", "parameters"}, each with what is known of it."""
    if depth > MAX_DEPTH:
        return []
    if isinstance(value, str):
        inner = parse(value)
        return [] if isinstance(inner, str) else to_tool_definitions(inner, depth + 1)
    if isinstance(value, list):
        return [tool for one in value for tool in to_tool_definitions(one, depth + 1)]
    if not isinstance(value, dict):
        return []
    for key in ("function_declarations", "functionDeclarations", "tools"):  # Gemini's and Bedrock's lists.
        if isinstance(value.get(key), list):
            return to_tool_definitions(value[key], depth + 1)
    for key in ("function", "toolSpec", "data"):
        if isinstance(value.get(key), dict):
            return to_tool_definitions({"type": "function", **value[key]}, depth + 1)
    if not isinstance(value.get("name"), str):
        return [value] if isinstance(value.get("type"), str) else []
    if _type_of(value) not in ("", "function", "custom"):
        return [value]  # A tool of the provider's own, such as a web search.
    schema = first(value, _SCHEMA)
    if isinstance(schema, dict) and isinstance(schema.get("json"), dict) and len(schema) == 1:
        schema = schema["json"]
    tool = {"type": "function", "name": value["name"], "description": value.get("description"), "parameters": schema}
    return [_given(tool)]


def to_text(value: JsonValue) -> str:
    """Return a text as it is, and any other value as JSON text; "" where JSON cannot say it."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # orjson's own error is one: too deep, or an integer beyond 64 bits.
        return ""


def first(value: Mapping[str, JsonValue], keys: Sequence[str]) -> JsonValue:
    """Return the first member of these that says something."""
    for key in keys:
        found = value.get(key)
        if found:
            return found
    return None


def _first_given(value: Mapping[str, JsonValue], keys: Sequence[str]) -> JsonValue:
    """Return the first member of these that is there, also if it is empty."""
    for key in keys:
        found = value.get(key)
        if found is not None:
            return found
    return None


def _given(part: Part) -> Part:
    return {key: value for key, value in part.items() if value is not None and value != ""}


_TEXT_TYPES: Final = frozenset({"text", "input_text", "output_text", "refusal"})
_REASONING_TYPES: Final = frozenset({"reasoning", "thinking", "redacted_thinking", "redacted-reasoning"})
_MEDIA_TYPES: Final = {
    "image_url": "image",
    "input_image": "image",
    "image": "image",
    "input_audio": "audio",
    "audio": "audio",
    "audio_url": "audio",
    "video": "video",
    "video_url": "video",
    "document": "document",
    "file": "",
    "input_file": "",
    "media": "",
    "blob": "",
    "uri": "",
}
"""Types of parts that are no text, and what they hold if they say it."""
_UNTYPED: Final = frozenset({"message", "tool_result_content", "guard_content", "json"})
