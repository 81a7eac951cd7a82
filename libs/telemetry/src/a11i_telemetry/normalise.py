"""Lifts what attributes say about GenAI into columns, as `rules` tells."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from a11i_telemetry.attribute_table import AttributeTable, Kind
from a11i_telemetry.columns import Column, Positions, empty, mask, numbers, pc, take
from a11i_telemetry.rules import (
    RULES,
    STEP_KIND_BY_COLUMN,
    STEP_KIND_BY_OPERATION,
    STEP_KIND_OF_OTHER_OPERATION,
    Take,
)
from a11i_telemetry.schema import SCHEMA


def _lookup(*kinds: int) -> npt.NDArray[np.bool_]:
    """Return an array that says for each number of a kind whether it is one of these."""
    found = np.zeros(256, np.bool_)
    found[list(kinds)] = True
    return found


_STRUCTURES: Final = _lookup(Kind.ARRAY, Kind.KVLIST)
_USABLE: Final = {
    Take.TEXT: _lookup(Kind.STRING, Kind.INT),
    Take.MOVED_TEXT: _lookup(Kind.STRING, Kind.INT, Kind.ARRAY, Kind.KVLIST),
    Take.TEXT_LIST: _lookup(Kind.STRING, Kind.ARRAY),
}
_LARGEST_COUNT: Final = 10**12
"""No call has so many tokens; more is a mistake that would make sums overflow, and counts as not known."""
_DECIMAL_COUNT: Final = r"^[0-9]{1,18}$"
"""Eighteen digits always fit an int64."""
_DECIMAL_NUMBER: Final = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True, slots=True)
class Normalised:
    """What normalising yields."""

    columns: dict[str, Column]
    """Columns by name, a row a span."""
    moved: Positions
    """Ascending positions of the attributes that now live in a column alone."""


def normalise(table: AttributeTable) -> Normalised:
    """Apply the table of rules, and infer `step_kind` and the sources of token numbers."""
    columns: dict[str, Column] = {}
    texts: dict[str, Positions] = {}
    moved: list[Positions] = [np.empty(0, np.int64)]
    for rule in RULES:
        candidates = [table.positions_by_key[key] for key in rule.keys if key in table.positions_by_key]
        if not candidates:
            columns[rule.column] = empty(SCHEMA.field(rule.column).type, table.spans)
        elif rule.take in _NUMERIC:
            columns[rule.column] = _NUMERIC[rule.take](table, candidates)
        else:
            chosen = _choose(table, candidates, _USABLE[rule.take])
            if rule.take is Take.TEXT_LIST:
                columns[rule.column] = _text_lists(table, chosen)
                continue
            texts[rule.column] = chosen
            if rule.take is Take.MOVED_TEXT:
                moved.append(chosen[(chosen >= 0) & (table.kinds[chosen] == Kind.STRING)])
    columns |= _text_columns(table, texts)
    columns["step_kind"] = _step_kind(columns)
    columns["input_source"] = _source(columns["input_tokens"])
    columns["output_source"] = _source(columns["output_tokens"])
    return Normalised(columns=columns, moved=np.sort(np.concatenate(moved)))


def _choose(table: AttributeTable, candidates: list[Positions], usable: npt.NDArray[np.bool_]) -> Positions:
    """Return for each span the position of its first usable candidate, else -1. An empty string is not usable."""
    chosen = np.full(table.spans, -1)
    for positions in reversed(candidates):
        taken = positions[usable[table.kinds[positions]] & ~table.blank[positions]]
        chosen[table.owner[taken]] = taken
    return chosen


def _text_columns(table: AttributeTable, texts: dict[str, Positions]) -> dict[str, Column]:
    """Return the text of the chosen attributes, gathered in one go: Arrow's calls are what costs time."""
    if not texts:
        return {}
    together = _texts(table, np.concatenate(list(texts.values())))
    return {name: together.slice(number * table.spans, table.spans) for number, name in enumerate(texts)}


def _texts(table: AttributeTable, chosen: Positions) -> Column:
    parts = [take(table.strings, chosen)]
    if parts[0].null_count:
        # Spans without the attribute, and other kinds: `ints` and `json_at` are null where those are not meant.
        kinds = table.kinds[chosen]
        if (kinds == Kind.INT).any():
            parts.append(take(table.ints, chosen).cast(pa.string()))
        if _STRUCTURES[kinds].any():
            parts.append(table.json_at(chosen))
    return pc.coalesce(*parts, "")


