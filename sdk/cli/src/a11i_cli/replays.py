"""`a11i replay`: what is archived, through the stages again. For administrators."""

from __future__ import annotations

import argparse
import uuid
from datetime import UTC, datetime
from typing import Any

from a11i.delivery.v1 import dead_letter_service_pb2 as points
from a11i.delivery.v1 import replay_service_pb2 as pb
from a11i.delivery.v1 import replay_service_pb2_grpc as rpc
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_cli.delivery import CALL_TIMEOUT_S, Connection, actor, connected, delivery_options, print_json
from a11i_cli.errors import printable
from a11i_cli.options import identity, positive
from a11i_cli.orders import follow, give
from a11i_cli.screen import make_console
from a11i_cli.show_replays import progress, show_replay, show_replays
from a11i_cli.values import parse_duration

LARGEST_PAGE = 1_000
POINTS = {name.removeprefix("REPLAY_POINT_").lower(): number for name, number in points.ReplayPoint.items() if number}
SIGNALS = {name.removeprefix("SIGNAL_").lower(): number for name, number in Signal.items() if number}

Replays = Connection[rpc.ReplayServiceStub]


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection = delivery_options()
    area = areas.add_parser("replay", help="run what is archived through the stages again")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    start = commands.add_parser(
        "start",
        help="order a replay and wait for it",
        description="Runs the archived rows of requests that were received in a time through the stages again: from "
        "`writer` to restore what the store lost, from `redaction` to apply today's policy, from `tokenization` to "
        "price calls anew, too. Nothing is doubled.",
        parents=[connection],
    )
    start.set_defaults(run=_start)
    start.add_argument("--from", dest="point", choices=POINTS, required=True, help="begin at this stage")
    start.add_argument("--since", metavar="WHEN", type=parse_when, required=True, help="received since: 2h, 7d, a date")
    start.add_argument("--until", metavar="WHEN", type=parse_when, help="received before (default: now)")
    start.add_argument("--project", metavar="ID", help="of this project (default: all of the tenant's)")
    start.add_argument("--signal", choices=SIGNALS, action="append", help="of this signal; may be repeated")
    start.add_argument("--dry-run", action="store_true", help="only count")
    start.add_argument("--detach", action="store_true", help="do not wait; it goes on by itself in any case")

    list_ = commands.add_parser("list", help="the latest replays", parents=[connection])
    list_.set_defaults(run=_list)
    list_.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")

    show = commands.add_parser("show", help="one replay and how far it has come", parents=[connection])
    show.set_defaults(run=_show)
    cancel = commands.add_parser("cancel", help="end a replay where it is", parents=[connection])
    cancel.set_defaults(run=_cancel)
    for command in (show, cancel):
        command.add_argument("replay_id", metavar="ID", type=identity("a replay"))


def parse_when(text: str) -> datetime:
    """A time: so long ago, such as 2h or 7d, or a date or time in ISO 8601, local if it names no zone. For argparse."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        pass
    try:
        return datetime.now(UTC) - parse_duration(text)
    except (argparse.ArgumentTypeError, OverflowError):
        message = f"{printable(text)!r} is neither a duration, such as 2h or 7d, nor a date, such as 2026-11-21T10:00"
        raise argparse.ArgumentTypeError(message) from None


def _start(arguments: argparse.Namespace) -> None:
    until = arguments.until or datetime.now(UTC)
    request = pb.StartReplayRequest(
        project_id=arguments.project or "",
        signals=[SIGNALS[name] for name in arguments.signal or ()],
        point=POINTS[arguments.point],
        actor=actor(),
        dry_run=arguments.dry_run,
        replay_id=str(uuid.uuid4()),
    )
    request.start_time.FromDatetime(arguments.since)
    request.end_time.FromDatetime(until)
    with connected(arguments, rpc.ReplayServiceStub) as to:
        request.tenant_id = to.tenant_id
        replay = _order(to, request)
        if not arguments.detach:
            replay = _wait(to, replay, quiet=arguments.json)
    if not print_json(arguments, replay):
        show_replay(make_console(), replay)


def _order(to: Replays, request: pb.StartReplayRequest) -> pb.Replay:
    return give(lambda: to.stub.StartReplay(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).replay)


def _wait(to: Replays, replay: pb.Replay, *, quiet: bool) -> pb.Replay:
    return follow(
        replay,
        lambda: _get(to, replay.replay_id),
        is_running=lambda one: one.state == pb.REPLAY_STATE_RUNNING,
        progress=progress,
        status_command=f"a11i replay show {replay.replay_id}",
        quiet=quiet,
    )


def _list(arguments: argparse.Namespace) -> None:
    found = pb.ListReplaysResponse()
    with connected(arguments, rpc.ReplayServiceStub) as to:
        request = pb.ListReplaysRequest(tenant_id=to.tenant_id)
        while len(found.replays) < arguments.limit:
            request.page_size = min(arguments.limit - len(found.replays), LARGEST_PAGE)
            page = to.stub.ListReplays(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
            found.replays.extend(page.replays)
            found.next_page_token = request.page_token = page.next_page_token
            if not page.next_page_token:
                break
    if not print_json(arguments, found):
        show_replays(make_console(), found)


def _show(arguments: argparse.Namespace) -> None:
    with connected(arguments, rpc.ReplayServiceStub) as to:
        replay = _get(to, arguments.replay_id)
    if not print_json(arguments, replay):
        show_replay(make_console(), replay)


def _cancel(arguments: argparse.Namespace) -> None:
    with connected(arguments, rpc.ReplayServiceStub) as to:
        request = pb.CancelReplayRequest(tenant_id=to.tenant_id, replay_id=arguments.replay_id, actor=actor())
        replay = to.stub.CancelReplay(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).replay
    if not print_json(arguments, replay):
        show_replay(make_console(), replay)


def _get(to: Replays, replay_id: str) -> pb.Replay:
    request = pb.GetReplayRequest(tenant_id=to.tenant_id, replay_id=replay_id)
    return to.stub.GetReplay(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).replay
