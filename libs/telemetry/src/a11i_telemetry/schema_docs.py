"""Writes docs/span-schema.md from the schema: python -m a11i_telemetry.schema_docs > docs/span-schema.md"""

import sys
from collections.abc import Iterable

from a11i_telemetry.rules import RULES, Rule, Take
from a11i_telemetry.schema import COLUMNS, ENVELOPE_COLUMNS, SCHEMA_MAJOR, SCHEMA_MINOR, Column

_HEAD = f"""\
# The columns of a span

Written by `python -m a11i_telemetry.schema_docs`; change `libs/telemetry/src/a11i_telemetry/schema.py` or `rules.py`
and run it again. A test compares.

Schema version {SCHEMA_MAJOR}.{SCHEMA_MINOR}. Inside a11i spans travel as Arrow columns, one row a span, in the envelope
`a11i.telemetry.v1.SpanBatch`; ClickHouse's table `spans` has the same columns under the same names. Text is never
null: empty means "not sent" or "not known". Columns marked "yes" can hold text that a user wrote, and redaction
examines them. `*_attributes`, `attr_json`, `events` and `links` hold JSON in an encoding that keeps OpenTelemetry's
types: a double always has a point or an exponent, bytes are `{{"bytesValue": "<base64>"}}`, and NaN and the infinities
are `{{"doubleValue": "NaN"}}` and so on; a key-value list that would look like one of these stands in
`{{"kvlistValue": ...}}`.
"""

_ENVELOPE_HEAD = """
## Columns that only ClickHouse has

The writer adds them from the batch's envelope.
"""

_RULES_HEAD = """
## Where the GenAI columns come from

Of several attributes the first with a usable value counts. "Moved" attributes leave the attributes when they are
strings, and `lifted` remembers their keys; all others are copied and stay.
"""

_TAKES = {
    Take.TEXT: "copied as text; integers too",
    Take.MOVED_TEXT: "moved; arrays and key-value lists copied as JSON",
    Take.TEXT_LIST: "the strings of an array, or one string",
    Take.COUNT: "whole number, not negative; also an exact double or decimal string",
    Take.NUMBER: "finite number; also a decimal string",
}


def document() -> str:
    """Return the page."""
    return "".join(
        (
            _HEAD,
            _table(("column", "Arrow", "ClickHouse", "text", "meaning"), (_column_row(one) for one in COLUMNS)),
            _ENVELOPE_HEAD,
            _table(("column", "ClickHouse", "meaning"), (_envelope_row(one) for one in ENVELOPE_COLUMNS)),
            _RULES_HEAD,
            _table(("column", "attributes", "how"), (_rule_row(one) for one in RULES)),
        )
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _column_row(column: Column) -> tuple[str, ...]:
    text = "yes" if column.text else ""
    return f"`{column.name}`", f"`{column.arrow}`", f"`{column.clickhouse}`", text, column.meaning


def _envelope_row(column: Column) -> tuple[str, ...]:
    return f"`{column.name}`", f"`{column.clickhouse}`", column.meaning


def _rule_row(rule: Rule) -> tuple[str, ...]:
    return f"`{rule.column}`", ", ".join(f"`{key}`" for key in rule.keys), _TAKES[rule.take]


if __name__ == "__main__":
    sys.stdout.write(document())
