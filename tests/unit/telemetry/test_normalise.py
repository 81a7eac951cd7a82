"""Which attributes say what the GenAI columns hold."""

from decimal import Decimal
from typing import Any

import pytest

from a11i_telemetry.kinds import KIND_RULES
from a11i_telemetry.rules import INPUTS, MOVED_COLUMNS, OUTPUTS, RULES, Rule, Source, Take
from a11i_telemetry.schema import COLUMNS, SCHEMA
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


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        (12, 12),
        (12.0, 12),
        ("12", 12),
        ("+12", 12),
        ("12.0", 12),
        ("1e5", 100_000),
        ("1.25E+2", 125),
        ("1e-1", None),
        ("1e99", None),
        ("1e999999999", None),
        (0, 0),
        (10**9, 10**9),
        (10**9 + 1, None),
        (2**63 - 1, None),
        ("1000000001", None),
        (12.5, None),
        ("12.5", None),
        ("", None),
        (" 12", None),
        ("9" * 30, None),
        (-1, None),
        (-1.0, None),
        (float("nan"), None),
        (float("inf"), None),
        (2.0**63, None),
        (True, None),
        ([12], None),
    ],
)
def test_counts_convert_where_that_is_exact(sent: object, count: int | None) -> None:
    row = row_of({"gen_ai.usage.input_tokens": sent})
    assert row["input_tokens"] == count
    assert row["input_source"] == ("" if count is None else "reported")


@pytest.mark.parametrize(
    ("sent", "number"),
    [(0.5, 0.5), (2, 2.0), ("0.5", 0.5), ("1e-3", 0.001), ("soon", None), (float("inf"), None), (True, None)],
)
def test_numbers_convert_where_that_is_exact(sent: object, number: float | None) -> None:
    assert row_of({"gen_ai.response.time_to_first_chunk": sent})["time_to_first_chunk_s"] == number


def test_numbers_stay_among_the_attributes_as_they_came() -> None:
    row = row_of({"gen_ai.usage.input_tokens": "12", "gen_ai.usage.output_tokens": 3})
    assert row["attr_string"] == {"gen_ai.usage.input_tokens": "12"}
    assert row["attr_int"] == {"gen_ai.usage.output_tokens": 3}


_NORMAL = {
    "input_messages": '[{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]',
    "output_messages": '[ {"role":"assistant","parts":[{"content":"hi","type":"text"}],"finish_reason":"stop"}]',
    "system_instructions": '[{"type": "text", "content": "Be brief."}]',
    "tool_definitions": '[{"type":"function","name":"look_up","parameters":{"type":"object"}}]',
    "tool_arguments": '{"city": "Paris"}',
    "tool_result": "sunny",
}


@pytest.mark.parametrize(("key", "column"), MOVED_COLUMNS.items())
def test_text_in_the_normal_form_is_moved_and_its_key_remembered(key: str, column: str) -> None:
    row = row_of({key: _NORMAL[column], "other": "stays"})
    assert row[column] == _NORMAL[column]
    assert row["lifted"] == [key]
    assert row["attr_string"] == {"other": "stays"}


