"""The receipt that spans and log records carry: what was found in them, under which policy, by which detectors."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from a11i_redaction.columns import Column, Entries, offsets
from a11i_redaction.values import Rewritten


def has_receipt(columns: pa.RecordBatch) -> bool:
    """Return whether rows with these columns carry a receipt."""
    return "redacted_entities" in columns.schema.names


def receipt_columns(
    columns: pa.RecordBatch, happened: Iterable[tuple[int, Rewritten]], *, policy: str, detector: str
) -> dict[str, Column]:
    """Return the receipt's columns. Counts add to those that a row has from an earlier pass."""
    rows = columns.num_rows
    counts = _earlier(columns.column("redacted_entities"))
    withheld = np.zeros(rows, np.uint32)
    for row, rewritten in happened:
        counts.setdefault(row, Counter()).update(rewritten.entities)
        withheld[row] += rewritten.withheld
    flat = [(row, entity, count) for row in sorted(counts) for entity, count in sorted(counts[row].items())]
    keys = pa.array([entity for _, entity, _ in flat], pa.string())
    items = pa.array([count for _, _, count in flat], pa.uint32())
    owner = np.asarray([row for row, _, _ in flat], np.int64)
    return {
        "redacted_entities": pa.MapArray.from_arrays(offsets(owner, rows), keys, items),
        "redaction_policy": pa.repeat(policy, rows),
        "redaction_detector": pa.repeat(detector, rows),
        "withheld_values": pa.compute.add(columns.column("withheld_values").fill_null(0), pa.array(withheld)),
    }


def _earlier(column: Column) -> dict[int, Counter[str]]:
    entries = Entries.of(column)
    counts: dict[int, Counter[str]] = {}
    for row, entity, count in zip(
        entries.rows.tolist(), entries.keys.to_pylist(), entries.items.to_pylist(), strict=True
    ):
        counts.setdefault(row, Counter())[entity] = count
    return counts
