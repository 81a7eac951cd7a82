"""Tokens of a call's input and output, from the messages that its span holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from a11i_tokenization.cache import Count, CountCache, content_key
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.messages import JsonDepthError, MessageText, compact_json, message_text, split_messages
from a11i_tokenization.tools import count_tools

_MESSAGE_TOKENS: Final = 3
_NAME_TOKENS: Final = 1
_PRIMING_TOKENS: Final = 3
"""What OpenAI's chat format adds: to each message, to a message with a name, and once to prime the answer.
Source: OpenAI's cookbook, "How to count tokens with tiktoken", part 6."""


@dataclass(frozen=True, slots=True)
class CallInput:
    """What a call sent, each as the span's column holds it; empty for none."""

    messages: str
    system_instructions: str = ""
    tool_definitions: str = ""


class PromptCounter:
    """Counts calls, each distinct message once. Safe for use from several threads."""

    def __init__(self, encodings: Encodings, cache: CountCache) -> None:
        self._encodings = encodings
        self._cache = cache

    def count_chat(self, encoding: str, call: CallInput) -> Count:
        """Return the input tokens of a chat call: messages, instructions and tools, with the chat format's own."""
        total = Count(_PRIMING_TOKENS) + self._messages(encoding, "m", call.messages, self._chat_message)
        if call.system_instructions:
            total += self._value(encoding, "s", call.system_instructions, self._system_message)
        if call.tool_definitions:
            total += self._value(encoding, "t", call.tool_definitions, self._tools)
        return total

    def count_texts(self, encoding: str, messages: str) -> Count:
        """Return the tokens of the messages' texts alone: what a model wrote, or what an embedding was made of."""
        return self._messages(encoding, "x", messages, self._texts)

    def _messages(self, encoding: str, kind: str, messages: str, count: Callable[[str, MessageText], Count]) -> Count:
        tokens, exact = 0, True
        try:
            for message in split_messages(messages) if messages else ():
                key = content_key(encoding, kind, compact_json(message))
                found = self._cache.get(key)
                if found is None:
                    found = count(encoding, message_text(message))
                    self._cache.put(key, found)
                tokens += found.tokens
                exact &= found.exact
        except JsonDepthError:
            return self._plain(encoding, messages)
        return Count(tokens, exact)

    def _value(self, encoding: str, kind: str, value: str, count: Callable[[str, str], Count]) -> Count:
        key = content_key(encoding, kind, value.encode())
        found = self._cache.get(key)
        if found is None:
            try:
                found = count(encoding, value)
            except JsonDepthError:
                found = self._plain(encoding, value)
            self._cache.put(key, found)
        return found

    def _plain(self, encoding: str, text: str) -> Count:
        """Count JSON that is no message of any provider as the text that it is."""
        return Count(self._encodings.count(encoding, text), exact=False)

    def _chat_message(self, encoding: str, message: MessageText) -> Count:
        tokens = _MESSAGE_TOKENS + self._encodings.count(encoding, message.role or "user")
        if message.name:
            tokens += _NAME_TOKENS + self._encodings.count(encoding, message.name)
        return Count(tokens) + self._texts(encoding, message)

    def _texts(self, encoding: str, message: MessageText) -> Count:
        return Count(sum(self._encodings.count_all(encoding, message.texts)), message.exact)

    def _system_message(self, encoding: str, instructions: str) -> Count:
        total = Count(_MESSAGE_TOKENS + self._encodings.count(encoding, "system"))
        for part in split_messages(instructions):
            total += self._texts(encoding, message_text(part))
        return total

    def _tools(self, encoding: str, definitions: str) -> Count:
        return count_tools(definitions, encoding, lambda text: self._encodings.count(encoding, text))