@pytest.mark.parametrize(
    ("key", "sent", "normal"),
    [
        (
            "gen_ai.input.messages",
            '[{"role":"user","content":"hello"}]',
            '[{"role":"user","parts":[{"type":"text","content":"hello"}]}]',
        ),
        (
            "gen_ai.output.messages",
            '[{"role":"assistant","parts":[{"type":"tool_call","name":"f","arguments":"{\\"a\\":1}"}]}]',
            '[{"role":"assistant","parts":[{"type":"tool_call","name":"f","arguments":{"a":1}}]}]',
        ),
        (
            "gen_ai.input.messages",
            '[{"role": "user", "parts": [{"type": "text", "content": "cut o',
            '[{"role":"user","parts":[{"type":"text","content":'
            '"[{\\"role\\": \\"user\\", \\"parts\\": [{\\"type\\": \\"text\\", \\"content\\": \\"cut o"}]}]',
        ),
        (
            "gen_ai.input.messages",
            '[{"role":"user","parts":[{"type":"text","content":"a"}]},{"role":"human","content":"b"}]',
            '[{"role":"user","parts":[{"type":"text","content":"a"}]},{"role":"user","parts":[{"type":"text","content":"b"}]}]',
        ),
        (
            "gen_ai.input.messages",
            '[{"role":"model","name":null,"parts":[{"type":"text","content":"a"}]}]',
            '[{"role":"assistant","parts":[{"type":"text","content":"a"}]}]',
        ),
        (
            "gen_ai.input.messages",
            '[{"role":"user","name":null,"parts":[{"type":"text","content":"a"}],"finish_reason":""}]',
            '[{"role":"user","parts":[{"type":"text","content":"a"}]}]',
        ),
        (
            "gen_ai.input.messages",
            '[{"role":"user","parts":[{"type":"text","content":"a"},{"type":"image_url","image_url":{"url":"u:v"}}]}]',
            '[{"role":"user","parts":[{"type":"text","content":"a"},{"type":"uri","modality":"image","uri":"u:v"}]}]',
        ),
        (
            "gen_ai.output.messages",
            '[{"role":"assistant","parts":[{"type":"text","content":"a"},{"type":"thinking","thinking":"b"}]}]',
            '[{"role":"assistant","parts":[{"type":"text","content":"a"},{"type":"reasoning","content":"b"}]}]',
        ),
        (
            "gen_ai.output.messages",
            '[{"role":"assistant","parts":[{"type":"text","content":"a"},{"type":"tool_use","id":"1","name":"f","input":{}}]}]',
            '[{"role":"assistant","parts":[{"type":"text","content":"a"},{"type":"tool_call","id":"1","name":"f","arguments":{}}]}]',
        ),
        (
            "gen_ai.input.messages",
            '[{"role":"tool","parts":[{"type":"tool_call_response","id":"1","response":"{\\"a\\": [1]}"}]}]',
            '[{"role":"tool","parts":[{"type":"tool_call_response","id":"1","response":{"a":[1]}}]}]',
        ),
        ("gen_ai.tool.call.result", "{'a': 1}", '{"a":1}'),
        ("gen_ai.tool.call.result", '{"a": 1', '{"a": 1'),
        ("gen_ai.system_instructions", "Be brief.", '[{"type":"text","content":"Be brief."}]'),
        (
            "gen_ai.tool.definitions",
            '[{"type":"function","function":{"name":"look_up"}}]',
            '[{"type":"function","name":"look_up"}]',
        ),
        ("gen_ai.tool.call.result", '"sunny"', "sunny"),
        ("gen_ai.tool.call.arguments", '{"args": [], "kwargs": {"a": 1}}', '{"a":1}'),
    ],
)
def test_text_in_another_form_is_rewritten_and_stays_as_it_came(key: str, sent: str, normal: str) -> None:
    row = row_of({key: sent})
    assert row[MOVED_COLUMNS[key]] == normal
    assert row["lifted"] == []
    assert row["attr_string"] == {key: sent}


@pytest.mark.parametrize("empty", ["[]", "{}", "", '""', [], {}])
def test_what_is_empty_leaves_it_to_the_next(empty: object) -> None:
    tool = row_of({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": empty, "input.value": "a",
                 "gen_ai.tool.call.result": empty, "output.value": "b"})  # fmt: skip
    assert (tool["tool_arguments"], tool["tool_result"], tool["lifted"]) == ("a", "b", [])
    call = row_of({"gen_ai.operation.name": "chat", "gen_ai.input.messages": empty, "input.value": "a"})
    assert call["input_messages"] == '[{"role":"user","parts":[{"type":"text","content":"a"}]}]'


