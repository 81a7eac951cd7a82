"""What was said, under each span and of one span in full."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from rich.console import Console

from a11i.query.v1.query_service_pb2 import GetTraceResponse
from a11i.telemetry.v1.span_pb2 import Evaluation, GenAi, RedactionReceipt, Span, SpanEvent, SpanLink, StepKind, Usage
from a11i_cli.show import show_trace
from a11i_cli.show_span import show_span
from tests.unit.cli.query_server import span, summary_of

SYSTEM = json.dumps([{"type": "text", "content": "Be brief."}])
QUESTION = {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?\nAnd in\x1b[2J Rome?"}]}
CALL = {
    "role": "assistant",
    "parts": [
        {"type": "reasoning", "content": "A tool knows."},
        {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Paris"}},
    ],
    "finish_reason": "tool_calls",
}
RESULT = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"sky": "sunny"}}]}
ANSWER = {"role": "assistant", "parts": [{"type": "text", "content": "Sunny."}]}


def terminal(width: int) -> tuple[Console, io.StringIO]:
    output = io.StringIO()
    return Console(file=output, force_terminal=True, color_system=None, width=width, highlight=False), output


def call(name: str, sent: Sequence[object], came: Sequence[object]) -> Span:
    messages = GenAi(input_messages=json.dumps(sent), output_messages=json.dumps(came), system_instructions=SYSTEM)
    messages.step_kind = StepKind.STEP_KIND_LLM
    return span(name, "a1", "chat", messages, 10)


def conversation_spans() -> list[Span]:
    agent = span("a1", "", "invoke_agent", GenAi(step_kind=StepKind.STEP_KIND_AGENT), 100)
    first = call("b1", [QUESTION], [CALL])
    tool = GenAi(step_kind=StepKind.STEP_KIND_TOOL, tool_arguments='{"city": "Paris"}', tool_result='{"sky": "sunny"}')
    second = call("b3", [QUESTION, CALL, RESULT], [ANSWER])
    second.gen_ai.finish_reasons.append("stop")
    second.gen_ai.evaluation.CopyFrom(Evaluation(name="Relevance", score=0.5, label="pass", explanation="fits"))
    return [agent, first, span("b2", "a1", "execute_tool", tool, 1), second]


def shown(spans: Sequence[Span], width: int = 100) -> list[str]:
    """Lines of the tree with messages, blanks and the tree's own lines apart."""
    console, output = terminal(width)
    show_trace(console, GetTraceResponse(summary=summary_of(spans), spans=spans), messages=True)
    assert max(map(len, output.getvalue().splitlines())) <= width
    assert "\x1b" not in output.getvalue()
    return [" ".join(line.replace("│", " ").split()) for line in output.getvalue().splitlines()]


def test_a_conversation_is_told_under_its_spans() -> None:
    lines = shown(conversation_spans())
    begin = lines.index("in system Be brief.")
    assert lines[begin : begin + 8] == [
        "in system Be brief.",
        "in user Weather in Paris?",
        "And in [2J Rome?",
        "out assistant (reasoning) A tool knows.",
        "out assistant calls get_weather c1",
        '{"city": "Paris"}',
        "out finish tool_calls",
        "├─ execute_tool tool 1 ms b2b2b2b2",
    ]
    assert lines[begin + 8 : begin + 10] == ['in arguments {"city": "Paris"}', 'out result {"sky": "sunny"}']
    # The second call repeats the conversation so far.
    assert lines[begin + 11 : begin + 17] == [
        "in (4 messages as above)",
        "in tool result of c1",
        '{"sky": "sunny"}',
        "out assistant Sunny.",
        "out finish stop",
        "out judgement Relevance 0.5 pass: fits",
    ]


def test_long_texts_are_wrapped_and_shortened_with_a_note() -> None:
    lines = shown([call("b1", [{"role": "user", "content": "many words " * 300}], [])], width=80)
    [note] = [line for line in lines if "more letters" in line]
    told = sum(line.count("many words") for line in lines)
    assert 30 < told < 120
    assert note.endswith("--span b1b1b1b1")
    assert int(note.split()[1].replace(",", "")) > 2_000


