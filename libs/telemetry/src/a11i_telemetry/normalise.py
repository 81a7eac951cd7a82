"""Lifts what attributes and events say about GenAI into columns, as `rules` and `kinds` tell.

Only the attributes that the tables know become Python values, all of a batch in one go, and span by span columns again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from a11i_telemetry import reading, takes
from a11i_telemetry.attribute_table import AttributeTable, Kind
from a11i_telemetry.columns import Column, Positions, empty
from a11i_telemetry.contents import Event
from a11i_telemetry.flat import Path, path_of
from a11i_telemetry.kinds import KIND_RULES
from a11i_telemetry.notations import JsonValue
from a11i_telemetry.rules import (
    ANSWERS,
    CACHES_APART,
    EVENTS_KEY,
    INPUTS,
    MOVED_COLUMNS,
    OUTPUTS,
    PREFIXES,
    RULES,
)
from a11i_telemetry.schema import SCHEMA

_COLUMNS: Final = (
    *(rule.column for rule in RULES),
    *("step_kind", "input_source", "output_source"),
    *("input_messages", "output_messages", "tool_arguments", "tool_result"),
)
_LONGEST_KEY: Final = 200
"""Keys of the table are shorter, the indexes in them included."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """What normalising yields."""

    columns: dict[str, Column]
    """Columns by name, a row a span."""
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
    facts, positions = _gather(table)
    for row, said in (events or {}).items():
        facts.setdefault(row, {})[EVENTS_KEY] = said
    columns: dict[str, list[Any]] = {}
    moved: list[int] = []
    for row, known in facts.items():
        found = reading.read(known, names[row] if names else "")
        moved += [positions[row, key] for key in found.pop(reading.MOVED, ())]
        for column, value in found.items():
            if column not in columns:
                columns[column] = [None] * table.spans
            columns[column][row] = value
    return Normalised(
        columns={name: _column(name, columns.get(name), table.spans) for name in _COLUMNS},
        moved=np.array(sorted(moved), np.int64),
    )


def _column(name: str, values: list[Any] | None, spans: int) -> Column:
    kind = SCHEMA.field(name).type
    if values is None:
        return empty(kind, spans)
    if pa.types.is_string(kind):
        return pa.array([value or "" for value in values], kind)
    if pa.types.is_list(kind):
        return pa.array([value or [] for value in values], kind)
    return pa.array(values, kind)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a key is to the table."""

    key: str
    """The key, or the prefix of an indexed one."""
    path: Path | None
    """What stands behind the prefix."""
    moves: bool


_KEYS: Final = frozenset(
    {source.key for rule in (*RULES, INPUTS, OUTPUTS) for source in rule.sources if source.key not in PREFIXES}
    | {key for answer in ANSWERS.values() for key in answer.keys}
    | {rule.key for rule in KIND_RULES}
    | {apart.key for apart in CACHES_APART}
    | {apart.unless for apart in CACHES_APART if apart.unless}
    | {source.beside for rule in RULES for source in rule.sources if source.beside}
    | {"traceloop.entity.name"}
)


@lru_cache(maxsize=20_000)
def _entry(key: str) -> _Entry | None:
    if key in _KEYS:
        return _Entry(key, None, key in MOVED_COLUMNS)
    if len(key) <= _LONGEST_KEY:
        for prefix in PREFIXES:
            if key.startswith(prefix):
                path = path_of(key[len(prefix) :])
                return _Entry(prefix, path, moves=False) if path else None
    return None


def _gather(table: AttributeTable) -> tuple[dict[int, dict[str, Any]], dict[tuple[int, str], int]]:
    """Return the facts of the spans that have any, and where the attributes stand that can be moved."""
    entries = [_entry(key) for key in table.positions_by_key]
    known = np.array([entry is not None for entry in entries], np.bool_)
    if not known.any():
        return {}, {}
    usable = known[table.key_codes] & _USABLE[table.kinds]
    positions = np.flatnonzero(usable)
    facts: dict[int, dict[str, Any]] = {}
    places: dict[tuple[int, str], int] = {}
    rows, codes = table.owner[positions].tolist(), table.key_codes[positions].tolist()
    for row, code, value, position in zip(rows, codes, _values(table, positions), positions.tolist(), strict=True):
        entry: Any = entries[code]  # An _Entry, as only known keys are usable.
        span = facts.get(row)
        if span is None:
            span = facts[row] = {}
        if entry.path is not None:
            span.setdefault(entry.key, []).append((entry.path, value))
            continue
        span[entry.key] = value
        if entry.moves:
            places[row, entry.key] = position
    return facts, places


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
