"""What the columns of a log record stand for."""

from opentelemetry.proto.common.v1 import common_pb2 as otlp

from a11i_query.columns import Row
from a11i_telemetry import attributes


def body_value(row: Row) -> otlp.AnyValue | None:
    """Return a record's body with the type in which it came; None for none."""
    text = row["body"]
    if row["body_is_json"]:
        try:
            return attributes.json_to_any_value(text)
        except ValueError:  # A number of which redaction made a placeholder.
            return otlp.AnyValue(string_value=text)
    return otlp.AnyValue(string_value=text) if text else None
