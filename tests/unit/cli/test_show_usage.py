"""Tokens in words: reported beside counted, parts, the context window, and rates."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from a11i.query.v1.query_service_pb2 import GetTraceResponse
from a11i.telemetry.v1.span_pb2 import Cost, NumberSource, Usage
from a11i_cli.show import show_trace
from a11i_cli.show_span import show_span
from a11i_cli.show_usage import count_note, difference, rates, show_percent
from tests.unit.cli.query_server import agent_spans, summary_of

REPORTED, COUNTED = NumberSource.NUMBER_SOURCE_REPORTED, NumberSource.NUMBER_SOURCE_COUNTED


def usage() -> Usage:
    """A call whose output nobody reported."""
    return Usage(
        input_tokens=1412, output_tokens=38, input_source=REPORTED, output_source=COUNTED,
        counted_input_tokens=1390, counted_output_tokens=38, counted_source=COUNTED, tokenizer="o200k_base",
        part_tokens={"format": 20, "tool_results": 800, "system": 570, "history": 0},
        input_message_tokens=[20, 800], context_window=128_000, context_utilisation=1412 / 128_000,
        flags=["cached over input"],
    )  # fmt: skip


def test_what_was_counted_stands_beside_what_was_reported() -> None:
    assert count_note(usage()) == "counted 1,390 in (-1.6%); 1.1% of 128,000; system 570, tool results 800, format 20"


def test_an_estimate_and_an_equal_number_say_so() -> None:
    found = usage()
    found.counted_source = NumberSource.NUMBER_SOURCE_ESTIMATED
    found.output_source = REPORTED
    assert count_note(found).startswith("estimated 1,390 in (-1.6%), 38 out (same); ")


def test_a_call_without_a_count_or_a_window_says_nothing_of_it() -> None:
    assert count_note(Usage(input_tokens=5, input_source=REPORTED)) == ""
    found = usage()
    found.ClearField("context_utilisation")
    found.ClearField("part_tokens")
    assert count_note(found) == "counted 1,390 in (-1.6%)"


def test_a_call_that_failed_has_a_count_that_nobody_bills() -> None:
    assert count_note(Usage(counted_input_tokens=416, tokenizer="o200k_base")) == "counted 416 in"


@pytest.mark.parametrize(
    ("reported", "counted", "told"),
    [(100, 100, "same"), (0, 5, "0 reported"), (100_000, 100_001, "+<0.1%"), (1000, 999, "-0.1%"), (10, 25, "+150%")],
)
def test_a_difference_is_never_said_to_be_none_where_there_is_one(reported: int, counted: int, told: str) -> None:
    assert difference(reported, counted) == told


@pytest.mark.parametrize(("percent", "told"), [(0, "0.0%"), (0.01, "<0.1%"), (9.94, "9.9%"), (99.6, "100%")])
def test_a_share_is_short(percent: float, told: str) -> None:
    assert show_percent(percent) == told


@pytest.mark.parametrize(
    ("basis", "told"),
    [
        ('{"rates":{"input":"0.0000025","cache_read":"0.00000125"}}', "input $2.50, cache read $1.25 a million tokens"),
        ('{"rates":{"output":"0.002"}}', "output $2,000.00 a million tokens"),
        ('{"rates":{"input":"0.000005","picture":"0.25"}}', "input $5.00 a million tokens, and picture $0.25"),
        ('{"rates":{"call":"0.005","web_search":"0"}}', "call $0.005, and web search $0"),
        ("", ""),
        ("{", ""),
        ('{"rates":7}', ""),
    ],
)
def test_rates_are_those_of_a_million_tokens(basis: str, told: str) -> None:
    assert rates(Cost(basis=basis)) == told


def shown(width: int = 100) -> list[str]:
    """The lines of a trace whose first call has counts."""
    spans = agent_spans()
    spans[1].gen_ai.usage.CopyFrom(usage())
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, color_system=None, width=width, highlight=False)
    show_trace(console, GetTraceResponse(summary=summary_of(spans), spans=spans))
    return output.getvalue().splitlines()


def test_a_trace_has_a_line_of_counts_under_each_call() -> None:
    lines = [line.strip("│├└─ ") for line in shown()]
    [place] = [number for number, line in enumerate(lines) if line.startswith("chat gpt-4o-mini")]
    assert lines[place + 1].startswith("counted 1,390 in (-1.6%); 1.1% of 128,000; system 570")
    assert "odd numbers: cached over input" in lines
    assert any(line.startswith("counted, estimated: by a11i") for line in lines)


@pytest.mark.parametrize("width", [80, 100, 200])
def test_it_fits(width: int) -> None:
    assert max(map(len, shown(width))) <= width


def test_a_span_in_full_says_what_its_tokens_are() -> None:
    span = agent_spans()[1]
    span.gen_ai.usage.CopyFrom(usage())
    span.gen_ai.cost.basis = '{"rates":{"input":"0.0000025"}}'
    output = io.StringIO()
    show_span(Console(file=output, width=200, highlight=False), span)
    lines = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    for line in (
        "input tokens 1,412",
        "input source reported",
        "counted input tokens 1,390: -1.6% beside 1,412 reported",
        "counted output tokens 38",
        "tokenizer o200k_base",
        "parts of the input system 570, tool results 800, format 20",
        "input messages 20 800",
        "context window 1.1% of 128,000",
        "odd cached over input",
        "rates input $2.50 a million tokens",
    ):
        assert lines.count(line) == 1, line
    assert not any("utilisation" in line or "counted source" in line for line in lines)
