"""`a11i logs`, `a11i metrics` and `a11i issues` as a user runs them."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from rich.console import Console

from a11i.telemetry.v1.ingest_issue_pb2 import IngestIssue, IssueOutcome
from a11i.telemetry.v1.log_record_pb2 import LogRecord
from a11i.telemetry.v1.metric_point_pb2 import MetricPoint, MetricType
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_cli.main import main
from a11i_cli.show_signals import show_issues, show_logs, show_metrics
from tests.unit.cli.query_server import API_KEY, TRACE_ID, FakeQuery, serving

Run = Callable[..., tuple[int, str, str]]
NOW = Timestamp(seconds=int(time.time()))
TEXT = AnyValue(string_value="not\nfound \x1b[2J")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command; gives exit code, output, error output."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        output = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, output.out, output.err

    return run


def lines(run: Run, rows: Sequence[Any], *arguments: str) -> list[str]:
    """Return what the command prints of these rows, blanks and times apart."""
    with serving(FakeQuery(rows=rows)) as address:
        code, output, error = run(*arguments, "--query", address, "--api-key", API_KEY)
    assert (code, error) == (0, "")
    header, *found = [line.split() for line in output.splitlines()]
    title = re.sub(r"\(\S+\)", "(Z)", " ".join(header))
    return [title, *(" ".join(line[2:]) for line in found)]


def test_log_records_are_a_line_each(run: Run) -> None:
    several = ArrayValue(values=[TEXT, AnyValue(bool_value=True)])
    records = [
        LogRecord(time=NOW, severity_number=18, service_name="shop", event_name="e", body=TEXT, trace_id=TRACE_ID),
        LogRecord(time=NOW, severity_text="notice", attributes=[KeyValue(key="k", value=AnyValue(int_value=5))]),
        LogRecord(time=NOW, severity_number=13, body=AnyValue(array_value=several)),
    ]  # fmt: skip
    assert lines(run, records, "logs") == [
        "time (Z) severity service event text trace",
        f"error shop e not found [2J {TRACE_ID}",
        "notice k=5",
        'warn ["not\\nfound \\u001b[2J", true]',
    ]


def test_exceptions_are_told_below_their_record(run: Run) -> None:
    attributes = [
        KeyValue(key="exception.type", value=AnyValue(string_value="ValueError")),
        KeyValue(key="exception.message", value=TEXT),
        KeyValue(key="exception.stacktrace", value=AnyValue(string_value="Traceback ...")),
    ]
    with serving(
        FakeQuery(rows=[LogRecord(time=NOW, body=TEXT, attributes=attributes), LogRecord(time=NOW)])
    ) as address:
        _, output, _ = run("logs", "--query", address, "--api-key", API_KEY)
    assert output.splitlines()[2] == "    ValueError: not found  [2J"
    assert len(output.splitlines()) == 4


@pytest.mark.parametrize("width", [80, 100])
def test_tables_fit_the_terminal_unless_they_are_wide(width: int) -> None:
    text = AnyValue(string_value="many words " * 40)
    attributes = [KeyValue(key="gen_ai.request.model", value=text)]
    tables: list[tuple[Callable[..., None], Any]] = [
        (show_logs, LogRecord(time=NOW, body=text, event_name="gen_ai.client.inference.operation.details",
                              trace_id=TRACE_ID, service_name="shop")),
        (show_metrics, MetricPoint(time=NOW, metric_name="gen_ai.client.operation.duration", value_int=5,
                                   attributes=attributes, service_name="shop")),
        (show_issues, IngestIssue(time=NOW, reason="text is not UTF-8 " * 4, example_where=text.string_value,
                                  example_trace_id=TRACE_ID, key_id="key", door="otlp_http")),
    ]  # fmt: skip
    for show, row in tables:
        output = io.StringIO()
        console = Console(file=output, force_terminal=True, color_system=None, width=width, highlight=False)
        show(console, [row])
        assert max(map(len, output.getvalue().splitlines())) <= width
        assert "…" in output.getvalue() or "no room for attributes, service: --wide shows all" in output.getvalue()
        show(console, [row], wide=True)
        # In full, and only then.
        assert output.getvalue().count("many words " * 40) == output.getvalue().count("many words " * 30) == 1


def test_metric_points_are_a_line_each(run: Run) -> None:
    model = KeyValue(key="gen_ai.request.model", value=AnyValue(string_value="gpt-4o"))
    points = [
        MetricPoint(time=NOW, metric_name="tokens", type=MetricType.METRIC_TYPE_SUM, value_int=1234567, unit="{token}"),
        MetricPoint(time=NOW, metric_name="load", type=MetricType.METRIC_TYPE_GAUGE, value_double=0.5),
        MetricPoint(
            time=NOW, metric_name="took", type=MetricType.METRIC_TYPE_EXPONENTIAL_HISTOGRAM, count=3, sum=6.25,
            unit="s", service_name="shop", attributes=[model],
        ),
        MetricPoint(time=NOW, metric_name="bare", type=MetricType.METRIC_TYPE_HISTOGRAM, count=3),
    ]  # fmt: skip
    assert lines(run, points, "metrics") == [
        "time (Z) metric type value unit attributes service",
        "tokens sum 1,234,567 {token}",
        "load gauge 0.5",
        "took exponential histogram 3 of sum 6.25 s gen_ai.request.model=gpt-4o shop",
        "bare histogram 3 values",
    ]


def test_issues_are_a_line_each(run: Run) -> None:
    issue = IngestIssue(
        time=NOW, outcome=IssueOutcome.ISSUE_OUTCOME_REJECTED, signal=Signal.SIGNAL_LOGS, count=1200, reason="bad ids",
        key_id="k1", door="otlp_http", example_where="trace_id", example_trace_id="ab",
    )  # fmt: skip
    assert lines(run, [issue], "issues") == [
        "time (Z) outcome count signal reason where trace door key",
        "rejected 1,200 logs bad ids trace_id ab otlp_http k1",
    ]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("logs", "no log record matches"),
        ("metrics", "no metric point matches"),
        ("issues", "ingest has noted nothing that matches"),
    ],
)
def test_nothing_is_said_in_words(run: Run, command: str, words: str) -> None:
    assert lines(run, [], command) == [words]


def test_filters_are_asked_for(run: Run) -> None:
    query = FakeQuery()
    with serving(query) as address:
        target = ("--query", address, "--api-key", API_KEY)
        run("logs", "--trace", TRACE_ID.upper(), "--span", "AB" * 8, "--event", "e", "--service", "v",
            "--severity", "warn", "--since", "2h", *target)  # fmt: skip
        run("metrics", "--name", "m", "--service", "v", *target)
        run("issues", "--signal", "metrics", "--outcome", "refused", *target)
    logs, metrics, issues = query.asked_for_rows
    assert (logs.trace_id, logs.span_id, logs.event_name, logs.service_name) == (TRACE_ID, "ab" * 8, "e", "v")
    assert (logs.min_severity, logs.HasField("start_time")) == (13, True)
    assert (metrics.metric_name, metrics.service_name, metrics.HasField("start_time")) == ("m", "v", False)
    assert (issues.signal, issues.outcome) == (Signal.SIGNAL_METRICS, IssueOutcome.ISSUE_OUTCOME_REFUSED)


def test_pages_are_read_up_to_the_limit(run: Run) -> None:
    query = FakeQuery(rows=[LogRecord(record_id=f"{number:032x}") for number in range(500)])
    with serving(query) as address:
        _, output, _ = run("logs", "--limit", "250", "--json", "--query", address, "--api-key", API_KEY)
    assert [record["recordId"] for record in json.loads(output)["logRecords"]] == [f"{n:032x}" for n in range(250)]
    assert [request.page_size for request in query.asked_for_rows] == [200, 50]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("logs", "--trace", "xyz"), "'xyz' is no trace id of 32 hexadecimal digits"),
        (("logs", "--span", "xyz"), "'xyz' is no span id of 16 hexadecimal digits"),
        (("logs", "--severity", "loud"), "invalid choice: 'loud'"),
        (("metrics", "--limit", "0"), "no number above 0"),
        (("issues", "--outcome", "x"), "invalid choice: 'x'"),
        (("issues", "--since", "soon"), "'soon' is no duration"),
    ],
)
def test_a_wrong_command_ends_with_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, _, error = run(*arguments)
    assert code == 2
    assert words in error
    assert error.count("\n") == 1


def test_a_refused_key_ends_with_1(run: Run) -> None:
    with serving(FakeQuery()) as address:
        code, _, error = run("issues", "--query", address, "--api-key", "another")
    assert code == 1
    assert "the API key was refused" in error
