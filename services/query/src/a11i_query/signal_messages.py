"""Stored log records, metric points and issues to messages of the query API."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from a11i.telemetry.v1 import ingest_issue_pb2, log_record_pb2, metric_point_pb2, span_batch_pb2, span_pb2
from a11i_query.columns import Row, rows
from a11i_query.log_values import body_value
from a11i_query.times import timestamp
from a11i_telemetry import attributes
from a11i_telemetry.signals import Signal

_SURROUNDINGS: Final = ("service_name", "scope_name", "scope_version", "resource_schema_url", "scope_schema_url")

_SAME_IN_LOG: Final = (
    *_SURROUNDINGS,
    "severity_number",
    "severity_text",
    "event_name",
    "flags",
    "dropped_attributes_count",
    "input_messages",
    "output_messages",
    "system_instructions",
    "tool_definitions",
    "defects",
)
"""Columns that are fields of LogRecord as they are."""

_SAME_IN_POINT: Final = (
    *_SURROUNDINGS,
    *("metric_name", "description", "unit", "is_monotonic", "flags", "value_double", "value_int"),
    *("count", "sum", "min", "max", "bucket_counts", "explicit_bounds"),
    *("scale", "zero_count", "zero_threshold", "positive_offset", "positive_counts"),
    *("negative_offset", "negative_counts", "quantiles", "quantile_values"),
)
"""Columns that are fields of MetricPoint as they are; None where unset."""

_SAME_IN_ISSUE: Final = (
    *("reason", "count", "key_id", "door", "example_trace_id", "example_span_id", "example_where"),
)
"""Columns that are fields of IngestIssue as they are."""

_TYPES: Final = {
    name.removeprefix("METRIC_TYPE_").lower(): number for name, number in metric_point_pb2.MetricType.items()
}
_TEMPORALITIES: Final = {
    name.removeprefix("TEMPORALITY_").lower(): number for name, number in metric_point_pb2.Temporality.items()
}
_OUTCOMES: Final = {
    name.removeprefix("ISSUE_OUTCOME_").lower(): number for name, number in ingest_issue_pb2.IssueOutcome.items()
}

OUTCOMES: Final = {number: name for name, number in _OUTCOMES.items() if number}
"""What the store says for each outcome."""
SIGNALS: Final = {Signal.SPANS: "spans", Signal.LOGS: "logs", Signal.METRICS: "metrics"}
"""What the store says for each signal that issues can be about."""


def log_records(table: pa.Table) -> Iterator[log_record_pb2.LogRecord]:
    """Yield the records of a page."""
    for row in _rows(table):
        yield log_record_pb2.LogRecord(
            record_id=row["record_id"].hex(),
            time=timestamp(row["time"]),
            observed_time=None if row["observed_time"] is None else timestamp(row["observed_time"]),
            body=body_value(row),
            trace_id=(row["trace_id"] or b"").hex(),
            span_id=(row["span_id"] or b"").hex(),
            evaluation=_evaluation(row),
            redaction=span_pb2.RedactionReceipt(
                entities=row["redacted_entities"],
                policy=row["redaction_policy"],
                detector=row["redaction_detector"],
                withheld_values=row["withheld_values"],
                where=row["redacted_where"],
                took_us=row["redaction_us"],
                examined_bytes=row["redaction_bytes"],
            ),
            **_attributes(row),
            **{name: row[name] for name in _SAME_IN_LOG},
        )


def metric_points(table: pa.Table) -> Iterator[metric_point_pb2.MetricPoint]:
    """Yield the points of a page."""
    for row in _rows(table):
        yield metric_point_pb2.MetricPoint(
            point_id=row["point_id"].hex(),
            metadata=attributes.json_to_key_values(row["metadata"]),
            # A type that a newer version stored is none here, but the rest is told.
            type=_TYPES.get(row["metric_type"], metric_point_pb2.METRIC_TYPE_UNSPECIFIED),
            temporality=_TEMPORALITIES.get(row["temporality"], metric_point_pb2.TEMPORALITY_UNSPECIFIED),
            start_time=None if row["start_time"] is None else timestamp(row["start_time"]),
            time=timestamp(row["time"]),
            exemplars=[_exemplar(one) for one in (json.loads(row["exemplars"]) if row["exemplars"] else ())],
            **_attributes(row),
            **{name: row[name] for name in _SAME_IN_POINT},
        )


def ingest_issues(table: pa.Table) -> Iterator[ingest_issue_pb2.IngestIssue]:
    """Yield the issues of a page."""
    signals = {name: signal for signal, name in SIGNALS.items()}
    for row in _rows(table):
        yield ingest_issue_pb2.IngestIssue(
            issue_id=row["issue_id"].hex(),
            time=timestamp(row["time"]),
            signal=span_batch_pb2.Signal.ValueType(signals.get(row["signal"], 0)),
            outcome=_OUTCOMES.get(row["outcome"], ingest_issue_pb2.ISSUE_OUTCOME_UNSPECIFIED),
            **{name: row[name] for name in _SAME_IN_ISSUE},
        )


def _rows(table: pa.Table) -> Iterator[Row]:
    for batch in table.to_batches():
        yield from rows(batch)


def _attributes(row: Row) -> dict[str, Any]:
    """Return the fields of attributes and of the time of receipt."""
    return {
        "attributes": attributes.to_key_values({**row, "lifted": ()}),
        "resource_attributes": attributes.json_to_key_values(row["resource_attributes"]),
        "scope_attributes": attributes.json_to_key_values(row["scope_attributes"]),
        "received_time": timestamp(row["received_time"]),
    }


def _evaluation(row: Row) -> span_pb2.Evaluation | None:
    said = {name: row[f"evaluation_{name}"] for name in ("name", "score", "label", "explanation")}
    return span_pb2.Evaluation(**said) if any(one not in ("", None) for one in said.values()) else None


def _exemplar(one: dict[str, Any]) -> metric_point_pb2.Exemplar:
    value = attributes.json_to_any_value(json.dumps(one["value"]))
    return metric_point_pb2.Exemplar(
        time=timestamp(one["time_unix_nano"]),
        value_int=value.int_value if value.HasField("int_value") else None,
        value_double=value.double_value if value.HasField("double_value") else None,
        trace_id=one["trace_id"],
        span_id=one["span_id"],
        filtered_attributes=attributes.object_to_key_values(one["filtered_attributes"]),
    )
