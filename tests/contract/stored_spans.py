"""Small SpanBatches for tests of the store: a span is what a test says of it, and empty otherwise."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from a11i_storage.clickhouse import Scope
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import COLUMNS, SCHEMA

S = 10**9
"""Nanoseconds in a second."""

NOON_NS = 1_800_000_000 * S
"""A time on which tests agree: 2027-01-15 08:00 UTC."""

_ZERO = {"kind", "duration_ns", "status_code", "flags", "withheld_values", "redaction_us", "redaction_bytes"}


def trace_id(name: object) -> bytes:
    """Return the trace id that stands for `name`."""
    return hashlib.sha256(str(name).encode()).digest()[:16]


def span_id(name: object) -> bytes:
    """Return the span id that stands for `name`."""
    return hashlib.sha256(str(name).encode()).digest()[16:24]


def span(trace: object = "trace", span: object = "span", *, start_ns: int = NOON_NS, **columns: Any) -> dict[str, Any]:
    """Return a span of a second's length with these columns."""
    return {
        "trace_id": trace_id(trace),
        "span_id": span_id(span),
        "start_time": start_ns,
        "end_time": start_ns + S,
        "duration_ns": S,
        **columns,
    }


def record_batch(spans: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """Return the spans as columns."""
    for one in spans:
        assert one.keys() <= set(SCHEMA.names), one.keys() - set(SCHEMA.names)
    arrays = [
        pa.array([one.get(column.name, _default(column.name, column.arrow)) for one in spans], column.arrow)
        for column in COLUMNS
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def batch(
    *spans: dict[str, Any], scope: Scope | None = None, batch_id: str = "batch", received_ns: int = NOON_NS + 60 * S
) -> SpanBatch:
    """Return the spans as a batch."""
    scope = scope or Scope("tenant", "project")
    return SpanBatch(batch_id, scope.tenant_id, scope.project_id, received_ns, record_batch(spans))


def _default(name: str, kind: pa.DataType) -> Any:
    if pa.types.is_string(kind):
        return ""
    if pa.types.is_list(kind) or pa.types.is_map(kind):
        return []
    return 0 if name in _ZERO or name.startswith("dropped_") else None
