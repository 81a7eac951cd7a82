"""Lifts what attributes and events say about GenAI into columns, as `rules` and `kinds` tell.

Only the attributes that the tables know become Python values, all of a batch in one go, and span by span columns again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from a11i_telemetry import takes
from a11i_telemetry.attribute_table import AttributeTable, Kind
from a11i_telemetry.columns import Column, Positions
from a11i_telemetry.contents import Event
from a11i_telemetry.facts import Span
from a11i_telemetry.flat import Path, path_of
from a11i_telemetry.kinds import KIND_RULES
from a11i_telemetry.parts import JsonValue
from a11i_telemetry.plans import plan_for
from a11i_telemetry.reading import read
from a11i_telemetry.rules import ANSWERS, EVENTS_KEY, INPUTS, OUTPUTS, PREFIXES, RULES, UNIT_RULES
from a11i_telemetry.schema import SCHEMA
from a11i_telemetry.usage_flags import BESIDE

_TYPES: Final = {
    name: SCHEMA.field(name).type
    for name in (
        *(rule.column for rule in RULES),
        *("step_kind", "input_source", "output_source", "usage_flags", "units"),
        *("input_messages", "output_messages", "tool_arguments", "tool_result"),
    )
}
"""The columns that normalising yields."""
_DEFAULTS: Final[dict[str, Any]] = {
    name: "" if pa.types.is_string(kind) else [] if pa.types.is_list(kind) or pa.types.is_map(kind) else None
    for name, kind in _TYPES.items()
}
"""What they hold where nothing is known."""
_LONGEST_KEY: Final = 200
"""Keys of the tables are shorter, the indexes in them included."""
_MOST_KEYS: Final = 20_000
"""Indexed keys that are remembered: 4 MB."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """What normalising yields."""

    columns: dict[str, Column]
    """Columns by name, a row a span; those of which no span says anything are left out."""
    moved: Positions
    """Ascending positions of the attributes that now live in a column alone."""


def normalise(
    table: AttributeTable,
    names: Sequence[str] | None = None,
    events: Mapping[int, Sequence[Event]] | None = None,
) -> Normalised:
    """Apply the tables of rules, and infer `step_kind` and the sources of token numbers.

    `names` are the spans' names, a row each, and `events` the GenAI events of the rows that have any.
    """
    spans, positions = _gather(table, names)
    for row, said in (events or {}).items():
        if row not in spans:
            spans[row] = Span({}, names[row] if names else "")
        spans[row].facts[EVENTS_KEY] = said
    columns: dict[str, list[Any]] = {}
    moved: list[int] = []
    for row, span in spans.items():
        found = read(span, plan_for(tuple(span.facts)))
        for column, value in found.items():
            if column not in columns:
                columns[column] = [_DEFAULTS[column]] * table.spans
            columns[column][row] = value
        if span.moved:
            first, keys = positions[row]
            moved += [first[keys.index(key)] for key in span.moved]
    return Normalised(
        columns={name: pa.array(values, _TYPES[name]) for name, values in columns.items()},
        moved=np.array(sorted(moved), np.int64),
    )


@dataclass(frozen=True, slots=True)
class _Member:
    """What an indexed key is to the tables."""

    prefix: str
    path: Path
    """What stands behind the prefix."""


_KEYS: Final = frozenset(
    {source.key for rule in (*RULES, *UNIT_RULES, INPUTS, OUTPUTS) for source in rule.sources}
    | {key for answer in ANSWERS.values() for key in answer.keys}
    | {rule.key for rule in KIND_RULES}
    | {key for rule in RULES for source in rule.sources for apart in source.apart for key in (apart.key, apart.unless)}
    | {source.beside for rule in (*RULES, *UNIT_RULES) for source in rule.sources if source.beside}
    | {key for rule in RULES for source in rule.sources for key in source.added}
    | {"traceloop.entity.name", *BESIDE}
) - {"", EVENTS_KEY, *PREFIXES}
"""Keys of attributes that the tables know, but for indexed ones."""


@lru_cache(maxsize=_MOST_KEYS)
def _member(key: str) -> _Member | None:
    """Return what an indexed key is; None if the tables do not know it."""
    for prefix in PREFIXES if len(key) <= _LONGEST_KEY else ():
        if key.startswith(prefix):
            path = path_of(key[len(prefix) :])
            return _Member(prefix, path) if path else None
    return None


def _gather(
    table: AttributeTable, names: Sequence[str] | None
) -> tuple[dict[int, Span], dict[int, tuple[list[int], list[str]]]]:
    """Return the spans that have any facts, by row, and the positions and keys of their attributes."""
    every_key = list(table.positions_by_key)
    members = [None if key in _KEYS else _member(key) for key in every_key]
    plain = np.array([key in _KEYS for key in every_key], np.bool_)
    indexed = np.array([member is not None for member in members], np.bool_)
    spans: dict[int, Span] = {}
    places: dict[int, tuple[list[int], list[str]]] = {}
    if plain.any():
        positions = np.flatnonzero(plain[table.key_codes] & _USABLE[table.kinds])
        values, at = _values(table, positions), positions.tolist()
        keys = [every_key[code] for code in table.key_codes[positions].tolist()]
        for row, start, end in _runs(table.owner[positions]):
            own = keys[start:end]
            spans[row] = Span(dict(zip(own, values[start:end], strict=True)), names[row] if names else "")
            places[row] = at[start:end], own
    if indexed.any():
        positions = np.flatnonzero(indexed[table.key_codes] & _USABLE[table.kinds])
        values = _values(table, positions)
        found: list[Any] = [members[code] for code in table.key_codes[positions].tolist()]
        for row, start, end in _runs(table.owner[positions]):
            if row not in spans:
                spans[row] = Span({}, names[row] if names else "")
            facts = spans[row].facts
            for member, value in zip(found[start:end], values[start:end], strict=True):
                facts.setdefault(member.prefix, []).append((member.path, value))
    return spans, places


def _runs(rows: Positions) -> Iterator[tuple[int, int, int]]:
    """Yield each row with where its run begins and ends."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    bounds = [*starts.tolist(), len(rows)]
    yield from zip(rows[starts].tolist(), bounds[:-1], bounds[1:], strict=True)


_USABLE: Final = np.isin(np.arange(256), [Kind.STRING, Kind.BOOL, Kind.INT, Kind.DOUBLE, Kind.ARRAY, Kind.KVLIST])


def _values(table: AttributeTable, positions: Positions) -> list[JsonValue]:
    """Return the values at `positions` as Python's; structures are read once for each distinct one."""
    at = pa.array(positions)
    values: list[JsonValue] = table.strings.take(at).to_pylist()
    kinds = table.kinds[positions]
    for kind, column in ((Kind.INT, table.ints), (Kind.DOUBLE, table.doubles), (Kind.BOOL, table.bools)):
        where = np.flatnonzero(kinds == kind)
        if len(where):
            for place, value in zip(where.tolist(), column.take(pa.array(positions[where])).to_pylist(), strict=True):
                values[place] = value
    where = np.flatnonzero((kinds == Kind.ARRAY) | (kinds == Kind.KVLIST))
    if len(where):
        codes = table.json_codes[positions[where]].tolist()
        read = {code: takes.json_of(table.json_texts[code].as_py()) for code in set(codes)}
        for place, code in zip(where.tolist(), codes, strict=True):
            values[place] = read[code]
    return values
