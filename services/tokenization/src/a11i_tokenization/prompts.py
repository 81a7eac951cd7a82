"""Tokens of a call's input and output, from the messages that its span holds."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple

import orjson

from a11i_tokenization.answers import calls_tools, without_thoughts, written
from a11i_tokenization.cache import CountCache, NoCache, content_hash, shelf
from a11i_tokenization.call_counts import Apart, CallCount, MessageCount, Tally, with_images
from a11i_tokenization.chat_formats import ChatFormat, Speaker, Thoughts
from a11i_tokenization.chat_templates import chat_format
from a11i_tokenization.chunks import cut
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
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS
from a11i_tokenization.tools import tools_text

_SYSTEM, _MODEL = Speaker.SYSTEM, Speaker.MODEL  # An enum's member is found slowly, and asked for with each message.
_SYSTEM_ROLES: Final = frozenset({"system", "developer"})
_MESSAGE, _TOOLS, _INSTRUCTIONS = "m", "t", "s"
"""Kinds of content in the cache."""
_MOST_MESSAGES: Final = 10_000
"""Of a call. One of more is counted as one text: tiny messages take longer each than they have tokens."""
_NO_MESSAGES: Final = Tally()
_CACHED_ROLES: Final = 256
_CHATS: Final = 4096
"""Distinct names of models remembered, as they come from outside; a mesh sees dozens."""
_LONGEST_ROLE: Final = 64
"""Characters; a longer one is none, and counts as the word "user"."""

_BEGINNING: Final = 4_096
"""Characters of an answer that are counted a second time, with the line breaks before them: some ten microseconds."""


class CallInput(NamedTuple):
    """What a call sent, each as the span's column holds it; empty for none."""

    messages: str
    system_instructions: str = ""
    tool_definitions: str = ""


class Chat(NamedTuple):
    """How a call's model reads messages."""

    encoding: str
    form: ChatFormat
    key: str
    """What its counts are remembered by: of one encoding there can be several formats."""


