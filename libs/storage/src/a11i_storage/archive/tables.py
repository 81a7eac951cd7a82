"""Batches as a Parquet object, and back.

An object holds the signal's columns and six more a row (`ROW_COLUMNS`). Its footer lists the batches that it is made
of, so that what an object holds can be told without reading its rows.
"""

import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from a11i_storage.archive.layout import Partition
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import empty
from a11i_telemetry.schema import SCHEMA_MAJOR, TEXT, TIME
from a11i_telemetry.signals import SCHEMAS

_FOOTER: Final = b"a11i"
_LEVEL: Final = 1
"""Of zstd: a gather should be written in the time that its insert takes."""
_TAIL_BYTES: Final = 64 * 1024
"""Read at once from an object's end: nearly all footers."""
_PARQUET_END: Final = struct.Struct("<I4s")
"""How a Parquet file ends: the length of its footer, and its magic number."""
_PARQUET_MAGIC: Final = b"PAR1"
_DAMAGE: Final = (pa.ArrowException, OSError, ValueError, KeyError, TypeError)
"""What reading bytes from memory raises that are not as they were written."""

_ROW_FIELDS: Final[list[Any]] = [
    # The batch as it was stored.
    pa.field("batch_id", TEXT),
    # The row's place among those of the batch that ingest made, whose id is the first 32 digits of `batch_id`.
    pa.field("item", pa.uint32()),
    # When ingest took the request.
    pa.field("received_time", TIME),
    # Which replay stored it so; empty: none.
    pa.field("replay", TEXT),
    # When it was archived; of a row's versions the latest counts.
    pa.field("archived_time", TIME),
    # API key that the request came with, by its id; empty: not known. Issues have it among their own columns.
    pa.field("key_id", TEXT),
]
ROW_COLUMNS: Final = pa.schema(_ROW_FIELDS)
"""What stands behind the signal's columns."""


class UnreadableObjectError(Exception):
    """An object is not one that the archive wrote, or was damaged."""


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of one batch that lie together in an object."""

    offset: int
    """Where they begin in the object."""
    count: int
    batch_id: str
    first_item: int
    """The place of the first of them in the batch that ingest made."""
    received_time_ns: int
    replay: str
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Footer:
    """What an object says it holds."""

    archived_time_ns: int
    runs: tuple[Run, ...]


def to_parquet(batches: Sequence[SpanBatch], archived_time_ns: int) -> pa.Buffer:
    """Return batches of one partition as an object."""
    runs = [[one.columns.num_rows, one.batch_id, one.first_item, one.received_time_ns, one.replay] for one in batches]
    keys = [one.key_id for one in batches]
    footer = {"major": SCHEMA_MAJOR, "archived_time_ns": archived_time_ns, "runs": runs, "keys": keys}
    table = pa.concat_tables([_rows(one, archived_time_ns) for one in batches], promote_options="default")
    table = table.replace_schema_metadata({_FOOTER: json.dumps(footer)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=_LEVEL)
    return sink.getvalue()


def read_footer(file: pa.NativeFile) -> Footer:
    """Return what an object holds. Raises UnreadableObjectError, and OSError as the file does."""
    size = file.size()
    tail = _tail(file, size, _TAIL_BYTES)
    if len(tail) > _PARQUET_END.size:
        length, magic = _PARQUET_END.unpack(tail[-_PARQUET_END.size :])
        if magic == _PARQUET_MAGIC and length + _PARQUET_END.size > len(tail):
            tail = _tail(file, size, length + _PARQUET_END.size)
    try:
        return _footer(pq.read_metadata(pa.BufferReader(tail)).metadata or {})
    except _DAMAGE as error:
        raise UnreadableObjectError(type(error).__name__) from error


def read_batches(data: pa.Buffer, partition: Partition, runs: Iterable[Run]) -> list[SpanBatch]:
    """Return the rows of those runs of an object as batches. Raises UnreadableObjectError."""
    try:
        table = pq.read_table(pa.BufferReader(data), use_threads=False)
        added = [name for name in ROW_COLUMNS.names if name not in SCHEMAS[partition.signal].names]
        columns = _known(table.select([name for name in table.column_names if name not in added]), partition)
        return [_batch(columns, partition, run) for run in runs]
    except _DAMAGE as error:
        raise UnreadableObjectError(type(error).__name__) from error


def _tail(file: pa.NativeFile, size: int, count: int) -> bytes:
    file.seek(max(0, size - count))
    return bytes(file.read(count))


def _rows(batch: SpanBatch, archived_time_ns: int) -> pa.Table:
    count = batch.columns.num_rows
    items = pa.array(range(batch.first_item, batch.first_item + count), pa.uint32())
    own: list[Any] = [
        pa.repeat(batch.batch_id, count),
        items,
        pa.repeat(pa.scalar(batch.received_time_ns, TIME), count),
        pa.repeat(batch.replay, count),
        pa.repeat(pa.scalar(archived_time_ns, TIME), count),
        pa.repeat(batch.key_id, count),
    ]
    added = [
        (field, column)
        for field, column in zip(ROW_COLUMNS, own, strict=True)
        if field.name not in SCHEMAS[batch.signal].names
    ]
    arrays = [*batch.columns.columns, *(column for _, column in added)]
    return pa.Table.from_arrays(arrays, schema=pa.schema([*batch.columns.schema, *(field for field, _ in added)]))


def _footer(metadata: dict[bytes, bytes]) -> Footer:
    content = json.loads(metadata[_FOOTER])
    if content["major"] != SCHEMA_MAJOR:
        raise ValueError("another schema major")
    runs, offset = [], 0
    written = content["runs"]
    # Objects that were written before keys were known do not have them.
    keys = content.get("keys", [""] * len(written))
    for (count, batch_id, first_item, received_time_ns, replay), key_id in zip(written, keys, strict=True):
        runs.append(Run(offset, count, batch_id, first_item, received_time_ns, replay, key_id))
        offset += count
    return Footer(content["archived_time_ns"], tuple(runs))


def _known(table: pa.Table, partition: Partition) -> pa.RecordBatch:
    """Return the columns as the signal's schema has them, those of newer minors behind."""
    schema = SCHEMAS[partition.signal]
    count = table.num_rows
    arrays = {name: table.column(name).combine_chunks() for name in table.column_names}
    fields = {field.name: field.type for field in [*schema, *table.schema]}
    fields |= {field.name: field.type for field in schema}
    made = [
        (arrays[name] if arrays[name].type == kind else arrays[name].cast(kind))
        if name in arrays
        else empty(kind, count)
        for name, kind in fields.items()
    ]
    return pa.RecordBatch.from_arrays(made, schema=pa.schema(list(fields.items())))


def _batch(columns: pa.RecordBatch, partition: Partition, run: Run) -> SpanBatch:
    if run.offset + run.count > columns.num_rows:
        raise ValueError("fewer rows than the footer says")
    return SpanBatch(
        batch_id=run.batch_id,
        tenant_id=partition.tenant_id,
        project_id=partition.project_id,
        received_time_ns=run.received_time_ns,
        columns=columns.slice(run.offset, run.count),
        signal=partition.signal,
        first_item=run.first_item,
        key_id=run.key_id,
    )
