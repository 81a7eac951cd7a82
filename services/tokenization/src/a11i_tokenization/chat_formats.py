"""What chat formats add to the texts of messages; `chat_templates` says which models have which."""

from dataclasses import dataclass
from enum import IntEnum


class Speaker(IntEnum):
    """Whose turn a message is."""

    USER = 0
    SYSTEM = 1
    TOOL = 2
    MODEL = 3


@dataclass(frozen=True, slots=True)
class OwnPrompt:
    """A system prompt that a template puts in by itself. What it takes is of the format: nobody sent it."""

    text: str
    always: bool = False
    """In every call, and not only in one without a system message."""
    apart: bool = False
    """A turn of its own also where the call has a system message, and not the beginning of that."""


@dataclass(frozen=True, slots=True)
class Thoughts:
    """How a format marks what a model thinks before it answers. It is left out of the turns of earlier questions."""

    marks: tuple[str, ...]
    """What begins and ends a thought, each one token where the model writes it."""
    written: int
    """Tokens around a thought that the model writes itself: one less than there are where the prompt ends with the
    first mark."""
    trimmed: bool = True
    """Whether the line breaks behind a thought are left out with it."""
    kept: bool = True
    """Whether those since the last question, between calls of tools, go in again."""


@dataclass(frozen=True, slots=True, eq=False)  # Each is the one of its kind: compared and hashed by identity, fast.
class ChatFormat:
    """Tokens that a format adds."""

    name: str
    """Of all formats, one's own."""
    messages: tuple[int, int, int, int]
    """To each message, by its Speaker; its role's tokens are not among them."""
    role: bool = True
    """Whether the role's name is written out."""
    names: int = 0
    """To a message with a participant's name, besides the name's tokens."""
    priming: int = 0
    """Once a call: what begins the text, and what begins the answer."""
    prompt: OwnPrompt | None = None
    around_system: tuple[str, str] = ("", "")
    """Texts right before and behind that of a system message, with whose tokens theirs can melt into one."""
    thoughts: Thoughts | None = None
    answer: int = 0
    """To an answer, as the model writes it: what says that it is one, such as harmony's channel."""
    settled: bool = True
    """False if the prompt depends on what a span does not tell: a date, whether thinking is on, which of a vendor's
    templates that differ a host has."""
    settled_alone: bool = True
    """The same of a call without a system message, for which some hosts put in one of theirs."""
    many_systems: bool = False
    """Whether system messages are alike, however many there are."""
