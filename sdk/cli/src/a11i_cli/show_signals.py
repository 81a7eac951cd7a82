"""Log records, metric points and ingest's issues on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from a11i_cli.screen import print_fitting, print_line
from a11i_cli.values import show_attributes, show_number, show_time, show_value, zone

LOG_COLUMNS = (
    Column("time"),
    Column("severity"),
    Column("service", optional=True),
    Column("event", flexible=True, optional=True),
    Column("text", flexible=True),
    Column("trace", optional=True),
)
METRIC_COLUMNS = (
    Column("time"),
    Column("metric", flexible=True),
    Column("type", optional=True),
    Column("value", right=True),
    Column("unit"),
    Column("attributes", flexible=True, optional=True),
    Column("service", optional=True),
)
ISSUE_COLUMNS = (
    Column("time"),
    Column("outcome"),
    Column("count", right=True),
    Column("signal"),
    Column("reason", flexible=True),
    Column("where", flexible=True),
    Column("trace", optional=True),
    Column("door", optional=True),
    Column("key", optional=True),
)
SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")
LONGEST_TEXT = 200  # Letters; --wide shows all.
STYLES = {"error": "red", "fatal": "red", "warn": "yellow", "rejected": "red", "refused": "red", "truncated": "yellow"}


def show_logs(console: Console, records: Sequence[LogRecord], *, wide: bool = False) -> None:
    """Log records as a table; below a record that tells of an exception, what it was."""
    now = _now()
    cells = [_log_cells(record, now, wide=wide) for record in records]
    notes = [Text(_exception(record), style="red") for record in records]
    _show(console, LOG_COLUMNS, cells, "no log record matches", now, notes, wide=wide)


def show_metrics(console: Console, points: Sequence[MetricPoint], *, wide: bool = False) -> None:
    """Points of metrics as a table."""
    now = _now()
    cells = [_metric_cells(point, now, wide=wide) for point in points]
    _show(console, METRIC_COLUMNS, cells, "no metric point matches", now, wide=wide)


def show_issues(console: Console, issues: Sequence[IngestIssue], *, wide: bool = False) -> None:
    """Issues as a table."""
    now = _now()
    cells = [_issue_cells(issue, now, wide=wide) for issue in issues]
    _show(console, ISSUE_COLUMNS, cells, "ingest has noted nothing that matches", now, wide=wide)


def _show(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Text]],
    nothing: str,
    now: datetime,
    notes: Sequence[Text] = (),
    *,
    wide: bool,
) -> None:
    if not rows:
        print_line(console, Text(nothing))
        return
    time, *others = columns
    print_fitting(console, [replace(time, title=f"time ({zone(now)})"), *others], rows, notes, wide=wide)


def _log_cells(record: LogRecord, now: datetime, *, wide: bool) -> list[Text]:
    severity = _severity(record)
    body = show_value(record.body) if record.HasField("body") else show_attributes(record.attributes)
    return [
        _time(record.time, now),
        Text(severity, style=STYLES.get(severity, "")),
        Text(printable(record.service_name)),
        Text(printable(record.event_name), style="cyan"),
        Text(_cut(printable(body), wide=wide)),
        Text(printable(record.trace_id), style="dim"),
    ]


def _exception(record: LogRecord) -> str:
    """Type and message by OpenTelemetry's `exception.*`; empty if the record tells of none."""
    told = {one.key: show_value(one.value) for one in record.attributes if one.key.startswith("exception.")}
    found = (told.get("exception.type", ""), told.get("exception.message", ""))
    return printable(": ".join(filter(None, found)))


def _severity(record: LogRecord) -> str:
    """The severity in OpenTelemetry's words, as sources have many; theirs if they give no number."""
    if 1 <= record.severity_number <= 4 * len(SEVERITIES):
        return SEVERITIES[(record.severity_number - 1) // 4]
    return printable(record.severity_text)


def _metric_cells(point: MetricPoint, now: datetime, *, wide: bool) -> list[Text]:
    kind = MetricType.Name(point.type) if point.type in MetricType.values() else str(point.type)
    return [
        _time(point.time, now),
        Text(printable(point.metric_name), style="bold"),
        Text(kind.removeprefix("METRIC_TYPE_").lower().replace("_", " "), style="cyan"),
        Text(_number(point)),
        Text(printable(point.unit)),
        Text(_cut(printable(show_attributes(point.attributes)), wide=wide), style="dim"),
        Text(printable(point.service_name)),
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


def _issue_cells(issue: IngestIssue, now: datetime, *, wide: bool) -> list[Text]:
    outcome = IssueOutcome.Name(issue.outcome) if issue.outcome in IssueOutcome.values() else str(issue.outcome)
    outcome = outcome.removeprefix("ISSUE_OUTCOME_").lower()
    signal = Signal.Name(issue.signal) if issue.signal in Signal.values() else str(issue.signal)
    return [
        _time(issue.time, now),
        Text(outcome, style=STYLES.get(outcome, "")),
        Text(f"{issue.count:,}"),
        Text(signal.removeprefix("SIGNAL_").lower()),
        Text(printable(issue.reason)),
        Text(_cut(printable(issue.example_where), wide=wide)),
        Text(printable(issue.example_trace_id), style="dim"),
        Text(printable(issue.door)),
        Text(printable(issue.key_id)),
    ]


def _now() -> datetime:
    return datetime.now(UTC).astimezone()


def _time(time: Timestamp, now: datetime) -> Text:
    return Text(show_time(time.ToDatetime(tzinfo=UTC), now))


def _cut(text: str, *, wide: bool) -> str:
    return text if wide or len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
