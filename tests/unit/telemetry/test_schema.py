"""The schema, the query API's Span, the page about it and what decoding yields belong together."""

from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor, FileDescriptor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i.otlp.v1 import otlp_wire_pb2
from a11i.telemetry.v1 import span_pb2
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.schema import COLUMNS, ENVELOPE_COLUMNS, SCHEMA
from a11i_telemetry.schema_docs import document

_PAGE = Path(__file__).parents[3] / "docs" / "span-schema.md"

_SPAN_FIELDS = {
    "duration": ("duration_ns",),
    "attributes": ("attr_string", "attr_int", "attr_double", "attr_bool", "attr_json", "lifted"),
    "gen_ai": (),  # Its own fields, below.
    "redaction": (),
}
"""Fields of Span that are not one column of the same name."""

_GEN_AI_FIELDS: dict[str, tuple[str, ...]] = {
    "usage": (
        *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
        *("input_source", "output_source", "cache_write_1h_tokens", "input_audio_tokens", "input_image_tokens"),
        *("output_audio_tokens", "output_image_tokens", "counted_input_tokens", "counted_output_tokens"),
        *("tokenizer", "counted_source", "part_tokens", "input_message_tokens", "output_message_tokens"),
        *("context_window", "usage_flags", "units"),
    ),
    "cost": ("input_cost_usd", "output_cost_usd", "total_cost_usd", "price_version", "priced_as", "price_basis"),
    "evaluation": ("evaluation_name", "evaluation_score", "evaluation_label", "evaluation_explanation"),
}
_REDACTION_FIELDS: dict[str, tuple[str, ...]] = {
    "entities": ("redacted_entities",),
    "policy": ("redaction_policy",),
    "detector": ("redaction_detector",),
    "withheld_values": ("withheld_values",),
    "where": ("redacted_where",),
    "took_us": ("redaction_us",),
    "examined_bytes": ("redaction_bytes",),
}


def _columns_of(message: type, others: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the columns behind a message's fields: those of the same name, but for `others`."""
    names = [field.name for field in message.DESCRIPTOR.fields]  # type: ignore[attr-defined]  # a message class
    assert set(others) <= set(names)
    return [column for name in names for column in others.get(name, (name,))]


def test_the_span_of_the_query_api_shows_every_column() -> None:
    shown = [
        *_columns_of(span_pb2.Span, _SPAN_FIELDS),
        *_columns_of(span_pb2.GenAi, _GEN_AI_FIELDS),
        *_columns_of(span_pb2.RedactionReceipt, _REDACTION_FIELDS),
    ]
    stored = {column.name for column in (*COLUMNS, *ENVELOPE_COLUMNS)}
    # Who owns a row and where it lies is not for readers.
    internal = {"tenant_id", "project_id", "batch_id", "key_id", "stored_time", "partition_date"}
    assert sorted(shown) == sorted(stored - internal)


def test_the_page_is_up_to_date() -> None:
    assert _PAGE.read_text() == document(), "run: python -m a11i_telemetry.schema_docs > docs/span-schema.md"


@pytest.mark.parametrize("spans", [0, 1])
def test_decoding_yields_the_schema_exactly_without_null_text(spans: int) -> None:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for _ in range(spans):
        scope_spans.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    columns = decode_traces(request.SerializeToString()).columns
    assert columns.schema.equals(SCHEMA)
    for column in COLUMNS:
        # The meaning of null is written in the type that ClickHouse has for the column.
        if not column.clickhouse.startswith("Nullable"):
            assert columns.column(column.name).null_count == 0, column.name


def test_the_wire_messages_have_the_numbers_and_wire_types_of_otlp() -> None:
    published = {
        descriptor.name: descriptor
        for file in _files(ExportTraceServiceRequest.DESCRIPTOR.file)
        for descriptor in file.message_types_by_name.values()
    }
    names = {
        "WireTraces": "ExportTraceServiceRequest",
        "WireResourceSpans": "ResourceSpans",
        "WireScopeSpans": "ScopeSpans",
        "WireSpan": "Span",
        "WireStatus": "Status",
        "WireKeyValue": "KeyValue",
        "WireValue": "AnyValue",
    }
    assert set(otlp_wire_pb2.DESCRIPTOR.message_types_by_name) == set(names)
    for wire_name, name in names.items():
        for field in otlp_wire_pb2.DESCRIPTOR.message_types_by_name[wire_name].fields:
            original = published[name].fields_by_name[field.name]
            assert (field.number, _wire_type(field.type)) == (original.number, _wire_type(original.type)), field.name


def _files(file: FileDescriptor) -> list[FileDescriptor]:
    return [file, *(found for dependency in file.dependencies for found in _files(dependency))]


def _wire_type(kind: int) -> int:
    """Return protobuf's wire type of a field type."""
    if kind in (FieldDescriptor.TYPE_FIXED64, FieldDescriptor.TYPE_DOUBLE):
        return 1
    if kind in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_MESSAGE):
        return 2
    return 5 if kind == FieldDescriptor.TYPE_FIXED32 else 0
