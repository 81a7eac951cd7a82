"""Which attributes say what went into a step and what came out of it, and in which form."""

import pytest

from a11i_telemetry.rules import MOVED_COLUMNS
from tests.unit.telemetry.attribute_rows import row_of, rows_of

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