def test_structured_messages_are_copied_as_json() -> None:
    row = row_of({"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": 'a "b"'}]}]})
    text = '[{"role":"user","parts":[{"type":"text","content":"a \\"b\\""}]}]'
    assert row["input_messages"] == text
    assert row["attr_json"] == {"gen_ai.input.messages": text}
    assert row["lifted"] == []


def test_moved_text_of_every_type_meets_in_one_column() -> None:
    key = "gen_ai.tool.call.arguments"
    found = rows_of({key: "text"}, {key: {"a": 1}}, {key: 7}, {key: ""}, {key: True}, {})
    assert [row["tool_arguments"] for row in found] == ["text", '{"a":1}', "7", "", "true", ""]
    assert [row["lifted"] for row in found] == [[key], [], [], [], [], []]
    assert found[3]["attr_string"] == {key: ""}


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
    ("rule", "word", "kind"),
    [(rule, word, kind) for rule in KIND_RULES for word, kind in rule.kinds.items()],
    ids=lambda one: getattr(one, "key", None),
)
def test_a_word_for_a_kind_says_what_a_step_is(rule: Any, word: str, kind: str) -> None:
    plain, row = rows_of({"http.request.method": "GET"}, {rule.key: word.upper(), "gen_ai.request.model": "gpt-4o"})
    assert (plain["step_kind"], row["step_kind"]) == ("", kind)


@pytest.mark.parametrize("rule", [rule for rule in KIND_RULES if rule.present is not None], ids=lambda rule: rule.key)
def test_an_attribute_that_only_one_kind_has_says_what_a_step_is(rule: Any) -> None:
    assert row_of({rule.key: "anything"})["step_kind"] == rule.present


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.request.model": "gpt-4o"}, "llm"),
        ({"gen_ai.response.model": "gpt-4o"}, "llm"),
        ({"gen_ai.tool.name": "look_up", "gen_ai.request.model": "gpt-4o"}, "tool"),
        ({"gen_ai.evaluation.name": "Relevance"}, "evaluation"),
        ({"gen_ai.operation.name": "plan"}, "chain"),
        ({"openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "chat"}, "llm"),
        ({"traceloop.span.kind": "workflow", "gen_ai.operation.name": "invoke_agent"}, "workflow"),
        ({"gen_ai.agent.name": "desk"}, ""),
    ],
)
def test_without_a_word_for_it_the_step_is_inferred(attributes: dict[str, object], kind: str) -> None:
    assert row_of(attributes)["step_kind"] == kind


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


