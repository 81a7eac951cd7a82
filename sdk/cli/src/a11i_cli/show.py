"""Traces on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from a11i.query.v1.query_service_pb2 import GetTraceResponse, TraceSummary
from a11i.telemetry.v1.span_pb2 import NumberSource, Span, StatusCode, StepKind
from a11i_cli.errors import printable
from a11i_cli.layout import Column, align
from a11i_cli.screen import print_line, print_table, width
from a11i_cli.tree import Row, rows
from a11i_cli.values import show_duration, show_entities, show_time, show_usd

SOURCE_MARKS = {
    NumberSource.NUMBER_SOURCE_COUNTED: "*",
    NumberSource.NUMBER_SOURCE_ESTIMATED: "~",
}
LEGEND = "* counted by a11i   ~ estimated by a11i   no mark: reported by the provider"
LONGEST_NAME = 60
NARROWEST_NOTE = 20  # Letters; less room is not worth wrapping for.

SPAN_COLUMNS = (
    Column("span", flexible=True),
    Column("kind", optional=True),
    Column("duration", right=True),
    Column("model"),
    Column("tokens in", right=True),
    Column("out", right=True),
    Column("cost", right=True),
)
TRACE_COLUMNS = (
    Column("trace"),
    Column("started", optional=True),
    Column("name", flexible=True),
    Column("duration", right=True),
    Column("errors", right=True),
    Column("spans", right=True, optional=True),
    Column("cost", right=True),
    Column("tokens in", right=True, optional=True),
    Column("out", right=True, optional=True),
    Column("models", optional=True),
)


def show_trace(console: Console, trace: GetTraceResponse) -> None:
    """A trace as a tree with its totals."""
    print_line(console, Text.assemble(("trace ", "dim"), trace.summary.trace_id))
    found = list(rows(trace.spans))
    header, *lines = align(SPAN_COLUMNS, [_span_cells(row) for row in found], width(console))
    print_line(console, header)
    for row, line in zip(found, lines, strict=True):
        print_line(console, line)
        for note in _notes(row.span):
            _print_note(console, Text(row.under, style="dim"), note)
    _print_note(console, Text("total ", style="dim"), _totals(trace.summary), Text(" " * len("total ")))
    if any(_marks(span) for span in trace.spans):
        _print_note(console, Text(), Text(LEGEND, style="dim"))
    if trace.truncated:
        print_line(console, Text(f"only the first {len(trace.spans):,} spans are shown", style="yellow"))


def show_traces(console: Console, traces: Sequence[TraceSummary]) -> None:
    """Traces as a table."""
    if not traces:
        print_line(console, Text("no trace matches"))
        return
    now = datetime.now(UTC).astimezone()
    print_table(console, TRACE_COLUMNS, [_trace_cells(trace, now) for trace in traces])


def _trace_cells(trace: TraceSummary, now: datetime) -> list[Text]:
    return [
        Text(printable(trace.trace_id)),
        Text(show_time(trace.start_time.ToDatetime(tzinfo=UTC).astimezone(), now)),
        Text(_name(trace.name), style="bold"),
        Text(show_duration(trace.duration.ToNanoseconds() / 1e9)),
        Text(f"{trace.error_count:,}" if trace.error_count else "", style="red"),
        Text(f"{trace.span_count:,}"),
        Text(show_usd(trace.cost_usd) + ("+?" if trace.unpriced_calls else "")),
        Text(f"{trace.input_tokens:,}"),
        Text(f"{trace.output_tokens:,}"),
        Text(printable(", ".join(trace.models))),
    ]


def _span_cells(row: Row) -> list[Text]:
    span, usage = row.span, row.span.gen_ai.usage
    model = span.gen_ai.response_model or span.gen_ai.request_model
    return [
        Text.assemble((row.guide, "dim"), (_name(span.name), "red" if _failed(span) else "bold")),
        Text(_kind(span), style="cyan"),
        Text(show_duration(span.duration.ToNanoseconds() / 1e9)),
        Text(printable(model)),
        Text(_tokens(usage.input_tokens if usage.HasField("input_tokens") else None, usage.input_source)),
        Text(_tokens(usage.output_tokens if usage.HasField("output_tokens") else None, usage.output_source)),
        Text(show_usd(span.gen_ai.cost.total_usd) if span.gen_ai.HasField("cost") else ""),
    ]


def _notes(span: Span) -> Iterator[Text]:
    if _failed(span):
        yield Text(f"error: {printable(span.status_message) or 'no message'}", style="red")
    removed = [show_entities(span.redaction.entities)] if span.redaction.entities else []
    if span.redaction.withheld_values:
        removed.append(_count(span.redaction.withheld_values, "value") + " withheld")
    if removed:
        yield Text("redacted: " + ", ".join(removed), style="yellow")


def _totals(summary: TraceSummary) -> Text:
    parts = [
        _count(summary.span_count, "span"),
        show_duration(summary.duration.ToNanoseconds() / 1e9),
        f"{summary.input_tokens:,} tokens in, {summary.output_tokens:,} out",
        show_usd(summary.cost_usd),
    ]
    if summary.unpriced_calls:
        parts[-1] += f" and {_count(summary.unpriced_calls, 'call')} of unknown price"
    if summary.error_count:
        parts.append(_count(summary.error_count, "error"))
    if summary.redacted_entities:
        parts.append(f"redacted: {show_entities(summary.redacted_entities)}")
    return Text("; ".join(parts))


def _print_note(console: Console, before: Text, note: Text, below: Text | None = None) -> None:
    """A text beside `before`; where there is no room for all of it, it goes on below, between words."""
    bound = width(console)
    room = (bound or 0) - before.cell_len
    lines = note.wrap(console, room) if bound is not None and room >= NARROWEST_NOTE else [note]
    for index, line in enumerate(lines):
        line.rstrip()
        console.print((before if index == 0 or below is None else below) + line, soft_wrap=True)


def _name(name: str) -> str:
    name = printable(name) or "(no name)"
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _kind(span: Span) -> str:
    if not span.HasField("gen_ai") or not span.gen_ai.step_kind:
        return ""
    # A server that is newer than this command may know more kinds.
    if span.gen_ai.step_kind not in StepKind.values():
        return str(span.gen_ai.step_kind)
    return StepKind.Name(span.gen_ai.step_kind).removeprefix("STEP_KIND_").lower()


def _tokens(count: int | None, source: NumberSource.ValueType) -> str:
    return "" if count is None else f"{count:,}{SOURCE_MARKS.get(source, '')}"


def _marks(span: Span) -> bool:
    usage = span.gen_ai.usage
    return usage.input_source in SOURCE_MARKS or usage.output_source in SOURCE_MARKS


def _failed(span: Span) -> bool:
    return span.status_code == StatusCode.STATUS_CODE_ERROR


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
