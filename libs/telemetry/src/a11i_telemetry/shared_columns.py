"""Columns that log records and metric points have as spans do, under the same names and with the same meaning."""

from collections.abc import Iterable
from typing import Final

from a11i_telemetry import schema
from a11i_telemetry.schema import Column

_OF_SPANS: Final = {column.name: column for column in schema.COLUMNS}


def _same(names: Iterable[str]) -> tuple[Column, ...]:
    return tuple(_OF_SPANS[name] for name in names)


SURROUNDINGS: Final = _same((
    "service_name", "scope_name", "scope_version", "scope_attributes", "resource_attributes",
    "resource_schema_url", "scope_schema_url",
))  # fmt: skip
"""What resource and scope say."""

ATTRIBUTES: Final = _same(("attr_string", "attr_int", "attr_double", "attr_bool", "attr_json"))
"""The item's own attributes by type: a key stands in exactly one of these maps."""

MESSAGES: Final = _same(("input_messages", "output_messages", "system_instructions", "tool_definitions"))
"""What GenAI events say, in the normal form that the normaliser gives to spans."""

EVALUATION: Final = _same(("evaluation_name", "evaluation_score", "evaluation_label", "evaluation_explanation"))
"""What an evaluation's event says."""

DROPPED: Final = _same(("dropped_attributes_count",))

DEFECTS: Final = _same(("defects",))

RECEIPT: Final = _same((
    "redacted_entities", "redaction_policy", "redaction_detector", "withheld_values",
    "redacted_where", "redaction_us", "redaction_bytes",
))  # fmt: skip
"""What redaction found in the row."""
