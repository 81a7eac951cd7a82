"""The receipt that spans and log records carry: what was found in them and where, under which policy, by which
detectors, and what that took."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_redaction.columns import Column, Entries, offsets
from a11i_redaction.values import Rewritten

_NS_PER_US: Final = 1_000
_WITHHELD: Final = ""
"""Counts values that were withheld where an entity's name counts findings."""
_Counts = dict[int, dict[str, int]]


class Happened(NamedTuple):
    """A change of a value."""

    row: int
    column: str
    change: Rewritten
    copied_to: frozenset[str] = frozenset()
    """Columns of the row that ingest may have filled with a part of the value."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over a batch."""

    policy: str
    detector: str
    row_bytes: npt.NDArray[np.int64]
    """Text examined in each row, in bytes of UTF-8."""
    took_ns: int
    """For all rows together."""


def has_receipt(columns: pa.RecordBatch) -> bool:
    """Return whether rows with these columns carry a receipt."""
    return "redacted_entities" in columns.schema.names


Tally = Mapping[tuple[int, str, str], tuple[int, int]]
"""By row, column and entity: how much was found there, and how much of it besides what the column took from others."""


def tallied(happened: Iterable[Happened]) -> Tally:
    """Return the counts of what happened."""
    found: dict[tuple[int, str, str], int] = {}
    copied: Counter[tuple[int, str, str]] = Counter()
    for row, column, change, copied_to in happened:
        counts = {**change.entities, _WITHHELD: change.withheld} if change.withheld else change.entities
        for entity, count in counts.items():
            place = row, column, entity
            found[place] = found.get(place, 0) + count
            for copy in copied_to:
                copied[row, copy, entity] += count
    return {place: (count, max(0, count - copied.get(place, 0))) for place, count in found.items()}


def by_entity(tally: Tally) -> Counter[str]:
    """Return the findings of all rows, a copied value once."""
    found: Counter[str] = Counter()
    for (_, _, entity), (_, own) in tally.items():
        if entity != _WITHHELD:
            found[entity] += own
    return found


def receipt_columns(columns: pa.RecordBatch, tally: Tally, done: Pass) -> dict[str, Column]:
    """Return the receipt's columns. Counts add to those that a row has from an earlier pass.

    Places have what was found in each; by entity, a value that ingest copied from one place to another counts once.
    What it took is that of the first pass, later ones find little; a row's share of the time is that of its bytes.
    """
    rows = columns.num_rows
    counts, places = _earlier(columns, "redacted_entities"), _earlier(columns, "redacted_where")
    withheld = np.zeros(rows, np.uint32)
    for (row, column, entity), (count, own) in tally.items():
        if entity == _WITHHELD:
            withheld[row] += own
            continue
        in_row, at_places = counts.setdefault(row, {}), places.setdefault(row, {})
        if own:
            in_row[entity] = in_row.get(entity, 0) + own
        place = f"{column}:{entity}"
        at_places[place] = at_places.get(place, 0) + count
    size, took_us = done.row_bytes, _shared(done.took_ns, done.row_bytes)
    first = pa.array([not policy for policy in columns.column("redaction_policy").to_pylist()], pa.bool_())
    receipt = {
        "redacted_entities": _map(counts, rows),
        "redaction_policy": pa.repeat(done.policy, rows),
        "redaction_detector": pa.repeat(done.detector, rows),
        "withheld_values": pa.compute.add(columns.column("withheld_values").fill_null(0), pa.array(withheld)),
    }
    if "redacted_where" not in columns.schema.names:
        return receipt  # The batch was made before there were these columns.
    return receipt | {
        "redacted_where": _map(places, rows),
        "redaction_us": _unless(first, columns.column("redaction_us"), took_us),
        "redaction_bytes": _unless(first, columns.column("redaction_bytes"), size),
    }


def _map(counts: _Counts, rows: int) -> Column:
    flat = [(row, name, count) for row in sorted(counts) for name, count in sorted(counts[row].items())]
    keys = pa.array([name for _, name, _ in flat], pa.string())
    items = pa.array([count for _, _, count in flat], pa.uint32())
    owner = np.asarray([row for row, _, _ in flat], np.int64)
    return pa.MapArray.from_arrays(offsets(owner, rows), keys, items)


def _shared(took_ns: int, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    total = int(sizes.sum())
    return sizes * (took_ns // _NS_PER_US) // total if total else np.zeros(len(sizes), np.int64)


def _unless(first: Column, earlier: Column, now: npt.NDArray[np.int64]) -> Column:
    return pa.compute.if_else(first, pa.array(now, pa.int64()).cast(earlier.type), earlier)


def _earlier(columns: pa.RecordBatch, name: str) -> _Counts:
    if name not in columns.schema.names:
        return {}
    entries = Entries.of(columns.column(name))
    counts: _Counts = {}
    for row, key, count in zip(entries.rows.tolist(), entries.keys.to_pylist(), entries.items.to_pylist(), strict=True):
        counts.setdefault(row, {})[key] = count
    return counts
