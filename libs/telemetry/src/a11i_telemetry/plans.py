"""What of the tables applies to spans that have certain keys, made into functions once for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from a11i_telemetry import contents, takes
from a11i_telemetry.contents import Content
from a11i_telemetry.facts import Span
from a11i_telemetry.kinds import KIND_RULES, KindRule
from a11i_telemetry.parts import JsonValue, to_text
from a11i_telemetry.rules import ANSWERS, INPUTS, OUTPUTS, RULES, UNIT_RULES
from a11i_telemetry.sources import CacheApart, Rule, Source, Take
from a11i_telemetry.usage import Usage, count, oddity, read_usage
from a11i_telemetry.usage_flags import counted

ReadValue = Callable[[Span], Any]
"""Returns a column's value, None if the source has none that is usable."""
ReadContent = Callable[[Span], Content]
Readers = tuple[tuple[str, tuple[ReadValue, ...]], ...]
"""Names of values with their sources in order."""

_MOST_PLANS: Final = 4096
"""Distinct sets of keys, in their order, that are remembered: an instrumentation has some ten."""


@dataclass(frozen=True, slots=True)
class ContentSource:
    """A source of what went in or came out."""

    key: str
    moves: bool
    """Whether a text that is in the normal form is taken as it is."""
    read: ReadContent


