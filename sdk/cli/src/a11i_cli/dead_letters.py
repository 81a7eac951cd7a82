"""`a11i dead-letters`: what a stage gave up on, and what becomes of it. For administrators."""

from __future__ import annotations

import argparse
import uuid
from typing import Any

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.delivery.v1 import dead_letter_service_pb2_grpc as rpc
from a11i_cli.delivery import CALL_TIMEOUT_S, actor, connected, delivery_options, print_json
from a11i_cli.errors import UsageError, printable
from a11i_cli.options import Parser, ago, positive
from a11i_cli.screen import make_console
from a11i_cli.show_dead_letters import show_actions, show_letter, show_letters
from a11i_cli.values import parse_duration

LARGEST_PAGE = 1_000
STATES = {
    name.removeprefix("DEAD_LETTER_STATE_").lower(): number for name, number in pb.DeadLetterState.items() if number
}
POINTS = {name.removeprefix("REPLAY_POINT_").lower(): number for name, number in pb.ReplayPoint.items() if number}


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection, filters = delivery_options(), _filter_options()
    area = areas.add_parser("dead-letters", help="what could not be processed: look, replay, discard")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    list_ = commands.add_parser("list", help="the dead letters that wait", parents=[connection, filters])
    list_.set_defaults(run=_list)
    list_.add_argument("--state", choices=[*STATES, "any"], default="waiting", help="in this state (default: waiting)")
    list_.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")

    show = commands.add_parser("show", help="one dead letter and what it holds, redacted", parents=[connection])
    show.set_defaults(run=_show)
    show.add_argument("dead_letter_id", metavar="ID", type=_letter_id)
    show.add_argument("--basic", action="store_true", help="leave out what it holds, which needs redaction")

    replay = commands.add_parser(
        "replay",
        help="send waiting dead letters through the stages again",
        description="Sends the named dead letters, or all waiting ones that the filters choose, through the stages "
        "again, from the stage that gave each up. What is stored already is not doubled.",
        parents=[connection, filters],
    )
    replay.set_defaults(run=_replay)
    replay.add_argument("--from", dest="point", choices=POINTS, help="begin at this stage instead")
    discard = commands.add_parser(
        "discard",
        help="delete what waiting dead letters hold, for good",
        description="Deletes what the named dead letters, or all waiting ones that the filters choose, hold.",
        parents=[connection, filters],
    )
    discard.set_defaults(run=_discard)
    for command in (replay, discard):
        command.add_argument("dead_letter_ids", metavar="ID", type=_letter_id, nargs="*")
        command.add_argument("--all", action="store_true", help="all that wait")

    history = commands.add_parser("history", help="who did what with dead letters", parents=[connection])
    history.set_defaults(run=_history)
    history.add_argument("dead_letter_id", metavar="ID", type=_letter_id, nargs="?", help="with this one alone")
    history.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")


def _filter_options() -> Parser:
    filters = Parser(add_help=False)
    filters.add_argument("--project", metavar="ID", help="of this project")
    filters.add_argument("--stage", help="given up by this stage, such as redaction")
    filters.add_argument("--reason", help="for this reason, such as INTERNAL")
    filters.add_argument("--batch", metavar="ID", help="of this batch")
    filters.add_argument("--since", metavar="DURATION", type=parse_duration, help="given up since, such as 2h or 7d")
    return filters