@pytest.mark.parametrize(
    ("attributes", "tokens"),
    [
        ({"gen_ai.usage.input_tokens": 120, "gen_ai.usage.cache_read.input_tokens": 40}, 120),
        ({"gen_ai.usage.input_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 40}, 60),
        (
            {"ai.model.provider": "anthropic.messages", "ai.usage.promptTokens": 80, "ai.usage.cachedInputTokens": 40},
            120,
        ),
        ({"ai.model.provider": "openai.chat", "ai.usage.promptTokens": 80, "ai.usage.cachedInputTokens": 40}, 80),
        (
            {
                "ai.model.provider": "anthropic.messages",
                "ai.usage.inputTokens": 120,
                "ai.usage.cachedInputTokens": 40,
                "ai.usage.inputTokenDetails.noCacheTokens": 80,
            },
            120,
        ),
        (
            {
                "telemetry.sdk.name": "openlit",
                "gen_ai.system": "anthropic",
                "gen_ai.usage.input_tokens": 80,
                "gen_ai.usage.cache_read.input_tokens": 40,
            },
            120,
        ),
        (
            {
                "telemetry.sdk.name": "opentelemetry",
                "gen_ai.system": "anthropic",
                "gen_ai.usage.input_tokens": 120,
                "gen_ai.usage.cache_read.input_tokens": 40,
            },
            120,
        ),
        (
            {
                "ai.model.provider": "vertex.anthropic.messages",
                "ai.usage.inputTokens": 80,
                "ai.usage.cachedInputTokens": 40,
            },
            120,
        ),
        (
            {
                "ai.model.provider": "anthropic.messages",
                "langfuse.observation.usage_details": '{"input": 80, "output": 9, "input_cached_tokens": 40}',
            },
            120,
        ),
        (
            {
                "ai.model.provider": "anthropic.messages",
                "gen_ai.usage.input_tokens": 120,
                "ai.usage.cachedInputTokens": 40,
            },
            120,
        ),
        (
            {
                "telemetry.sdk.name": "openlit",
                "gen_ai.system": "anthropic",
                "langfuse.observation.usage_details": '{"input": 120, "output": 9, "total": 129}',
                "gen_ai.usage.cache_read.input_tokens": 40,
            },
            120,
        ),
    ],
)
def test_input_tokens_include_what_the_cache_read_and_wrote(attributes: dict[str, object], tokens: int) -> None:
    assert row_of(attributes)["input_tokens"] == tokens


@pytest.mark.parametrize(
    ("attributes", "column", "total"),
    [
        ({"gen_ai.usage.input_cost": 0.25, "gen_ai.usage.output_cost": 0.5}, "reported_cost_usd", Decimal("0.75")),
        ({"llm.cost.completion": 0.5}, "reported_cost_usd", Decimal("0.5")),
        ({"gen_ai.usage.text.input_tokens": 3, "gen_ai.usage.image.input_tokens": 4}, "input_tokens", 7),
        (
            {
                "gen_ai.usage.text.input_tokens": 3,
                "gen_ai.usage.audio.input_tokens": 4,
                "gen_ai.usage.audio_input_tokens": 4,
            },
            "input_tokens",
            7,
        ),
        ({"gen_ai.usage.cache_creation.input_tokens.ephemeral_1h": 4}, "cache_write_tokens", 4),
        (
            {
                "gen_ai.usage.input_token_details": '{"cache_creation":0,"ephemeral_5m_input_tokens":9,'
                '"ephemeral_1h_input_tokens":4}'
            },
            "cache_write_tokens",
            13,
        ),
        (
            {
                "openinference.span.kind": "LLM",
                "llm.token_count.prompt_details.cache_write": 0,
                "output.value": '{"generations":[[{"message":{"kwargs":{"usage_metadata":{"input_tokens":20,'
                '"input_token_details":{"cache_creation":0,"ephemeral_5m_input_tokens":9}}}}}]]}',
            },
            "cache_write_tokens",
            9,
        ),
        (
            {"langfuse.observation.cost_details": '{"input": 0.25, "output": 0.5}'},
            "reported_cost_usd",
            Decimal("0.75"),
        ),
        (
            {"langfuse.observation.cost_details": '{"input": 0.25, "output": 0.5, "total": 1}'},
            "reported_cost_usd",
            Decimal(1),
        ),
    ],
)
def test_numbers_that_come_in_parts_are_added_up(attributes: dict[str, object], column: str, total: object) -> None:
    assert row_of(attributes)[column] == total


@pytest.mark.parametrize(
    ("details", "tokens"),
    [
        ('{"input":80,"output":20,"input_cached_tokens":40,"output_reasoning_tokens":5}', (120, 25, 40, 5)),
        ('{"input":80,"output":20,"total":145,"input_cached_tokens":40,"output_reasoning":5}', (120, 25, 40, 5)),
        (
            '{"input":120,"output":25,"total":145,"input_cached_tokens":40,"output_reasoning":5}',
            (120, 25, 40, 5),
        ),
        ('{"input":80,"output":25,"total":145,"input_cached_tokens":40,"output_reasoning":5}', (120, 25, 40, 5)),
        (
            '{"input":120,"output":20,"total":145,"input_cached_tokens":40,"output_reasoning":5}',
            (120, 25, 40, 5),
        ),
        ('{"input":80,"output":20,"total":140,"cache_read_input_tokens":40}', (120, 20, 40, None)),
        ('{"input":120,"output":20,"total":140,"cache_read_input_tokens":40}', (120, 20, 40, None)),
        ('{"input":80,"input_tokens":80,"output":20}', (80, 20, None, None)),
    ],
)
def test_details_of_usage_are_told_from_what_comes_on_top_by_the_total(details: str, tokens: tuple[int, ...]) -> None:
    row = row_of({"langfuse.observation.usage_details": details})
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
    assert tuple(row[name] for name in names) == tokens


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("embedding.model_name", "m", "embedding"),
        ("reranker.model_name", "m", "rerank"),
        ("lmnr.span.type", "HUMAN_EVALUATOR", "evaluation"),
    ],
)
def test_the_model_that_a_span_names_says_what_it_is(key: str, value: str, kind: str) -> None:
    assert row_of({key: value})["step_kind"] == kind


