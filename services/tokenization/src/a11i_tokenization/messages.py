"""The text in message JSON: OpenTelemetry's `{role, parts}` and the plain `{role, content}` of provider APIs.

What a model is sent is found in whichever of the two shapes a message has: the text of its parts, the name and
arguments of tool calls, the responses of tools. Identifiers and finish reasons are not text.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from a11i_tokenization.images import Image, image_of

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
"""What orjson returns."""

_MAX_DEPTH: Final = 50
"""Of parts within parts. What lies deeper is no message structure, and is counted as JSON text."""

_MEDIA_TYPES: Final = frozenset(
    {"blob", "file", "uri", "image", "image_url", "input_image", "audio", "input_audio", "input_file", "video"}
)
"""Parts that providers count by formulas: of an image's size, which it says itself, or of what a span does not hold."""
_RESPONSE: Final = "tool_call_response"
_RESULT_TYPES: Final = frozenset({_RESPONSE, "tool_result", "function_call_output"})
_SERVER_CALLS: Final = frozenset({"web_search_call", "file_search_call", "code_interpreter_call"})
"""OpenAI's items of tools that it runs itself: what the model wrote and what the tool gave are members of one."""
_TOOL_ROLES: Final = frozenset({"tool", "function"})
FIRST_MEMBER: Final = '{"role"'
"""How nearly all senders begin a message."""


class JsonDepthError(ValueError):
    """JSON nested deeper than anything that a provider takes."""


class MessageText(NamedTuple):
    """What of one message counts."""

    role: str
    """Empty for an item that is no message, such as a bare string."""
    name: str
    """The participant's name; mostly empty."""
    said: tuple[str, ...]
    """The texts of what a person or a model said, calls of tools included."""
    results: tuple[str, ...] = ()
    """The texts of what tools answered."""
    images: tuple[Image, ...] = ()
    exact: bool = True
    """False if the message also holds parts whose tokens are neither those of a text nor of an image."""


def split_pieces(value: str) -> list[str] | None:
    """Return the texts of the messages in a column's value without reading them as JSON; None if that cannot be.

    Each piece is what stands behind FIRST_MEMBER. `"role"` behind a brace is nowhere inside a JSON string, where quotes
    are escaped, so that the value is right if each piece is the rest of an object: a piece is to be read as one once.
    """
    pieces = value.split(FIRST_MEMBER)
    if pieces[0].strip() != "[" or len(pieces) < 2:
        return None
    last = pieces.pop().rstrip()
    if not last.endswith("]"):
        return None
    found = []
    for piece in pieces[1:]:
        if piece[-1:] != ",":
            piece = piece.rstrip()
            if piece[-1:] != ",":
                return None
        found.append(piece[:-1])
    found.append(last[:-1])
    return found


def split_messages(value: str) -> list[Json]:
    """Return the messages in a column's value: the items of a JSON array, else the one value.

    A value that is not JSON is itself the one message.
    """
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        return [value]
    if isinstance(parsed, dict) and isinstance(parsed.get("messages"), list):
        parsed = parsed["messages"]
    return parsed if isinstance(parsed, list) else [parsed]


def message_text(message: Json) -> MessageText:
    """Return the text of one message of `split_messages`, of either shape. Raises JsonDepthError."""
    if type(message) is dict and (found := _normal_text(message)) is not None:
        return found
    return any_text(message)


def any_text(message: Json) -> MessageText:
    """Return what `message_text` does, of a message of any shape. Raises JsonDepthError."""
    found = _Collector()
    if not isinstance(message, dict):
        found.add(message, 0)
        return found.message("", "")
    role = message.get("role")
    name = message.get("name")
    if "role" not in message and "parts" not in message:
        # An item of system instructions is a bare part.
        found.add(message, 0)
    else:
        for key in ("parts", "content", "refusal", "tool_calls", "function_call"):
            found.add(message.get(key), 0)
    return found.message(role if isinstance(role, str) else "", name if isinstance(name, str) else "")


def _normal_text(message: Mapping[str, Json]) -> MessageText | None:
    """Return what a message says in the form that the normaliser gives to nearly all; None for any other form.

    It is what `any_text` says of it, in a third of the time.
    """
    role: Any = message.get("role")  # Any, as the type checker does not follow `type(...) is`, which is fast.
    parts: Any = message.get("parts")
    if type(role) is not str or type(parts) is not list or len(message) != 2 + ("finish_reason" in message):
        return None
    of_tool = role in _TOOL_ROLES
    if len(parts) == 1:  # as in most messages
        texts = _normal_texts(parts[0])
        if texts is None:
            return None
        if of_tool or parts[0]["type"] == _RESPONSE:
            return MessageText(role, "", (), texts)
        return MessageText(role, "", texts)
    said: list[str] = []
    results: list[str] = []
    for part in parts:
        texts = _normal_texts(part)
        if texts is None:
            return None
        (results if part["type"] == _RESPONSE else said).extend(texts)
    if of_tool:
        return MessageText(role, "", (), (*results, *said))
    return MessageText(role, "", tuple(said), tuple(results))


