"""Which attributes say what the GenAI columns hold."""

from decimal import Decimal
from typing import Any

import pytest

from a11i_telemetry.rules import INPUTS, OUTPUTS, RULES
from a11i_telemetry.schema import COLUMNS, SCHEMA
from a11i_telemetry.sources import Rule, Source, Take
from tests.unit.telemetry.attribute_rows import row_of, rows_of

_OF_EACH_KIND: dict[Take, tuple[object, object]] = {
    Take.TEXT: ("text", "text"),
    Take.PROVIDER: ("Text", "text"),
    Take.TEXT_LIST: (["stop", "length"], ["stop", "length"]),
    Take.COUNT: (7, 7),
    Take.USAGE: ('{"input_tokens": 7, "output_tokens": 7, "cached_tokens": 1}', 7),
    Take.NUMBER: (0.25, 0.25),
    Take.MILLISECONDS: (250, 0.25),
    Take.USD: (0.25, Decimal("0.25")),
}
_PLAIN = [
    (rule, source)
    for rule in RULES
    for source in rule.sources
    if source.take in _OF_EACH_KIND and not (source.path or source.only or source.beside or source.plus)
    if source.take is not Take.USAGE or rule.column in ("input_tokens", "output_tokens")
]


def _known(row: dict[str, Any], column: str) -> bool:
    return row[column] not in ("", None, [])


@pytest.mark.parametrize(("rule", "source"), _PLAIN, ids=lambda one: getattr(one, "column", None) or one.key)
def test_each_key_of_the_table_fills_its_column(rule: Rule, source: Source) -> None:
    sent, expected = _OF_EACH_KIND[source.take]
    kind = {"openinference.span.kind": "TOOL"} if rule.column.startswith("tool_") else {}
    empty, row = rows_of({"other": 1}, {source.key: sent, **kind})
    assert row[rule.column] == expected
    assert not _known(empty, rule.column)


_IN_ORDER = [
    rule
    for rule in RULES
    if len({source.key for found, source in _PLAIN if found is rule and source.take is rule.take}) > 1
]


@pytest.mark.parametrize("rule", _IN_ORDER, ids=lambda rule: rule.column)
def test_the_first_key_of_a_rule_wins_in_any_order(rule: Rule) -> None:
    keys = [source.key for found, source in _PLAIN if found is rule and source.take is rule.take]
    texts = rule.take in (Take.TEXT, Take.PROVIDER, Take.TEXT_LIST)
    values: dict[str, object] = {key: f"text {number}" if texts else number + 1 for number, key in enumerate(keys)}
    kind = {"openinference.span.kind": "TOOL"} if rule.column.startswith("tool_") else {}
    first = values[keys[0]]
    for attributes in (values, dict(reversed(values.items()))):
        found = row_of({**attributes, **kind})[rule.column]
        assert found == ([first] if rule.take is Take.TEXT_LIST else first)


def test_a_key_without_a_usable_value_leaves_it_to_the_next() -> None:
    row = row_of(
        {
            "gen_ai.provider.name": "",
            "gen_ai.system": "openai",
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.prompt_tokens": 12,
        }
    )
    assert (row["provider"], row["input_tokens"]) == ("openai", 12)


def test_an_integer_is_an_id_too() -> None:
    assert row_of({"session.id": 42})["session_id"] == "42"


@pytest.mark.parametrize(
    ("sent", "reasons"),
    [
        (["stop"], ["stop"]),
        ("stop", ["stop"]),
        ([], []),
        ("", []),
        (["stop", 3, "length"], ["stop", "length"]),
        (3, []),
    ],
)
def test_finish_reasons_are_a_list_of_text(sent: object, reasons: list[str]) -> None:
    absent, row = rows_of({}, {"gen_ai.response.finish_reasons": sent})
    assert absent["finish_reasons"] == []
    assert row["finish_reasons"] == reasons


@pytest.mark.parametrize(
    ("sent", "provider"),
    [
        ("openai.chat", "openai"),
        ("anthropic.messages", "anthropic"),
        ("google.generative-ai", "gcp.gemini"),
        ("google.vertex.chat", "gcp.vertex_ai"),
        ("vertex.anthropic.messages", "gcp.vertex_ai"),
        ("amazon-bedrock", "aws.bedrock"),
        ("OpenAI", "openai"),
        ("gemini", "gcp.gemini"),
        ("gcp.gemini", "gcp.gemini"),
        ("mistralai", "mistral_ai"),
        ("az.ai.openai", "azure.ai.openai"),
        ("azure.ai.inference", "azure.ai.inference"),
        ("my.own", "my.own"),
        ("strands-agents", ""),
        ("langgraph", ""),
        ("127.0.0.1:8080", ""),
    ],
)
def test_providers_have_opentelemetrys_names_and_frameworks_are_none(sent: str, provider: str) -> None:
    assert row_of({"gen_ai.system": sent})["provider"] == provider


def test_the_table_names_columns_of_the_schema_that_fit() -> None:
    assert len({rule.column for rule in RULES}) == len(RULES)
    text_columns = {column.name for column in COLUMNS if column.text}
    for rule in (*RULES, INPUTS, OUTPUTS):
        if rule.take not in (Take.COUNT, Take.NUMBER, Take.USD):
            assert rule.column in text_columns
        assert rule.column in SCHEMA.names
