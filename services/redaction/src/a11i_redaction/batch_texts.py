"""The texts of a batch: taken out of its columns as distinct values, and put back after redaction."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_redaction.analysis import Unit
from a11i_redaction.columns import Column, Entries, Positions, decode, encode, list_column, list_entries, pairs
from a11i_redaction.derived import Copies, copied_to
from a11i_redaction.distinct_keys import told_apart
from a11i_redaction.policy.attributes import NO_KEYS, KeySet
from a11i_redaction.receipts import Happened
from a11i_redaction.values import (
    JsonValue,
    Parser,
    Rewritten,
    Value,
    drop,
    key_unit,
    parse_number,
    rewrite,
    unexamined,
    units_of,
)
from a11i_telemetry.batch import SchemaVersionError, SpanBatch
from a11i_telemetry.signals import COLUMNS, Signal

_LABEL_COLUMNS: Final = frozenset({
    "agent_name", "evaluation_name", "finish_reasons", "metric_name", "operation", "provider",
    "request_model", "resource_schema_url", "response_model", "scope_name", "scope_schema_url", "scope_version",
    "service_name", "service_tier", "tool_name", "unit", "workflow_name",
})  # fmt: skip
"""Columns that name models, services, tools and the like, and nobody: no names are looked for in them."""
_KEYS: Final = {"name": "span_name"}
"""What values stand under, where a column's name alone would say something else."""

Sizes = npt.NDArray[np.int64]

_KNOWN: Final = {signal: {column.name: column for column in columns} for signal, columns in COLUMNS.items()}
_NUMBERS: Final = ("attr_int", "attr_double")
_TEXT_ITEMS: Final = ("attr_string", "attr_json")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one column, or of the keys or the values of a map column."""

    rows: Positions
    """Row of each text, rising."""
    codes: Positions
    """Number of each text's distinct value."""
    values: Sequence[Value | None]
    """The distinct values; None for one that needs no look."""

    def units(self) -> Iterator[Unit]:
        """Yield what has to be examined."""
        for value in self.values:
            if value is not None:
                yield from units_of(value)

    def rewritten(self, changes: Mapping[Unit, Rewritten]) -> dict[int, Rewritten]:
        """Return the values that the changes concern, by number."""
        rewritten = ((code, rewrite(value, changes)) for code, value in enumerate(self.values) if value is not None)
        return {code: value for code, value in rewritten if value is not None}

    def column(self, rewritten: Mapping[int, Rewritten]) -> Column:
        """Return the texts with the rewritten values in place of the old ones."""
        texts = [rewritten[code].text if code in rewritten else _text(value) for code, value in enumerate(self.values)]
        return decode(self.codes, texts)

    def changed(self, rewritten: Mapping[int, Rewritten]) -> Iterator[tuple[int, int, Rewritten]]:
        """Yield place, row and change of each text that changed."""
        for place in np.flatnonzero(np.isin(self.codes, list(rewritten))):
            yield int(place), int(self.rows[place]), rewritten[int(self.codes[place])]


