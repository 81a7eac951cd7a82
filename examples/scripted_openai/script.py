"""The script: which answer belongs to which request."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model asks for."""

    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that the API answers with."""

    status: int
    """HTTP status, such as 429 or 500."""
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the script: what a request must look like, and its answer."""

    role: str = "user"
    """Role of the request's last message."""
    contains: str = ""
    """Text that the last message contains."""
    model: str = ""
    """Model asked for; empty: any."""
    content: str | None = None
    """Text to answer with."""
    tool_calls: Sequence[ToolCall] = ()
    """Tools to ask for."""
    usage: tuple[int, int, int] | None = None
    """Input, output and cached input tokens to report; None reports none, as many self-hosted servers do."""
    failure: Failure | None = None
    """Answer with this error instead."""

    def fits(self, model: str, role: str, text: str) -> bool:
        """Return whether the rule is for this request."""
        return role == self.role and self.contains in text and self.model in ("", model)


@dataclass(frozen=True, slots=True)
class Script:
    """All rules; the first that fits answers."""

    rules: Sequence[Rule] = field(default_factory=tuple)

    @staticmethod
    def load(path: Path) -> "Script":
        """Read a JSON file: a list of objects with the fields of Rule. Raises OSError, ValueError or TypeError."""
        return Script(tuple(_rule(entry) for entry in json.loads(path.read_text())))

    def answer(self, model: str, messages: Sequence[Mapping[str, object]]) -> Rule:
        """Return the rule for a request; LookupError if there is none."""
        last = messages[-1] if messages else {}
        role, text = str(last.get("role", "")), _text(last.get("content"))
        for rule in self.rules:
            if rule.fits(model, role, text):
                return rule
        raise LookupError(f"the script has no answer for a {role} message to {model}: {text[:80]!r}")


def _rule(entry: dict[str, Any]) -> Rule:
    calls, usage, failure = entry.pop("tool_calls", ()), entry.pop("usage", None), entry.pop("failure", None)
    return Rule(
        **entry,
        tool_calls=tuple(ToolCall(**call) for call in calls),
        usage=tuple(usage) if usage else None,
        failure=Failure(**failure) if failure else None,
    )


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""
