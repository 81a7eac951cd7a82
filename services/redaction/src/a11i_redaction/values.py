"""Values of columns: plain text, or JSON whose strings and numbers are examined one by one.

JSON is never parsed and written again: what changes is replaced in place, so that all else stays byte for byte.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from a11i_redaction.analysis import Unit
from a11i_redaction.findings import Finding
from a11i_redaction.keys import context_key, holds_identifiers, is_identifier

_MAX_DEPTH: Final = 6
"""How deep JSON inside JSON strings is opened; deeper ones are plain text."""
_TOKEN: Final = re.compile(
    r'"([^"\\]*(?:\\.[^"\\]*)*)"([ \t\r\n]*:)?'  # a string, and whether it is a key
    r"|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(\})"
)
_OPENING: Final = re.compile(r'[ \t\r\n]*[{\["]')
_MIN_DIGITS: Final = 7
"""Numbers with fewer digits are never PII."""
_MAX_DIGITS: Final = 17
"""More digits than a card number has: nanoseconds, hashes."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A value after redaction, if anything in it changed."""

    text: str
    entities: Mapping[str, int]
    """Findings by entity."""
    withheld: int = 0
    """Values withheld whole."""


@dataclass(frozen=True, slots=True)
class PlainValue:
    """A text that is examined as a whole."""

    unit: Unit

    @property
    def text(self) -> str:
        """The text."""
        return self.unit.text

    def units(self) -> Iterator[Unit]:
        """Yield the text."""
        yield self.unit

    def rewrite(self, changes: Mapping[Unit, Rewritten]) -> Rewritten | None:
        """Return the value after the changes, or None if none concerns it."""
        return changes.get(self.unit)

    def locate(self, findings: Mapping[Unit, Sequence[Finding]]) -> Iterator[Finding]:
        """Yield the findings in the value, with their places in its text."""
        yield from findings.get(self.unit, ())


@dataclass(frozen=True, slots=True)
class Part:
    """A string or number inside JSON, with the place of its token."""

    start: int
    end: int
    value: "Value"


@dataclass(frozen=True, slots=True)
class JsonValue:
    """JSON text."""

    text: str
    parts: Sequence[Part]

    def units(self) -> Iterator[Unit]:
        """Yield all strings, keys included, and the numbers that can be something."""
        for part in self.parts:
            if isinstance(part.value, PlainValue):
                yield part.value.unit
            else:
                yield from part.value.units()

    def rewrite(self, changes: Mapping[Unit, Rewritten]) -> Rewritten | None:
        """Return the value after the changes, or None if none concerns it."""
        pieces: list[str] = []
        entities: Counter[str] = Counter()
        position = withheld = 0
        for part in self.parts:
            changed = part.value.rewrite(changes)
            if changed is None:
                continue
            pieces.append(self.text[position : part.start])
            pieces.append(_literal(changed.text, self.text[part.start : part.end]))
            position = part.end
            entities.update(changed.entities)
            withheld += changed.withheld
        if not pieces:
            return None
        pieces.append(self.text[position:])
        return Rewritten("".join(pieces), entities, withheld)

    def locate(self, findings: Mapping[Unit, Sequence[Finding]]) -> Iterator[Finding]:
        """Yield the findings in the value, with their places in its text; in a string with escapes, the string's."""
        for part in self.parts:
            token = self.text[part.start : part.end]
            plain = token[0] == '"' and "\\" not in token
            for found in part.value.locate(findings):
                start, end = (
                    (part.start + 1 + found.start, part.start + 1 + found.end) if plain else (part.start, part.end)
                )
                yield Finding(start, end, found.entity, found.score)


Value = PlainValue | JsonValue


def parse(text: str, key: str, *, names: bool, depth: int = 0) -> Value:
    """Return a value for a text that stands under `key` (empty for a column's own): JSON if it is valid JSON."""
    if depth < _MAX_DEPTH and _OPENING.match(text) and _is_json(text):
        return JsonValue(text, tuple(_parts(text, key, names=names, depth=depth)))
    return PlainValue(Unit(text, context_key(key, text), names and not holds_identifiers(key)))


def parse_number(digits: str, key: str) -> PlainValue | None:
    """Return a value for an integer's digits, or None if it cannot be anything that has to go."""
    if not (_MIN_DIGITS <= len(digits) <= _MAX_DIGITS):
        return None
    return PlainValue(Unit(digits, context_key(key, digits), names=False))


def _parts(text: str, key: str, *, names: bool, depth: int) -> Iterator[Part]:
    outer = key
    for match in _TOKEN.finditer(text):
        kind = match.lastindex
        if kind == 1:
            string = _decoded(match)
            if string and not is_identifier(key, string):
                yield Part(*match.span(), parse(string, key, names=names, depth=depth + 1))
        elif kind == 2:
            key = _decoded(match)
            yield Part(match.start(), match.end(1) + 1, PlainValue(Unit(key, "", names=False)))
        elif kind == 3:
            whole, _, fraction = match[3].lstrip("-").partition(".")
            number = parse_number(whole, key) if not fraction.strip("0") else None
            if number is not None:
                yield Part(*match.span(), number)
        else:
            key = outer


def _decoded(match: re.Match[str]) -> str:
    inner = match[1]
    return str(json.loads(f'"{inner}"')) if "\\" in inner else inner


def _literal(text: str, before: str) -> str:
    """Return a JSON string, in ASCII if what stood there was, or if the text holds half a surrogate pair."""
    if before.isascii() or any("\ud800" <= char <= "\udfff" for char in text):
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return _is_lenient_json(text)
    return True


def _is_lenient_json(text: str) -> bool:
    """Return whether Python takes it for JSON: lone surrogates, NaN, nesting beyond orjson's."""
    if text[-1] not in '}]"' and not text.rstrip().endswith(("}", "]", '"')):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
