"""`a11i reprice`: what stored calls cost, worked out anew. For administrators."""

from __future__ import annotations

import argparse
import uuid
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from a11i.tokenization.v1 import tokenization_service_pb2 as pb
from a11i_cli.delivery import actor, print_json
from a11i_cli.errors import printable
from a11i_cli.layout import Column
from a11i_cli.options import identity, positive
from a11i_cli.orders import follow, give
from a11i_cli.replays import parse_when
from a11i_cli.screen import make_console, print_line, print_table
from a11i_cli.tokenization import CALL_TIMEOUT_S, Connection, connected, tokenization_options
from a11i_cli.values import enum_word, show_timestamp, show_usd

LARGEST_PAGE = 1_000
COLUMNS = (
    Column("repricing"),
    Column("ordered"),
    Column("calls", right=True),
    Column("changed", right=True),
    Column("before", right=True, optional=True),
    Column("after", right=True, optional=True),
    Column("state"),
    Column("who", flexible=True, optional=True),
)


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection = tokenization_options()
    area = areas.add_parser("reprice", help="work out anew what stored calls cost")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    start = commands.add_parser(
        "start",
        help="order a repricing and wait for it",
        description="Prices the tenant's calls that began in a time by the tables of now, its own included, or by "
        "another version of its own.",
        parents=[connection],
    )
    start.set_defaults(run=_start)
    start.add_argument("--since", metavar="WHEN", type=parse_when, required=True, help="began since: 2h, 7d, a date")
    start.add_argument("--until", metavar="WHEN", type=parse_when, help="began before (default: now)")
    start.add_argument("--project", metavar="ID", help="of this project (default: all of the tenant's)")
    start.add_argument("--unpriced", action="store_true", help="only calls of no known cost")
    start.add_argument(
        "--prices",
        metavar="N",
        type=_version,
        help="by this version of the tenant's prices (see `prices versions`), or by the default ones alone for "
        '"default" (default: the version in force)',
    )
    start.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    start.add_argument("--request-id", metavar="NAME", help="a name for the order: the same again is the same order")
    start.add_argument("--detach", action="store_true", help="do not wait; it goes on by itself in any case")

    list_ = commands.add_parser("list", help="the latest repricings", parents=[connection])
    list_.set_defaults(run=_list)
    list_.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")

    status = commands.add_parser("status", help="one repricing and how far it has come", parents=[connection])
    status.set_defaults(run=_status)
    cancel = commands.add_parser("cancel", help="end a repricing where it is; what is done stays", parents=[connection])
    cancel.set_defaults(run=_cancel)
    for command in (status, cancel):
        command.add_argument("id", metavar="ID", type=identity("a repricing"))


def _start(arguments: argparse.Namespace) -> None:
    request = pb.RepriceRequest(
        project_id=arguments.project or "",
        unpriced_only=arguments.unpriced,
        actor=actor(),
        request_id=arguments.request_id or str(uuid.uuid4()),
        dry_run=arguments.dry_run,
        price_version=arguments.prices,
    )
    request.start_time.FromDatetime(arguments.since)
    request.end_time.FromDatetime(arguments.until or datetime.now(UTC))
    with connected(arguments) as to:
        request.tenant_id = to.tenant_id
        repricing = _order(to, request)
        if not arguments.detach:
            repricing = _wait(to, repricing, quiet=arguments.json)
    if not print_json(arguments, repricing):
        _show(make_console(), repricing)


def _version(text: str) -> int:
    return 0 if text == "default" else positive(text)


def _order(to: Connection, request: pb.RepriceRequest) -> pb.Repricing:
    return give(lambda: to.stub.Reprice(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).repricing)


def _wait(to: Connection, repricing: pb.Repricing, *, quiet: bool) -> pb.Repricing:
    return follow(
        repricing,
        lambda: _get(to, repricing.id),
        is_running=lambda one: one.state == pb.REPRICING_STATE_RUNNING,
        progress=_progress,
        status_command=f"a11i reprice status {repricing.id}",
        quiet=quiet,
    )


def _list(arguments: argparse.Namespace) -> None:
    found = pb.ListRepricingsResponse()
    with connected(arguments) as to:
        request = pb.ListRepricingsRequest(tenant_id=to.tenant_id)
        while len(found.repricings) < arguments.limit:
            request.page_size = min(arguments.limit - len(found.repricings), LARGEST_PAGE)
            page = to.stub.ListRepricings(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
            found.repricings.extend(page.repricings)
            found.next_page_token = request.page_token = page.next_page_token
            if not page.next_page_token:
                break
    if print_json(arguments, found):
        return
    if not found.repricings:
        print("nothing was repriced")
        return
    now = datetime.now(UTC).astimezone()
    print_table(make_console(), COLUMNS, [_cells(one, now) for one in found.repricings])


def _status(arguments: argparse.Namespace) -> None:
    with connected(arguments) as to:
        repricing = _get(to, arguments.id)
    if not print_json(arguments, repricing):
        _show(make_console(), repricing)


def _cancel(arguments: argparse.Namespace) -> None:
    with connected(arguments) as to:
        request = pb.CancelRepricingRequest(id=arguments.id)
        repricing = to.stub.CancelRepricing(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).repricing
    if not print_json(arguments, repricing):
        _show(make_console(), repricing)


def _get(to: Connection, repricing_id: str) -> pb.Repricing:
    request = pb.GetRepricingRequest(id=repricing_id)
    return to.stub.GetRepricing(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).repricing


def _progress(one: pb.Repricing) -> str:
    done = show_timestamp(one.done_until, datetime.now(UTC).astimezone())
    return f"{one.call_count:,} calls, {one.changed_count:,} changed; done until {done}"


def _cells(one: pb.Repricing, now: datetime) -> list[Text]:
    return [
        Text(one.id),
        Text(show_timestamp(one.create_time, now)),
        Text(f"{one.call_count:,}"),
        Text(f"{one.changed_count:,}"),
        Text(show_usd(one.before_usd)),
        Text(show_usd(one.after_usd)),
        Text(_state(one)),
        Text(printable(one.request.actor)),
    ]


def _show(console: Console, one: pb.Repricing) -> None:
    now = datetime.now(UTC).astimezone()
    would = "would change" if one.request.dry_run else "changed"
    facts = {
        "repricing": one.id,
        "state": _state(one),
        "why": one.failure,
        "began": f"{show_timestamp(one.request.start_time, now)} to {show_timestamp(one.request.end_time, now)}",
        "project": one.request.project_id,
        "tables": one.price_version,
        "ordered": f"{show_timestamp(one.create_time, now)} by {one.request.actor}",
        "done until": "" if one.HasField("end_time") else show_timestamp(one.done_until, now),
        "ended": show_timestamp(one.end_time, now) if one.HasField("end_time") else "",
        "calls": f"{one.call_count:,}, of which {one.changed_count:,} {would}",
        "cost": f"{show_usd(one.before_usd)} before, {show_usd(one.after_usd)} after",
        "unknown": f"{one.unpriced_before_count:,} before, {one.unpriced_after_count:,} after",
    }
    for name, value in facts.items():
        if value:
            print_line(console, Text.assemble((f"{name:<12}", "dim"), printable(value)))


def _state(one: pb.Repricing) -> str:
    return enum_word(pb.RepricingState, one.state, "REPRICING_STATE_") + (" (dry run)" if one.request.dry_run else "")
