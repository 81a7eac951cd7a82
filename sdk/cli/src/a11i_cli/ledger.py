"""`a11i ledger`: what became of everything that was sent, and whether the books balance. For administrators."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from a11i.delivery.v1 import ledger_service_pb2 as pb
from a11i.delivery.v1 import ledger_service_pb2_grpc as rpc
from a11i_cli.errors import DELIVERY, explain
from a11i_cli.options import Parser, ago, positive
from a11i_cli.screen import make_console
from a11i_cli.show_ledger import show_audit, show_ledger, show_open
from a11i_cli.target import find_delivery
from a11i_cli.values import parse_duration

CALL_TIMEOUT_S = 30.0
DAY = timedelta(days=1)

Connection = tuple[rpc.LedgerServiceStub, tuple[tuple[str, str]]]


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection, accounts = _connection_options(), _account_options()
    area = areas.add_parser(
        "ledger",
        help="what became of everything that was sent, and whether the books balance",
        description="Without a COMMAND: what was received, and what has become of it by now.",
        parents=[connection, accounts],
    )
    area.set_defaults(run=_show)
    area.add_argument(
        "--since",
        metavar="DURATION",
        type=parse_duration,
        default=DAY,
        help="received since, as 2h or 7d (default: 1d)",
    )
    area.add_argument("--wide", action="store_true", help="all columns in full, however wide the terminal is")
    commands = area.add_subparsers(metavar="COMMAND")

    # Options that stand before the command hold for it, too: what is not said after it does not undo them.
    parents = [_quiet(_connection_options()), _quiet(_account_options())]
    open_ = commands.add_parser("open", help="the batches that are under way", parents=parents)
    open_.set_defaults(run=_open)
    open_.add_argument(
        "--silent", metavar="DURATION", type=parse_duration, help="of which nothing was heard for so long"
    )
    open_.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")
    audit = commands.add_parser("audit", help="what the auditor found last", parents=parents[:1])
    audit.set_defaults(run=_audit)


def _connection_options() -> Parser:
    connection = Parser(add_help=False)
    group = connection.add_argument_group(
        "which mesh", "These, else A11I_DELIVERY and A11I_ADMIN_TOKEN, else the mesh.env in A11I_DATA_DIR or .a11i."
    )
    group.add_argument("--delivery", metavar="HOST:PORT", help="the delivery service (default: A11I_DELIVERY)")
    group.add_argument("--admin-token", metavar="TOKEN", help="the delivery service's (default: A11I_ADMIN_TOKEN)")
    group.add_argument("--data-dir", metavar="DIR", type=Path, help="take both from the mesh.env in this directory")
    connection.add_argument("--json", action="store_true", help="print JSON")
    return connection


def _account_options() -> Parser:
    accounts = Parser(add_help=False)
    accounts.add_argument("--tenant", metavar="ID", help="of this tenant (default: of all)")
    accounts.add_argument("--project", metavar="ID", help="of this project (default: of all)")
    return accounts


def _quiet(options: Parser) -> Parser:
    """The options without defaults of their own."""
    for action in options._actions:
        action.default = argparse.SUPPRESS
    return options


def _show(arguments: argparse.Namespace) -> None:
    request = pb.GetLedgerRequest(tenant_id=arguments.tenant or "", project_id=arguments.project or "")
    request.start_time.FromDatetime(ago(arguments.since))
    with _connected(arguments) as (stub, metadata):
        found = stub.GetLedger(request, timeout=CALL_TIMEOUT_S, metadata=metadata)
        if _print_json(arguments, found):
            return
        audit = stub.GetAudit(pb.GetAuditRequest(), timeout=CALL_TIMEOUT_S, metadata=metadata)
    show_ledger(make_console(), found, audit, wide=arguments.wide)


def _open(arguments: argparse.Namespace) -> None:
    request = pb.ListOpenBatchesRequest(
        tenant_id=arguments.tenant or "",
        project_id=arguments.project or "",
        min_silent_s=arguments.silent.total_seconds() if arguments.silent else 0.0,
        page_size=arguments.limit,
    )
    with _connected(arguments) as (stub, metadata):
        found = stub.ListOpenBatches(request, timeout=CALL_TIMEOUT_S, metadata=metadata)
    if not _print_json(arguments, found):
        show_open(make_console(), found, arguments.limit)


def _audit(arguments: argparse.Namespace) -> None:
    with _connected(arguments) as (stub, metadata):
        found = stub.GetAudit(pb.GetAuditRequest(), timeout=CALL_TIMEOUT_S, metadata=metadata)
    if not _print_json(arguments, found):
        show_audit(make_console(), found)


def _print_json(arguments: argparse.Namespace, message: Message) -> bool:
    if arguments.json:
        print(MessageToJson(message))
    return bool(arguments.json)


@contextmanager
def _connected(arguments: argparse.Namespace) -> Iterator[Connection]:
    """Raises CommandError for what calls raise."""
    target = find_delivery(arguments.delivery, arguments.admin_token, arguments.data_dir)
    try:
        with grpc.insecure_channel(target.address) as channel:
            yield rpc.LedgerServiceStub(channel), (("authorization", f"Bearer {target.admin_token}"),)
    except grpc.RpcError as error:
        raise explain(error, target.address, DELIVERY) from None
