"""On a terminal no line runs over the edge, and none breaks in a word."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from a11i.query.v1.query_service_pb2 import GetTraceResponse, TraceSummary
from a11i_cli.show import show_trace, show_traces
from tests.unit.cli.query_server import TRACE_ID, agent_spans, summary_of


def terminal(width: int) -> tuple[Console, io.StringIO]:
    output = io.StringIO()
    return Console(file=output, force_terminal=True, color_system=None, width=width, highlight=False), output


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_trace_fits(width: int) -> None:
    spans = agent_spans()
    spans[2].status_message = "the order could not be looked up: " + "no such customer " * 10
    console, output = terminal(width)
    show_trace(console, GetTraceResponse(summary=summary_of(spans), spans=spans))

    lines = output.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    # What a wrapped note says is all there, each word whole, below the tree's lines.
    words = output.getvalue().replace("│", " ").split()
    assert words.count("customer") == 10
    assert not [line for line in lines if line.startswith(("no", "such", "customer"))]


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_list_fits(width: int) -> None:
    summary = TraceSummary(
        trace_id=TRACE_ID, name="invoke_agent order-desk " * 3, span_count=12, input_tokens=123_456, cost_usd=1234.5,
        unpriced_calls=1, models=["gpt-4o", "claude-sonnet"], error_count=12,
    )  # fmt: skip
    summary.duration.FromMilliseconds(323)
    summary.start_time.GetCurrentTime()
    console, output = terminal(width)
    show_traces(console, [summary])

    lines = output.getvalue().splitlines()
    line = lines[1]
    assert max(map(len, lines)) <= width
    assert line.startswith(f"{TRACE_ID}  ")
    assert "$1,234.50+?" in line


def shown(trace: GetTraceResponse) -> list[str]:
    console, output = terminal(100)
    show_trace(console, trace)
    return [" ".join(line.split()) for line in output.getvalue().splitlines()]


def test_defects_and_missing_parents_are_notes() -> None:
    whole = GetTraceResponse(summary=summary_of([]), spans=agent_spans())
    spans = agent_spans()[1:]
    spans[0].defects.extend(["end before start", "text is not UTF-8: name"])
    lines = shown(GetTraceResponse(summary=summary_of(spans), spans=spans))
    assert "defects: end before start, text is not UTF-8: name" in " ".join(lines).replace("│ ", "")
    assert sum("parent not received: a1a1a1a1a1a1a1a1" in line for line in lines) == 2
    cut = shown(GetTraceResponse(summary=summary_of(spans), spans=spans, truncated=True))
    assert sum("parent not shown: a1a1a1a1a1a1a1a1" in line for line in cut) == 2
    assert not any("parent not" in line for line in shown(whole))


def test_numbers_that_are_not_in_the_total_stand_in_parentheses() -> None:
    whole = GetTraceResponse(summary=summary_of([]), spans=agent_spans())
    spans = agent_spans()
    spans[0].gen_ai.usage.CopyFrom(spans[1].gen_ai.usage)
    lines = shown(GetTraceResponse(summary=summary_of(spans), spans=spans))
    assert "invoke_agent desk agent 1.84 s (1,412) (38*) a1a1a1a1" in lines
    assert any(line.endswith("1,412 38* $0.000234 b1b1b1b1") for line in lines)
    assert any(line.startswith("(in parentheses) not added to the total") for line in lines)
    assert not any(line.startswith("(in") for line in shown(whole))


def test_a_total_says_what_is_not_known_instead_of_zero() -> None:
    summary = TraceSummary(trace_id=TRACE_ID, span_count=2, calls_without_usage=2)
    lines = shown(GetTraceResponse(summary=summary, spans=agent_spans()[:1]))
    assert "total 2 spans; 0 µs; 2 calls without token numbers" in lines