def _text_lists(table: AttributeTable, chosen: Positions) -> Column:
    """Return lists of text; JSON texts and strings are read once for each distinct one."""
    sent = chosen >= 0
    structured = sent & (table.kinds[chosen] == Kind.ARRAY)
    texts = table.json_at(np.where(structured, chosen, -1)).dictionary_encode()
    words = take(table.strings, np.where(sent & ~structured, chosen, -1)).dictionary_encode()
    lists = [[one for one in orjson.loads(text) if isinstance(one, str)] for text in texts.dictionary.to_pylist()]
    lists += [[word] for word in words.dictionary.to_pylist()] + [[]]
    codes = np.full(table.spans, len(lists) - 1)
    codes[structured] = numbers(texts.indices)[structured]
    codes[sent & ~structured] = numbers(words.indices)[sent & ~structured] + len(texts.dictionary)
    return pa.array(lists, pa.list_(pa.string())).take(pa.array(codes))


def _counts(table: AttributeTable, candidates: list[Positions]) -> Column:
    values, known = np.zeros(table.spans, np.int64), np.zeros(table.spans, np.bool_)
    for positions in reversed(candidates):
        kinds = table.kinds[positions]
        found = numbers(table.ints.take(pa.array(positions)))
        usable = (kinds == Kind.INT) & (found >= 0)
        if Kind.DOUBLE in kinds:
            doubles = numbers(table.doubles.take(pa.array(positions)))
            whole = (
                (kinds == Kind.DOUBLE) & (doubles == np.floor(doubles)) & (doubles >= 0) & (doubles <= _LARGEST_COUNT)
            )
            found = np.where(whole, np.where(whole, doubles, 0).astype(np.int64), found)
            usable |= whole
        if Kind.STRING in kinds:
            decimals = _parse(table, positions, _DECIMAL_COUNT, pa.int64())
            found = np.where(mask(decimals.is_valid()), numbers(decimals), found)
            usable |= mask(decimals.is_valid())
        usable &= found <= _LARGEST_COUNT
        values[table.owner[positions[usable]]] = found[usable]
        known[table.owner[positions[usable]]] = True
    return pa.array(values, mask=~known)


def _numbers(table: AttributeTable, candidates: list[Positions]) -> Column:
    values = np.full(table.spans, np.nan)
    for positions in reversed(candidates):
        at = pa.array(positions)
        found = pc.coalesce(
            table.doubles.take(at),
            table.ints.take(at).cast(pa.float64(), safe=False),
            _parse(table, positions, _DECIMAL_NUMBER, pa.float64()),
            pa.scalar(np.nan),
        ).to_numpy(zero_copy_only=False)
        usable = np.isfinite(found)
        values[table.owner[positions[usable]]] = found[usable]
    return pa.array(values, mask=np.isnan(values))


_NUMERIC: Final[dict[Take, Any]] = {Take.COUNT: _counts, Take.NUMBER: _numbers}


def _parse(table: AttributeTable, positions: Positions, pattern: str, kind: pa.DataType) -> Column:
    """Return the strings at `positions` as numbers, null for those that do not match and for other kinds."""
    texts = table.strings.take(pa.array(positions))
    matching = pc.match_substring_regex(texts, pattern)
    return pc.if_else(matching, texts, pa.scalar(None, pa.string())).cast(kind)


def _step_kind(columns: dict[str, Column]) -> Column:
    operations = columns["operation"].dictionary_encode()
    kinds = [
        STEP_KIND_BY_OPERATION.get(operation, STEP_KIND_OF_OTHER_OPERATION) if operation else ""
        for operation in operations.dictionary.to_pylist()
    ]
    step_kind = pa.array(kinds, pa.string()).take(operations.indices)
    for column, kind in STEP_KIND_BY_COLUMN:
        inferred: npt.NDArray[np.bool_] = mask(pc.and_(pc.equal(step_kind, ""), pc.not_equal(columns[column], "")))
        if inferred.any():
            step_kind = pc.if_else(pa.array(inferred), kind, step_kind)
    return step_kind


def _source(tokens: Column) -> Column:
    return pc.if_else(tokens.is_valid(), "reported", "")
