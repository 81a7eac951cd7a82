"""Log records, metric points and ingest's issues on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.text import Text

from a11i.telemetry.v1.ingest_issue_pb2 import IngestIssue, IssueOutcome
from a11i.telemetry.v1.log_record_pb2 import LogRecord
from a11i.telemetry.v1.metric_point_pb2 import MetricPoint, MetricType
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_cli.errors import printable
from a11i_cli.layout import Column
from a11i_cli.screen import print_line, print_table
from a11i_cli.values import show_attributes, show_number, show_time, show_value

LOG_COLUMNS = (
    Column("time"),
    Column("severity"),
    Column("service", optional=True),
    Column("event", optional=True),
    Column("text", flexible=True),
    Column("trace", optional=True),
)
METRIC_COLUMNS = (
    Column("time"),
    Column("metric", flexible=True),
    Column("type", optional=True),
    Column("value", right=True),
    Column("unit"),
    Column("service", optional=True),
    Column("attributes", optional=True),
)
ISSUE_COLUMNS = (
    Column("time"),
    Column("outcome"),
    Column("count", right=True),
    Column("signal"),
    Column("reason", flexible=True),
    Column("example", optional=True),
    Column("door", optional=True),
    Column("key", optional=True),
)
SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")
LONGEST_TEXT = 200  # Letters; who wants all of a record asks for JSON.
STYLES = {"error": "red", "fatal": "red", "warn": "yellow", "rejected": "red", "refused": "red", "truncated": "yellow"}


def show_logs(console: Console, records: Sequence[LogRecord]) -> None:
    """Log records as a table."""
    _show(console, LOG_COLUMNS, [_log_cells(record) for record in records], "no log record matches")


def show_metrics(console: Console, points: Sequence[MetricPoint]) -> None:
    """Points of metrics as a table."""
    _show(console, METRIC_COLUMNS, [_metric_cells(point) for point in points], "no metric point matches")


def show_issues(console: Console, issues: Sequence[IngestIssue]) -> None:
    """Issues as a table."""
    _show(console, ISSUE_COLUMNS, [_issue_cells(issue) for issue in issues], "ingest has noted nothing that matches")


def _show(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[Text]], nothing: str) -> None:
    if rows:
        print_table(console, columns, rows)
    else:
        print_line(console, Text(nothing))


def _log_cells(record: LogRecord) -> list[Text]:
    severity = _severity(record)
    body = show_value(record.body) if record.HasField("body") else show_attributes(record.attributes)
    return [
        _time(record.time),
        Text(severity, style=STYLES.get(severity, "")),
        Text(printable(record.service_name)),
        Text(printable(record.event_name), style="cyan"),
        Text(_cut(printable(body))),
        Text(printable(record.trace_id), style="dim"),
    ]


def _severity(record: LogRecord) -> str:
    """The severity in OpenTelemetry's words, as sources have many; theirs if they give no number."""
    if 1 <= record.severity_number <= 4 * len(SEVERITIES):
        return SEVERITIES[(record.severity_number - 1) // 4]
    return printable(record.severity_text)


def _metric_cells(point: MetricPoint) -> list[Text]:
    kind = MetricType.Name(point.type) if point.type in MetricType.values() else str(point.type)
    return [
        _time(point.time),
        Text(printable(point.metric_name), style="bold"),
        Text(kind.removeprefix("METRIC_TYPE_").lower().replace("_", " "), style="cyan"),
        Text(_number(point)),
        Text(printable(point.unit)),
        Text(printable(point.service_name)),
        Text(_cut(printable(show_attributes(point.attributes))), style="dim"),
    ]


def _number(point: MetricPoint) -> str:
    """A number, or how many there are of what sum."""
    if point.HasField("value_int"):
        return f"{point.value_int:,}"
    if point.HasField("value_double"):
        return show_number(point.value_double)
    if point.HasField("count"):
        return (
            f"{point.count:,} of sum {show_number(point.sum)}" if point.HasField("sum") else f"{point.count:,} values"
        )
    return ""


def _issue_cells(issue: IngestIssue) -> list[Text]:
    outcome = IssueOutcome.Name(issue.outcome) if issue.outcome in IssueOutcome.values() else str(issue.outcome)
    outcome = outcome.removeprefix("ISSUE_OUTCOME_").lower()
    signal = Signal.Name(issue.signal) if issue.signal in Signal.values() else str(issue.signal)
    example = " ".join(filter(None, (issue.example_where, issue.example_trace_id)))
    return [
        _time(issue.time),
        Text(outcome, style=STYLES.get(outcome, "")),
        Text(f"{issue.count:,}"),
        Text(signal.removeprefix("SIGNAL_").lower()),
        Text(printable(issue.reason)),
        Text(_cut(printable(example)), style="dim"),
        Text(printable(issue.door)),
        Text(printable(issue.key_id)),
    ]


def _time(time: Timestamp) -> Text:
    return Text(show_time(time.ToDatetime(tzinfo=UTC).astimezone(), datetime.now(UTC).astimezone()))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
