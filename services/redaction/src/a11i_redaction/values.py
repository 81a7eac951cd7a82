"""Values of columns: plain text, or JSON whose strings and numbers are examined one by one.

JSON is never parsed and written again: what changes is replaced in place, so that all else stays byte for byte.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from a11i_redaction.analysis import Unit
from a11i_redaction.detectors.card_lists import card_lists
from a11i_redaction.detectors.secret_names import names_secret
from a11i_redaction.distinct_keys import with_keys_apart
from a11i_redaction.dropping import without_members
from a11i_redaction.encodings import decoded_bytes, decoded_string
from a11i_redaction.findings import Finding
from a11i_redaction.keys import context_key, is_identifier, may_hold_names, tells_of_numbers
from a11i_redaction.policy.attributes import NO_KEYS, KeySet
from a11i_redaction.pseudonyms import DROPPED, WITHHELD
from a11i_redaction.secret_members import may_name, told
from a11i_redaction.walks import Walk, Walks

_MAX_DEPTH: Final = 6
"""How deep JSON inside JSON strings is opened; deeper ones are withheld."""
_OPENING: Final = re.compile(r"[ \t\r\n]*[{\[\"]")
_JSON_NUMBER: Final = re.compile(r"-?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?")
_TOKEN: Final = re.compile(
    r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"([ \t\r\n]*+:)?'  # a string, and whether it is a key
    rf"|({_JSON_NUMBER.pattern})"
    r"|(\})"
    # Bytes, as a whole; not a map that has such a key and is wrapped.
    r"|(?<!\"kvlistValue\":)(?<!\"kvlistValue\": )"
    r"(\{[ \t\r\n]*+\"bytesValue\"[ \t\r\n]*+:[ \t\r\n]*+\"([A-Za-z0-9+/_=\-]*+)\"[ \t\r\n]*+\})"
)
_JSON_PIECE: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{]|[\]}]|[^\s\[\]{}",:]++')
_LIST_OF_DIGITS: Final = re.compile(r"\[[ \t\r\n]*+\"?\d{1,4}\"?[ \t\r\n]*+,[ \t\r\n]*+\"?\d{1,6}\"?[ \t\r\n]*+,")
_STRING, _KEY, _NUMBER, _END, _BYTES = 1, 2, 3, 4, 5
_NAME_KEYS: Final = frozenset({"key", "name"})
_VALUE_KEYS: Final = frozenset({"value", "values"})
"""Members that say, of the one beside them or of the object around them, what it is."""
_MIN_DIGITS: Final = 7
"""Numbers with fewer digits are PII only where something says so."""
_MAX_DIGITS: Final = 19
"""The longest card numbers, which begin with 4 or 6."""
_MAX_OTHERS: Final = 17
"""Longer ones are nanoseconds and hashes."""
_MAX_EXPONENT_CHARS: Final = 6
"""Of an exponent, sign and zeros before it included; what has more is no such number."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A value after redaction, if anything in it changed."""

    text: str
    entities: Mapping[str, int]
    """Findings by entity."""
    withheld: int = 0
    """Values withheld whole."""


@dataclass(frozen=True, slots=True)
class JsonValue:
    """JSON text."""

    text: str
    parts: Sequence[tuple[int, int, "Value"]]
    """Its strings, keys included, and the numbers that can be something: start and end of the token, and the value."""


@dataclass(frozen=True, slots=True)
class EncodedValue:
    """Text in another encoding. If anything is found in it, the decoded text stands in its place after redaction."""

    text: str
    itself: Unit
    """The text as it stands: a key can look like base64."""
    decoded: "Value"