class BatchTexts:
    """All texts of a batch's columns."""

    def __init__(
        self, batch: SpanBatch, *, skipped: KeySet = NO_KEYS, dropped: KeySet = NO_KEYS, every_number: bool = False
    ) -> None:
        """Values under `skipped` keys, of attributes, columns and JSON, are not examined; `dropped` ones go whole.

        `every_number` as `every` of `parse_number`.

        Raises SchemaVersionError for a column of a newer version that may hold text in a way unknown here.
        """
        self._columns = columns = batch.columns
        self._signal = batch.signal
        self._known = _KNOWN[batch.signal]
        self._skipped = skipped
        self._dropped = dropped
        self._copies = Copies(columns, batch.signal).of_dropped(dropped) if dropped else {}
        self._every_number = every_number
        self._parsers = {
            names: Parser(names=names, skipped=skipped, dropped=dropped, every_number=every_number)
            for names in (False, True)
        }
        self._texts: dict[str, Texts] = {}
        self._keys: dict[str, Texts] = {}
        self._entries: dict[str, Entries] = {}
        for name in text_columns(columns.schema, batch.signal):
            self._gather(name, columns.column(name))

    def units(self) -> set[Unit]:
        """Return what has to be examined, each once."""
        return {unit for texts in self._all() for unit in texts.units()}

    def row_bytes(self) -> Sizes:
        """Return how many bytes of text were examined in each row, keys not counted."""
        total = np.zeros(self._columns.num_rows, np.int64)
        for texts in self._texts.values():
            sizes = np.asarray([_size(value) for value in texts.values], np.int64)
            if len(texts.codes):
                np.add.at(total, texts.rows, sizes[texts.codes])
        return total

    def apply(self, changes: Mapping[Unit, Rewritten]) -> tuple[dict[str, Column], list[Happened]]:
        """Return the columns that the changes concern, rebuilt, and each change with its row and its column."""
        columns: dict[str, Column] = {}
        happened: list[Happened] = []
        for name, texts in self._texts.items():
            rewritten = texts.rewritten(changes)
            if rewritten and name not in _NUMBERS:
                happened.extend(self._happened(name, rewritten))
                self._put_back(name, texts.column(rewritten), columns)
        for name, texts in self._keys.items():
            rewritten = texts.rewritten(changes)
            if rewritten:
                happened.extend(Happened(row, name, change) for _, row, change in texts.changed(rewritten))
                entries = self._entries[name]
                self._entries[name] = Entries(entries.rows, _keys_apart(texts, rewritten), entries.items)
                columns[name] = None
        for name in (name for name in _NUMBERS if name in self._texts):
            rewritten = self._texts[name].rewritten(changes)
            if rewritten:
                happened.extend(self._happened(name, rewritten))
                self._move_to_strings(name, rewritten)
                columns[name] = columns["attr_string"] = None
        for name in columns:
            if name in self._entries:
                columns[name] = self._entries[name].column(self._columns.num_rows, self._columns.column(name).type)
        return columns | self._numbers_dropped(), happened

    def _happened(self, name: str, rewritten: Mapping[int, Rewritten]) -> Iterator[Happened]:
        changed = list(self._texts[name].changed(rewritten))
        if name not in self._entries:
            copied = copied_to(self._signal, name, "")
            yield from (Happened(row, name, change, copied) for _, row, change in changed)
            return
        keys = self._entries[name].keys.take(pa.array([place for place, _, _ in changed], pa.int64())).to_pylist()
        for key, (_, row, change) in zip(keys, changed, strict=True):
            yield Happened(row, name, change, copied_to(self._signal, name, key))

    def _numbers_dropped(self) -> dict[str, Column]:
        """Return the columns of numbers without those of dropped attributes."""
        found = {}
        for name, rows in self._copies.items():
            column = self._columns.column(name)
            if not self._known[name].text and column.null_count < len(column):
                found[name] = pa.compute.if_else(pa.array(rows), pa.scalar(None, column.type), column)
        return found

    def _all(self) -> Iterator[Texts]:
        yield from self._texts.values()
        yield from self._keys.values()

    def _gather(self, name: str, column: Column) -> None:
        parser = self._parsers[name not in _LABEL_COLUMNS]
        if pa.types.is_map(column.type):
            entries = self._entries[name] = Entries.of(column)
            codes, keys = encode(entries.keys)
            self._keys[name] = Texts(entries.rows, codes, [key_unit(key, names=True) for key in keys])
            if name in _TEXT_ITEMS or name in _NUMBERS:
                item_codes, items = encode(entries.items)
                codes, both = pairs(codes, item_codes)
                chosen = self._dropped.has_column(name), self._skipped.has_column(name)
                is_json = name == "attr_json"
                values = [self._entry(items[item], keys[key], parser.parse, chosen, is_json) for key, item in both]
                self._texts[name] = Texts(entries.rows, codes, values)
            return
        rows, texts = list_entries(column) if pa.types.is_list(column.type) else (np.arange(len(column)), column)
        codes, distinct = encode(texts)
        copies = self._copies.get(name)
        if copies is None and self._skipped.has_column(name) and not self._dropped.has_column(name):
            return
        values = self._values(name, distinct, parser.parse)
        if name == "body":
            codes, values = self._bodies(codes, distinct, values, parser)
        elif copies is not None:
            codes = np.where(copies[rows], codes + len(distinct), codes)
            values += [drop(text or "") for text in distinct]
        self._texts[name] = Texts(rows, codes, values)

    def _values(
        self, name: str, texts: Sequence[str | None], parse: Callable[[str, str], Value], *, is_json: bool = False
    ) -> list[Value | None]:
        """Return the values of a column's texts."""
        if self._dropped.has_column(name):
            return [drop(text or "", is_json=is_json) for text in texts]
        if self._skipped.has_column(name):
            return [unexamined(text or "") for text in texts]
        return [parse(text or "", _KEYS.get(name, name)) for text in texts]

    def _bodies(
        self, codes: Positions, texts: Sequence[str | None], values: list[Value | None], parser: Parser
    ) -> tuple[Positions, list[Value | None]]:
        """Return the codes and values of log records' bodies, of which each says itself whether it is JSON."""
        is_json = self._columns.column("body_is_json").fill_null(False).to_numpy(zero_copy_only=False)
        numbers = [code for code, text in enumerate(texts) if text and not isinstance(values[code], JsonValue)]
        behind = np.full(len(texts), -1)
        behind[numbers] = len(values) + np.arange(len(numbers))
        others = self._values("body", [texts[code] for code in numbers], parser.parse_json, is_json=True)
        return np.where(is_json & (behind[codes] >= 0), behind[codes], codes), values + others

    def _entry(
        self, item: Any, key: str, parse: Callable[[str, str], Value], chosen: tuple[bool, bool], is_json: bool
    ) -> Value | None:
        """Return the value of a map's entry; None for one that needs no look."""
        all_dropped, all_skipped = chosen
        if item is not None and (all_dropped or key in self._dropped):
            return drop(str(item), is_json=is_json)
        if item is not None and (all_skipped or key in self._skipped):
            return unexamined(str(item))
        return _item(item, key, parse, self._every_number)

    def _put_back(self, name: str, texts: Column, columns: dict[str, Column]) -> None:
        kind = self._columns.column(name).type
        if name in self._entries:
            entries = self._entries[name]
            self._entries[name] = Entries(entries.rows, entries.keys, texts)
            columns[name] = None
        elif pa.types.is_list(kind):
            columns[name] = list_column(self._texts[name].rows, texts, self._columns.num_rows)
        else:
            columns[name] = texts

    def _move_to_strings(self, name: str, rewritten: Mapping[int, Rewritten]) -> None:
        """Move the numbers that became placeholders to the map of strings, under the same key."""
        texts, entries = self._texts[name], self._entries[name]
        moved = np.isin(texts.codes, list(rewritten))
        keys = entries.keys.filter(pa.array(moved)).to_pylist()
        added = [rewritten[int(code)].text for code in texts.codes[moved]]
        self._entries[name] = entries.without(moved)
        self._entries["attr_string"] = self._entries["attr_string"].with_added(
            entries.rows[moved].tolist(), keys, added
        )


