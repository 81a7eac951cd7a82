"""Columns with values that ingest took from elsewhere in a row: where the one is to go whole, its copies go too.

Ingest copies a span's attributes, GenAI events, and name; of log records, GenAI events; and the resource's service.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa

from a11i_redaction import derived_events
from a11i_redaction.columns import Column, Entries, Flags, Positions, encode
from a11i_redaction.policy.attributes import KeySet
from a11i_redaction.values import Parser, members, rewrite
from a11i_telemetry.rules import ANSWERS, INPUTS, OUTPUTS, PREFIXES, RULES
from a11i_telemetry.signals import Signal

_MAPS: Final = ("attr_string", "attr_int", "attr_double", "attr_json")
_IN_JSON: Final = frozenset({"attr_string", "attr_json"})
_ON_TOOLS: Final = {"input_messages": "tool_arguments", "output_messages": "tool_result"}
"""Where the same attributes' values stand on a tool's span."""
_NAMED: Final = ("tool_name", "agent_name")
"""What takes a span's name, or that of traceloop's entity, where no attribute says it."""
_ENTITY_NAME: Final = "traceloop.entity.name"
_LONGEST_KEY: Final = 200
"""Of those that ingest copies values of."""
_SERVICE: Final = "service.name"
_FINISH: Final = "finish_reason"
"""The member of messages that went out which says why the model stopped."""
_BESIDE: Final = {
    INPUTS.column: frozenset({"system_instructions", "tool_definitions"}),
    OUTPUTS.column: frozenset({"system_instructions", "tool_definitions", "finish_reasons"}),
}
"""What sources of what went in and came out fill besides, where no attribute of its own did."""
_OWN: Final = {rule.column: frozenset(rule.keys) for rule in RULES}


@dataclass(frozen=True, slots=True)
class _Attribute:
    """An attribute, with the rows that have it and its values there."""

    column: str
    key: str
    rows: Positions
    items: Column


def copied_to(signal: Signal, column: str, key: str) -> frozenset[str]:
    """Return the columns that ingest may have filled with a part of a column's value, of a map's the value of a key."""
    if column == "resource_attributes":
        return frozenset({"service_name"})
    if (signal is Signal.LOGS and column in {*_MAPS, "body"}) or (signal is Signal.SPANS and column == "events"):
        return derived_events.COLUMNS
    if signal is not Signal.SPANS:
        return frozenset()
    if column == "name":
        return frozenset(_NAMED)
    return _fed_by(key) if column in _MAPS and len(key) <= _LONGEST_KEY else frozenset()


@lru_cache(maxsize=4096)
def _fed_by(key: str) -> frozenset[str]:
    return _columns_from(key) | _columns_beside(key)


class Copies:
    """What of a batch's rows stands in a second place."""

    def __init__(self, columns: pa.RecordBatch, signal: Signal) -> None:
        self._columns = columns
        self._signal = signal
        self._names = frozenset(columns.schema.names)
        self._marked: defaultdict[str, Flags] = defaultdict(lambda: np.zeros(columns.num_rows, np.bool_))

    def of_dropped(self, dropped: KeySet) -> Mapping[str, Flags]:
        """Return, by column, in which rows it may hold a dropped value of another column, and so has to go whole.

        What a column still shows as a member of its JSON is dropped there by itself.
        """
        parser = Parser(names=False, dropped=dropped)
        for attribute in self._attributes():
            whole = attribute.key in dropped or dropped.has_column(attribute.column)
            direct = _columns_from(attribute.key)
            beside = _columns_beside(attribute.key)
            for row in (
                attribute.rows.tolist() if whole else self._with_members(attribute, direct | beside, parser, dropped)
            ):
                self._mark(direct, [row])
                self._mark((column for column in beside if not self._has_own(column, row, dropped)), [row])
        for said in derived_events.said_by_dropped(self._columns, self._signal, dropped, parser):
            if not self._shown(said.row, said.columns, said.members, parser, dropped):
                self._mark(said.columns, [said.row])
        if _SERVICE in dropped or dropped.has_column("resource_attributes"):
            self._marked["service_name"][:] = True
        if self._signal is Signal.SPANS and dropped.has_column("name"):
            for column in _NAMED:
                same = pa.compute.equal(self._columns.column(column), self._columns.column("name"))
                self._marked[column] |= same.fill_null(False).to_numpy(zero_copy_only=False)
        if self._signal is Signal.SPANS and (dropped.has_column("output_messages") or _FINISH in dropped):
            rows = range(self._columns.num_rows)
            self._mark(["finish_reasons"], [row for row in rows if not self._has_own("finish_reasons", row, dropped)])
        return self._found()

    def _found(self) -> Mapping[str, Flags]:
        return {name: flags for name, flags in self._marked.items() if name in self._names and flags.any()}

    def _mark(self, columns: Iterable[str], rows: list[int]) -> None:
        for column in columns:
            self._marked[column][rows] = True

    def _attributes(self) -> Iterator[_Attribute]:
        """Yield the attributes that ingest may have copied."""
        for name in _MAPS if self._signal is Signal.SPANS else ():
            if name not in self._names:
                continue
            entries = Entries.of(self._columns.column(name))
            codes, keys = encode(entries.keys)
            for code, key in enumerate(keys):
                if _columns_from(key):
                    at = np.flatnonzero(codes == code)
                    yield _Attribute(name, key, entries.rows[at], entries.items.take(pa.array(at)))

    def _with_members(
        self, attribute: _Attribute, columns: frozenset[str], parser: Parser, dropped: KeySet
    ) -> Iterator[int]:
        """Yield the rows in which a member of the attribute's JSON is dropped that the columns do not show."""
        if attribute.column not in _IN_JSON:
            return
        codes, distinct = encode(attribute.items)
        for code, text in enumerate(distinct):
            value = parser.parse(text or "", "")
            if rewrite(value, {}) is not None:
                inside = members(value, dropped)
                for row in attribute.rows[codes == code].tolist():
                    if not self._shown(row, columns, inside, parser, dropped):
                        yield row

    def _shown(self, row: int, columns: frozenset[str], inside: Counter[str], parser: Parser, dropped: KeySet) -> bool:
        """Return whether columns show each of these members as often as the place that they were copied from."""
        texts = (self._columns.column(name)[row].as_py() for name in columns & self._names)
        shown = Counter[str]()
        for text in texts:
            if isinstance(text, str):
                shown += members(parser.parse(text, ""), dropped)
        return bool(inside) and inside <= shown

    def _has_own(self, column: str, row: int, dropped: KeySet) -> bool:
        """Return whether an attribute of its own, which stays, surely filled a column that others fill besides."""
        own = {key for key in _OWN[column] if key not in dropped}
        if not own.isdisjoint(self._columns.column("lifted")[row].as_py() or ()):
            return True
        items = self._columns.column("attr_json")[row].as_py() or ()
        return column == "finish_reasons" and any(key in own and text != "[]" for key, text in items)


def _columns_from(key: str) -> frozenset[str]:
    """Return the columns that can hold an attribute's value."""
    prefixes = (prefix for prefix in PREFIXES if key.startswith(prefix))
    return frozenset().union(*(_by_source().get(source, frozenset()) for source in (key, *prefixes)))


def _columns_beside(key: str) -> frozenset[str]:
    """Return the columns that can hold a part of an attribute's value besides."""
    direct = _columns_from(key)
    return frozenset().union(*(columns for column, columns in _BESIDE.items() if column in direct)) - direct


@lru_cache(maxsize=1)
def _by_source() -> Mapping[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for rule in (*RULES, INPUTS, OUTPUTS):
        for source in rule.sources:
            answer = ANSWERS.get(source.key)
            for key in (source.key, *source.added, *(answer.keys if answer else ())):
                found[key].update({rule.column, _ON_TOOLS.get(rule.column, rule.column)})
    found[_ENTITY_NAME].update(_NAMED)
    return {key: frozenset(columns) for key, columns in found.items()}
