"""One span in full on the terminal."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from rich.console import Console
from rich.text import Text

from a11i.telemetry.v1.span_pb2 import GenAi, NumberSource, Span, SpanEvent, SpanKind, SpanLink, StatusCode, StepKind
from a11i_cli.conversation import conversation, offered_tools
from a11i_cli.screen import note_lines, print_line, printable_lines
from a11i_cli.show_messages import MessagePrinter
from a11i_cli.show_usage import rates, usage_facts
from a11i_cli.values import (
    common_decimals,
    show_duration,
    show_entities,
    show_moment,
    show_number,
    show_usd,
    show_value,
)

NAME_WIDTH = 28  # Of what is told; longer names, such as attributes' keys, push their values to the right.
TOLD_AS_MESSAGES = {
    *("input_messages", "output_messages", "system_instructions", "tool_definitions"),
    *("tool_arguments", "tool_result", "finish_reasons", "evaluation"),
}
TOLD_AS_COUNTS = {
    *("counted_input_tokens", "counted_output_tokens", "counted_source", "tokenizer", "part_tokens", "flags"),
    *("input_message_tokens", "output_message_tokens", "context_window", "context_utilisation"),
}
ENUMS = {
    "step_kind": (StepKind, "STEP_KIND_"),
    "input_source": (NumberSource, "NUMBER_SOURCE_"),
    "output_source": (NumberSource, "NUMBER_SOURCE_"),
}
Fact = tuple[str, str]


def show_span(console: Console, span: Span) -> None:
    """All that is stored of a span; what is not known of it is left out."""
    now = datetime.now(UTC).astimezone()
    print_line(console, Text.assemble(("span ", "dim"), (" ".join(printable_lines(span.name)), "bold")))
    _print_facts(console, _of_span(span, now))
    _section(console, "step", _of_step(span.gen_ai))
    _section(console, "tokens and cost", _of_numbers(span.gen_ai))
    tools, found = offered_tools(span.gen_ai), conversation(span)
    if tools or found.sent or found.others:
        _title(console, "messages")
        _print_facts(console, [("tools offered", tools)])
        MessagePrinter(console, whole=True).print(span, "  ")
    _section(console, "attributes", _attributes(span.attributes, _told(span.gen_ai)))
    for number, event in enumerate(span.events, start=1):
        _section(console, f"event {number}: {' '.join(printable_lines(event.name))}", _of_event(event, now))
    for number, link in enumerate(span.links, start=1):
        _section(console, f"link {number}", _of_link(link))
    _section(console, "resource", _attributes(span.resource_attributes))
    _section(console, "scope", _attributes(span.scope_attributes))
    _section(console, "defects", [("", defect) for defect in span.defects])
    _section(console, "redaction", _of_redaction(span))


def _of_span(span: Span, now: datetime) -> Iterator[Fact]:
    yield "span id", span.span_id
    yield "trace id", span.trace_id
    yield "parent", span.parent_span_id or "none: a root"
    yield "trace state", span.trace_state
    yield "kind", _enum(SpanKind, "SPAN_KIND_", span.kind)
    yield "status", _enum(StatusCode, "STATUS_CODE_", span.status_code)
    yield "status message", span.status_message
    yield "started", _moment(span, "start_time", now)
    yield "ended", _moment(span, "end_time", now)
    yield "duration", show_duration(span.duration.ToNanoseconds() / 1e9)
    yield "received", _moment(span, "received_time", now)
    yield "service", span.service_name
    yield "scope", f"{span.scope_name} {span.scope_version}".strip()
    yield "flags", str(span.flags) if span.flags else ""
    yield "resource schema", span.resource_schema_url
    yield "scope schema", span.scope_schema_url
    dropped = {"attributes": span.dropped_attributes_count, "events": span.dropped_events_count,
               "links": span.dropped_links_count}  # fmt: skip
    yield "dropped by the sender", ", ".join(f"{count:,} {name}" for name, count in dropped.items() if count)


def _of_step(gen_ai: GenAi) -> Iterator[Fact]:
    for name, value in _scalars(gen_ai):
        if name not in TOLD_AS_MESSAGES and name != "reported_cost_usd":
            yield name.removesuffix("_s").replace("_", " "), f"{value} s" if name.endswith("_s") else value


def _of_numbers(gen_ai: GenAi) -> Iterator[Fact]:
    for name, value in _scalars(gen_ai.usage):
        if name not in TOLD_AS_COUNTS:
            yield name.replace("_", " "), value
    yield from usage_facts(gen_ai.usage)
    if gen_ai.HasField("cost"):
        cost = gen_ai.cost
        decimals = common_decimals([cost.total_usd, cost.input_usd, cost.output_usd])
        total, of_input, of_output = (
            show_usd(dollars, decimals) for dollars in (cost.total_usd, cost.input_usd, cost.output_usd)
        )
        yield "cost", f"{total}: {of_input} input, {of_output} output"
        yield "priced as", f"{cost.priced_as} by {cost.price_version}" if cost.priced_as else cost.price_version
        yield "rates", rates(cost)
    if gen_ai.HasField("reported_cost_usd"):
        yield "cost by the sender", show_usd(gen_ai.reported_cost_usd)


def _of_event(event: SpanEvent, now: datetime) -> Iterator[Fact]:
    yield "time", _moment(event, "time", now)
    yield "from log record", event.log_record_id
    yield "body", show_value(event.body) if event.HasField("body") else ""
    yield from _attributes(event.attributes)
    yield (
        "dropped by the sender",
        _dropped(event.dropped_attributes_count),
    )


def _of_link(link: SpanLink) -> Iterator[Fact]:
    yield "trace id", link.trace_id
    yield "span id", link.span_id
    yield "trace state", link.trace_state
    yield "flags", str(link.flags) if link.flags else ""
    yield from _attributes(link.attributes)
    yield "dropped by the sender", _dropped(link.dropped_attributes_count)


def _dropped(attributes: int) -> str:
    return f"{attributes:,} attributes" if attributes else ""


def _of_redaction(span: Span) -> Iterator[Fact]:
    receipt = span.redaction
    yield "policy", receipt.policy
    yield "detector", receipt.detector
    if receipt.policy:
        yield "replaced", show_entities(receipt.entities) or "nothing"
    yield "where", ", ".join(f"{place.replace(':', ': ')} {count:,}" for place, count in sorted(receipt.where.items()))
    yield "withheld values", f"{receipt.withheld_values:,}" if receipt.withheld_values else ""
    if receipt.examined_bytes:
        yield "examined", f"{receipt.examined_bytes:,} bytes in {receipt.took_us / 1_000:,.1f} ms"


def _attributes(attributes: Iterable[KeyValue], told: Container[str] = ()) -> Iterator[Fact]:
    for one in attributes:
        value = show_value(one.value) or '""'
        yield one.key, "(above, under messages)" if value in told else value


def _told(gen_ai: GenAi) -> set[str]:
    """Texts that stand under messages."""
    return {value for found, value in gen_ai.ListFields() if found.name in TOLD_AS_MESSAGES and isinstance(value, str)}


def _scalars(message: Message) -> Iterator[Fact]:
    """A message's set fields that are no messages; those of later versions, too."""
    for found, value in message.ListFields():
        if found.message_type is not None:
            continue
        if found.name in ENUMS:
            yield found.name, _enum(*ENUMS[found.name], value)
        elif isinstance(value, int):
            yield found.name, f"{value:,}"
        else:
            yield found.name, show_number(value) if isinstance(value, float) else str(value)


