"""Replays on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from a11i.delivery.v1 import replay_service_pb2 as pb
from a11i.delivery.v1.dead_letter_service_pb2 import ReplayPoint
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_cli.errors import printable
from a11i_cli.layout import Column
from a11i_cli.screen import print_line, print_table
from a11i_cli.values import enum_word, show_timestamp

COLUMNS = (
    Column("replay"),
    Column("ordered"),
    Column("from"),
    Column("received since", optional=True),
    Column("until", optional=True),
    Column("rows", right=True),
    Column("state"),
    Column("who", flexible=True, optional=True),
)


def show_replays(console: Console, found: pb.ListReplaysResponse) -> None:
    """Replays as a table."""
    if not found.replays:
        print_line(console, Text("nothing was replayed"))
        return
    now = datetime.now(UTC).astimezone()
    print_table(console, COLUMNS, [_cells(replay, now) for replay in found.replays])
    if found.next_page_token:
        print_line(console, Text("there are more: --limit", style="dim"))


def show_replay(console: Console, replay: pb.Replay) -> None:
    """One replay: what was ordered, by whom, and how far it has come."""
    for name, value in _facts(replay, datetime.now(UTC).astimezone()):
        if value:
            print_line(console, Text.assemble((f"{name:<12}", "dim"), printable(value)))


def progress(replay: pb.Replay) -> str:
    """How far a replay has come, on one line."""
    rows = f"{replay.row_count:,} rows{' counted' if replay.dry_run else ''}"
    if not replay.HasField("position_time"):
        return f"{rows}; waits for its turn"
    return f"{rows}; at what was received {show_timestamp(replay.position_time, datetime.now(UTC).astimezone())}"


def _cells(replay: pb.Replay, now: datetime) -> list[Text]:
    return [
        Text(replay.replay_id),
        Text(show_timestamp(replay.create_time, now)),
        Text(enum_word(ReplayPoint, replay.point, "REPLAY_POINT_")),
        Text(show_timestamp(replay.start_time, now)),
        Text(show_timestamp(replay.end_time, now)),
        Text(f"{replay.row_count:,}"),
        Text(_state(replay)),
        Text(printable(replay.actor)),
    ]


def _facts(replay: pb.Replay, now: datetime) -> Iterator[tuple[str, str]]:
    yield "replay", replay.replay_id
    yield "state", _state(replay)
    yield "from", enum_word(ReplayPoint, replay.point, "REPLAY_POINT_")
    yield "received", f"{show_timestamp(replay.start_time, now)} to {show_timestamp(replay.end_time, now)}"
    yield "project", replay.project_id
    yield "signals", ", ".join(enum_word(Signal, signal, "SIGNAL_").replace("_", " ") for signal in replay.signals)
    yield "ordered", f"{show_timestamp(replay.create_time, now)} by {replay.actor} ({replay.peer})"
    if replay.HasField("position_time") and not replay.HasField("finish_time"):
        yield "has come to", f"what was received {show_timestamp(replay.position_time, now)}"
    if replay.HasField("finish_time"):
        yield "ended", show_timestamp(replay.finish_time, now)
    if replay.cancel_actor:
        yield "by", f"{replay.cancel_actor} ({replay.cancel_peer})"
    yield "rows", f"{replay.row_count:,}"
    yield "batches", f"{replay.batch_count:,} of {replay.object_count:,} objects"
    if replay.unreadable_count:
        yield "unreadable", f"{replay.unreadable_count:,} objects; the delivery service's log names them"
    if replay.too_large_count:
        yield "too large", f"{replay.too_large_count:,} rows, which the bus does not take"


def _state(replay: pb.Replay) -> str:
    return enum_word(pb.ReplayState, replay.state, "REPLAY_STATE_") + (" (dry run)" if replay.dry_run else "")
