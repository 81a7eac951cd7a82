"""Small traces and what they add up to, for whoever adds up a trace: each call of a model counts once."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Node:
    """A span of a tree, by its name."""

    name: str
    below: str = ""
    """The span that it is a child of; it need not be in the tree."""
    tokens: int | None = None
    """Input tokens, with twice as many output tokens; None: it says nothing of them."""
    kind: str = "llm"
    response_id: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """The spans of one trace."""

    nodes: tuple[Node, ...]
    input_tokens: int
    """What they add up to."""


TREES: Final = {
    "an agent's roll-up is not added to its calls": Tree(
        (
            Node("agent", tokens=30, kind="agent"),
            Node("step", "agent", kind="chain"),
            Node("one", "step", 10),
            Node("two", "step", 20),
        ),
        30,
    ),
    "two spans for one call count once": Tree((Node("outer", tokens=9), Node("inner", "outer", 9)), 9),
    "roll-ups of roll-ups and calls beside them": Tree(
        (
            Node("agent", tokens=99, kind="agent"),
            Node("inner agent", "agent", 55, kind="agent"),
            Node("inner call", "inner agent", 5),
            Node("own call", "agent", 3),
            Node("lookup", "agent", 2, kind="embedding"),
        ),
        10,
    ),
    "what a tool does is no part of the call that asked for it": Tree(  # Frameworks open its span inside the call's.
        (
            Node("call", tokens=4),
            Node("tool", "call", kind="tool"),
            Node("agent in it", "tool", 100, kind="agent"),
            Node("its call", "agent in it", 6),
        ),
        10,
    ),
    "spans of one response beside each other count once": Tree(
        (
            Node("agent", kind="agent"),
            Node("one", "agent", 4, response_id="r-1"),
            Node("two", "agent", 4, response_id="r-1"),
            Node("other", "agent", 3, response_id="r-2"),
            Node("nameless", "agent", 2),
            Node("nameless too", "agent", 2),
        ),
        11,
    ),
    "responses of one id that differ in their numbers are different calls": Tree(
        (
            Node("agent", kind="agent"),
            Node("one", "agent", 4, response_id="chatcmpl-1"),
            Node("other", "agent", 3, response_id="chatcmpl-1"),
            Node("one again", "agent", 4, response_id="chatcmpl-1"),
        ),
        7,
    ),
    "a span below that says nothing or zero takes nothing away": Tree(
        (Node("call", tokens=4), Node("http", "call", kind=""), Node("raw", "call", 0)), 4
    ),
    "spans whose parents are not there count": Tree(
        (Node("one", "elsewhere", 1), Node("two", "elsewhere", 2), Node("below two", "two", 2)), 3
    ),
    "a span that is its own parent is a root": Tree(
        (Node("self", "self", 5), Node("call", "self", 3), Node("lone", "lone", 2)), 5
    ),
    "a circle of parents ends and what hangs on it counts": Tree(
        (
            Node("a", "c", 100, kind="agent"),
            Node("b", "a", kind="chain"),
            Node("c", "b", kind="chain"),
            Node("call", "c", 7),
            Node("beside", tokens=1),
        ),
        8,
    ),
}