def test_ids_are_told_where_their_column_has_no_room() -> None:
    spans = conversation_spans()
    assert "id b1b1b1b1b1b1b1b1" not in shown(spans, width=100)
    assert "id b1b1b1b1b1b1b1b1" in shown(spans, width=50)


def test_a_call_of_which_nothing_is_recorded_says_so() -> None:
    lines = shown([span("b1", "", "chat", GenAi(step_kind=StepKind.STEP_KIND_LLM, finish_reasons=["stop"]), 1)])
    assert "no messages recorded" in lines


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ("plain text", "in user plain text"),
        ('{"role": "developer", "content": "one"}', "in developer one"),
        ('["a", {"content": [{"type": "text", "text": "b"}, {"type": "blob", "n": 1}]}]', "in user b"),
        ('[{"content": [{"type": "blob", "n": 1}]}]', 'in user {"type": "blob", "n": 1}'),
        ('[{"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", '
         '"arguments": "{}"}}]}]', "in assistant calls f c"),
        ('[{"role": "user", "parts": []}]', "in user (empty)"),
        ("[" * 100_000, "[" * 20),
        ("7", "in user 7"),
        ('[{"role": "a very long role", "parts": [null, 7]}]', "in a very lo… 7"),
    ],
)  # fmt: skip
def test_other_notations_are_told_as_well_as_can_be(messages: str, words: str) -> None:
    gen_ai = GenAi(step_kind=StepKind.STEP_KIND_LLM, input_messages=messages)
    assert any(words in line for line in shown([span("b1", "", "chat", gen_ai, 1)]))


def test_one_span_is_told_in_full() -> None:
    one = conversation_spans()[1]
    one.parent_span_id, one.service_name = "", "desk"
    one.gen_ai.usage.CopyFrom(Usage(input_tokens=1412, cache_read_tokens=7))
    one.gen_ai.tool_definitions = json.dumps([{"name": "get_weather"}, {"function": {"name": "find"}}])
    one.gen_ai.cost.total_usd, one.gen_ai.cost.input_usd, one.gen_ai.cost.output_usd = 0.001, 0.00096, 0.00004
    one.gen_ai.reported_cost_usd = 0.002
    one.attributes.append(KeyValue(key="gen_ai.input.messages", value=AnyValue(string_value=one.gen_ai.input_messages)))
    one.attributes.append(KeyValue(key="a.rather.long.name.of.an.attribute", value=AnyValue(int_value=5)))
    one.attributes.append(KeyValue(key="text", value=AnyValue(string_value="first\nsecond " + "word " * 60)))
    event = SpanEvent(name="exception", attributes=[KeyValue(key="exception.type", value=AnyValue(string_value="E"))])
    one.events.append(event)
    one.links.append(SpanLink(trace_id="ab" * 16, span_id="cd" * 8))
    one.defects.extend(["end before start", "text is not UTF-8: name"])
    one.redaction.CopyFrom(RedactionReceipt(entities={"IBAN": 2}, policy="standard/1", withheld_values=3))
    one.dropped_events_count = 4
    console, output = terminal(80)
    show_span(console, one)

    assert max(map(len, output.getvalue().splitlines())) <= 80
    text = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    for words in (
        "span chat", "span id b1b1b1b1b1b1b1b1", "parent none: a root", "service desk", "duration 10 ms",
        "step kind llm", "input tokens 1,412", "cache read tokens 7",
        "cost $0.001000: $0.000960 input, $0.000040 output", "cost by the sender $0.0020",
        "tools offered get_weather, find", "in system Be brief.", "out finish tool_calls",
        "gen_ai.input.messages (above, under messages)", "a.rather.long.name.of.an.attribute 5", "text first",
        "event 1: exception", "exception.type E", "link 1", f"trace id {'ab' * 16}", "end before start",
        "text is not UTF-8: name", "policy standard/1", "replaced IBAN x2", "withheld values 3",
        "dropped by the sender 4 events",
    ):  # fmt: skip
        assert words in text, words
    assert sum(line.split().count("word") for line in text) == 60
    assert "output tokens" not in output.getvalue()
