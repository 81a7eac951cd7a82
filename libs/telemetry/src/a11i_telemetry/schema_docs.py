"""Writes docs/span-schema.md from the schema: python -m a11i_telemetry.schema_docs > docs/span-schema.md"""

import sys
from collections.abc import Iterable

from a11i_telemetry.kinds import KIND_RULES, KindRule
from a11i_telemetry.rules import INPUTS, OUTPUTS, RULES, UNIT_RULES
from a11i_telemetry.schema import COLUMNS, ENVELOPE_COLUMNS, SCHEMA_MAJOR, SCHEMA_MINOR, Column
from a11i_telemetry.sources import Rule, Source

_HEAD = f"""\
# The columns of a span

Written by `python -m a11i_telemetry.schema_docs`; change `schema.py`, `rules.py` or `kinds.py` in
`libs/telemetry/src/a11i_telemetry` and run it again. A test compares.

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

Of several sources the first with a usable value counts. "Moved" ones leave the attributes when they are strings and in
the normal form already, and `lifted` remembers their keys; all others are read, and stay among the attributes as they
came. A path in brackets leads into the attribute's JSON; a word in parentheses names the steps that a source counts
for, an attribute after "with" one that must be there besides, and one after "at least" one that counts instead where
its number is larger. A key that ends in a point stands for all the indexed keys behind it.
"""

_UNITS_HEAD = """
`units` is made of these. Searches that no number tells are counted in what the call gave: the provider's own calls of
its search, but for opened pages and for those that failed. Of Perplexity the size of the search says which fee a
request has.
"""

_KINDS_HEAD = """
## What kind of step a span is

The first attribute that says it decides. A span that says nothing is a tool if it has a tool's name, a model call if it
has a model's, and else no GenAI span. With an operation (`gen_ai.operation.name`) that no row knows, and no other word,
it is a call if that is a row's word in another spelling (`text-completion`), or says a call (`images.generate`) of a
model that the span names; else it is a chain.
"""

COLUMN_HEAD = ("column", "Arrow", "ClickHouse", "text", "meaning")


def document() -> str:
    """Return the page."""
    return "".join(
        (
            _HEAD,
            table(COLUMN_HEAD, (column_row(one) for one in COLUMNS)),
            _ENVELOPE_HEAD,
            table(("column", "ClickHouse", "meaning"), (_envelope_row(one) for one in ENVELOPE_COLUMNS)),
            _RULES_HEAD,
            table(("column", "sources"), (_rule_row(one) for one in (*RULES, INPUTS, OUTPUTS))),
            _UNITS_HEAD,
            table(("what is told", "sources"), (_rule_row(one) for one in UNIT_RULES)),
            _KINDS_HEAD,
            table(("attribute", "word: `step_kind`"), (_kind_row(one) for one in KIND_RULES)),
        )
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def column_row(column: Column) -> tuple[str, ...]:
    """Return a column as a row of COLUMN_HEAD."""
    text = "yes" if column.text else ""
    return f"`{column.name}`", f"`{column.arrow}`", f"`{column.clickhouse}`", text, column.meaning


def _envelope_row(column: Column) -> tuple[str, ...]:
    return f"`{column.name}`", f"`{column.clickhouse}`", column.meaning


def _rule_row(rule: Rule) -> tuple[str, ...]:
    return f"`{rule.column}`", "; ".join(_source(source) for source in rule.sources)


def _source(source: Source) -> str:
    path = "".join(f"[{step}]" for step in source.path)
    conditions = f" ({source.only})" if source.only else ""
    conditions += f" with `{source.beside}`" if source.beside else ""
    added = "".join(f" + {' or '.join(f'`{key}`' for key in spellings)}" for spellings in source.plus)
    least = f", at least {' or '.join(f'`{key}`' for key in source.at_least)}" if source.at_least else ""
    return f"`{source.key}`{path}{added} {source.take.value}{conditions}{least}"


def _kind_row(rule: KindRule) -> tuple[str, ...]:
    if rule.present is not None:
        return f"`{rule.key}`", f"(any value): {rule.present or 'none'}"
    return f"`{rule.key}`", ", ".join(f"{word}: {kind}" for word, kind in rule.kinds.items())


if __name__ == "__main__":
    sys.stdout.write(document())
