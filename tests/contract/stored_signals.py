"""Small batches of log records, metric points and issues: a row is what a test says of it, and empty otherwise."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from a11i_storage.clickhouse import Scope
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import Column
from a11i_telemetry.signals import COLUMNS, SCHEMAS, Signal
from tests.contract.stored_spans import NOON_NS, S

_IDS = {Signal.LOGS: "record_id", Signal.METRICS: "point_id"}


def row_id(name: object) -> bytes:
    """Return the identity that stands for `name`."""
    return hashlib.sha256(str(name).encode()).digest()[:16]


def row(name: object = "row", *, time_ns: int = NOON_NS, **columns: Any) -> dict[str, Any]:
    """Return a row of any signal with these columns."""
    return {"name of row": name, "time": time_ns, **columns}


def signal_batch(
    signal: Signal,
    *rows: dict[str, Any],
    scope: Scope,
    batch_id: str = "batch",
    received_ns: int = NOON_NS + 60 * S,
) -> SpanBatch:
    """Return the rows as a batch of the signal."""
    return SpanBatch(
        batch_id, scope.tenant_id, scope.project_id, received_ns, record_batch(signal, rows), signal=signal
    )


def record_batch(signal: Signal, rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """Return the rows as columns."""
    named = [one | ({_IDS[signal]: row_id(one["name of row"])} if signal in _IDS else {}) for one in rows]
    for one in named:
        assert one.keys() - {"name of row"} <= set(SCHEMAS[signal].names), one.keys()
    arrays = [
        pa.array([one.get(column.name, empty) for one in named], column.arrow)
        for column in COLUMNS[signal]
        for empty in [_empty(column)]
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMAS[signal])


def _empty(column: Column) -> Any:
    kind = column.arrow
    if column.clickhouse.startswith("Nullable"):
        return None
    if pa.types.is_string(kind):
        return ""
    if pa.types.is_list(kind) or pa.types.is_map(kind):
        return []
    return False if pa.types.is_boolean(kind) else 0
