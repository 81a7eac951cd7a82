"""What is known of a call's tokens: of each message, and of the call by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from a11i_tokenization.cache import Count
from a11i_tokenization.images import Image, ImageRule


class Speaker(IntEnum):
    """Whose turn a message is."""

    USER = 0
    SYSTEM = 1
    TOOL = 2
    MODEL = 3


@dataclass(frozen=True, slots=True)
class MessageCount:
    """What was counted of one content: a message, instructions or tool definitions."""

    size: int
    """Characters of the content: guards against two of one hash."""
    said: int
    """Tokens of what is no tool's result."""
    results: int = 0
    """Tokens of tools' results."""
    added: int = 0
    """What the chat format adds to it."""
    speaker: Speaker = Speaker.USER
    exact: bool = True
    images: tuple[Image, ...] = ()
    """Counted by the model, not by the encoding."""


@dataclass(frozen=True, slots=True)
class CallCount:
    """The tokens of a call's input."""

    tokens: int
    exact: bool
    messages: list[int]
    """Each message's, with what the format adds to it."""
    parts: dict[str, int]
    """By part, those without tokens left out; together the call's."""

    @property
    def count(self) -> Count:
        """The whole."""
        return Count(self.tokens, self.exact)


def with_images(one: MessageCount, rule: ImageRule) -> Count:
    """Return what was said in a content, its images counted by a rule."""
    total = Count(one.said, one.exact)
    for image in one.images:
        total += rule(image)
    return total


class ChatCount:
    """Sums up a call by part."""

    def __init__(self, priming: int, rule: ImageRule) -> None:
        self._format = priming
        self._rule = rule
        self._system = self._tools = 0
        self._exact = True

    def add_system(self, instructions: MessageCount) -> None:
        """Add instructions that stand apart from the messages."""
        count = with_images(instructions, self._rule)
        self._system += count.tokens
        self._format += instructions.added
        self._exact &= count.exact

    def add_tools(self, tools: MessageCount) -> None:
        """Add tool definitions."""
        self._tools += tools.said
        self._exact &= tools.exact

    def count(self, messages: Sequence[MessageCount]) -> CallCount:
        """Return the call with its messages. The user's part is the last turn: what the user said since the model."""
        user = history = results = 0
        system, added, exact = self._system, self._format, self._exact
        each = []
        in_turn, seen_turn = False, False
        for one in reversed(messages):
            said = one.said
            if one.images:
                whole = with_images(one, self._rule)
                said = whole.tokens
                exact &= whole.exact
            elif not one.exact:
                exact = False
            added += one.added
            results += one.results
            each.append(said + one.results + one.added)
            speaker = one.speaker
            if speaker is Speaker.SYSTEM:
                system += said
            elif speaker is Speaker.USER and (in_turn or not seen_turn):
                user += said
                in_turn = seen_turn = True
            else:
                history += said
                in_turn = False
        each.reverse()
        parts = {
            "system": system,
            "tools": self._tools,
            "history": history,
            "user": user,
            "tool_results": results,
            "format": added,
        }
        return CallCount(sum(parts.values()), exact, each, {name: tokens for name, tokens in parts.items() if tokens})
