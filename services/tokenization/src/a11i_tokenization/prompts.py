"""Tokens of a call's input and output, from the messages that its span holds."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from a11i_tokenization.cache import CountCache, content_hash, shelf
from a11i_tokenization.call_counts import CallCount, ChatCount, MessageCount, with_images
from a11i_tokenization.chat_formats import Speaker, chat_format
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
_MESSAGE, _TOOLS, _INSTRUCTIONS = "m", "t", "s"
"""Kinds of content in the cache."""
_MOST_MESSAGES: Final = 10_000
"""Of a call. One of more is counted as one text: tiny messages take longer each than they have tokens."""
_CACHED_ROLES: Final = 256
_LONGEST_ROLE: Final = 64
"""Characters; a longer one is none, and counts as "user"."""


class CallInput(NamedTuple):
    """What a call sent, each as the span's column holds it; empty for none."""

    messages: str
    system_instructions: str = ""
    tool_definitions: str = ""


class PromptCounter:
    """Counts calls, each distinct message once. Safe for use from several threads."""

    def __init__(self, encodings: Encodings, cache: CountCache[MessageCount]) -> None:
        self._encodings = encodings
        self._cache = cache
        self._role = lru_cache(maxsize=_CACHED_ROLES)(encodings.count)

    def count_chat(self, encoding: str, call: CallInput, model: str = "") -> CallCount:
        """Return the input tokens of a chat call: messages, instructions and tools, with the chat format's own.

        `model` says how images count; without it they are estimated. Raises KeyError for an unknown encoding.
        """
        chat = ChatCount(chat_format(encoding).priming, image_rule(model))
        if call.system_instructions:
            chat.add_system(self._value(encoding, _INSTRUCTIONS, call.system_instructions, self._instructions))
        if call.tool_definitions:
            chat.add_tools(self._value(encoding, _TOOLS, call.tool_definitions, self._tools))
        return chat.count(self._messages(encoding, call.messages))

    def count_texts(self, encoding: str, messages: str, model: str = "") -> CallCount:
        """Return the tokens of the messages' texts alone: what a model wrote, or what an embedding was made of.

        Raises KeyError.
        """
        each, exact = [], True
        for one in self._messages(encoding, messages):
            if one.images:
                whole = with_images(one, image_rule(model))
                each.append(whole.tokens + one.results)
                exact = exact and whole.exact
            else:
                each.append(one.said + one.results)
                exact = exact and one.exact
        total = sum(each)
        return CallCount(total, exact, each, (0, 0, 0, total, 0, 0))

    def _messages(self, encoding: str, messages: str) -> list[MessageCount]:
        if not messages:
            return []
        pieces = split_pieces(messages)
        if pieces is not None and len(pieces) <= _MOST_MESSAGES:
            seed, get = shelf(encoding, _MESSAGE), self._cache.get
            found = []
            for piece in pieces:
                key = content_hash(piece) ^ seed
                one = get(key)
                if one is None or one.size != len(piece):
                    one = self._piece(encoding, piece)
                    if one is None:
                        break
                    self._cache.put(key, one)
                found.append(one)
            else:
                return found
        return self._parsed_messages(encoding, messages)

    def _piece(self, encoding: str, piece: str) -> MessageCount | None:
        """Count the message that a piece is the rest of; None if it is no message."""
        try:
            return self._message(encoding, orjson.loads(FIRST_MEMBER + piece), len(piece))
        except (orjson.JSONDecodeError, JsonDepthError):
            return None

    def _parsed_messages(self, encoding: str, messages: str) -> list[MessageCount]:
        found = []
        try:
            parsed = split_messages(messages)
            if len(parsed) > _MOST_MESSAGES:
                return [self._plain(encoding, messages)]
            for message in parsed:
                text = compact_json(message).decode().removeprefix(FIRST_MEMBER)
                found.append(self._parsed_message(encoding, message, text))
        except JsonDepthError:
            return [self._plain(encoding, messages)]
        return found

    def _parsed_message(self, encoding: str, message: Json, text: str) -> MessageCount:
        return self._value(encoding, _MESSAGE, text, lambda _, text: self._message(encoding, message, len(text)))

    def _value(self, encoding: str, kind: str, value: str, count: Callable[[str, str], MessageCount]) -> MessageCount:
        key = content_hash(value) ^ shelf(encoding, kind)
        found = self._cache.get(key)
        if found is None or found.size != len(value):
            try:
                found = count(encoding, value)
            except JsonDepthError:
                found = self._plain(encoding, value)
            self._cache.put(key, found)
        return found

    def _plain(self, encoding: str, text: str) -> MessageCount:
        """Count JSON that is no message of any provider as the text that it is."""
        return MessageCount(len(text), self._encodings.count(encoding, text), exact=False)

    def _message(self, encoding: str, message: Json, size: int) -> MessageCount:
        text = message_text(message)
        form, speaker = chat_format(encoding), _speaker(text)
        added = form.messages[speaker] + (self._role(encoding, _role(text)) if form.role else 0)
        if text.name:
            added += form.name + self._encodings.count(encoding, text.name)
        said, exact = self._total(encoding, text.said)
        results, exact_results = self._total(encoding, text.results)
        exact = exact and exact_results and text.exact
        return MessageCount(size, said, results, added, speaker, exact, text.images)

    def _total(self, encoding: str, texts: Sequence[str]) -> tuple[int, bool]:
        if not texts:
            return 0, True
        total = self._encodings.total(encoding, texts)
        return total.tokens, total.exact

    def _instructions(self, encoding: str, instructions: str) -> MessageCount:
        form = chat_format(encoding)
        tokens, exact = 0, True
        images: tuple[Image, ...] = ()
        for part in split_messages(instructions):
            text = message_text(part)
            said, exactly = self._total(encoding, (*text.said, *text.results))
            tokens += said
            exact = exact and exactly and text.exact
            images += text.images
        added = form.messages[Speaker.SYSTEM] + (self._role(encoding, "system") if form.role else 0)
        return MessageCount(len(instructions), tokens, 0, added, Speaker.SYSTEM, exact, images)

    def _tools(self, encoding: str, definitions: str) -> MessageCount:
        text = tools_text(definitions, encoding)
        tokens, exact = self._total(encoding, text.texts)
        return MessageCount(len(definitions), text.added + tokens, exact=exact and text.exact)


def _role(text: MessageText) -> str:
    return text.role if 0 < len(text.role) <= _LONGEST_ROLE else "user"


def _speaker(text: MessageText) -> Speaker:
    if text.role in _SYSTEM_ROLES:
        return Speaker.SYSTEM
    if text.results and not (text.said or text.images):
        return Speaker.TOOL
    return Speaker.USER if text.role in ("user", "") else Speaker.MODEL
