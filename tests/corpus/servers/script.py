"""The scripted conversation: which of its two answers a request gets, and with which usage.

Its numbers are the corpus's: input includes what came from or went to a cache, output includes reasoning.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
SCENARIO: Json = json.loads((Path(__file__).parents[1] / "scenario.json").read_text())


@dataclass(frozen=True, slots=True)
class Turn:
    """One model call of the scenario; `text` is None where it answers with the tool call."""

    number: int
    text: str | None
    usage: Json

    @property
    def words(self) -> list[str]:
        """The text as a stream gives it, a word at a time."""
        first, *rest = (self.text or "").split(" ")
        return [first, *(f" {word}" for word in rest)]


def turn(*, after_tool: bool, has_tools: bool) -> Turn:
    """Return the turn that answers: the tool call if a tool is offered and none has answered yet, else the answer."""
    number = 1 if has_tools and not after_tool else 2
    return Turn(number, None if number == 1 else SCENARIO["answer"], SCENARIO["calls"][number - 1])


def answering_model(asked: str) -> str:
    """Return the name under which the provider answers, as providers resolve an alias to a dated model."""
    return str(SCENARIO["models"].get(asked, asked))
