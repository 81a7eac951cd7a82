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

    header, line = output.getvalue().splitlines()
    assert max(len(header), len(line)) <= width
    assert line.startswith(f"{TRACE_ID}  ")
    assert "$1,234.50+?" in line
