"""Tokens of a call's input and output, from the messages that its span holds."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from a11i_tokenization.cache import CountCache, NoCache, content_hash, shelf
from a11i_tokenization.call_counts import Apart, CallCount, MessageCount, Tally, with_images
from a11i_tokenization.chat_formats import Speaker, chat_format, is_known
from a11i_tokenization.conversations import MOST_NEW, Conversations
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.images import Image, image_rule
from a11i_tokenization.messages import (
    FIRST_MEMBER,
    Json,
    JsonDepthError,
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
_NO_MESSAGES: Final = Tally()
_CACHED_ROLES: Final = 256
_LONGEST_ROLE: Final = 64
"""Characters; a longer one is none, and counts as the word "user"."""


class CallInput(NamedTuple):
    """What a call sent, each as the span's column holds it; empty for none."""

    messages: str
    system_instructions: str = ""
    tool_definitions: str = ""


class PromptCounter:
    """Counts calls, each distinct message once. Safe for use from several threads."""

    def __init__(self, encodings: Encodings, cache_bytes: int) -> None:
        """Count with `encodings`, and remember messages and conversations in `cache_bytes`, half and half; 0: none."""
        self._encodings = encodings
        self._cache: CountCache[MessageCount] | NoCache = CountCache(cache_bytes // 2) if cache_bytes else NoCache()
        self._conversations = Conversations(cache_bytes // 2)
        self._turn = lru_cache(maxsize=_CACHED_ROLES)(self._turn_of)

    def count_chat(self, encoding: str, call: CallInput, model: str = "") -> CallCount:
        """Return the input tokens of a chat call: messages, instructions and tools, with the chat format's own.

        `model` says how images count; without it they are estimated. Raises KeyError for an unknown encoding.
        """
        apart = _apart(encoding)
        if call.system_instructions:
            instructions = self._value(encoding, _INSTRUCTIONS, call.system_instructions, self._instructions)
            apart = apart.with_system(instructions, image_rule(model))
        if call.tool_definitions:
            apart = apart.with_tools(self._value(encoding, _TOOLS, call.tool_definitions, self._tools))
        messages = call.messages
        return apart.call(self._conversation(encoding, messages, model) if messages else _NO_MESSAGES)

    def count_texts(self, encoding: str, messages: str, model: str = "") -> CallCount:
        """Return the tokens of the messages' texts alone: what a model wrote, or what an embedding was made of.

        Raises KeyError.
        """
        each, exact = [], True
        for one in self._messages(encoding, messages):
            if one.images:
                said, exactly = with_images(one, image_rule(model))
                each.append(said + one.results)
                exact = exact and exactly
            else:
                each.append(one.said + one.results)
                exact = exact and one.exact
        total = sum(each)
        return CallCount(total, exact, each, (0, 0, 0, total, 0, 0))

    def _conversation(self, encoding: str, messages: str, model: str) -> Tally:
        """Return what `_messages` come to. Of a conversation that goes on, only what is new is looked at."""
        rule = image_rule(model)
        known = self._conversations.find(encoding, messages)
        if known is not None:
            tally, pieces = known
            if not pieces:
                return tally
            if len(tally.each) < _MOST_MESSAGES - MOST_NEW:
                new = self._pieces(encoding, pieces)
                if new is not None:
                    return self._remembered(encoding, messages, tally.and_then(new, rule))
        by_piece = self._known_messages(encoding, messages)
        if by_piece is not None:
            return self._remembered(encoding, messages, _NO_MESSAGES.and_then(by_piece, rule))
        return _NO_MESSAGES.and_then(self._parsed_messages(encoding, messages), rule)

    def _remembered(self, encoding: str, messages: str, tally: Tally) -> Tally:
        if not tally.by_model:
            self._conversations.remember(encoding, messages, tally)
        return tally

    def _messages(self, encoding: str, messages: str) -> list[MessageCount]:
        found = self._known_messages(encoding, messages)
        return self._parsed_messages(encoding, messages) if found is None else found

    def _known_messages(self, encoding: str, messages: str) -> list[MessageCount] | None:
        """Count what `split_pieces` finds; None if they are not all messages."""
        pieces = split_pieces(messages)
        return None if pieces is None or len(pieces) > _MOST_MESSAGES else self._pieces(encoding, pieces)

    def _pieces(self, encoding: str, pieces: Sequence[str]) -> list[MessageCount] | None:
        """Count messages, each read once: also an answer, which comes again in the next call; None if one is none."""
        seed, get = shelf(encoding, _MESSAGE), self._cache.get
        found = []
        for piece in pieces:
            key = content_hash(piece) ^ seed
            one = get(key)
            if one is None or one.size != len(piece):
                one = self._piece(encoding, piece)
                if one is None:
                    return None
                self._cache.put(key, one)
            found.append(one)
        return found

    def _piece(self, encoding: str, piece: str) -> MessageCount | None:
        """Count the message that a piece is the rest of; None if it is no message."""
        try:
            return self._message(encoding, orjson.loads(FIRST_MEMBER + piece), len(piece))
        except (orjson.JSONDecodeError, JsonDepthError):
            return None

    def _parsed_messages(self, encoding: str, messages: str) -> list[MessageCount]:
        found: list[MessageCount] = []
        if not messages:
            return found
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
        role, name, said, results, images, exact = message_text(message)
        if len(role) > _LONGEST_ROLE:
            role = role[: _LONGEST_ROLE + 1]  # What is remembered by role is bounded.
        speaker, added = self._turn(encoding, role, bool(results) and not (said or images))
        if name:
            added += chat_format(encoding).name + self._encodings.count(encoding, name)
        tokens = of_tools = 0
        if said:
            tokens, exactly = self._encodings.sum_of(encoding, said)
            exact = exact and exactly
        if results:
            of_tools, exactly = self._encodings.sum_of(encoding, results)
            exact = exact and exactly
        return MessageCount(size, tokens, of_tools, added, speaker, exact, images)

    def _turn_of(self, encoding: str, role: str, only_results: bool) -> tuple[Speaker, int]:
        """Return whose turn a message is, and what the chat format adds to it."""
        form, speaker = chat_format(encoding), _speaker(role, only_results)
        written = role if 0 < len(role) <= _LONGEST_ROLE else "user"
        return speaker, form.messages[speaker] + (self._encodings.count(encoding, written) if form.role else 0)

    def _instructions(self, encoding: str, instructions: str) -> MessageCount:
        tokens, exact = 0, True
        images: tuple[Image, ...] = ()
        for part in split_messages(instructions):
            text = message_text(part)
            said, exactly = self._encodings.sum_of(encoding, (*text.said, *text.results))
            tokens += said
            exact = exact and exactly and text.exact
            images += text.images
        added = self._turn(encoding, "system", False)[1]
        return MessageCount(len(instructions), tokens, 0, added, Speaker.SYSTEM, exact, images)

    def _tools(self, encoding: str, definitions: str) -> MessageCount:
        text = tools_text(definitions, encoding)
        tokens, exact = self._encodings.sum_of(encoding, text.texts)
        return MessageCount(len(definitions), text.added + tokens, exact=exact and text.exact)


@lru_cache(maxsize=256)
def _apart(encoding: str) -> Apart:
    return Apart(chat_format(encoding).priming, exact=is_known(encoding))


def _speaker(role: str, only_results: bool) -> Speaker:
    if role in _SYSTEM_ROLES:
        return Speaker.SYSTEM
    if only_results:
        return Speaker.TOOL
    return Speaker.USER if role in ("user", "") else Speaker.MODEL
