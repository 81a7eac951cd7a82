"""Claude's models by the many names that they have: `claude-sonnet-4-5`, `anthropic/claude-4.5-sonnet-20250929`.

A seller has some of them, mostly with a date (Bedrock) or a maker's prefix (OpenRouter), and clients send others.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_CLAUDE: Final = "claude-"
_NAME: Final = re.compile(
    r"(?P<before>(?:[a-z0-9-]+[./])*)(?P<model>claude-.+?)"
    r"(?:-latest)?(?:[-@]20\d{6})?(?:-v\d+(?::\d+)?)?"  # -20250929-v1:0
)
_PART: Final = re.compile(r"[a-z]+|\d+", re.ASCII)
_MAKER: Final = "anthropic/"


@dataclass(frozen=True, slots=True)
class _Claude:
    """What is the same in all names of a model."""

    words: frozenset[str]
    """claude, the family, and what makes it another model or tier: fast, batch."""
    version: tuple[str, ...]
    """Without a zero at its end: claude-sonnet-4-0 is claude-sonnet-4."""


class ClaudeNames:
    """A seller's names of Claude's models. Each is looked up by any other one."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take a seller's names of any models, in lower case."""
        self._names: dict[tuple[str, _Claude], list[str]] = {}
        for name in names:
            if found := _read(name):
                self._names.setdefault(found, []).append(name)

    def like(self, name: str) -> Iterator[str]:
        """Yield the seller's names of the model of a name in lower case, sold in the same region."""
        if self._names and (found := _read(name)):
            before, model = found
            yield from self._names.get(found, ())
            if not before:
                yield from self._names.get((_MAKER, model), ())


def _read(name: str) -> tuple[str, _Claude] | None:
    """Return what is before Claude's name, such as a region, and the model; None if none is named, with its version."""
    found = _NAME.fullmatch(name) if _CLAUDE in name else None
    if found is None:
        return None
    parts: list[str] = _PART.findall(found["model"])
    version = [part for part in parts if part.isdigit()]
    while version and version[-1] == "0":
        version.pop()
    words = frozenset(part for part in parts if not part.isdigit())
    return (found["before"], _Claude(words, tuple(version))) if version else None
