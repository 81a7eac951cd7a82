"""Labelled texts: templates with slots, and what stands where in a text made of one."""

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_SLOT: Final = re.compile(r"\[\[([a-z_0-9]+)(\.\d+)?(?::([a-z]+))?(?:\|([a-z_0-9]+))?\]\]")
KEEP: Final = "KEEP"
"""The entity of look-alikes: what has to stay."""


class Part(enum.Enum):
    """Which third a template belongs to. Values are drawn anew for each."""

    DEVELOPMENT = "development"
    CHECK = "check"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Template:
    """A text with slots: `[[kind]]`, `[[kind.2]]` for another of the kind, `[[kind:piece]]` for a piece of the value,
    `[[kind|disguise]]` for a value that is split or encoded."""

    family: str
    text: str
    wrap: str = ""
    """Name of what goes around the whole text (see `wraps`), or empty."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its slots."""
        return frozenset(match[1] for match in _SLOT.finditer(self.text))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A value drawn for a slot."""

    entity: str
    value: str
    kind: str
    """What of the entity it is: the vendor of a key, the country of a number."""
    label: str = ""
    """What people call it: the text of `[[kind:label]]`, which is no part of the value."""
    pieces: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Label:
    """A value in a text."""

    entity: str
    kind: str
    places: tuple[tuple[int, int], ...]
    """Start and end (code points) of the value's own characters: several where markup or the like splits it."""
    disguise: str = ""
    """What splits or encodes the value, if anything does."""


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled text."""

    family: str
    template: Template
    text: str
    labels: tuple[Label, ...]


NAMES: Final = frozenset({"label", "alias"})
"""Pieces that say what a value is called, and are no part of it."""
CASES: Final = frozenset({"lower", "upper"})
"""Disguises that are none: a name in lower case or in capitals."""

Draw = Callable[[str], Drawn]
"""Draws a value of a kind."""
Disguise = Callable[[str], list[tuple[str, bool]]]
"""Splits or encodes a value: pieces of text, and whether each is the value's own."""
Wrap = tuple[str, Callable[[str], str], str]
"""What goes before a text, what becomes of each of its characters, and what goes behind it."""


class _Text:
    """A text that grows, each of its characters escaped as its wrap wants it."""

    def __init__(self, start: str, escape: Callable[[str], str]) -> None:
        self._pieces = [start]
        self._length = len(start)
        self._escape = escape

    def put(self, text: str) -> tuple[int, int]:
        """Add text; return where it stands."""
        escaped = "".join(map(self._escape, text))
        self._pieces.append(escaped)
        self._length += len(escaped)
        return self._length - len(escaped), self._length

    def ended(self, end: str) -> str:
        """Return all of it."""
        return "".join([*self._pieces, end])


def render(template: Template, draw: Draw, disguises: Mapping[str, Disguise], wraps: Mapping[str, Wrap]) -> Case:
    """Return a case of the template. Raises KeyError for a kind, a disguise or a wrap that there is not."""
    start, escape, end = wraps[template.wrap] if template.wrap else ("", str, "")
    made = _Text(start, escape)
    drawn: dict[str, Drawn] = {}
    labels: list[Label] = []
    position = 0
    for match in _SLOT.finditer(template.text):
        made.put(template.text[position : match.start()])
        position = match.end()
        kind, number, piece, disguise = match.groups(default="")
        if kind + number not in drawn:
            drawn[kind + number] = draw(kind)
        value = drawn[kind + number]
        if piece in NAMES:
            made.put(value.label if piece == "label" else value.pieces[piece])
            continue
        text = value.pieces[piece] if piece else value.value
        shown = disguises[disguise](text) if disguise else [(text, True)]
        places = [(made.put(part), own) for part, own in shown]
        own_places = tuple(place for place, own in places if own)
        labels.append(Label(value.entity, value.kind, own_places, "" if disguise in CASES else disguise))
    made.put(template.text[position:])
    return Case(template.family, template, made.ended(end), tuple(labels))


def templates(family: str, texts: Sequence[str], wrap: str = "") -> list[Template]:
    """Return templates of one family."""
    return [Template(family, text.strip("\n"), wrap) for text in texts]
