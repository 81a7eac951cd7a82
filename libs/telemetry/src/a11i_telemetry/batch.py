"""The SpanBatch: spans (or rows of another signal) as columns, in the envelope in which they travel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from google.protobuf.message import DecodeError

from a11i.telemetry.v1 import span_batch_pb2
from a11i_telemetry.columns import Column, empty
from a11i_telemetry.schema import SCHEMA_MAJOR, SCHEMA_MINOR
from a11i_telemetry.signals import SCHEMAS, Signal

ID_CHARS: Final = 32
"""Hexadecimal digits of the id that ingest gives a batch."""
_NS_PER_S = 1_000_000_000
_OFFSET_BYTES = 4


class BatchDecodeError(ValueError):
    """The payload is no SpanBatch."""


class SchemaVersionError(ValueError):
    """The payload is a SpanBatch of a schema major that this code does not know."""


@dataclass(frozen=True, slots=True)
class SpanBatch:
    """Spans of one project, and where and when they came from."""

    batch_id: str
    tenant_id: str
    project_id: str
    received_time_ns: int
    """When ingest took the request, nanoseconds since the epoch."""
    columns: pa.RecordBatch
    """One row a span (log record, point, issue): the signal's schema; columns that a newer minor added may follow."""
    traceparent: str = ""
    """W3C traceparent of the request inside a11i; empty if not sampled."""
    signal: Signal = Signal.SPANS
    """What the rows are."""
    first_item: int = 0
    """Where the first row stood among those of the batch that ingest made."""
    replay: str = ""
    """Which replay put the batch on the bus again; empty: it came from ingest."""
    key_id: str = ""
    """Id of the API key that the request came with; empty if not known."""

    @property
    def origin_id(self) -> str:
        """The id of the batch that ingest made, of which this is all or a part."""
        return self.batch_id[:ID_CHARS]

    def encode(self) -> bytes:
        """Return the batch as a serialized a11i.telemetry.v1.SpanBatch."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.columns.schema) as writer:
            writer.write_batch(self.columns)
        envelope = span_batch_pb2.SpanBatch(
            batch_id=self.batch_id,
            tenant_id=self.tenant_id,
            project_id=self.project_id,
            span_count=self.columns.num_rows,
            traceparent=self.traceparent,
            arrow_ipc=sink.getvalue().to_pybytes(),
            signal=self.signal.value,
            first_item=self.first_item,
            replay=self.replay,
            key_id=self.key_id,
        )
        envelope.schema_version.major = SCHEMA_MAJOR
        envelope.schema_version.minor = SCHEMA_MINOR
        envelope.received_time.seconds, envelope.received_time.nanos = divmod(self.received_time_ns, _NS_PER_S)
        return envelope.SerializeToString()

    @classmethod
    def decode(cls, payload: bytes) -> "SpanBatch":
        """Return the batch of `payload`. Raises BatchDecodeError or SchemaVersionError."""
        envelope = open_envelope(payload)
        signal = Signal(envelope.signal or Signal.SPANS)
        return cls.of(envelope, _read_columns(envelope.arrow_ipc, envelope.span_count, signal))

    @classmethod
    def of(cls, envelope: span_batch_pb2.SpanBatch, columns: pa.RecordBatch) -> "SpanBatch":
        """Return the batch of these columns in an envelope that `open_envelope` returned."""
        return cls(
            batch_id=envelope.batch_id,
            tenant_id=envelope.tenant_id,
            project_id=envelope.project_id,
            received_time_ns=envelope.received_time.seconds * _NS_PER_S + envelope.received_time.nanos,
            columns=columns,
            traceparent=envelope.traceparent,
            signal=Signal(envelope.signal or Signal.SPANS),
            first_item=envelope.first_item,
            replay=envelope.replay,
            key_id=envelope.key_id,
        )

    def with_columns(self, **columns: Column) -> "SpanBatch":
        """Return the batch with the named columns replaced. Raises KeyError for a name that it does not have."""
        arrays = dict(zip(self.columns.schema.names, self.columns.columns, strict=True))
        for name, column in columns.items():
            kind = arrays[name].type
            arrays[name] = column if column.type == kind else column.cast(kind)
        replaced = pa.RecordBatch.from_arrays(list(arrays.values()), schema=self.columns.schema)
        return replace(self, columns=replaced)

    def rows(self, first: int, end: int) -> "SpanBatch":
        """Return the batch with its rows from `first` to before `end` alone."""
        return replace(self, columns=self.columns.slice(first, end - first), first_item=self.first_item + first)

    def split(self, max_bytes: int) -> list["SpanBatch"]:
        """Return the batch in parts whose columns take about `max_bytes` at most.

        A span that takes more alone makes a part of its own. A part's id is "<id>-<first row>-<row after its last>",
        so that parts of the same id hold the same spans wherever the cuts were: a batch that is split again can be cut
        elsewhere, by another `max_bytes` or because other code made its columns larger.
        """
        return [
            replace(self.rows(start, end), batch_id=f"{self.batch_id}-{start}-{end}")
            for start, end in _cuts(row_ends(self.columns), max_bytes)
        ]


def open_envelope(payload: bytes) -> span_batch_pb2.SpanBatch:
    """Return the envelope of `payload`, of a schema major and a signal that this code knows.

    Raises BatchDecodeError or SchemaVersionError.
    """
    try:
        envelope = span_batch_pb2.SpanBatch.FromString(payload)
    except DecodeError as error:
        raise BatchDecodeError("not a serialized SpanBatch") from error
    if envelope.schema_version.major != SCHEMA_MAJOR:
        raise SchemaVersionError(f"SpanBatch of schema major {envelope.schema_version.major}, not {SCHEMA_MAJOR}")
    if envelope.signal and int(envelope.signal) not in _SIGNALS:
        raise SchemaVersionError(f"SpanBatch of signal {envelope.signal}, which is not known here")
    return envelope


def row_ends(columns: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return about how many bytes the rows before each row, and all of them, take in Arrow's format.

    Offsets are counted, padding and metadata are not.
    """
    widths = [_width(column.type) for column in columns.columns]
    ends = np.arange(columns.num_rows + 1) * sum(width or 0 for width in widths)
    for column, width in zip(columns.columns, widths, strict=True):
        if width is None:
            ends += _ends(column)
    return np.asarray(ends - ends[0])