@dataclass(frozen=True, slots=True)
class TooDeep:
    """JSON in strings in strings, beyond what is opened: withheld."""

    text: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A value that goes whole, unexamined: its key says so."""

    text: str
    quoted: bool = False
    """Whether what takes its place is quoted here, so that JSON stays JSON."""


@dataclass(frozen=True, slots=True)
class PartlyDropped:
    """Text that is no JSON and held members that go."""

    text: str
    left: "Value"
    """The text without them."""
    keys: Mapping[str, int]
    """How often each of their keys stood there."""


Value = Unit | JsonValue | EncodedValue | PartlyDropped | TooDeep | Dropped
"""A plain text is a unit of its own. No class around it: there is one for each string of each message."""


_UNSEEN: Final = Unit("", "", names=False)
_DROPPED_ENTITY: Final = "DROPPED"
"""What receipts count dropped values as."""


def drop(text: str, *, in_json: bool = False, is_json: bool = False) -> Dropped | JsonValue:
    """Return a value that goes whole, or one that stays if it is gone already, or is nothing.

    `in_json`: it stands in JSON, which quotes what takes its place. `is_json`: it is JSON, even if it does not look so.
    """
    if text.strip('"') in {"", DROPPED}:
        return unexamined(text)
    return Dropped(text, not in_json and (is_json or (_OPENING.match(text) is not None and _is_json(text))))


def unexamined(text: str) -> JsonValue:
    """Return a value that stays whatever it is."""
    return JsonValue(text, ())


def key_unit(key: str, *, names: bool) -> Unit:
    """Return what has to be examined of a key; one word alone is no name."""
    return Unit(key, "", names and " " in key, is_key=True)


def parse_number(number: str, key: str, *, every: bool = False) -> Unit | None:
    """Return a value for a number, as JSON has it, or None if it cannot be anything that has to go.

    `every`: any number can be something, as where a policy has recognizers of its own.
    """
    digits = _whole(number)
    usual = _MIN_DIGITS <= len(digits) <= _MAX_DIGITS and (len(digits) <= _MAX_OTHERS or digits[0] in "46")
    if usual or every or tells_of_numbers(key):
        return Unit(digits or number.lstrip("-"), context_key(key), names=False)
    return None


def units_of(value: Value) -> Iterator[Unit]:
    """Yield what has to be examined in a value."""
    if isinstance(value, Unit):
        yield value
    elif isinstance(value, EncodedValue):
        yield value.itself
        yield from units_of(value.decoded)
    elif isinstance(value, PartlyDropped):
        yield from units_of(value.left)
    elif isinstance(value, JsonValue):
        for _, _, part in value.parts:
            if isinstance(part, Unit):
                yield part
            else:
                yield from units_of(part)


def members(value: Value, keys: KeySet) -> Counter[str]:
    """Return how often each of these keys stands in a value's JSON, but for what is inside another of them."""
    found: Counter[str] = Counter()
    if isinstance(value, EncodedValue):
        return members(value.decoded, keys)
    if isinstance(value, PartlyDropped):
        return Counter(value.keys)
    for _, _, part in value.parts if isinstance(value, JsonValue) else ():
        if isinstance(part, Unit):
            found.update([part.text] if part.is_key and part.text in keys else ())
        else:
            found += members(part, keys)
    return found


def rewrite(value: Value, changes: Mapping[Unit, Rewritten]) -> Rewritten | None:
    """Return a value after the changes, or None if none concerns it."""
    if isinstance(value, Unit):
        return changes.get(value)
    if isinstance(value, EncodedValue):
        return changes.get(value.itself) or rewrite(value.decoded, changes)
    if isinstance(value, PartlyDropped):
        left = rewrite(value.left, changes) or Rewritten(value.left.text, {})
        gone = sum(value.keys.values())
        return Rewritten(left.text, Counter(left.entities) + Counter({_DROPPED_ENTITY: gone}), left.withheld)
    if isinstance(value, TooDeep):
        return Rewritten(WITHHELD, {}, 1)
    if isinstance(value, Dropped):
        return Rewritten(json.dumps(DROPPED) if value.quoted else DROPPED, {_DROPPED_ENTITY: 1})
    return _rewrite_json(value, changes)


def _rewrite_json(value: JsonValue, changes: Mapping[Unit, Rewritten]) -> Rewritten | None:
    pieces: list[str] = []
    keys: set[int] = set()
    entities: Counter[str] = Counter()
    position = length = withheld = 0
    for start, end, part in value.parts:
        changed = changes.get(part) if isinstance(part, Unit) else rewrite(part, changes)
        if changed is None:
            continue
        literal = _literal(changed.text, value.text[start:end])
        length += start - position
        if isinstance(part, Unit) and part.is_key:
            keys.add(length)
        length += len(literal)
        pieces.extend((value.text[position:start], literal))
        position = end
        entities.update(changed.entities)
        withheld += changed.withheld
    if not pieces:
        return None
    pieces.append(value.text[position:])
    text = "".join(pieces)
    return Rewritten(with_keys_apart(text, keys) if keys else text, entities, withheld)


