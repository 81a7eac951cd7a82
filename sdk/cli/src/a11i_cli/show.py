"""Traces on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from a11i.query.v1.query_service_pb2 import GetTraceResponse, TraceSummary
from a11i.telemetry.v1.span_pb2 import NumberSource, Span, StatusCode, StepKind
from a11i_cli.errors import printable
from a11i_cli.layout import Column, align, kept_columns
from a11i_cli.screen import print_fitting, print_line, print_note, width
from a11i_cli.show_messages import MessagePrinter
from a11i_cli.show_usage import count_note
from a11i_cli.trace_numbers import uncounted
from a11i_cli.tree import Row, rows
from a11i_cli.values import common_decimals, show_duration, show_entities, show_moment, show_time, show_usd, zone

SOURCE_MARKS = {
    NumberSource.NUMBER_SOURCE_COUNTED: "*",
    NumberSource.NUMBER_SOURCE_ESTIMATED: "~",
}
MARKS_LEGEND = "* counted by a11i   ~ estimated by a11i   no mark: reported by the sender"
COUNTS_LEGEND = "counted, estimated: by a11i from the text; % of the context window; parts of what went in"
UNCOUNTED_LEGEND = "(in parentheses) not added to the total: a span below, or another of the same response, has it too"
UNKNOWN_LEGEND = "+? and calls whose tokens or price are not known"
LONGEST_NAME = 60
ID_DIGITS = 8  # Enough to tell a trace's spans apart, and for --span.

SPAN_COLUMNS = (
    Column("span", flexible=True),
    Column("kind", optional=True),
    Column("duration", right=True),
    Column("model"),
    Column("tokens in", right=True),
    Column("out", right=True),
    Column("cost", right=True),
    Column("id", optional=True),
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


def show_trace(console: Console, trace: GetTraceResponse, *, messages: bool = False) -> None:
    """A trace as a tree with its totals; `messages`: and what was said under each span."""
    _print_head(console, trace)
    found = list(rows(trace.spans))
    left_out = uncounted(trace.spans)
    decimals = common_decimals([trace.summary.cost_usd, *(span.gen_ai.cost.total_usd for span in trace.spans)])
    cells = [_span_cells(row, decimals, left_out) for row in found]
    header, *lines = align(SPAN_COLUMNS, cells, width(console))
    print_line(console, header)
    printer = MessagePrinter(console)
    ids_shown = SPAN_COLUMNS[-1] in kept_columns(SPAN_COLUMNS, cells, width(console))
    stored = {span.span_id for span in trace.spans}
    for row, line in zip(found, lines, strict=True):
        print_line(console, line)
        for note in (*_notes(row.span), *_place_notes(row.span, stored, truncated=trace.truncated)):
            print_note(console, Text(row.under, style="dim"), note)
        if messages:
            if not ids_shown:
                print_note(console, Text(row.under, style="dim"), Text(f"id {row.span.span_id}", style="dim"))
            printer.print(row.span, row.under)
    total = Text("total ", style="dim")
    print_note(console, total, _totals(trace.summary, decimals), Text(" " * len("total ")))
    for legend in _legends(trace.spans, left_out):
        print_note(console, Text(), Text(legend, style="dim"))
    if trace.truncated:
        print_line(console, Text(f"only the first {len(trace.spans):,} spans are shown", style="yellow"))
    hint = "" if messages else f"--messages shows what was said{'' if ids_shown else ', and ids'}; "
    print_note(console, Text(), Text(f"{hint}--span ID shows one span in full", style="dim"))


def show_traces(console: Console, traces: Sequence[TraceSummary], *, wide: bool = False) -> None:
    """Traces as a table."""
    if not traces:
        print_line(console, Text("no trace matches"))
        return
    now = datetime.now(UTC).astimezone()
    columns = [
        replace(column, title=f"started ({zone(now)})") if column.title == "started" else column
        for column in TRACE_COLUMNS
    ]
    print_fitting(console, columns, [_trace_cells(trace, now) for trace in traces], wide=wide)
    if any(trace.unpriced_calls or trace.calls_without_usage for trace in traces):
        print_note(console, Text(), Text(UNKNOWN_LEGEND, style="dim"))


def _print_head(console: Console, trace: GetTraceResponse) -> None:
    """Which trace it is, of when and of whom."""
    summary = trace.summary
    facts = [("trace", summary.trace_id)]
    if summary.HasField("start_time"):
        facts.append(("started", show_moment(summary.start_time, datetime.now(UTC).astimezone())))
    facts += [("service", summary.service_name), ("session", summary.session_id), ("user", summary.user_id)]
    told = [Text.assemble((f"{name} ", "dim"), printable(value)) for name, value in facts if value]
    lines, bound = [told[0]], width(console)
    for fact in told[1:]:
        joined = lines[-1] + Text("   ") + fact
        if bound is None or joined.cell_len <= bound:
            lines[-1] = joined
        else:
            lines.append(Text("      ") + fact)
    for line in lines:
        print_note(console, Text(), line)


def _trace_cells(trace: TraceSummary, now: datetime) -> list[Text]:
    knows_tokens = bool(trace.input_tokens or trace.output_tokens)
    more = "+?" if trace.calls_without_usage else ""
    more_cost = more or ("+?" if trace.unpriced_calls else "")
    return [
        Text(printable(trace.trace_id)),
        Text(show_time(trace.start_time.ToDatetime(tzinfo=UTC), now)),
        Text(_name(trace.name), style="bold"),
        Text(show_duration(trace.duration.ToNanoseconds() / 1e9)),
        Text(f"{trace.error_count:,}" if trace.error_count else "", style="red"),
        Text(f"{trace.span_count:,}"),
        Text(show_usd(trace.cost_usd) + more_cost if _knows_cost(trace) else ""),
        Text(f"{trace.input_tokens:,}{more}" if knows_tokens else ""),
        Text(f"{trace.output_tokens:,}{more}" if knows_tokens else ""),
        Text(printable(", ".join(trace.models))),
    ]


def _knows_cost(trace: TraceSummary) -> bool:
    """Whether any call's cost is known; one that is zero is, if all that used tokens have theirs."""
    return bool(trace.cost_usd or ((trace.input_tokens or trace.output_tokens) and not trace.unpriced_calls))


