"""SpanBatches as rows of their signal's table."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from a11i_storage.clickhouse.tables import SignalTable
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import empty
from a11i_telemetry.schema import TIME

_DAY_NS: Final = 86_400_000_000_000
_MAX_AGE_NS: Final = 7 * _DAY_NS
_MAX_AHEAD_NS: Final = 1 * _DAY_NS
"""How far a row's time may be from received_time for its date to be the partition's: bounds the partitions of an
insert to ten, and keeps a client's wrong clock from making partitions at will."""

_ROW_ID_BYTES: Final = 16


def to_rows(table: SignalTable, batches: Sequence[SpanBatch], stored_time_ns: int) -> pa.Table:
    """Return the rows of all batches, which are of the table's signal, with their envelopes' columns.

    Each row is stored a nanosecond after the one before it, from `stored_time_ns` on, so that of a row's versions in
    one insert the last counts.
    Columns that the table does not have are left out; ones that a batch does not have yet are empty.
    """
    rows = []
    for batch in batches:
        rows.append(_batch_rows(table, batch, stored_time_ns))
        stored_time_ns += batch.columns.num_rows
    return pa.Table.from_batches(rows, schema=table.schema)


def unknown_columns(table: SignalTable, batches: Sequence[SpanBatch]) -> frozenset[str]:
    """Return the names of the batches' columns that the table does not have."""
    names = {name for batch in batches for name in batch.columns.schema.names}
    return frozenset(names - set(table.schema.names))


def _batch_rows(table: SignalTable, batch: SpanBatch, stored_time_ns: int) -> pa.RecordBatch:
    count = batch.columns.num_rows
    present = set(batch.columns.schema.names)
    arrays = {
        column.name: batch.columns.column(column.name).cast(column.arrow)
        if column.name in present
        else empty(column.arrow, count)
        for column in table.columns
    }
    envelope: dict[str, pa.Array[Any]] = {
        "tenant_id": pa.repeat(batch.tenant_id, count),
        "project_id": pa.repeat(batch.project_id, count),
        "batch_id": pa.repeat(batch.batch_id, count),
        "key_id": pa.repeat(batch.key_id, count),
        "received_time": pa.repeat(pa.scalar(batch.received_time_ns, TIME), count),
        "stored_time": pa.array(np.arange(stored_time_ns, stored_time_ns + count), TIME),
        "partition_date": _partition_dates(arrays[table.time], batch.received_time_ns),
    }
    arrays = envelope | arrays  # Issues have a key_id of their own.
    if table.row_id is not None:
        arrays[table.row_id.name] = _row_ids(batch)
    return pa.RecordBatch.from_arrays([arrays[field.name] for field in table.schema], schema=table.schema)


def _row_ids(batch: SpanBatch) -> "pa.Array[Any]":
    """Return an identity of each row: the same for the row however its batch was taken apart."""
    first = batch.first_item
    texts = (f"{batch.origin_id} {row}".encode() for row in range(first, first + batch.columns.num_rows))
    digests = [hashlib.blake2b(text, digest_size=_ROW_ID_BYTES).digest() for text in texts]
    return pa.array(digests, pa.binary(_ROW_ID_BYTES))


def _partition_dates(times: "pa.Array[Any]", received_ns: int) -> "pa.Array[Any]":
    """Return the date of each time, or of receipt where the time is not near it."""
    starts = times.cast(pa.int64()).to_numpy(zero_copy_only=False)
    near = (starts >= received_ns - _MAX_AGE_NS) & (starts <= received_ns + _MAX_AHEAD_NS)
    days = np.where(near, starts, received_ns) // _DAY_NS
    return pa.array(days.astype(np.int32)).cast(pa.date32())
