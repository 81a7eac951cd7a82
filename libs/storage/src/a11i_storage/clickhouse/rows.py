"""SpanBatches as rows of the table `spans`."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import empty
from a11i_telemetry.schema import COLUMNS, ENVELOPE_COLUMNS

_DAY_NS: Final = 86_400_000_000_000
_MAX_AGE_NS: Final = 7 * _DAY_NS
_MAX_AHEAD_NS: Final = 1 * _DAY_NS
"""How far start_time may be from received_time for its date to be the partition's: bounds the partitions of an
insert to ten, and keeps a client's wrong clock from making partitions at will."""

ROW_SCHEMA: Final = pa.schema([pa.field(column.name, column.arrow) for column in (*COLUMNS, *ENVELOPE_COLUMNS)])
"""The rows that the table takes."""


def to_rows(batches: Sequence[SpanBatch], stored_time_ns: int) -> pa.Table:
    """Return the spans of all batches with their envelopes' columns, in ROW_SCHEMA.

    Each row is stored a nanosecond after the one before it, from `stored_time_ns` on, so that of a span's versions in
    one insert the last counts.
    Columns that the table does not have are left out; ones that a batch does not have yet are empty.
    """
    rows = []
    for batch in batches:
        rows.append(_batch_rows(batch, stored_time_ns))
        stored_time_ns += batch.columns.num_rows
    return pa.Table.from_batches(rows, schema=ROW_SCHEMA)


def unknown_columns(batches: Sequence[SpanBatch]) -> frozenset[str]:
    """Return the names of the batches' columns that the table does not have."""
    names = {name for batch in batches for name in batch.columns.schema.names}
    return frozenset(names - set(ROW_SCHEMA.names))


def _batch_rows(batch: SpanBatch, stored_time_ns: int) -> pa.RecordBatch:
    count = batch.columns.num_rows
    present = set(batch.columns.schema.names)
    arrays = [
        batch.columns.column(column.name).cast(column.arrow) if column.name in present else empty(column.arrow, count)
        for column in COLUMNS
    ]
    received = pa.scalar(batch.received_time_ns, _TIME)
    envelope = {
        "tenant_id": pa.repeat(batch.tenant_id, count),
        "project_id": pa.repeat(batch.project_id, count),
        "batch_id": pa.repeat(batch.batch_id, count),
        "received_time": pa.repeat(received, count),
        "stored_time": pa.array(np.arange(stored_time_ns, stored_time_ns + count), _TIME),
        "partition_date": _partition_dates(arrays[_START_TIME], batch.received_time_ns),
    }
    arrays += [envelope[column.name] for column in ENVELOPE_COLUMNS]
    return pa.RecordBatch.from_arrays(arrays, schema=ROW_SCHEMA)


def _partition_dates(start_times: "pa.Array[Any]", received_ns: int) -> "pa.Array[Any]":
    """Return the date of each start time, or of receipt where the start time is not near it."""
    starts = start_times.cast(pa.int64()).to_numpy(zero_copy_only=False)
    near = (starts >= received_ns - _MAX_AGE_NS) & (starts <= received_ns + _MAX_AHEAD_NS)
    days = np.where(near, starts, received_ns) // _DAY_NS
    return pa.array(days.astype(np.int32)).cast(pa.date32())


_TIME: Final = ROW_SCHEMA.field("stored_time").type
_START_TIME: Final = ROW_SCHEMA.get_field_index("start_time")
