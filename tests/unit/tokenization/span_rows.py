"""SpanBatches from a few named values a span, for the tests of tokenization."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def batch_of(*spans: Mapping[str, Any]) -> SpanBatch:
    """Return a batch with a row for each mapping; what a mapping leaves out is empty, or null where that may be."""
    rows = [
        {**_EMPTY, **_sources(span), "span_id": number.to_bytes(8, "big"), **span}
        for number, span in enumerate(spans, 1)
    ]
    return SpanBatch(
        batch_id="batch-1",
        tenant_id="tenant-1",
        project_id="project-1",
        received_time_ns=1,
        columns=pa.RecordBatch.from_pylist(rows, schema=SCHEMA),
    )


def llm(**values: Any) -> dict[str, Any]:
    """Return a call of a chat model, OpenAI's gpt-4o unless named otherwise."""
    return {"step_kind": "llm", "operation": "chat", "provider": "openai", "request_model": "gpt-4o"} | values


def _sources(span: Mapping[str, Any]) -> dict[str, str]:
    """Return the sources of the token numbers, as ingest sets them."""
    return {f"{side}_source": "reported" for side in ("input", "output") if span.get(f"{side}_tokens") is not None}


def _empty(kind: pa.DataType) -> Any:
    if pa.types.is_string(kind):
        return ""
    return [] if pa.types.is_list(kind) or pa.types.is_map(kind) else None


_EMPTY: dict[str, Any] = {field.name: _empty(field.type) for field in SCHEMA} | {
    "trace_id": b"t" * 16,
    "start_time": START,
    "end_time": START,
    "status_code": 0,
}