def _enum(kind: object, prefix: str, number: int) -> str:
    # A server that is newer than this command may know more words.
    if number not in kind.values():  # type: ignore[attr-defined]  # the stubs have no type for enums as such
        return str(number)
    name: str = kind.Name(number)  # type: ignore[attr-defined]  # likewise
    return name.removeprefix(prefix).lower().replace("unspecified", "")


def _moment(message: Message, name: str, now: datetime) -> str:
    time: Timestamp = getattr(message, name)
    return show_moment(time, now) if message.HasField(name) else ""


def _section(console: Console, title: str, facts: Iterable[Fact]) -> None:
    told = [fact for fact in facts if fact[1]]
    if told:
        _title(console, title)
        _print_facts(console, told)


def _title(console: Console, title: str) -> None:
    print_line(console, Text(""))
    print_line(console, Text(title, style="bold"))


def _print_facts(console: Console, facts: Iterable[Fact]) -> None:
    """A line each, `  name  value`; long values go on below their beginning."""
    for name, value in facts:
        if not value:
            continue
        name = " ".join(printable_lines(name))
        label = Text.assemble("  ", (f"{name:<{NAME_WIDTH}}" if name else "", "dim"), " " if name else "")
        below = Text(" " * min(len(label), NAME_WIDTH + 3))
        lines = [line for part in printable_lines(value) for line in note_lines(console, label, Text(part))]
        for index, line in enumerate(lines):
            console.print(line if index == 0 else below + line[len(label) :], soft_wrap=True)