def _normal_texts(part: Any) -> tuple[str, ...] | None:
    """Return the texts of a part in the normaliser's form, none of them empty; None for any other form."""
    if type(part) is not dict:
        return None
    kind = part.get("type")
    if kind == "text" or kind == "reasoning":  # half the time of a look-up
        content = part.get("content")
        return (content,) if len(part) == 2 and type(content) is str and content else None
    if kind == "tool_call" and len(part) == 3 + ("id" in part):
        name, arguments = part.get("name"), _written(part.get("arguments"))
        return (name, arguments) if type(name) is str and name and arguments else None
    if kind == _RESPONSE and len(part) == 2 + ("id" in part):
        response = _written(part.get("response"))
        return (response,) if response else None
    return None


def _written(value: Any) -> str:
    """Return a string as it is, an object as JSON, and nothing of what a call or response never is."""
    if type(value) is dict:
        return _as_text(value)
    return value if type(value) is str else ""


class _Collector:
    """Gathers the texts of parts, in their order."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.results: list[str] = []
        self.images: list[Image] = []
        self.exact = True

    def message(self, role: str, name: str) -> MessageText:
        """Return what was gathered. All that a tool says is a result."""
        said, results = (self.texts, self.results) if role not in _TOOL_ROLES else ([], [*self.results, *self.texts])
        return MessageText(role, name, tuple(said), tuple(results), tuple(self.images), self.exact)

    def add(self, part: Json, depth: int) -> None:
        if part is None or part == "":
            return
        if isinstance(part, str):
            self.texts.append(part)
        elif isinstance(part, list) and depth < _MAX_DEPTH:
            for item in part:
                self.add(item, depth + 1)
        elif isinstance(part, dict) and depth < _MAX_DEPTH:
            self._add_object(part, depth)
        else:
            self.texts.append(_as_text(part))

    def _add_object(self, part: Mapping[str, Json], depth: int) -> None:
        written = part.get("type")
        kind = written if isinstance(written, str) else ""
        if kind in _MEDIA_TYPES:
            image = image_of(part)
            if image is None:
                self.exact = False
            else:
                self.images.append(image)
        elif kind in _RESULT_TYPES:
            self._add_result(_first(part, ("response", "result", "content", "output")), depth)
        elif kind in _SERVER_CALLS:
            self._add_server_call(part, depth)
        elif isinstance(part.get("function"), dict):
            self.add(part["function"], depth + 1)
        elif "arguments" in part or kind in ("tool_call", "tool_use"):
            self._add_verbatim(part.get("name"))
            self._add_verbatim(_first(part, ("arguments", "input")))
        elif (text := _first(part, ("content", "text", "thinking", "refusal"))) is not None:
            self.add(text, depth + 1)
        else:
            # A part of no known shape: all of it was sent somehow.
            self.texts.append(_as_text(dict(part)))
            self.exact = False

    def _add_server_call(self, part: Mapping[str, Json], depth: int) -> None:
        """Add what the model wrote of a call, and what the tool gave as a result: `ResponseFileSearchToolCall` and the
        like of openai 3.52. How the vendor puts either to the model it does not say.
        """
        written = _first(part, ("action", "queries", "code"))
        given = _first(part, ("results", "outputs"))
        if isinstance(written, dict):
            given = written.get("sources")
            written = {name: value for name, value in written.items() if name != "sources"}
        self._add_verbatim(written)
        self._add_result(given, depth)
        self.exact = False

    def _add_result(self, value: Json, depth: int) -> None:
        """Add what a tool answered; of content parts their texts and images, anything else as JSON."""
        if isinstance(value, list) and value and all(isinstance(one, dict) and "type" in one for one in value):
            inner = _Collector()
            inner.add(value, depth + 1)
            self.results += (*inner.texts, *inner.results)
            self.images += inner.images
            self.exact &= inner.exact
            return
        said, self.texts = self.texts, []
        self._add_verbatim(value)
        self.results += self.texts
        self.texts = said

    def _add_verbatim(self, value: Json) -> None:
        """Add a value that reaches the model as text: a string as it is, anything else as compact JSON."""
        if isinstance(value, str):
            if value:
                self.texts.append(value)
        elif value is not None:
            self.texts.append(_as_text(value))


def _first(part: Mapping[str, Json], keys: Sequence[str]) -> Json:
    return next((part[key] for key in keys if part.get(key) is not None), None)


def _as_text(value: Json) -> str:
    return compact_json(value).decode()


def compact_json(value: Json) -> bytes:
    """Return the value as JSON without white space. Raises JsonDepthError over 254 levels."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise JsonDepthError from error