def _list(arguments: argparse.Namespace) -> None:
    filter_ = _filter(arguments)
    if arguments.state != "any":
        filter_.state = STATES[arguments.state]
    found = pb.ListDeadLettersResponse()
    with connected(arguments, rpc.DeadLetterServiceStub) as to:
        request = pb.ListDeadLettersRequest(tenant_id=to.tenant_id, filter=filter_)
        while len(found.dead_letters) < arguments.limit:
            request.page_size = min(arguments.limit - len(found.dead_letters), LARGEST_PAGE)
            page = to.stub.ListDeadLetters(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
            found.dead_letters.extend(page.dead_letters)
            found.next_page_token = request.page_token = page.next_page_token
            if not page.next_page_token:
                break
    if not print_json(arguments, found):
        show_letters(make_console(), found)


def _show(arguments: argparse.Namespace) -> None:
    with connected(arguments, rpc.DeadLetterServiceStub) as to:
        request = pb.GetDeadLetterRequest(
            tenant_id=to.tenant_id,
            dead_letter_id=arguments.dead_letter_id,
            view=pb.DEAD_LETTER_VIEW_BASIC if arguments.basic else pb.DEAD_LETTER_VIEW_REDACTED,
        )
        found = to.stub.GetDeadLetter(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
    if not print_json(arguments, found):
        show_letter(make_console(), found)


def _replay(arguments: argparse.Namespace) -> None:
    done = pb.ReplayDeadLettersResponse(more=True)
    with connected(arguments, rpc.DeadLetterServiceStub) as to:
        request = pb.ReplayDeadLettersRequest(tenant_id=to.tenant_id, actor=actor())
        request.point = POINTS[arguments.point] if arguments.point else pb.REPLAY_POINT_UNSPECIFIED
        _choose(arguments, request)
        while done.more:
            part = to.stub.ReplayDeadLetters(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
            for name in ("replayed_count", "pending_count", "refused_count", "skipped_count"):
                setattr(done, name, getattr(done, name) + getattr(part, name))
            # What was refused waits again, and would be chosen anew without end.
            done.more = part.more and not part.refused_count
            done.action_id = part.action_id or done.action_id
    if print_json(arguments, done):
        return
    print(f"{done.replayed_count:,} replayed")
    if done.pending_count:
        print(f"{done.pending_count:,} will follow as soon as the bus takes them")
    if done.refused_count:
        print(f"{done.refused_count:,} could not be replayed and wait as before; the delivery service's log says why")
    if done.skipped_count:
        print(f"{done.skipped_count:,} left alone: not there, not waiting, or not to be replayed from there")


def _discard(arguments: argparse.Namespace) -> None:
    done = pb.DiscardDeadLettersResponse(more=True)
    with connected(arguments, rpc.DeadLetterServiceStub) as to:
        request = pb.DiscardDeadLettersRequest(tenant_id=to.tenant_id, actor=actor())
        _choose(arguments, request)
        while done.more:
            part = to.stub.DiscardDeadLetters(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
            done.discarded_count += part.discarded_count
            done.skipped_count += part.skipped_count
            done.more = part.more
            done.action_id = part.action_id or done.action_id
    if print_json(arguments, done):
        return
    print(f"{done.discarded_count:,} discarded")
    if done.skipped_count:
        print(f"{done.skipped_count:,} left alone: not there, or not waiting")


def _history(arguments: argparse.Namespace) -> None:
    with connected(arguments, rpc.DeadLetterServiceStub) as to:
        request = pb.ListDeadLetterActionsRequest(
            tenant_id=to.tenant_id,
            dead_letter_id=arguments.dead_letter_id or "",
            page_size=min(arguments.limit, LARGEST_PAGE),
        )
        found = to.stub.ListDeadLetterActions(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
    if not print_json(arguments, found):
        show_actions(make_console(), found.actions)


def _choose(arguments: argparse.Namespace, request: pb.ReplayDeadLettersRequest | pb.DiscardDeadLettersRequest) -> None:
    """Puts into a request which letters are meant. Raises UsageError if that is not said."""
    filter_ = _filter(arguments)
    filtered = filter_ != pb.DeadLetterFilter()
    if arguments.dead_letter_ids:
        if arguments.all or filtered:
            raise UsageError("name dead letters, or choose them by --all and filters: not both")
        request.ids.dead_letter_ids.extend(arguments.dead_letter_ids)
    elif arguments.all or filtered:
        # Those that were given up by now: a replay that fails again would be replayed again without end.
        filter_.end_time.GetCurrentTime()
        request.filter.CopyFrom(filter_)
    else:
        raise UsageError("which dead letters? name them, choose them by --stage and the like, or say --all")


def _filter(arguments: argparse.Namespace) -> pb.DeadLetterFilter:
    filter_ = pb.DeadLetterFilter(
        project_id=arguments.project or "",
        stage=arguments.stage or "",
        reason=(arguments.reason or "").upper(),
        batch_id=arguments.batch or "",
    )
    if arguments.since is not None:
        filter_.start_time.FromDatetime(ago(arguments.since))
    return filter_


def _letter_id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no id of a dead letter, which is a UUID") from None
