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
SCHEMA_MINOR: Final = 4
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


TEXT: Final = pa.string()
TIME: Final = pa.timestamp("ns", tz="UTC")
_USD = pa.decimal128(38, 12)
LOW_TEXT: Final = "LowCardinality(String)"
"""ClickHouse type of text that repeats much."""

COLUMNS: Final[tuple[Column, ...]] = (
    # The span as OpenTelemetry has it.
    Column("trace_id", pa.binary(16), "FixedString(16)", "Trace id, 16 bytes, never all zero."),
    Column("span_id", pa.binary(8), "FixedString(8)", "Span id, 8 bytes, never all zero."),
    Column("parent_span_id", pa.binary(8), "Nullable(FixedString(8))", "Parent's span id; null for a root."),
    Column("trace_state", TEXT, "String", "W3C tracestate.", text=True),
    Column("name", TEXT, LOW_TEXT, "Span name.", text=True),
    Column("kind", pa.uint8(), "UInt8", "OTLP SpanKind, 0 to 5."),
    Column("start_time", TIME, "DateTime64(9, 'UTC')", "Start, nanoseconds since the epoch."),
    Column("end_time", TIME, "DateTime64(9, 'UTC')", "End, nanoseconds since the epoch; as sent, even before start."),
    Column("duration_ns", pa.int64(), "Int64", "end_time - start_time in nanoseconds, 0 where that is negative."),
    Column("status_code", pa.uint8(), "UInt8", "OTLP status: 0 unset, 1 ok, 2 error."),
    Column("status_message", TEXT, "String", "The client's words on an error.", text=True),
    Column("flags", pa.uint32(), "UInt32", "W3C trace flags and OTLP's is-remote bits."),
    Column("service_name", TEXT, LOW_TEXT, "Resource attribute service.name.", text=True),
    Column("scope_name", TEXT, LOW_TEXT, "Instrumentation scope's name.", text=True),
    Column("scope_version", TEXT, LOW_TEXT, "Instrumentation scope's version.", text=True),
    Column("scope_attributes", TEXT, "String", "Scope attributes, a JSON object; empty for none.", text=True),
    Column("resource_attributes", TEXT, "String", "Resource attributes, a JSON object; empty for none.", text=True),
    # The span's attributes by type; a key stands in exactly one of these maps, or in `lifted`.
    Column("attr_string", pa.map_(TEXT, TEXT), f"Map({LOW_TEXT}, String)", "String attributes.", text=True),
    Column("attr_int", pa.map_(TEXT, pa.int64()), f"Map({LOW_TEXT}, Int64)", "Integer attributes.", text=True),
    Column("attr_double", pa.map_(TEXT, pa.float64()), f"Map({LOW_TEXT}, Float64)", "Double attributes.", text=True),
    Column("attr_bool", pa.map_(TEXT, pa.bool_()), f"Map({LOW_TEXT}, Bool)", "Boolean attributes.", text=True),
    Column(
        "attr_json",
        pa.map_(TEXT, TEXT),
        f"Map({LOW_TEXT}, String)",
        "Arrays, key-value lists, bytes and empty values, each as JSON text.",
        text=True,
    ),
    Column(
        "lifted",
        pa.list_(TEXT),
        f"Array({LOW_TEXT})",
        "Keys of string attributes whose value was moved, unchanged, to the text column that the normaliser's table "
        "names for the key; readers put them back.",
    ),
    Column("events", TEXT, "String", "Events, a JSON array; empty for none.", text=True),
    Column("links", TEXT, "String", "Links, a JSON array; empty for none.", text=True),
    Column("dropped_attributes_count", pa.uint32(), "UInt32", "Attributes that the client dropped."),
    Column("dropped_events_count", pa.uint32(), "UInt32", "Events that the client dropped."),
    Column("dropped_links_count", pa.uint32(), "UInt32", "Links that the client dropped."),
    # What the normaliser lifted: OpenTelemetry GenAI's terms.
    Column(
        "step_kind",
        TEXT,
        LOW_TEXT,
        "agent, workflow, llm, tool, retrieval, embedding, rerank, guardrail, evaluation "
        "or chain; empty for no GenAI span.",
    ),
    Column("operation", TEXT, LOW_TEXT, "gen_ai.operation.name.", text=True),
    Column("provider", TEXT, LOW_TEXT, "gen_ai.provider.name.", text=True),
    Column("request_model", TEXT, LOW_TEXT, "Model asked for.", text=True),
    Column("response_model", TEXT, LOW_TEXT, "Model that answered.", text=True),
    Column("response_id", TEXT, "String", "Provider's id of the answer.", text=True),
    Column("finish_reasons", pa.list_(TEXT), f"Array({LOW_TEXT})", "Why the model stopped, one a choice.", text=True),
    Column("input_tokens", pa.int64(), "Nullable(Int64)", "Input tokens, cache reads and writes included."),
    Column("output_tokens", pa.int64(), "Nullable(Int64)", "Output tokens, reasoning included."),
    Column("cache_read_tokens", pa.int64(), "Nullable(Int64)", "Input tokens read from the provider's cache."),
    Column("cache_write_tokens", pa.int64(), "Nullable(Int64)", "Input tokens written to the provider's cache."),
    Column("reasoning_tokens", pa.int64(), "Nullable(Int64)", "Output tokens spent on reasoning."),
    Column("input_source", TEXT, LOW_TEXT, "Where input_tokens comes from: reported, counted, estimated; or empty."),
    Column("output_source", TEXT, LOW_TEXT, "Where output_tokens comes from, likewise."),
    Column("input_cost_usd", _USD, "Nullable(Decimal(38, 12))", "Cost of the input in US dollars; null if unknown."),
    Column("output_cost_usd", _USD, "Nullable(Decimal(38, 12))", "Cost of the output in US dollars; null if unknown."),
    Column("total_cost_usd", _USD, "Nullable(Decimal(38, 12))", "Cost of the call in US dollars; null if unknown."),
    Column("price_version", TEXT, LOW_TEXT, "Price table and version; empty if the cost is null."),
    Column("priced_as", TEXT, LOW_TEXT, "provider/model of the price table; empty if the cost is null."),
    Column("input_messages", TEXT, "String", "Messages sent, JSON text as gen_ai.input.messages.", text=True),
    Column("output_messages", TEXT, "String", "Messages received, JSON text as gen_ai.output.messages.", text=True),
    Column("system_instructions", TEXT, "String", "JSON text as gen_ai.system_instructions.", text=True),
    Column("tool_definitions", TEXT, "String", "JSON text as gen_ai.tool.definitions.", text=True),
    Column("tool_name", TEXT, LOW_TEXT, "Tool that ran.", text=True),
    Column("tool_call_id", TEXT, "String", "Id of the model's call of the tool.", text=True),
    Column("tool_arguments", TEXT, "String", "The tool's arguments.", text=True),
    Column("tool_result", TEXT, "String", "The tool's result.", text=True),
    Column("agent_name", TEXT, LOW_TEXT, "Agent's name.", text=True),
    Column("agent_id", TEXT, "String", "Agent's id.", text=True),
    Column("workflow_name", TEXT, LOW_TEXT, "Workflow's name.", text=True),
    Column("session_id", TEXT, "String", "gen_ai.conversation.id, else session.id.", text=True),
    Column("user_id", TEXT, "String", "user.id.", text=True),
    Column("time_to_first_chunk_s", pa.float64(), "Nullable(Float64)", "Seconds to the first streamed chunk."),
    # The redaction receipt.
    Column("redacted_entities", pa.map_(TEXT, pa.uint32()), f"Map({LOW_TEXT}, UInt32)", "Findings by entity type."),
    Column("redaction_policy", TEXT, LOW_TEXT, "Policy and version that the span passed; empty before redaction."),
    Column("redaction_detector", TEXT, LOW_TEXT, "Detector set and version that examined the span."),
    Column("withheld_values", pa.uint32(), "UInt32", "Values withheld whole as they could not be examined."),
    # Since minor 1.
    Column(
        "defects",
        pa.list_(TEXT),
        f"Array({LOW_TEXT})",
        "What ingest found wrong with the span and mended, cut or let be, as `<what>` or `<what>: <where>`.",
        text=True,
    ),
    Column("resource_schema_url", TEXT, LOW_TEXT, "Schema URL of the resource, as sent.", text=True),
    Column("scope_schema_url", TEXT, LOW_TEXT, "Schema URL of the scope's spans, as sent.", text=True),
    Column("service_tier", TEXT, LOW_TEXT, "Provider's tier that served the call, else the one asked for.", text=True),
    Column("reported_cost_usd", _USD, "Nullable(Decimal(38, 12))", "Cost of the call as the sender states it."),
    Column("evaluation_name", TEXT, LOW_TEXT, "What was judged, as gen_ai.evaluation.name.", text=True),
    Column("evaluation_score", pa.float64(), "Nullable(Float64)", "The judgement as a number."),
    Column("evaluation_label", TEXT, LOW_TEXT, "The judgement as a word.", text=True),
    Column("evaluation_explanation", TEXT, "String", "Why it was judged so.", text=True),
    # Since minor 2.
    Column(
        "redacted_where",
        pa.map_(TEXT, pa.uint32()),
        f"Map({LOW_TEXT}, UInt32)",
        "Findings by column and entity type, as `input_messages:EMAIL_ADDRESS`.",
    ),
    Column("redaction_us", pa.uint32(), "UInt32", "Microseconds that redaction took, the row's share of its batch's."),
    Column("redaction_bytes", pa.uint32(), "UInt32", "Bytes of text that redaction examined."),
    # Since minor 3.
    Column("cache_write_1h_tokens", pa.int64(), "Nullable(Int64)", "Of cache_write_tokens: those kept for an hour."),
    Column(
        "input_audio_tokens", pa.int64(), "Nullable(Int64)", "Of the input: audio, less what is known to be cached."
    ),
    Column("input_image_tokens", pa.int64(), "Nullable(Int64)", "Of the input: images, likewise."),
    Column("output_audio_tokens", pa.int64(), "Nullable(Int64)", "Of the output: audio."),
    Column("output_image_tokens", pa.int64(), "Nullable(Int64)", "Of the output: images."),
    Column(
        "counted_input_tokens",
        pa.int64(),
        "Nullable(Int64)",
        "Input tokens as counted or estimated, also where a number was reported; null without text.",
    ),
    Column(
        "counted_output_tokens",
        pa.int64(),
        "Nullable(Int64)",
        "Output tokens as counted or estimated, also where a number was reported; null without text.",
    ),
    Column("tokenizer", TEXT, LOW_TEXT, "What counted: an encoding, or characters; empty if nothing was counted."),
    Column("counted_source", TEXT, LOW_TEXT, "Whether the counted numbers are counted or estimated; or empty."),
    Column(
        "part_tokens",
        pa.map_(TEXT, pa.int64()),
        f"Map({LOW_TEXT}, Int64)",
        "Counted input tokens by part: system, tools, history, user, tool_results, format.",
    ),
    Column("input_message_tokens", pa.list_(pa.int64()), "Array(Int64)", "Counted tokens of each input message."),
    Column("output_message_tokens", pa.list_(pa.int64()), "Array(Int64)", "Counted tokens of each output message."),
    Column("context_window", pa.int64(), "Nullable(Int64)", "Tokens that the model takes; null if not known."),
    Column(
        "usage_flags", pa.list_(TEXT), f"Array({LOW_TEXT})", "What is odd about the reported numbers; mostly empty."
    ),
    Column(
        "price_basis",
        TEXT,
        LOW_TEXT,
        "Rates that the cost was worked out with, and how they were found, a JSON object; empty if it is null.",
    ),
    # Since minor 4.
    Column(
        "units",
        pa.map_(TEXT, pa.int64()),
        f"Map({LOW_TEXT}, Int64)",
        "What the call used that is not sold by the token, by unit: web_searches, pictures, requests, with what the "
        "price depends on behind a slash, as pictures/hd/1792x1024.",
    ),
)
"""All columns, in the order of the schema."""

ENVELOPE_COLUMNS: Final[tuple[Column, ...]] = (
    Column("tenant_id", TEXT, LOW_TEXT, "Tenant of the batch."),
    Column("project_id", TEXT, LOW_TEXT, "Project of the batch."),
    Column("batch_id", TEXT, "String", "The batch that the row was stored with."),
    Column("key_id", TEXT, LOW_TEXT, "API key that the request came with, by its id; empty if not known."),
    Column("received_time", TIME, "DateTime64(9, 'UTC')", "When ingest took the request."),
    Column(
        "stored_time",
        TIME,
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
