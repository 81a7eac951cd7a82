"""The parts of messages in whatever notation a source writes them, brought to OpenTelemetry's: see `notations`.

Which notation an object is in shows by the members that it has. Nothing here raises for any JSON value.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

JsonValue = Any
"""What orjson reads: None, bool, int, float, str, list, dict."""
Part = dict[str, JsonValue]
MAX_DEPTH: Final = 8
"""Messages in messages that are followed: no notation has more than four."""
_CALL_TYPES: Final = frozenset(
    {"tool_call", "tool-call", "tool_use", "function_call", "function", "server_tool_use", "mcp_call", "mcp_tool_use"}
    | {"custom_tool_call", "tool-invocation"}
)
RESPONSE_TYPES: Final = frozenset(
    {"tool_call_response", "tool_result", "tool-result", "function_call_output", "web_search_tool_result"}
    | {"custom_tool_call_output", "mcp_tool_result", "tool_call_result"}
)
_NO_PARTS: Final = frozenset({"cache_breakpoint", "cachePoint", "step-start", "tool_search"})
_ID: Final = ("call_id", "toolCallId", "tool_call_id", "toolUseId", "tool_use_id", "id")
_NAME: Final = ("name", "toolName", "tool_name")
_ARGUMENTS: Final = ("arguments", "args", "input", "parameters")
_RESPONSE: Final = ("response", "result", "output", "content", "value")
_MIME: Final = ("mime_type", "mimeType", "media_type", "mediaType")
_SCHEMA: Final = ("parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema")
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
    kind = value.get("type")
    if type(kind) is not str:
        kind = ""
    if kind in _TEXT_TYPES:
        text = value.get("content", value.get("text"))
        if isinstance(text, dict):
            text = text.get("value")
        return {"type": "text", "content": text} if isinstance(text, str) else None
    if kind in _CALL_TYPES:
        return to_call(value)
    if kind in RESPONSE_TYPES:
        return to_response(first(value, _ID), _first_given(value, _RESPONSE), depth)
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
            return to_call(value[key])
    for key in ("toolResult", "function_response", "functionResponse", "tool_call_result"):
        answer = value.get(key)
        if isinstance(answer, dict):
            origin = answer.get("origin")
            call_id = first(answer, _ID) or (first(origin, _ID) if isinstance(origin, dict) else None)
            return to_response(call_id, _first_given(answer, _RESPONSE), depth)
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


def to_call(value: Mapping[str, JsonValue]) -> Part:
    """Return the part of an object that is a tool call in any notation."""
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


def to_response(call_id: JsonValue, content: JsonValue, depth: int) -> Part:
    """Return the part of an answer to a tool call."""
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
        texts = [one.get("text", one.get("content")) for one in content if type_of(one) in ("", *_TEXT_TYPES)]
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
    family = mime_type.split("/", 1)[0]
    known = {"modality": modality or (family if family in ("image", "audio", "video") else ""), "mime_type": mime_type}
    detail = held.get("detail")
    if isinstance(detail, str):  # How closely an image is looked at, which its tokens depend on.
        known["detail"] = detail
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
    if type_of(value) not in ("", "function", "custom"):
        return [value]  # A tool of the provider's own, such as a web search.
    schema = first(value, _SCHEMA)
    if isinstance(schema, dict) and isinstance(schema.get("json"), dict) and len(schema) == 1:
        schema = schema["json"]
    tool = {"type": "function", "name": value["name"], "description": value.get("description"), "parameters": schema}
    return [_given(tool)]


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


def type_of(value: Mapping[str, JsonValue]) -> str:
    """Return the member `type` if it is a word, else an empty string."""
    kind = value.get("type")
    return kind if type(kind) is str else ""
