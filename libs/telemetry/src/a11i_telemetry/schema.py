"""The Arrow schema of a SpanBatch: one row a span.

Each column says what it means, its unit, and the ClickHouse type that it has in the table `spans`, where it keeps
its name. Text is never null: an empty string means "not sent" or "not known". A number that is not known is null.

Columns hold UTF-8. `fixed binary` ids are raw bytes. Columns named `*_attributes`, `events` and `links` hold JSON
text in the attribute encoding of `a11i_telemetry.attributes`.
"""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

SCHEMA_MAJOR: Final = 1
"""Raised when a column changes its meaning or goes away; services refuse a major that they do not know."""
SCHEMA_MINOR: Final = 0
"""Raised when a column is added; services pass unknown columns through."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a SpanBatch and of the ClickHouse table `spans`."""

    name: str
    arrow: pa.DataType
    clickhouse: str
    meaning: str
    text: bool = False
    """True if the column can hold text that a user wrote, which redaction must therefore examine."""


_TEXT = pa.string()
_TIME = pa.timestamp("ns", tz="UTC")
_USD = pa.decimal128(38, 12)
_LOW = "LowCardinality(String)"

COLUMNS: Final[tuple[Column, ...]] = (
    # The span as OpenTelemetry has it.
    Column("trace_id", pa.binary(16), "FixedString(16)", "Trace id, 16 bytes, never all zero."),
    Column("span_id", pa.binary(8), "FixedString(8)", "Span id, 8 bytes, never all zero."),
    Column("parent_span_id", pa.binary(8), "Nullable(FixedString(8))", "Parent's span id; null for a root."),
    Column("trace_state", _TEXT, "String", "W3C tracestate.", text=True),
    Column("name", _TEXT, _LOW, "Span name.", text=True),
    Column("kind", pa.uint8(), "UInt8", "OTLP SpanKind, 0 to 5."),
    Column("start_time", _TIME, "DateTime64(9, 'UTC')", "Start, nanoseconds since the epoch."),
    Column("end_time", _TIME, "DateTime64(9, 'UTC')", "End, nanoseconds since the epoch; as sent, even before start."),
    Column("duration_ns", pa.int64(), "Int64", "end_time - start_time in nanoseconds, 0 where that is negative."),
    Column("status_code", pa.uint8(), "UInt8", "OTLP status: 0 unset, 1 ok, 2 error."),
    Column("status_message", _TEXT, "String", "The client's words on an error.", text=True),
    Column("flags", pa.uint32(), "UInt32", "W3C trace flags and OTLP's is-remote bits."),
    Column("service_name", _TEXT, _LOW, "Resource attribute service.name.", text=True),
    Column("scope_name", _TEXT, _LOW, "Instrumentation scope's name.", text=True),
    Column("scope_version", _TEXT, _LOW, "Instrumentation scope's version.", text=True),
    Column("scope_attributes", _TEXT, "String", "Scope attributes, a JSON object; empty for none.", text=True),
    Column("resource_attributes", _TEXT, "String", "Resource attributes, a JSON object; empty for none.", text=True),
    # The span's attributes by type; a key stands in exactly one of these maps, or in `lifted`.
    Column("attr_string", pa.map_(_TEXT, _TEXT), f"Map({_LOW}, String)", "String attributes.", text=True),
    Column("attr_int", pa.map_(_TEXT, pa.int64()), f"Map({_LOW}, Int64)", "Integer attributes.", text=True),
    Column("attr_double", pa.map_(_TEXT, pa.float64()), f"Map({_LOW}, Float64)", "Double attributes.", text=True),
    Column("attr_bool", pa.map_(_TEXT, pa.bool_()), f"Map({_LOW}, Bool)", "Boolean attributes.", text=True),
    Column(
        "attr_json",
        pa.map_(_TEXT, _TEXT),
        f"Map({_LOW}, String)",
        "Arrays, key-value lists, bytes and empty values, each as JSON text.",
        text=True,
    ),
    Column(
        "lifted",
        pa.list_(_TEXT),
        f"Array({_LOW})",
        "Keys of string attributes whose value was moved, unchanged, to the text column that the normaliser's table "
        "names for the key; readers put them back.",
    ),
    Column("events", _TEXT, "String", "Events, a JSON array; empty for none.", text=True),
    Column("links", _TEXT, "String", "Links, a JSON array; empty for none.", text=True),
    Column("dropped_attributes_count", pa.uint32(), "UInt32", "Attributes that the client dropped."),
    Column("dropped_events_count", pa.uint32(), "UInt32", "Events that the client dropped."),
    Column("dropped_links_count", pa.uint32(), "UInt32", "Links that the client dropped."),
    # What the normaliser lifted: OpenTelemetry GenAI's terms.
    Column(
        "step_kind",
        _TEXT,
        _LOW,
        "agent, workflow, llm, tool, retrieval, embedding, rerank, guardrail, evaluation "
        "or chain; empty for no GenAI span.",
    ),
    Column("operation", _TEXT, _LOW, "gen_ai.operation.name.", text=True),
    Column("provider", _TEXT, _LOW, "gen_ai.provider.name.", text=True),
    Column("request_model", _TEXT, _LOW, "Model asked for.", text=True),
    Column("response_model", _TEXT, _LOW, "Model that answered.", text=True),
    Column("response_id", _TEXT, "String", "Provider's id of the answer.", text=True),
    Column("finish_reasons", pa.list_(_TEXT), f"Array({_LOW})", "Why the model stopped, one a choice.", text=True),
    Column("input_tokens", pa.int64(), "Nullable(Int64)", "Input tokens, cache reads and writes included."),
    Column("output_tokens", pa.int64(), "Nullable(Int64)", "Output tokens, reasoning included."),
    Column("cache_read_tokens", pa.int64(), "Nullable(Int64)", "Input tokens read from the provider's cache."),
    Column("cache_write_tokens", pa.int64(), "Nullable(Int64)", "Input tokens written to the provider's cache."),
    Column("reasoning_tokens", pa.int64(), "Nullable(Int64)", "Output tokens spent on reasoning."),
    Column("input_source", _TEXT, _LOW, "Where input_tokens comes from: reported, counted, estimated; empty for null."),
    Column("output_source", _TEXT, _LOW, "Where output_tokens comes from, likewise."),
    Column("input_cost_usd", _USD, "Nullable(Decimal(38, 12))", "Cost of the input in US dollars; null if unknown."),
    Column("output_cost_usd", _USD, "Nullable(Decimal(38, 12))", "Cost of the output in US dollars; null if unknown."),
    Column("total_cost_usd", _USD, "Nullable(Decimal(38, 12))", "Cost of the call in US dollars; null if unknown."),
    Column("price_version", _TEXT, _LOW, "Price table and version; empty if the cost is null."),
    Column("priced_as", _TEXT, _LOW, "provider/model of the price table; empty if the cost is null."),
    Column("input_messages", _TEXT, "String", "Messages sent, JSON text as gen_ai.input.messages.", text=True),
    Column("output_messages", _TEXT, "String", "Messages received, JSON text as gen_ai.output.messages.", text=True),
    Column("system_instructions", _TEXT, "String", "JSON text as gen_ai.system_instructions.", text=True),
    Column("tool_definitions", _TEXT, "String", "JSON text as gen_ai.tool.definitions.", text=True),
    Column("tool_name", _TEXT, _LOW, "Tool that ran.", text=True),
    Column("tool_call_id", _TEXT, "String", "Id of the model's call of the tool.", text=True),
    Column("tool_arguments", _TEXT, "String", "The tool's arguments.", text=True),
    Column("tool_result", _TEXT, "String", "The tool's result.", text=True),
    Column("agent_name", _TEXT, _LOW, "Agent's name.", text=True),
    Column("agent_id", _TEXT, "String", "Agent's id.", text=True),
    Column("workflow_name", _TEXT, _LOW, "Workflow's name.", text=True),
    Column("session_id", _TEXT, "String", "gen_ai.conversation.id, else session.id.", text=True),
    Column("user_id", _TEXT, "String", "user.id.", text=True),
    Column("time_to_first_chunk_s", pa.float64(), "Nullable(Float64)", "Seconds to the first streamed chunk."),
    # The redaction receipt.
    Column("redacted_entities", pa.map_(_TEXT, pa.uint32()), f"Map({_LOW}, UInt32)", "Findings by entity type."),
    Column("redaction_policy", _TEXT, _LOW, "Policy and version that the span passed; empty before redaction."),
    Column("redaction_detector", _TEXT, _LOW, "Detector set and version that examined the span."),
    Column("withheld_values", pa.uint32(), "UInt32", "Values withheld whole as they could not be examined."),
)
"""All columns, in the order of the schema."""

ENVELOPE_COLUMNS: Final[tuple[Column, ...]] = (
    Column("tenant_id", _TEXT, _LOW, "Tenant of the batch."),
    Column("project_id", _TEXT, _LOW, "Project of the batch."),
    Column("batch_id", _TEXT, "String", "The batch that the row was stored with."),
    Column("received_time", _TIME, "DateTime64(9, 'UTC')", "When ingest took the request."),
    Column(
        "stored_time",
        _TIME,
        "DateTime64(9, 'UTC')",
        "When the writer inserted the row; no two rows of a writer share it. Of a span's versions the one received "
        "last counts, and of those received at once the one stored last.",
    ),
    Column(
        "partition_date",
        pa.date32(),
        "Date",
        "Date of start_time, or of received_time where start_time is more than 7 days before or 1 day after it.",
    ),
)
"""Columns that the writer adds from the envelope; only ClickHouse has them."""

SCHEMA: Final = pa.schema([pa.field(column.name, column.arrow) for column in COLUMNS])
"""The schema of a SpanBatch's record batch."""