@dataclass(frozen=True, slots=True)
class Values:
    """Columns that one source says whole, for one `step_kind`."""

    texts: tuple[tuple[str, str], ...]
    """Column and key of those that can come from the text of one attribute alone."""
    counts: tuple[tuple[str, str], ...]
    """Likewise of those that can come from one count."""
    others: Readers
    """The others with their sources in order."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What went in and came out, for one `step_kind`: column and sources in order."""

    columns: tuple[tuple[str, tuple[ContentSource, ...]], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What concerns spans that have certain keys."""

    present: frozenset[str]
    kinds: tuple[KindRule, ...]
    named: bool
    """Whether a span of a tool or an agent has its name."""
    names_model: bool
    """Whether an attribute is there for a model."""
    _values: dict[str, Values] = field(default_factory=dict)
    _contents: dict[str, Contents] = field(default_factory=dict)
    _units: dict[str, Readers] = field(default_factory=dict)

    def values(self, kind: str) -> Values:
        """Return the sources of single values for spans of a kind, "" for none."""
        found = self._values.get(kind)
        if found is None:
            found = self._values[kind] = _values_of(self.present, kind)
        return found

    def units(self, kind: str) -> Readers:
        """Return the sources of what `units` is made of, likewise: by name, in order."""
        found = self._units.get(kind)
        if found is None:
            found = self._units[kind] = _unit_readers(self.present, kind)
        return found

    def contents(self, kind: str) -> Contents:
        """Return the sources of what went in and came out, likewise."""
        found = self._contents.get(kind)
        if found is None:
            found = self._contents[kind] = _contents_of(self.present, kind)
        return found


@lru_cache(maxsize=_MOST_PLANS)
def plan_for(keys: tuple[str, ...]) -> Plan:
    """Return the plan for spans with these keys."""
    present = frozenset(keys)
    return Plan(
        present=present,
        kinds=tuple(rule for rule in KIND_RULES if rule.key in present),
        named=any(rule.named for rule in KIND_RULES if rule.key in present),
        names_model=not present.isdisjoint(_MODEL_KEYS),
    )


_MODEL_KEYS: Final = frozenset(
    source.key
    for rule in RULES
    if rule.column in ("request_model", "response_model")
    for source in rule.sources
    if not source.path
)


def _values_of(present: frozenset[str], kind: str) -> Values:
    found = [(rule.column, sources) for rule in RULES if (sources := _sources(rule, present, kind))]
    single = [(column, sources[0]) for column, sources in found if len(sources) == 1]
    alone = [
        (column, source) for column, source in single if not (source.path or source.plus or _apart(source, present))
    ]
    texts = {column: source.key for column, source in alone if source.take is Take.TEXT}
    counts = {column: source.key for column, source in alone if source.take is Take.COUNT}
    return Values(
        texts=tuple(texts.items()),
        counts=tuple(counts.items()),
        others=tuple(
            (column, tuple(_noting(_apart(source, present), _value_reader(source, column)) for source in sources))
            for column, sources in found
            if column not in texts and column not in counts
        ),
    )


def _unit_readers(present: frozenset[str], kind: str) -> Readers:
    found = ((rule.column, _sources(rule, present, kind)) for rule in UNIT_RULES)
    return tuple((name, tuple(_value_reader(source, name) for source in sources)) for name, sources in found if sources)


def _contents_of(present: frozenset[str], kind: str) -> Contents:
    columns = []
    for rule, role, tool in ((INPUTS, "user", "tool_arguments"), (OUTPUTS, "assistant", "tool_result")):
        sources = _sources(rule, present, kind)
        of_messages = [source for source in sources if not _is_of_tool(source, kind)]
        of_tool = [source for source in sources if _is_of_tool(source, kind) or source.take is Take.EVENTS]
        for column, own in ((rule.column, of_messages), (tool, of_tool)):
            # Of a call, a tool that the model asked for is told by its messages.
            if own and (column == rule.column or kind in ("tool", "")):
                columns.append((column, tuple(_content_source(source, role) for source in own)))
    return Contents(tuple(columns))


def _is_of_tool(source: Source, kind: str) -> bool:
    return source.take in (Take.MOVED_JSON, Take.ARGUMENTS) or (kind == "tool" and source.take is Take.PAYLOAD)


def _content_source(source: Source, role: str) -> ContentSource:
    moves = source.take in (Take.MOVED_JSON, Take.MOVED_MESSAGES)
    return ContentSource(source.key, moves, contents.reader(source, role))


def _sources(rule: Rule, present: frozenset[str], kind: str) -> tuple[Source, ...]:
    return tuple(
        source
        for source in rule.sources
        if (source.key in present or not present.isdisjoint(_instead(source)))
        and (not source.only or source.only == kind)
        and (not source.beside or source.beside in present)
    )


def _instead(source: Source) -> tuple[str, ...]:
    """Return other attributes with one of which a source says something."""
    return ANSWERS[source.key].keys if source.take is Take.ANSWER else source.added


def _value_reader(source: Source, column: str) -> ReadValue:
    """Return the function that takes a column's value from a source."""
    if source.take is Take.CONSTANT:
        said = source.path[0]
        return lambda _: said
    if source.take is Take.NAME:
        name = source.path[-1]
        return _inside(source, lambda _: name)
    if source.take is Take.USAGE:
        return _usage_reader(source, column)
    if source.take is Take.PICTURES_ANSWER:
        return lambda span: takes.answered_pictures(span.document(source.key))
    if source.take is Take.MOVED_MESSAGES:
        return _moved_reader(source.key, column)
    if source.take in _STRUCTURES:
        return _inside(source, _STRUCTURES[source.take])
    if source.plus:
        return _sum_reader(((source.key,), *source.plus), _taker(source.take, column))
    if source.take is Take.COUNT:
        return _count_reader(_inside(source, lambda value: value), column)
    return _inside(source, takes.READERS[source.take])


def _taker(take: Take, column: str) -> Callable[[Span, JsonValue], Any]:
    if take is Take.COUNT:
        return lambda span, value: counted(span, column, value)
    reader = takes.READERS[take]
    return lambda _, value: reader(value)


def _count_reader(read: ReadValue, column: str) -> ReadValue:
    return lambda span: counted(span, column, read(span))


def _sum_reader(numbers: tuple[tuple[str, ...], ...], take: Callable[[Span, JsonValue], Any]) -> ReadValue:
    """Return the function that adds up numbers, of which each has its spellings. What cannot be is in no sum."""

    def read(span: Span) -> Any:
        known = []
        for spellings in numbers:
            said = [span.facts.get(key) for key in spellings]
            found = [number for value in said if (number := take(span, value)) is not None]
            if not found and any(oddity(value) for value in said):
                return None
            known += found[:1]
        return sum(known) if known else None

    return read


def _apart(source: Source, present: frozenset[str]) -> list[CacheApart]:
    return [one for one in source.apart if one.key in present and one.unless not in present]


def _noting(apart: list[CacheApart], read: ReadValue) -> ReadValue:
    """Return a reader of input tokens that notes on the span whether they can leave the cache out."""
    if not apart:
        return read

    def read_and_note(span: Span) -> Any:
        value = read(span)
        if value is not None:
            span.apart = [one for one in apart if _says(span.facts[one.key], one.words)]
        return value

    return read_and_note


def _says(value: JsonValue, words: tuple[str, ...]) -> bool:
    return isinstance(value, str) and any(word in value.lower() for word in words)


def _inside(source: Source, take: Callable[[JsonValue], Any]) -> ReadValue:
    """Return the function that takes a value, from inside an attribute's JSON if the source says so."""
    key, path, unless = source.key, source.path, source.unless
    if not path:
        return lambda span: take(span.facts[key])

    def read(span: Span) -> Any:
        document = span.document(key)
        value = takes.inside(document, path)
        if value is None or (unless and takes.inside(document, unless) is not None):
            return None
        return take(value)

    return read


def _usage_reader(source: Source, column: str) -> ReadValue:
    key, path, at_least = source.key, source.path, source.at_least
    place = f"usage {key} {path}"

    def read(span: Span) -> Any:
        usage = span.known(place)
        if usage is None:
            value = takes.inside(span.document(key), path) if path else takes.numbers_of(span.facts[key])
            usage = span.worked_out(place, read_usage(takes.json_of(value)) or Usage())
            for words in usage.flags:
                span.flag(words)
        found = getattr(usage, column)
        if at_least and found is not None:
            own = next((number for one in at_least if (number := count(span.facts.get(one))) is not None), 0)
            return max(found, own)
        return found

    return read


def _as_text(structure: Callable[[JsonValue], list[Any]]) -> Callable[[JsonValue], str | None]:
    """Return the function that gives a structure as JSON text, and remembers those of texts that calls repeat."""

    def read(value: JsonValue) -> str | None:
        found = structure(value)
        return to_text(found) if found else None

    remembered = lru_cache(maxsize=_MOST_SHARED)(read)

    def read_shared(value: JsonValue) -> str | None:
        return remembered(value) if type(value) is str and len(value) <= _LONGEST_SHARED else read(value)

    return read_shared


_LONGEST_SHARED: Final = 16_000
"""Characters of system instructions or tool definitions that are remembered, as many calls repeat them."""
_MOST_SHARED: Final = 256
"""How many of them: 4 MB of each at most."""
_STRUCTURES: Final[Mapping[Take, Callable[[JsonValue], str | None]]] = {
    Take.PARTS: _as_text(contents.read_parts),
    Take.TOOLS: _as_text(contents.read_tools),
    Take.FLAT_TOOLS: _as_text(contents.read_flat_tools),
}


def _moved_reader(key: str, column: str) -> ReadValue:
    """Return the function that takes a text as it is if it is in the normal form, and notes that it moves."""
    normal_form = _tools if column == "tool_definitions" else _parts

    def read(span: Span) -> str | None:
        value = span.facts[key]
        if not isinstance(value, str):
            found = (contents.read_tools if column == "tool_definitions" else contents.read_parts)(value)
            return to_text(found) if found else None
        rewritten = normal_form(value) if len(value) <= _LONGEST_SHARED else normal_form.__wrapped__(value)
        if rewritten == "":
            span.moved.append(key)
            return value
        return None if rewritten == "[]" else rewritten

    return read


@lru_cache(maxsize=_MOST_SHARED)
def _tools(text: str) -> str:
    """Return tool definitions rewritten; "" if they are in the normal form as they are."""
    return _rewritten(text, contents.read_tools(text))


@lru_cache(maxsize=_MOST_SHARED)
def _parts(text: str) -> str:
    """Return system instructions likewise."""
    return _rewritten(text, contents.read_parts(text))


def _rewritten(text: str, read: list[JsonValue]) -> str:
    """Return what was read of a text as JSON; "" if that is what the text says as it is."""
    return "" if read and takes.structure_of(text) == read else to_text(read)