def _width(kind: Any) -> int | None:
    """Return the bytes of each value of a type; None if they differ."""
    varies = pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_list(kind) or pa.types.is_map(kind)
    return None if varies else (kind.bit_width + 7) // 8


def _ends(column: Column) -> npt.NDArray[Any]:
    """Return where each value ends, counted from some value before the first; the first number is its start."""
    kind, rows = column.type, np.arange(len(column) + 1)
    width = _width(kind)
    if width is not None:
        return np.asarray(rows * width)
    if not len(column):  # Arrow may leave out the offsets of nothing.
        return rows
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        starts = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
        return np.asarray(starts + rows * _OFFSET_BYTES)
    parts = (column.keys, column.items) if pa.types.is_map(kind) else (column.values,)
    bounds = column.offsets.to_numpy()
    return np.asarray(sum((_ends(part)[bounds] for part in parts), rows * _OFFSET_BYTES))


def _cuts(ends: npt.NDArray[np.int64], max_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield the first row and the row after the last of each part."""
    start, rows = 0, len(ends) - 1
    while start < rows:
        end = max(int(np.searchsorted(ends, ends[start] + max_bytes, side="right")) - 1, start + 1)
        yield start, end
        start = end


def _read_columns(arrow_ipc: bytes, row_count: int, signal: Signal) -> pa.RecordBatch:
    try:
        with pa.ipc.open_stream(arrow_ipc) as reader:
            columns = reader.read_next_batch()
        columns.validate()
    except (pa.ArrowException, StopIteration, OSError) as error:
        raise BatchDecodeError("the SpanBatch's Arrow stream cannot be read") from error
    if columns.num_rows != row_count:
        raise BatchDecodeError(f"the SpanBatch says {row_count} rows and holds {columns.num_rows}")
    schema = SCHEMAS[signal]
    known = min(len(schema), len(columns.schema))
    if not pa.schema(list(columns.schema)[:known]).equals(pa.schema(list(schema)[:known])):
        raise BatchDecodeError("the SpanBatch's columns are not those of its schema version")
    for field in list(schema)[known:]:  # Columns that came with a minor after the sender's.
        columns = columns.append_column(field, empty(field.type, row_count))
    return columns


_SIGNALS: frozenset[int] = frozenset(Signal)
