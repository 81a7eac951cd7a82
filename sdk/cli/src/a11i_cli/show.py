"""Traces on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from rich.console import Console
from rich.table import Table
from rich.text import Text

from a11i.query.v1.query_service_pb2 import GetTraceResponse, TraceSummary
from a11i.telemetry.v1.span_pb2 import NumberSource, Span, StatusCode, StepKind
from a11i_cli.errors import printable
from a11i_cli.tree import Row, rows
from a11i_cli.values import show_duration, show_entities, show_usd

SOURCE_MARKS = {
    NumberSource.NUMBER_SOURCE_COUNTED: "*",
    NumberSource.NUMBER_SOURCE_ESTIMATED: "~",
}
LEGEND = "* counted by a11i   ~ estimated by a11i   no mark: reported by the provider"
LONGEST_NAME = 60


def show_trace(console: Console, trace: GetTraceResponse) -> None:
    """A trace as a tree with its totals."""
    console.print(Text.assemble(("trace ", "dim"), trace.summary.trace_id))
    table = _table("span", "kind", ">duration", "model", ">tokens in", ">out", ">cost", "")
    for row in rows(trace.spans):
        table.add_row(*_span_cells(row))
    _print(console, table)
    console.print(_totals(trace.summary))
    if any(_marks(span) for span in trace.spans):
        console.print(Text(LEGEND, style="dim"))
    if trace.truncated:
        console.print(Text(f"only the first {len(trace.spans):,} spans are shown", style="yellow"))


def show_traces(console: Console, traces: Sequence[TraceSummary]) -> None:
    """Traces as a table."""
    if not traces:
        console.print("no trace matches")
        return
    table = _table("trace", "started", "name", ">duration", ">spans", ">tokens in", ">out", ">cost", "models", "")
    for trace in traces:
        started = trace.start_time.ToDatetime(tzinfo=UTC).astimezone()
        table.add_row(
            trace.trace_id,
            f"{started:%Y-%m-%d %H:%M:%S}",
            _name(trace.name),
            show_duration(trace.duration.ToNanoseconds() / 1e9),
            f"{trace.span_count:,}",
            f"{trace.input_tokens:,}",
            f"{trace.output_tokens:,}",
            show_usd(trace.cost_usd) + ("+?" if trace.unpriced_calls else ""),
            printable(", ".join(trace.models)),
            Text(_count(trace.error_count, "error"), style="red") if trace.error_count else "",
        )
    _print(console, table)


def _span_cells(row: Row) -> list[Text | str]:
    span, usage = row.span, row.span.gen_ai.usage
    model = span.gen_ai.response_model or span.gen_ai.request_model
    return [
        Text.assemble((row.guide, "dim"), (_name(span.name), "red" if _failed(span) else "bold")),
        Text(_kind(span), style="cyan"),
        show_duration(span.duration.ToNanoseconds() / 1e9),
        printable(model),
        _tokens(usage.input_tokens if usage.HasField("input_tokens") else None, usage.input_source),
        _tokens(usage.output_tokens if usage.HasField("output_tokens") else None, usage.output_source),
        show_usd(span.gen_ai.cost.total_usd) if span.gen_ai.HasField("cost") else "",
        _notes(span),
    ]


def _notes(span: Span) -> Text:
    notes = []
    if _failed(span):
        notes.append(Text(f"error: {printable(span.status_message) or 'no message'}", style="red"))
    if span.redaction.entities:
        notes.append(Text(f"redacted: {show_entities(span.redaction.entities)}", style="yellow"))
    if span.redaction.withheld_values:
        notes.append(Text(_count(span.redaction.withheld_values, "value") + " withheld", style="yellow"))
    return Text("; ").join(notes)


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
    return Text.assemble(("total ", "dim"), "; ".join(parts))


def _table(*columns: str) -> Table:
    """A column's name may begin with ">": its values are numbers."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        number = column.startswith(">")
        table.add_column(column.lstrip(">"), justify="right" if number else "left", no_wrap=number or column != "")
    return table


def _print(console: Console, table: Table) -> None:
    if console.is_terminal:
        console.print(table)
        return
    # A file or a pipe gets lines without the blanks that fill the last column.
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        console.out(line.rstrip(), highlight=False)


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