def locate(value: Value, findings: Mapping[Unit, Sequence[Finding]]) -> Iterator[Finding]:
    """Yield the findings in a value, with their places in its text; in a string with escapes, the string's place."""
    if isinstance(value, Unit):
        yield from findings.get(value, ())
        return
    if isinstance(value, EncodedValue | PartlyDropped):
        parts = (value.left,) if isinstance(value, PartlyDropped) else (value.itself, value.decoded)
        inside = [found for part in parts for found in locate(part, findings)]
        yield from (Finding(0, len(value.text), found.entity, found.score) for found in inside)
        return
    if isinstance(value, TooDeep | Dropped):
        return
    for start, end, part in value.parts:
        token = value.text[start:end]
        plain = token[0] == '"' and "\\" not in token and token.count('"') == 2
        for found in locate(part, findings):
            place = (start + 1 + found.start, start + 1 + found.end) if plain else (start, end)
            yield Finding(*place, found.entity, found.score)


class Parser:
    """Parses the texts of one batch. What it has seen under a key before, it does not make again: agents repeat."""

    __slots__ = ("_dropped", "_every_number", "_keys", "_names", "_skipped", "_strings", "_walks")

    def __init__(
        self, *, names: bool, skipped: KeySet = NO_KEYS, dropped: KeySet = NO_KEYS, every_number: bool = False
    ) -> None:
        """`names` says whether names are looked for in these texts, under keys that do not speak against it.

        Values under `skipped` keys in JSON are not examined, those under `dropped` ones go whole. `every_number` as
        `every` of `parse_number`.
        """
        self._names = names
        self._every_number = every_number
        self._skipped = skipped
        self._dropped = dropped
        self._keys: dict[str, tuple[str, Unit]] = {}
        self._strings: dict[tuple[str, str], Value | None] = {}
        self._walks = Walks()

    def parse(self, text: str, key: str, depth: int = 0) -> Value:
        """Return a value for a text that stands under `key` (empty for none): JSON if it is valid JSON."""
        if _OPENING.match(text) and _is_json(text):
            return JsonValue(text, self._parts(text, key, depth + 1)) if depth < _MAX_DEPTH else TooDeep(text)
        without = without_members(text, self._dropped) if self._dropped else None
        if without is not None:
            left, keys = without
            return PartlyDropped(text, self.parse(left, key, depth), keys)
        unit = Unit(text, context_key(key), self._names and may_hold_names(key, text))
        return self._decoded(unit, decoded_string(text), key, depth)

    def parse_json(self, text: str, key: str) -> Value:
        """Return a value for a text that is JSON: as `parse`, but a number alone becomes a string in quotes."""
        if _JSON_NUMBER.fullmatch(text) is None:
            return self.parse(text, key)
        number = parse_number(text, key, every=self._every_number)
        return JsonValue(text, [(0, len(text), number)] if number else ())

    def _decoded(self, unit: Unit, decoded: str | None, key: str, depth: int) -> Value:
        if not decoded:
            return unit
        return EncodedValue(
            unit.text, unit, self.parse(decoded, key, depth + 1) if depth < _MAX_DEPTH else TooDeep(decoded)
        )

    def _parts(self, text: str, outer: str, depth: int) -> list[tuple[int, int, Value]]:
        key, named, beside, last, done, named_here, known_parts = self._walks.before(text, outer, depth)
        parts = list(known_parts)
        chosen = bool(self._skipped or self._dropped)
        for match in _TOKEN.finditer(text, last):
            kind = match.lastindex
            start, end = match.span()
            if start < done:
                continue
            value: Value | None = None
            if kind == _STRING:
                named_here = named_here or may_name(match[1])
                known = (match[1], beside.element(key, text[last:start]) if beside.in_rows else key)
                value = self._strings.get(known, _UNSEEN)
                if value is _UNSEEN:
                    value = self._strings[known] = self._string(*known, depth)
            elif kind == _KEY:
                end = match.end(1) + 1
                named_here = named_here or may_name(match[1])
                outside = key if "{" in text[last:start] else ""
                key, value = self._key(match[1])
                if chosen and (key in self._dropped or key in self._skipped):
                    begin, done = _value_span(text, match.end())
                    if key in self._dropped:
                        parts.append((start, end, value))
                        start, end, value = begin, done, drop(text[begin:done], in_json=True)
                secret = key in _VALUE_KEYS and names_secret(named or outside)
                key = named or outside if secret else beside.key(key)
            elif kind == _NUMBER:
                told_by = beside.element(key, text[last:start]) if beside.in_rows else key
                value = parse_number(match[3], told_by, every=self._every_number)
            elif kind == _BYTES:
                value = self._decoded(Unit(match[6], "", names=False), decoded_bytes(match[6]), key, depth)
            else:
                key, named = outer, ""
                beside.end()
            if kind == _STRING:
                if beside.tells:
                    beside.string(key, match[1])
                if key in _NAME_KEYS:
                    named = match[1]
            last = end
            if value is not None:
                parts.append((start, end, value))
        self._walks.keep(text, outer, depth, Walk(key, named, beside, last, done, named_here, parts))
        if named_here:
            parts = self._with_named(text, parts, depth)
        return self._with_cards(text, outer, parts) if _LIST_OF_DIGITS.search(text) else parts

    def _with_cards(self, text: str, outer: str, parts: list[tuple[int, int, Value]]) -> list[tuple[int, int, Value]]:
        """Return the parts of JSON in which a card's number that an array holds in parts is one value."""
        closed: list[tuple[int, int]] | None = None
        for card in card_lists(text, outer):
            start, end = card.start - len(card.quote), card.end + len(card.quote)
            closed = [*self._closed(text)] if closed is None else closed
            first = bisect_right(parts, start, key=lambda part: part[1])
            stop = bisect_left(parts, end, key=lambda part: part[0])
            # In a string it is the string's own; what is dropped or skipped is closed.
            inside = any(part[0] < start or end < part[1] for part in parts[first:stop])
            if not inside and not any(begin <= start < till for begin, till in closed):
                parts = [*parts[:first], (start, end, Unit(card.number, "", names=False)), *parts[stop:]]
        return parts

    def _with_named(self, text: str, parts: list[tuple[int, int, Value]], depth: int) -> list[tuple[int, int, Value]]:
        """Return the parts of JSON in which what something else than its key names stands under that name."""
        named = told(text)
        if not named:
            return parts
        again = [
            (start, end, self._string(text[start + 1 : end - 1], named[start], depth) or value)
            if start in named and text[start] == '"' and not isinstance(value, Dropped | JsonValue)
            else (start, end, value)
            for start, end, value in parts
        ]
        numbers = [start for start in named if text[start] not in '"{']
        return self._with_numbers(text, again, {start: named[start] for start in numbers}) if numbers else again

    def _with_numbers(
        self, text: str, parts: list[tuple[int, int, Value]], named: Mapping[int, str]
    ) -> list[tuple[int, int, Value]]:
        """Return the parts with these numbers under what names them, but for those in what is skipped or dropped."""
        found: dict[int, tuple[int, int, Value]] = {part[0]: part for part in parts}
        closed = list(self._closed(text))
        for start, name in named.items():
            match = _JSON_NUMBER.match(text, start)
            value = parse_number(match.group(), name, every=self._every_number) if match else None
            if match and value and not any(begin <= start < end for begin, end in closed):
                found[start] = (start, match.end(), value)
        return [found[start] for start in sorted(found)]

    def _closed(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where values stand that are skipped or dropped."""
        for match in _TOKEN.finditer(text) if self._skipped or self._dropped else ():
            if match.lastindex == _KEY:
                key, _ = self._key(match[1])
                if key in self._skipped or key in self._dropped:
                    yield _value_span(text, match.end())

    def _key(self, inner: str) -> tuple[str, Unit]:
        known = self._keys.get(inner)
        if known is None:
            key = _decoded(inner)
            known = self._keys[inner] = (key, key_unit(key, names=self._names))
        return known

    def _string(self, inner: str, key: str, depth: int) -> Value | None:
        string = _decoded(inner)
        return self.parse(string, key, depth) if string and not is_identifier(key, string) else None


def _value_span(text: str, position: int) -> tuple[int, int]:
    """Return where the JSON value that begins at or behind a position stands, in valid JSON."""
    depth, begin = 0, -1
    for piece in _JSON_PIECE.finditer(text, position):
        begin = piece.start() if begin < 0 else begin
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(piece.group(), 0)
        if depth == 0:
            return begin, piece.end()
    return position, position


def _decoded(inner: str) -> str:
    return str(json.loads(f'"{inner}"')) if "\\" in inner else inner


def _whole(number: str) -> str:
    """Return the digits of a JSON number, or nothing if it is no whole number, or one with too many digits."""
    digits, _, exponent = number.lstrip("-").lower().partition("e")
    whole, _, fraction = digits.partition(".")
    if exponent:
        shift = int(exponent[:_MAX_EXPONENT_CHARS])
        if not 0 <= shift <= _MAX_DIGITS:
            return ""
        whole, fraction = whole + fraction[:shift].ljust(shift, "0"), fraction[shift:]
    return "" if fraction.strip("0") else whole


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
    if not text.rstrip().endswith(("}", "]", '"')):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
