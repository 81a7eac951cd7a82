"""The columns of ingest's issues: one row for each reason for which items of a request were not taken as they came."""

from typing import Final

import pyarrow as pa

from a11i_telemetry.schema import LOW_TEXT, TEXT, TIME, Column

COLUMNS: Final[tuple[Column, ...]] = (
    Column("time", TIME, "DateTime64(9, 'UTC')", "When ingest took the request."),
    Column("signal", TEXT, LOW_TEXT, "spans, logs or metrics."),
    Column("outcome", TEXT, LOW_TEXT, "rejected, repaired, truncated, ignored or refused (the request as a whole)."),
    Column("reason", TEXT, LOW_TEXT, "What was wrong: one of a fixed set of sentences."),
    Column("count", pa.uint64(), "UInt64", "Items (spans, log records, points) that it concerned; for refused: 1."),
    Column("key_id", TEXT, LOW_TEXT, "Public id of the API key that the request came with."),
    Column("door", TEXT, LOW_TEXT, "How it came: otlp_grpc, otlp_http or stream."),
    Column("example_trace_id", TEXT, "String", "Trace id of one of the items, in hexadecimal digits; empty if none."),
    Column("example_span_id", TEXT, "String", "Span id of that item, likewise."),
    Column(
        "example_where",
        TEXT,
        "String",
        "Where in the item: an attribute key or a field's name; of a refused request, what was wrong with it.",
        text=True,
    ),
)
"""All columns, in the order of the schema."""
