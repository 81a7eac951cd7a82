"""`a11i redaction audit`: what was redacted where, never what it was. For whoever has a key with the query scope."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.json_format import MessageToJson
from rich.console import Console
from rich.text import Text

from a11i.query.v1 import query_service_pb2 as pb
from a11i.query.v1 import query_service_pb2_grpc as rpc
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_cli.errors import explain, printable
from a11i_cli.layout import Column
from a11i_cli.options import ago, chosen_target, positive, query_options
from a11i_cli.screen import make_console, print_fitting, print_line
from a11i_cli.traces import CALL_TIMEOUT_S
from a11i_cli.values import parse_duration

COLUMNS = (
    Column("entity", flexible=True),
    Column("where", flexible=True),
    Column("found", right=True),
    Column("rows", right=True),
    Column("signal", optional=True),
    Column("service", flexible=True, optional=True),
    Column("policy", optional=True),
)
MOST_ON_A_PAGE = 1_000
SIGNALS = {"spans": Signal.SIGNAL_SPANS, "logs": Signal.SIGNAL_LOGS}
NAMES = {number: name for name, number in SIGNALS.items()}


def add_command(commands: argparse._SubParsersAction[Any]) -> None:
    """Adds the command to those of the area."""
    audit = commands.add_parser(
        "audit",
        help="what was redacted where, never what it was",
        description="Adds up the receipts of the key's project. WITHHELD are values that could not be examined.",
        parents=[query_options()],
    )
    audit.set_defaults(run=_audit)
    audit.add_argument("--since", metavar="DURATION", type=parse_duration, help="no older than (default: 24h)")
    audit.add_argument("--entity", metavar="ENTITY", help="of this entity, such as EMAIL_ADDRESS")
    audit.add_argument("--where", metavar="COLUMN", help="in this column, such as input_messages")
    audit.add_argument("--service", help="of this service")
    audit.add_argument("--policy", metavar="LABEL", help="under this policy, such as standard/1")
    audit.add_argument("--signal", choices=SIGNALS, help="of this signal alone")
    audit.add_argument("--limit", metavar="N", type=positive, default=50, help="at most this many (default: 50)")
    audit.add_argument("--wide", action="store_true", help="all columns in full, however wide the terminal is")
    audit.add_argument("--json", action="store_true", help="print JSON, as the REST API does")


def _audit(arguments: argparse.Namespace) -> None:
    request = pb.SummariseRedactionsRequest(
        entity=arguments.entity or "",
        where=arguments.where or "",
        service_name=arguments.service or "",
        policy=arguments.policy or "",
        signal=SIGNALS.get(arguments.signal, Signal.SIGNAL_UNSPECIFIED),
    )
    if arguments.since is not None:
        request.start_time.FromDatetime(ago(arguments.since))
    target = chosen_target(arguments)
    metadata = (("authorization", f"Bearer {target.api_key}"),)
    try:
        with grpc.insecure_channel(target.address) as channel:
            stub = rpc.QueryServiceStub(channel)
            found = _pages(
                lambda: stub.SummariseRedactions(request, timeout=CALL_TIMEOUT_S, metadata=metadata),
                request,
                arguments.limit,
            )
    except grpc.RpcError as error:
        raise explain(error, target.address) from None
    if arguments.json:
        print(MessageToJson(found))
    else:
        _show(make_console(), found, wide=arguments.wide)


def _pages(
    ask: Callable[[], pb.SummariseRedactionsResponse], request: pb.SummariseRedactionsRequest, limit: int
) -> pb.SummariseRedactionsResponse:
    """As many groups as are wanted and there are, of as many pages as that takes."""
    groups: list[pb.RedactionGroup] = []
    while True:
        request.group_limit = min(limit - len(groups), MOST_ON_A_PAGE)
        found = ask()
        groups += found.groups
        request.page_token = found.next_page_token
        if len(groups) >= limit or not found.next_page_token:
            del found.groups[:]
            found.groups.extend(groups)
            return found


def _show(console: Console, found: pb.SummariseRedactionsResponse, *, wide: bool) -> None:
    """The groups as a table, then what became of all rows."""
    if found.groups:
        print_fitting(console, COLUMNS, [_cells(group) for group in found.groups], wide=wide)
    else:
        print_line(console, Text("nothing was redacted that matches"))
    if found.group_count > len(found.groups):
        print_line(console, Text(f"{len(found.groups):,} of {found.group_count:,}: --limit shows more", style="dim"))
    for total in found.totals:
        said = f"{_signal(total.signal)}: {total.redacted_row_count:,} of {total.row_count:,} redacted, "
        said += f"{total.finding_count:,} findings, {total.withheld_value_count:,} values withheld"
        print_line(console, Text(said))


def _cells(group: pb.RedactionGroup) -> list[Text]:
    withheld = group.entity == "WITHHELD"
    return [
        Text(printable(group.entity), style="red" if withheld else "bold"),
        Text(printable(group.where)),
        Text(f"{group.finding_count:,}"),
        Text(f"{group.row_count:,}"),
        Text(_signal(group.signal)),
        Text(printable(group.service_name)),
        Text(printable(group.policy), style="dim"),
    ]


def _signal(number: int) -> str:
    return NAMES.get(Signal.ValueType(number), str(number))