def test_output_tokens_include_reasoning() -> None:
    row = row_of({"gen_ai.usage.output_tokens": 20, "gen_ai.usage.reasoning_tokens": 30})
    assert (row["output_tokens"], row["reasoning_tokens"], row["output_source"]) == (50, 30, "reported")


@pytest.mark.parametrize(
    ("attributes", "column", "tokens"),
    [
        ({"gen_ai.usage.cache_creation.input_tokens.ephemeral_1h": 4}, "cache_write_1h_tokens", 4),
        ({"anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 4}, "cache_write_1h_tokens", 4),
        ({"gen_ai.usage.audio_input_tokens": 4}, "input_audio_tokens", 4),
        ({"gen_ai.usage.image.input_tokens": 4}, "input_image_tokens", 4),
        ({"gen_ai.usage.details.audio_prompt_tokens": 4}, "input_audio_tokens", 4),
        ({"gen_ai.usage.details.audio_tokens": 4}, "output_audio_tokens", 4),
        ({"gen_ai.usage.details.image_candidates_tokens": 4}, "output_image_tokens", 4),
        ({"llm.token_count.prompt_details.audio": 4}, "input_audio_tokens", 4),
        ({"llm.token_count.completion_details.audio": 4}, "output_audio_tokens", 4),
        ({"gen_ai.usage.input_token_details": '{"audio": 4}'}, "input_audio_tokens", 4),
        ({"gen_ai.usage.output_token_details": "{'audio': 4, 'reasoning': 0}"}, "output_audio_tokens", 4),
        (
            {"ai.response.providerMetadata": '{"anthropic":{"usage":{"cache_creation":'
             '{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":4}}}}'},
            "cache_write_1h_tokens",
            4,
        ),
    ],
)  # fmt: skip
def test_sorts_of_tokens_have_their_columns(attributes: dict[str, object], column: str, tokens: int) -> None:
    assert row_of(attributes)[column] == tokens


@pytest.mark.parametrize(
    ("key", "kind"),
    [("gen_ai.client.token.usage", "chat"), ("pydantic_ai.cache.established_tokens", "chat")],
)
def test_numbers_that_are_no_usage_of_the_span_are_none(key: str, kind: str) -> None:
    row = row_of({key: 145, "gen_ai.operation.name": kind})
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (None, None, None)


def test_a_tools_input_and_output_are_its_arguments_and_result_and_a_chains_are_messages() -> None:
    values = {"input.value": '{"city": "Paris"}', "output.value": "sunny"}
    tool, chain, embedding = rows_of(
        *({**values, "openinference.span.kind": kind} for kind in ("TOOL", "CHAIN", "EMBEDDING"))
    )
    assert (tool["tool_arguments"], tool["tool_result"]) == ('{"city":"Paris"}', "sunny")
    assert (tool["input_messages"], tool["output_messages"]) == ("", "")
    assert chain["input_messages"] == (
        '[{"role":"user","parts":[{"type":"text","content":"{\\"city\\": \\"Paris\\"}"}]}]'
    )
    assert chain["output_messages"] == '[{"role":"assistant","parts":[{"type":"text","content":"sunny"}]}]'
    assert (chain["tool_arguments"], embedding["input_messages"]) == ("", "")


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ('{"args": ["hello"], "kwargs": {}}', "hello"),
        ('{"args": [{"a": 1}], "kwargs": {}}', '{\\"a\\":1}'),
        ('{"args": [], "kwargs": {"a": 1}}', '{\\"args\\": [], \\"kwargs\\": {\\"a\\": 1}}'),
        ('{"args": [], "kwargs": {}}', None),
        ('{"args": [""], "kwargs": {}}', None),
    ],
)
def test_the_one_argument_of_a_decorated_function_is_what_went_in(sent: str, text: str | None) -> None:
    row = row_of({"traceloop.span.kind": "workflow", "traceloop.entity.input": sent})
    messages = f'[{{"role":"user","parts":[{{"type":"text","content":"{text}"}}]}}]'
    assert row["input_messages"] == ("" if text is None else messages)


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        ('{"city": "Paris"}', '{"city":"Paris"}'),
        ('{"type": "object", "properties": {"city": {"type": "string"}}}', ""),
        ('{"properties": {}}', ""),
        ('{"city": {"type": "string"}}', ""),
        ('{"type": "function", "name": "f"}', ""),
        ("{}", ""),
    ],
)
def test_a_tools_parameters_are_its_arguments_if_they_describe_none(parameters: str, arguments: str) -> None:
    tool = {"openinference.span.kind": "TOOL", "tool.parameters": parameters}
    alone, beside, call = rows_of(tool, {**tool, "input.value": "a"}, {**tool, "openinference.span.kind": "LLM"})
    assert (alone["tool_arguments"], beside["tool_arguments"], call["tool_arguments"]) == (arguments, "a", "")


