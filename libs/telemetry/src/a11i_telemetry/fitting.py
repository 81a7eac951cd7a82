"""Makes rows fit in the bus again that grew on becoming columns.

An item of three megabytes, which ingest takes, can become one of many: text has JSON's escapes in events and nested
values, and messages stand in normal form beside the attributes that they came in. What is said twice goes first.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from a11i_telemetry.batch import row_ends
from a11i_telemetry.rules import MOVED_COLUMNS

MAX_ROW_BYTES: Final = 5 * 1024 * 1024
"""The bus takes 8 MiB; placeholders of redaction can be longer than what they stand for."""
TOO_LARGE: Final = "left out, as the item became too large"

_NORMAL_FORMS: Final = tuple(dict.fromkeys(MOVED_COLUMNS.values()))
_KEPT_CHARS: Final = 10_000
"""What is left of a text that is cut."""


def fitted(columns: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows with those cut that take more than MAX_ROW_BYTES; `defects`, if there is one, says what is gone.

    The same rows are cut in the same way.
    """
    large = np.flatnonzero(np.diff(row_ends(columns)) > MAX_ROW_BYTES).tolist()
    if not large:
        return columns
    pieces: list[pa.RecordBatch] = []
    start = 0
    for row in large:
        pieces.append(columns.slice(start, row - start))
        (values,) = columns.slice(row, 1).to_pylist()
        _cut(values)
        pieces.append(pa.RecordBatch.from_pylist([values], schema=columns.schema))
        start = row + 1
    pieces.append(columns.slice(start))
    (made,) = pa.Table.from_batches(pieces, columns.schema).combine_chunks().to_batches()
    return made


def _cut(row: dict[str, Any]) -> None:
    """Cut a row until it fits, or nothing that can be cut is left."""
    gone = []
    excess = _size(row) - MAX_ROW_BYTES
    for name, size in _steps(row):
        if excess <= 0:
            break
        gone.append(f"{TOO_LARGE}: {name}")
        excess -= size
    if row.get("defects") is not None:
        row["defects"] = [*row["defects"], *gone]


def _steps(row: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Cut a piece on each step; yield its name and how many bytes that saved."""
    moved = {MOVED_COLUMNS[key] for key in row.get("lifted") or ()}
    for name in _NORMAL_FORMS:
        text = row.get(name)
        if text and name not in moved:
            row[name] = ""
            yield name, len(text.encode())
    if row.get("events"):
        size = len(row["events"].encode())
        row["dropped_events_count"] += len(orjson.loads(row["events"]))
        row["events"] = ""
        yield "events", size
    for name in ("body", "links", "exemplars"):
        if len(row.get(name) or "") > _KEPT_CHARS:
            size = len(row[name].encode())
            row[name] = orjson.dumps(row[name][:_KEPT_CHARS]).decode() if name == "body" else ""
            yield name, size - len(row[name].encode())
    for name in ("attr_json", "attr_string"):
        entries = row.get(name) or []
        for place in sorted(range(len(entries)), key=lambda place: -len(entries[place][1])):
            key, text = entries[place]
            if len(text) > _KEPT_CHARS:
                kept = text[:_KEPT_CHARS]
                entries[place] = (key, orjson.dumps(kept).decode() if name == "attr_json" else kept)
                yield key, len(text.encode()) - len(kept.encode())


def _size(value: Any) -> int:
    """Return about how many bytes a value takes."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return 8
