"""What is known of a call's tokens: of each message, and of the call by part."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from a11i_tokenization.cache import Count
from a11i_tokenization.chat_formats import ChatFormat, Speaker
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
    thoughts: int = 0
    """Tokens of what the model thought, where its chat format leaves it out of later calls; not among `said`."""


class CallCount(NamedTuple):  # Made twice a call: a frozen dataclass takes three times as long to make.
    """The tokens of a call's input."""

    tokens: int
    exact: bool
    messages: Sequence[int]
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


def with_images(one: MessageCount, rule: ImageRule) -> tuple[int, bool]:
    """Return what was said in a content, its images counted by a rule, and whether that is exact."""
    tokens, exact = one.said, one.exact
    for image in one.images:
        count = rule(image)
        tokens += count.tokens
        exact = exact and count.exact
    return tokens, exact


class Tally(NamedTuple):
    """What messages come to so far, apart from instructions and tools."""

    system: int = 0
    history: int = 0
    turn: int = 0
    """What the user said since the model."""
    results: int = 0
    added: int = 0
    of_user: bool = True
    """Whether the user's turn goes on."""
    exact: bool = True
    by_model: bool = False
    """Whether it holds for one model, not for all of an encoding: there are images."""
    each: Sequence[int] = ()
    """Each message's, with what the format adds to it."""
    systems: int = 0
    """How many of them are system messages."""
    thoughts: int = 0
    """What the model thought since the user's last turn."""

    def and_then(self, messages: Sequence[MessageCount], rule: ImageRule) -> "Tally":
        """Return the tally with more messages, their images counted by a rule."""
        system, history, turn, results, added, of_user, exact, by_model, before, systems, open_thoughts = self
        each = [*before]
        for one in messages:
            _, said, of_tools, own, speaker, exactly, images, thoughts = one
            if images:
                by_model = True
                said, exactly = with_images(one, rule)
            exact = exact and exactly
            added += own
            results += of_tools
            each.append(said + of_tools + own)
            if speaker is _USER:
                if not of_user:
                    history += turn
                    turn = open_thoughts = 0
                    of_user = True
                turn += said
            elif speaker is _SYSTEM:
                system += said
                systems += 1
            else:
                history += said
                open_thoughts += thoughts
                of_user = False
        return Tally(*(system, history, turn, results, added, of_user, exact, by_model, each, systems, open_thoughts))


class Apart(NamedTuple):  # Changed with each call by naming all that it holds: `_replace` takes twice as long.
    """What stands apart from the messages: instructions, tool definitions, and what the chat format adds by itself."""

    form: ChatFormat
    prompt: int = 0
    """Tokens of the format's own system prompt, without those of a turn."""
    turn: int = 0
    """Those that a system message's turn takes."""
    added: int = 0
    """What the format adds to instructions."""
    system: int = 0
    tools: int = 0
    exact: bool = True
    systems: int = 0

    def with_system(self, instructions: MessageCount, rule: ImageRule) -> "Apart":
        """Return this with instructions, their images counted by a rule."""
        form, prompt, turn, added, system, tools, exactly, systems = self
        tokens, exact = with_images(instructions, rule)
        added += instructions.added
        return Apart(form, prompt, turn, added, system + tokens, tools, exactly and exact, systems + 1)

    def with_tools(self, tools: MessageCount) -> "Apart":
        """Return this with tool definitions."""
        form, prompt, turn, added, system, others, exactly, systems = self
        return Apart(form, prompt, turn, added, system, others + tools.said, exactly and tools.exact, systems)

    def call(self, messages: Tally) -> CallCount:
        """Return the call with its messages. The user's part is the last turn: what the user said since the model."""
        form, own_prompt, own_turn, added, own, tools, exactly, instructed = self
        system, history, turn, results, of_messages, _, exact, _, each, systems, thoughts = messages
        systems += instructed
        exact = exact and exactly and form.settled and (systems == 1 or form.many_systems or not systems)
        if thoughts and form.thoughts is not None and form.thoughts.kept:
            history += thoughts
        system += own
        added += of_messages + form.priming
        if not systems:
            exact = exact and form.settled_alone
        prompt = form.prompt
        if prompt is not None and (prompt.always or not systems):
            added += own_prompt + (own_turn if prompt.apart or not systems else 0)
            exact = False  # A host that has another template, or none, does without.
        tokens = system + tools + history + turn + results + added
        return CallCount(tokens, exact, each, (system, tools, history, turn, results, added))