def _span_cells(row: Row, decimals: int, left_out: set[str]) -> list[Text]:
    span, usage = row.span, row.span.gen_ai.usage
    model = span.gen_ai.response_model or span.gen_ai.request_model
    numbers = [
        _tokens(usage.input_tokens if usage.HasField("input_tokens") else None, usage.input_source),
        _tokens(usage.output_tokens if usage.HasField("output_tokens") else None, usage.output_source),
        show_usd(span.gen_ai.cost.total_usd, decimals) if span.gen_ai.HasField("cost") else "",
    ]
    return [
        Text.assemble((row.guide, "dim"), (_name(span.name), "red" if _failed(span) else "bold")),
        Text(_kind(span), style="cyan"),
        Text(show_duration(span.duration.ToNanoseconds() / 1e9)),
        Text(printable(model)),
        *(_number(number, counted=span.span_id not in left_out, beside_others=bool(left_out)) for number in numbers),
        Text(printable(span.span_id[:ID_DIGITS]), style="dim"),
    ]


def _number(number: str, *, counted: bool, beside_others: bool) -> Text:
    if number and not counted:
        return Text(f"({number})", style="dim")
    # Digits stand below digits, not below a parenthesis.
    return Text(number + " " * beside_others)


def _notes(span: Span) -> Iterator[Text]:
    if _failed(span):
        yield Text(f"error: {printable(span.status_message) or 'no message'}", style="red")
    if counts := count_note(span.gen_ai.usage):
        yield Text(counts, style="dim")
    if span.gen_ai.usage.flags:
        yield Text(f"odd numbers: {printable(', '.join(span.gen_ai.usage.flags))}", style="yellow")
    if span.defects:
        yield Text(f"defects: {printable(', '.join(span.defects))}", style="yellow")
    removed = [show_entities(span.redaction.entities)] if span.redaction.entities else []
    if span.redaction.withheld_values:
        removed.append(_count(span.redaction.withheld_values, "value") + " withheld")
    if removed:
        yield Text("redacted: " + ", ".join(removed), style="yellow")


def _place_notes(span: Span, stored: set[str], *, truncated: bool) -> Iterator[Text]:
    if span.parent_span_id and span.parent_span_id not in stored:
        # Of a trace that is not shown whole the parent may be among the rest.
        yield Text(f"parent not {'shown' if truncated else 'received'}: {span.parent_span_id}", style="yellow")


def _totals(summary: TraceSummary, decimals: int) -> Text:
    parts = [_count(summary.span_count, "span"), show_duration(summary.duration.ToNanoseconds() / 1e9)]
    if summary.input_tokens or summary.output_tokens:
        parts.append(f"{summary.input_tokens:,} tokens in, {summary.output_tokens:,} out")
    if _knows_cost(summary):
        parts.append(show_usd(summary.cost_usd, decimals))
    if summary.unpriced_calls:
        parts.append(f"{_count(summary.unpriced_calls, 'call')} of unknown price")
    if summary.calls_without_usage:
        parts.append(f"{_count(summary.calls_without_usage, 'call')} without token numbers")
    if summary.error_count:
        parts.append(_count(summary.error_count, "error"))
    if summary.redacted_entities:
        parts.append(f"redacted: {show_entities(summary.redacted_entities)}")
    return Text("; ".join(parts))


def _legends(spans: Sequence[Span], left_out: set[str]) -> Iterator[str]:
    if any(_marks(span) for span in spans):
        yield MARKS_LEGEND
    if any(count_note(span.gen_ai.usage) for span in spans):
        yield COUNTS_LEGEND
    if left_out:
        yield UNCOUNTED_LEGEND


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
