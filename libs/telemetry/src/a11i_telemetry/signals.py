"""What the rows of a batch can be, and the columns that each kind of row has."""

from enum import IntEnum
from typing import Final

import pyarrow as pa

from a11i.telemetry.v1 import span_batch_pb2
from a11i_telemetry import issue_schema, log_schema, metric_schema, schema
from a11i_telemetry.schema import Column


class Signal(IntEnum):
    """What the rows of a batch are; numbers as in a11i.telemetry.v1.Signal."""

    SPANS = span_batch_pb2.SIGNAL_SPANS
    LOGS = span_batch_pb2.SIGNAL_LOGS
    METRICS = span_batch_pb2.SIGNAL_METRICS
    ISSUES = span_batch_pb2.SIGNAL_INGEST_ISSUES


COLUMNS: Final[dict[Signal, tuple[Column, ...]]] = {
    Signal.SPANS: schema.COLUMNS,
    Signal.LOGS: log_schema.COLUMNS,
    Signal.METRICS: metric_schema.COLUMNS,
    Signal.ISSUES: issue_schema.COLUMNS,
}
"""The columns of each signal, in the order of its schema."""

SCHEMAS: Final = {
    signal: pa.schema([pa.field(column.name, column.arrow) for column in columns])
    for signal, columns in COLUMNS.items()
}
"""The Arrow schema of each signal's batches."""
