"""Tokens of a call's input and output, from the messages that its span holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from a11i_tokenization.cache import CountCache, content_hash, shelf
from a11i_tokenization.call_counts import CallCount, ChatCount, MessageCount, Speaker, with_images
from a11i_tokenization.chat_formats import chat_format
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.images import Image, image_rule
from a11i_tokenization.messages import (
    FIRST_MEMBER,
    Json,
    JsonDepthError,
    MessageText,
    compact_json,
    message_text,
    split_messages,
    split_pieces,
)
from a11i_tokenization.tools import tools_text

_SYSTEM_ROLES: Final = frozenset({"system", "developer"})
_MESSAGE, _TOOLS, _INSTRUCTIONS, _ROLE = "m", "t", "s", "r"
"""Kinds of content in the cache."""


@dataclass(frozen=True, slots=True)
class CallInput:
    """What a call sent, each as the span's column holds it; empty for none."""

    messages: str
    system_instructions: str = ""
    tool_definitions: str = ""


class PromptCounter:
    """Counts calls, each distinct message once. Safe for use from several threads."""

    def __init__(self, encodings: Encodings, cache: CountCache[MessageCount]) -> None:
        self._encodings = encodings
        self._cache = cache

    def count_chat(self, encoding: str, call: CallInput, model: str = "") -> CallCount:
        """Return the input tokens of a chat call: messages, instructions and tools, with the chat format's own.

        `model` says how images count; without it they are estimated.
        """
        messages = self._messages(encoding, call.messages)
        chat = ChatCount(chat_format(encoding).priming, image_rule(model))
        if call.system_instructions:
            chat.add_system(self._value(encoding, _INSTRUCTIONS, call.system_instructions, self._instructions))
        if call.tool_definitions:
            chat.add_tools(self._value(encoding, _TOOLS, call.tool_definitions, self._tools))
        return chat.count(messages)

    def count_texts(self, encoding: str, messages: str, model: str = "") -> CallCount:
        """Return the tokens of the messages' texts alone: what a model wrote, or what an embedding was made of."""
        rule = image_rule(model)
        each, exact = [], True
        for one in self._messages(encoding, messages):
            count = with_images(one, rule)
            each.append(count.tokens + one.results)
            exact &= count.exact
        total = sum(each)
        return CallCount(total, exact, each, {"user": total} if total else {})

    def _messages(self, encoding: str, messages: str) -> list[MessageCount]:
        if not messages:
            return []
        pieces = split_pieces(messages)
        if pieces is not None:
            seed, get = shelf(encoding, _MESSAGE), self._cache.get
            found = []
            for piece in pieces:
                count = get(content_hash(piece) ^ seed)
                if count is None or count.size != len(piece):
                    count = self._piece(encoding, piece)
                    if count is None:
                        break
                found.append(count)
            else:
                return found
        return self._parsed_messages(encoding, messages)

    def _piece(self, encoding: str, piece: str) -> MessageCount | None:
        """Count the message that a piece is the rest of; None if it is no message."""
        try:
            message = orjson.loads(FIRST_MEMBER + piece)
            return self._remembered(encoding, _MESSAGE, piece, lambda: self._message(encoding, message, len(piece)))
        except (orjson.JSONDecodeError, JsonDepthError):
            return None

    def _parsed_messages(self, encoding: str, messages: str) -> list[MessageCount]:
        found = []
        try:
            for message in split_messages(messages):
                text = compact_json(message).decode().removeprefix(FIRST_MEMBER)
                found.append(self._known_message(encoding, message, text))
        except JsonDepthError:
            return [self._plain(encoding, messages)]
        return found

    def _known_message(self, encoding: str, message: Json, text: str) -> MessageCount:
        return self._remembered(encoding, _MESSAGE, text, lambda: self._message(encoding, message, len(text)))

    def _value(self, encoding: str, kind: str, value: str, count: Callable[[str, str], MessageCount]) -> MessageCount:
        def counted() -> MessageCount:
            try:
                return count(encoding, value)
            except JsonDepthError:
                return self._plain(encoding, value)

        return self._remembered(encoding, kind, value, counted)

    def _remembered(self, encoding: str, kind: str, content: str, count: Callable[[], MessageCount]) -> MessageCount:
        key = content_hash(content) ^ shelf(encoding, kind)
        found = self._cache.get(key)
        if found is None or found.size != len(content):
            found = count()
            self._cache.put(key, found)
        return found

    def _plain(self, encoding: str, text: str) -> MessageCount:
        """Count JSON that is no message of any provider as the text that it is."""
        return MessageCount(len(text), self._encodings.count(encoding, text), exact=False)

    def _message(self, encoding: str, message: Json, size: int) -> MessageCount:
        text = message_text(message)
        form = chat_format(encoding)
        added = form.message + (self._role(encoding, text.role or "user") if form.role else 0)
        if text.name:
            added += form.name + self._encodings.count(encoding, text.name)
        said, results = self._sum(encoding, text.said), self._sum(encoding, text.results)
        return MessageCount(size, said, results, added, _speaker(text), text.exact, text.images)

    def _role(self, encoding: str, role: str) -> int:
        return self._remembered(
            encoding, _ROLE, role, lambda: MessageCount(len(role), self._encodings.count(encoding, role))
        ).said

    def _sum(self, encoding: str, texts: Sequence[str]) -> int:
        return sum(self._encodings.count_all(encoding, texts)) if texts else 0

    def _instructions(self, encoding: str, instructions: str) -> MessageCount:
        form = chat_format(encoding)
        tokens, exact = 0, True
        images: tuple[Image, ...] = ()
        for part in split_messages(instructions):
            text = message_text(part)
            tokens += self._sum(encoding, (*text.said, *text.results))
            exact &= text.exact
            images += text.images
        added = form.message + (self._role(encoding, "system") if form.role else 0)
        return MessageCount(len(instructions), tokens, 0, added, Speaker.SYSTEM, exact, images)

    def _tools(self, encoding: str, definitions: str) -> MessageCount:
        text = tools_text(definitions, encoding)
        tokens = text.added + self._sum(encoding, text.texts)
        return MessageCount(len(definitions), tokens, exact=text.exact)


def _speaker(text: MessageText) -> Speaker:
    if text.role in _SYSTEM_ROLES:
        return Speaker.SYSTEM
    if text.results and not (text.said or text.images):
        return Speaker.TOOL
    return Speaker.USER if text.role in ("user", "") else Speaker.MODEL