def test_flattened_messages_are_put_together_in_the_order_of_their_indexes() -> None:
    row = row_of(
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.10.message.role": "user",
            "llm.input_messages.10.message.content": "last",
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": "first",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.tool_calls.0.tool_call.id": "call-1",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look_up",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"a": 1}',
            "llm.input_messages.x.message.content": "no index",
            "llm.tools.0.tool.json_schema": '{"name": "look_up", "input_schema": {"type": "object"}}',
        }
    )
    assert row["input_messages"] == (
        '[{"role":"system","parts":[{"type":"text","content":"first"}]},'
        '{"role":"user","parts":[{"type":"text","content":"last"}]}]'
    )
    assert row["output_messages"] == (
        '[{"role":"assistant","parts":[{"type":"tool_call","id":"call-1","name":"look_up","arguments":{"a":1}}]}]'
    )
    assert row["tool_definitions"] == '[{"type":"function","name":"look_up","parameters":{"type":"object"}}]'
    assert row["attr_string"]["llm.input_messages.x.message.content"] == "no index"
    assert len(row["attr_string"]) == 12


def test_a_messages_finish_reason_is_the_spans_if_that_has_none() -> None:
    output = '[{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":"stop"}]'
    call, told, agent = rows_of(
        {"gen_ai.operation.name": "chat", "gen_ai.output.messages": output},
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.output.messages": output,
            "gen_ai.response.finish_reasons": ["length"],
        },
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.output.messages": output},
    )
    assert (call["finish_reasons"], told["finish_reasons"], agent["finish_reasons"]) == (["stop"], ["length"], [])


def test_costs_that_are_none_are_not_known() -> None:
    found = rows_of(*({"gen_ai.usage.cost": value} for value in (0, -1.0, float("nan"), 1e300, "0.001", "free")))
    costs = [row["reported_cost_usd"] for row in found]
    assert costs == [Decimal(0), None, None, None, Decimal("0.001"), None]


def test_the_table_names_columns_of_the_schema_that_fit() -> None:
    assert len({rule.column for rule in RULES}) == len(RULES)
    text_columns = {column.name for column in COLUMNS if column.text}
    for rule in (*RULES, INPUTS, OUTPUTS):
        if rule.take not in (Take.COUNT, Take.NUMBER, Take.USD):
            assert rule.column in text_columns
        assert rule.column in SCHEMA.names
