"""Dead letters on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.text import Text

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_cli.errors import printable
from a11i_cli.layout import Column
from a11i_cli.screen import print_line, print_table
from a11i_cli.values import enum_word, show_timestamp

LETTER_COLUMNS = (
    Column("dead letter"),
    Column("given up"),
    Column("stage"),
    Column("reason", flexible=True),
    Column("items", right=True),
    Column("of"),
    Column("state", optional=True),
    Column("batch", optional=True),
)
ACTION_COLUMNS = (
    Column("when"),
    Column("what"),
    Column("letters", right=True),
    Column("who", flexible=True),
    Column("from", optional=True),
    Column("chosen by", optional=True),
)
LONGEST_VALUE = 400  # Letters; who wants all of a value asks for JSON.


def show_letters(console: Console, found: pb.ListDeadLettersResponse) -> None:
    """Dead letters as a table."""
    if not found.dead_letters:
        print_line(console, Text("no dead letter matches"))
        return
    now = datetime.now(UTC).astimezone()
    print_table(console, LETTER_COLUMNS, [_letter_cells(letter, now) for letter in found.dead_letters])
    if found.next_page_token:
        print_line(console, Text("there are more: --limit", style="dim"))


def show_letter(console: Console, found: pb.GetDeadLetterResponse) -> None:
    """One dead letter: what is known of it, what it holds, what was done with it."""
    for name, value in _facts(found.dead_letter):
        if value:
            print_line(console, Text.assemble((f"{name:<12}", "dim"), printable(value)))
    for number, item in enumerate(found.contents.items, start=1):
        print_line(console, Text(f"\nitem {number}", style="bold"))
        for field in item.fields:
            value = f"({field.withheld})" if field.withheld else _cut(printable(field.value))
            print_line(console, Text.assemble(("  ", ""), (f"{field.name} ", "dim"), value))
    shown, all_ = len(found.contents.items), found.dead_letter.item_count
    if shown and shown < all_:
        print_line(console, Text(f"\nonly the first {shown} of {all_:,} items are shown", style="yellow"))
    if found.contents.unreadable:
        print_line(console, Text(f"\nnothing to show: {printable(found.contents.unreadable)}", style="yellow"))
    if found.actions:
        print_line(console, Text(""))
        show_actions(console, found.actions)


def show_actions(console: Console, actions: Sequence[pb.DeadLetterAction]) -> None:
    """The record of actions as a table."""
    if not actions:
        print_line(console, Text("nothing was done with dead letters"))
        return
    now = datetime.now(UTC).astimezone()
    print_table(console, ACTION_COLUMNS, [_action_cells(action, now) for action in actions])


def _letter_cells(letter: pb.DeadLetter, now: datetime) -> list[Text]:
    return [
        Text(letter.dead_letter_id),
        Text(show_timestamp(letter.last_time, now)),
        Text(printable(letter.stage), style="cyan"),
        Text(printable(letter.reason), style="red"),
        Text(f"{letter.item_count:,}" if letter.item_count else ""),
        Text(_signal(letter)),
        Text(_state(letter)),
        Text(printable(letter.batch_id)),
    ]


def _action_cells(action: pb.DeadLetterAction, now: datetime) -> list[Text]:
    chosen = ", ".join(f"{name}={value}" for name, value in _set_fields(action.filter))
    if action.kind == pb.DEAD_LETTER_ACTION_KIND_EXPIRE:
        chosen = "age"
    elif not action.HasField("filter"):
        chosen = "name"
    return [
        Text(show_timestamp(action.time, now)),
        Text(enum_word(pb.DeadLetterActionKind, action.kind, "DEAD_LETTER_ACTION_KIND_")),
        Text(f"{action.dead_letter_count:,}"),
        Text(printable(action.actor), style="bold"),
        Text(enum_word(pb.ReplayPoint, action.point, "REPLAY_POINT_") if action.point else ""),
        Text(printable(chosen) or "all"),
    ]


def _facts(letter: pb.DeadLetter) -> Iterator[tuple[str, str]]:
    now = datetime.now(UTC).astimezone()
    version = f".{letter.stage_version}" if letter.stage_version else ""
    yield "dead letter", letter.dead_letter_id
    yield "state", _state(letter)
    yield "stage", f"{letter.stage}{version}, after {letter.tries} " + ("try" if letter.tries == 1 else "tries")
    yield "reason", f"{letter.reason} ({letter.error_type})"
    yield "error id", letter.error_id
    yield "holds", f"{letter.item_count:,} {_signal(letter)}" if letter.item_count else "nothing that can be read"
    yield "bytes", f"{letter.payload_bytes:,}"
    yield "project", letter.project_id
    yield "batch", letter.batch_id + (f" rows {letter.rows.lstrip('/')}" if letter.rows else "")
    yield "came from", letter.source_topic
    yield "received", show_timestamp(letter.received_time, now) if letter.HasField("received_time") else ""
    yield "given up", show_timestamp(letter.first_time, now)
    if letter.last_time != letter.first_time:
        yield "and again", show_timestamp(letter.last_time, now)
    yield "expires", f"{letter.expire_time.ToDatetime(tzinfo=UTC).astimezone():%Y-%m-%d}"
    yield "replay of", letter.replay_of


def _set_fields(filter_: pb.DeadLetterFilter) -> Iterator[tuple[str, object]]:
    for field, value in filter_.ListFields():
        yield field.name, value.ToJsonString() if isinstance(value, Timestamp) else value


def _signal(letter: pb.DeadLetter) -> str:
    return enum_word(Signal, letter.signal, "SIGNAL_").replace("_", " ") if letter.signal else ""


def _state(letter: pb.DeadLetter) -> str:
    return enum_word(pb.DeadLetterState, letter.state, "DEAD_LETTER_STATE_")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
