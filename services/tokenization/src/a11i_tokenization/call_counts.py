"""What is known of a call's tokens: of each message, and of the call by part."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from a11i_tokenization.cache import Count
from a11i_tokenization.chat_formats import Speaker
from a11i_tokenization.images import Image, ImageRule

PARTS: Final = ("system", "tools", "history", "user", "tool_results", "format")
"""What takes a share of a context window; `user` is the last turn of the user."""


_USER, _SYSTEM = Speaker.USER, Speaker.SYSTEM  # An enum's member is found slowly, and asked for with each message.


class MessageCount(NamedTuple):
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


class CallCount(NamedTuple):  # Made twice a call: a frozen dataclass takes three times as long to make.
    """The tokens of a call's input."""

    tokens: int
    exact: bool
    messages: list[int]
    """Each message's, with what the format adds to it."""
    by_part: tuple[int, ...]
    """In the order of PARTS; together the call's."""

    @property
    def parts(self) -> dict[str, int]:
        """By the parts' names, those without tokens left out."""
        return {name: tokens for name, tokens in zip(PARTS, self.by_part, strict=True) if tokens}

    @property
    def total(self) -> Count:
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
        history = turn = results = 0
        system, added, exact = self._system, self._format, self._exact
        each = []
        of_user = True
        for one in messages:
            said = one.said
            if one.images:
                whole = with_images(one, self._rule)
                said = whole.tokens
                exact = exact and whole.exact
            elif not one.exact:
                exact = False
            own, of_tools = one.added, one.results
            added += own
            results += of_tools
            each.append(said + of_tools + own)
            speaker = one.speaker
            if speaker is _USER:
                if not of_user:
                    history += turn
                    turn = 0
                    of_user = True
                turn += said
            elif speaker is _SYSTEM:
                system += said
            else:
                history += said
                of_user = False
        counts = (system, self._tools, history, turn, results, added)
        return CallCount(sum(counts), exact, each, counts)