class PromptCounter:
    """Counts calls, each distinct message once. Safe for use from several threads."""

    def __init__(self, encodings: Encodings, cache_bytes: int) -> None:
        """Count with `encodings`, and remember messages and conversations in `cache_bytes`, half and half; 0: none."""
        self._encodings = encodings
        self._cache: CountCache[MessageCount] | NoCache = CountCache(cache_bytes // 2) if cache_bytes else NoCache()
        self._conversations = Conversations(cache_bytes // 2)
        self._turn = lru_cache(maxsize=_CACHED_ROLES)(self._turn_of)
        self._apart = lru_cache(maxsize=_CHATS)(self._apart_of)

    def count_chat(self, encoding: str, call: CallInput, model: str = "") -> CallCount:
        """Return the input tokens of a chat call: messages, instructions and tools, with the chat format's own.

        `model` says how images count, without it they are estimated, and which of the chat formats it has that belong
        to the encoding. Raises KeyError for an unknown encoding.
        """
        chat = _chat(encoding, model if len(model) <= MAX_NAME_CHARS else "")
        apart = self._apart(chat)
        if call.system_instructions:
            instructions = self._value(chat, _INSTRUCTIONS, call.system_instructions, self._instructions)
            apart = apart.with_system(instructions, image_rule(model))
        if call.tool_definitions:
            apart = apart.with_tools(self._value(chat, _TOOLS, call.tool_definitions, self._tools))
        messages = call.messages
        return apart.call(self._conversation(chat, messages, model) if messages else _NO_MESSAGES)

    def count_texts(self, encoding: str, messages: str, model: str = "") -> CallCount:
        """Return the tokens of the messages' texts alone: what a model wrote, or what an embedding was made of.

        Raises KeyError.
        """
        each, exact = [], True
        chat = _chat(encoding, model if len(model) <= MAX_NAME_CHARS else "")
        for one in self._messages(chat, messages):
            said, exactly = with_images(one, image_rule(model)) if one.images else (one.said, one.exact)
            said += one.thoughts
            if one.speaker is not _MODEL:
                said += one.results  # What a provider's own tools gave is in the model's message, but not its text.
            elif chat.form.answer:
                said += chat.form.answer
                exactly = False  # Not every host counts what it takes off.
            each.append(said)
            exact = exact and exactly
        total = sum(each)
        return CallCount(total, exact, each, (0, 0, 0, total, 0, 0))

    def _conversation(self, chat: Chat, messages: str, model: str) -> Tally:
        """Return what `_messages` come to. Of a conversation that goes on, only what is new is looked at."""
        rule = image_rule(model)
        known = self._conversations.find(chat.key, messages)
        if known is not None:
            tally, pieces = known
            if not pieces:
                return tally
            if len(tally.each) < _MOST_MESSAGES - MOST_NEW:
                new = self._pieces(chat, pieces)
                if new is not None:
                    return self._remembered(chat, messages, tally.and_then(new, rule))
        by_piece = self._known_messages(chat, messages)
        if by_piece is not None:
            return self._remembered(chat, messages, _NO_MESSAGES.and_then(by_piece, rule))
        return _NO_MESSAGES.and_then(self._parsed_messages(chat, messages), rule)

    def _remembered(self, chat: Chat, messages: str, tally: Tally) -> Tally:
        if not tally.by_model:
            self._conversations.remember(chat.key, messages, tally)
        return tally

    def _messages(self, chat: Chat, messages: str) -> list[MessageCount]:
        found = self._known_messages(chat, messages)
        return self._parsed_messages(chat, messages) if found is None else found

    def _known_messages(self, chat: Chat, messages: str) -> list[MessageCount] | None:
        """Count what `split_pieces` finds; None if they are not all messages."""
        pieces = split_pieces(messages)
        return None if pieces is None or len(pieces) > _MOST_MESSAGES else self._pieces(chat, pieces)

    def _pieces(self, chat: Chat, pieces: Sequence[str]) -> list[MessageCount] | None:
        """Count messages, each read once: also an answer, which comes again in the next call; None if one is none."""
        seed, get = shelf(chat.key, _MESSAGE), self._cache.get
        found = []
        for piece in pieces:
            key = content_hash(piece) ^ seed
            one = get(key)
            if one is None or one.size != len(piece):
                one = self._piece(chat, piece)
                if one is None:
                    return None
                self._cache.put(key, one)
            found.append(one)
        return found

    def _piece(self, chat: Chat, piece: str) -> MessageCount | None:
        """Count the message that a piece is the rest of; None if it is no message."""
        try:
            return self._message(chat, orjson.loads(FIRST_MEMBER + piece), len(piece))
        except (orjson.JSONDecodeError, JsonDepthError):
            return None

    def _parsed_messages(self, chat: Chat, messages: str) -> list[MessageCount]:
        found: list[MessageCount] = []
        if not messages:
            return found
        try:
            parsed = split_messages(messages)
            if len(parsed) > _MOST_MESSAGES:
                return [self._plain(chat.encoding, messages)]
            for message in parsed:
                text = compact_json(message).decode().removeprefix(FIRST_MEMBER)
                found.append(self._parsed_message(chat, message, text))
        except JsonDepthError:
            return [self._plain(chat.encoding, messages)]
        return found

    def _parsed_message(self, chat: Chat, message: Json, text: str) -> MessageCount:
        return self._value(chat, _MESSAGE, text, lambda _, text: self._message(chat, message, len(text)))

    def _value(self, chat: Chat, kind: str, value: str, count: Callable[[Chat, str], MessageCount]) -> MessageCount:
        key = content_hash(value) ^ shelf(chat.key, kind)
        found = self._cache.get(key)
        if found is None or found.size != len(value):
            try:
                found = count(chat, value)
            except JsonDepthError:
                found = self._plain(chat.encoding, value)
            self._cache.put(key, found)
        return found

    def _plain(self, encoding: str, text: str) -> MessageCount:
        """Count JSON that is no message of any provider as the text that it is."""
        return MessageCount(len(text), self._encodings.count(encoding, text), exact=False)

    def _message(self, chat: Chat, message: Json, size: int) -> MessageCount:
        form, encoding = chat.form, chat.encoding
        rest, thought = without_thoughts(message) if form.thoughts is not None else (message, ())
        role, name, said, results, images, exact = message_text(rest)
        if len(role) > _LONGEST_ROLE:
            role = role[: _LONGEST_ROLE + 1]  # What is remembered by role is bounded.
        speaker, added = self._turn(chat, role, bool(results) and not (said or images))
        if name:
            added += form.names + self._encodings.count(encoding, name)
        tokens = of_tools = thoughts = 0
        if said and form.thoughts is not None and speaker is _MODEL:
            tokens, thoughts, exactly = self._answer(chat, form.thoughts, said)
            exact = exact and exactly
        elif said:
            tokens, exactly = self._encodings.sum_of(encoding, said)
            exact = exact and exactly
            if speaker is _SYSTEM:
                added += self._around(chat, said)
        if thought and form.thoughts is not None:
            thoughts += self._encodings.sum_of(encoding, thought)[0] + form.thoughts.written * len(thought)
            exact = False  # The line breaks around a thought, which hosts take off, are some tokens more.
        if results:
            of_tools, exactly = self._encodings.sum_of(encoding, results)
            exact = False
        return MessageCount(
            size, tokens, of_tools, added, speaker, exact and not calls_tools(message), images, thoughts
        )

    def _answer(self, chat: Chat, thoughts: Thoughts, said: Sequence[str]) -> tuple[int, int, bool]:
        """Return the tokens of what a model wrote that later calls send, those that they leave out, and whether both
        are exact."""
        encoding = chat.encoding
        found = written(said, thoughts.marks, partial(self._encodings.is_exact_for, encoding))
        sent, exact = self._encodings.sum_of(encoding, found.sent)
        sent += found.sent_marks
        exact = exact and found.exact
        if not found.thoughts:
            return sent, 0, exact
        left_out, exactly = self._encodings.sum_of(encoding, found.thoughts)
        exact = exact and exactly
        kept_of_it = round(left_out * found.kept)
        left_out += found.thought_marks - kept_of_it
        sent += kept_of_it
        for answer in found.answers:
            kept = answer.lstrip("\n") if thoughts.trimmed else answer
            tokens, exactly = self._encodings.sum_of(encoding, (kept,))
            sent += tokens
            exact = exact and exactly
            breaks = len(answer) - len(kept)
            if breaks and len(kept) <= _BEGINNING:
                left_out += self._encodings.count(encoding, answer) - tokens
            elif breaks:
                more, exactly = self._line_breaks(encoding, answer, breaks)
                left_out += more
                exact = exact and exactly
        return sent, left_out, exact

    def _line_breaks(self, encoding: str, answer: str, breaks: int) -> tuple[int, bool]:
        """Return how many tokens more a long answer is with the line breaks that it begins with, and whether that is
        exact. Only its beginning is counted a second time."""
        beginning = cut(answer[: breaks + 2 * _BEGINNING], breaks + _BEGINNING)
        text = beginning.pieces[0]
        with_breaks, without = self._encodings.count_all(encoding, (text, text[breaks:]))
        return with_breaks - without, beginning.exact

    def _around(self, chat: Chat, said: Sequence[str]) -> int:
        """Return the tokens more that a system message's texts are with what the format puts around them."""
        before, behind = chat.form.around_system
        if not (before or behind):
            return 0
        around = (before + said[0], *said[1:])
        around = (*around[:-1], around[-1] + behind)
        return self._encodings.sum_of(chat.encoding, around)[0] - self._encodings.sum_of(chat.encoding, said)[0]

    def _turn_of(self, chat: Chat, role: str, only_results: bool) -> tuple[Speaker, int]:
        """Return whose turn a message is, and what the chat format adds to it."""
        form, speaker = chat.form, _speaker(role, only_results)
        written = role if 0 < len(role) <= _LONGEST_ROLE else "user"
        return speaker, form.messages[speaker] + (self._encodings.count(chat.encoding, written) if form.role else 0)

    def _instructions(self, chat: Chat, instructions: str) -> MessageCount:
        exact = True
        said: list[str] = []
        images: tuple[Image, ...] = ()
        for part in split_messages(instructions):
            text = message_text(part)
            said += (*text.said, *text.results)
            exact = exact and text.exact
            images += text.images
        tokens, exactly = self._encodings.sum_of(chat.encoding, said)
        added = self._turn(chat, "system", False)[1] + (self._around(chat, said) if said else 0)
        return MessageCount(len(instructions), tokens, 0, added, Speaker.SYSTEM, exact and exactly, images)

    def _tools(self, chat: Chat, definitions: str) -> MessageCount:
        text = tools_text(definitions, chat.encoding)
        tokens, exact = self._encodings.sum_of(chat.encoding, text.texts)
        return MessageCount(len(definitions), text.added + tokens, exact=exact and text.exact)

    def _apart_of(self, chat: Chat) -> Apart:
        """Return what the chat format adds to a call of nothing."""
        own = chat.form.prompt
        tokens = self._encodings.count(chat.encoding, own.text) if own is not None else 0
        return Apart(chat.form, tokens, self._turn(chat, "system", False)[1] if own is not None else 0)


@lru_cache(maxsize=_CHATS)
def _chat(encoding: str, model: str) -> Chat:
    form = chat_format(encoding, model)
    return Chat(encoding, form, f"{encoding} {form.name}")


def _speaker(role: str, only_results: bool) -> Speaker:
    if role in _SYSTEM_ROLES:
        return Speaker.SYSTEM
    if only_results:
        return Speaker.TOOL
    return Speaker.USER if role in ("user", "") else Speaker.MODEL