def _keys_apart(texts: Texts, rewritten: Mapping[int, Rewritten]) -> Column:
    """Return the keys of a map column with the rewritten ones, no two of them equal in one row because of it."""
    keys = texts.column(rewritten)
    new = np.isin(texts.codes, list(rewritten))
    concerned = np.flatnonzero(np.isin(texts.rows, texts.rows[new]))
    by_row: dict[int, list[int]] = defaultdict(list)
    for position in concerned.tolist():
        by_row[int(texts.rows[position])].append(position)
    names = keys.to_pylist()
    for positions in by_row.values():
        apart = told_apart([names[position] for position in positions], [bool(new[position]) for position in positions])
        for position, key in zip(positions, apart, strict=True):
            names[position] = key
    return pa.array(names, keys.type)


def text_columns(schema: pa.Schema, signal: Signal) -> Iterator[str]:
    """Yield the columns to examine: those that the signal's schema says, and every text column that it does not know.

    Raises SchemaVersionError if another column that it does not know may hold text: a newer version has to do the work.
    """
    known = _KNOWN[signal]
    for field in schema:
        kind = field.type
        if field.name in known:
            if known[field.name].text:
                yield field.name
        elif pa.types.is_string(kind):
            yield field.name
        elif not (pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)):
            raise SchemaVersionError(f"column {field.name!r} is not known here and may hold text")


def _size(value: Value | None) -> int:
    text = _text(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _text(value: Value | None) -> str:
    return "" if value is None else value.text


def _item(item: Any, key: str, parse: Callable[[str, str], Value], every_number: bool) -> Value | None:
    """Return the value of a map's entry. A number is a text if its digits can be something."""
    if isinstance(item, str):
        return parse(item, key)
    if item is None or not math.isfinite(item):
        return None
    number = repr(item) if isinstance(item, float) and not item.is_integer() else str(int(item))
    return parse_number(number, key, every=every_number)
