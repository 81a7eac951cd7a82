"""The columns of log records: one row a record, as OpenTelemetry has it, and what GenAI events say."""

from typing import Final

import pyarrow as pa

from a11i_telemetry.schema import LOW_TEXT, TEXT, TIME, Column
from a11i_telemetry.shared_columns import ATTRIBUTES, DEFECTS, DROPPED, EVALUATION, MESSAGES, RECEIPT, SURROUNDINGS

COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "record_id",
        pa.binary(16),
        "FixedString(16)",
        "Digest of resource, scope, record and how many equal records came before it in the request: what is sent "
        "again is the same row.",
    ),
    Column(
        "time", TIME, "DateTime64(9, 'UTC')", "When it happened; where not sent, when it was observed, else received."
    ),
    Column("observed_time", TIME, "Nullable(DateTime64(9, 'UTC'))", "When it was observed; null if not sent."),
    Column("severity_number", pa.uint8(), "UInt8", "OTLP's SeverityNumber, 1 to 24; 0: not sent."),
    Column("severity_text", TEXT, LOW_TEXT, "The source's own word for it.", text=True),
    Column("event_name", TEXT, LOW_TEXT, "What kind of event the record is; empty for none.", text=True),
    Column("body", TEXT, "String", "The body: text as it is, anything else as JSON text.", text=True),
    Column("body_is_json", pa.bool_(), "Bool", "Whether the body is JSON text of a value that is no string."),
    Column("trace_id", pa.binary(16), "Nullable(FixedString(16))", "Trace id; null if there is none, or a bad one."),
    Column("span_id", pa.binary(8), "Nullable(FixedString(8))", "Span id, likewise."),
    Column("flags", pa.uint32(), "UInt32", "W3C trace flags."),
    *SURROUNDINGS,
    *ATTRIBUTES,
    *DROPPED,
    *MESSAGES,
    *EVALUATION,
    *DEFECTS,
    *RECEIPT,
)
"""All columns, in the order of the schema."""
