"""`a11i prices`: what calls cost a tenant, and why."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from rich.text import Text

from a11i.telemetry.v1.span_pb2 import NumberSource, Usage
from a11i.tokenization.v1 import tokenization_service_pb2 as pb
from a11i_cli import stored_costs
from a11i_cli.delivery import actor, print_json
from a11i_cli.errors import UsageError, printable
from a11i_cli.layout import Column
from a11i_cli.options import positive
from a11i_cli.price_files import read_lines
from a11i_cli.replays import parse_when
from a11i_cli.screen import make_console, print_table
from a11i_cli.token_reports import add_unpriced
from a11i_cli.tokenization import CALL_TIMEOUT_S, connected, tokenization_options
from a11i_cli.values import enum_word, show_usd

LINES = (
    Column("sort"),
    Column("tokens", right=True),
    Column("$ a million", right=True),
    Column("$", right=True),
    Column("from", flexible=True),
)
MAX_TOKENS = 100_000_000
"""More is a mistake, which the service refuses, too."""
_MOST_DIGITS = 20
_MOST_UNIT_DIGITS = 4
"""The service refuses more than a thousand, and units that it does not know."""
SORTS = [name.removesuffix("_tokens") for name in stored_costs.PRICED]


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection = tokenization_options()
    area = areas.add_parser("prices", help="what calls cost a tenant, and why")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    put = commands.add_parser(
        "put",
        help="store the tenant's own prices; they are in force within seconds",
        description='Stores a table as a new version. FILE holds {"lines": [...]}: JSON, or TOML if its name says so; '
        "- is standard input. The first line that fits a call prices it.",
        parents=[connection],
    )
    put.set_defaults(run=_put)
    put.add_argument("file", metavar="FILE", type=Path)
    put.add_argument("--empty", action="store_true", help="store a table without lines: the default prices alone hold")
    put.add_argument("--expect", metavar="N", type=int, help="only if the version so far is this; 0: there is none")

    get = commands.add_parser("get", help="the tenant's own prices, as a file holds them", parents=[connection])
    get.set_defaults(run=_get)
    get.add_argument("--version", metavar="N", type=positive, default=0, help="an earlier version")

    versions = commands.add_parser("versions", help="the versions of the tenant's own prices", parents=[connection])
    versions.set_defaults(run=_versions)
    versions.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")

    # What a call costs is public; only what it costs a tenant is not, so that none is meant unless one is named.
    public = tokenization_options(tenant=False)
    resolve = commands.add_parser("resolve", help="how a model's name is read", parents=[public])
    resolve.set_defaults(run=_resolve)
    explain = commands.add_parser(
        "explain",
        help="what a call costs, line by line",
        description="Prices a call by the default tables, or with --tenant by that tenant's own. With --trace it says "
        "what the cost of a stored call was made of, whatever the tables say today.",
        parents=[public],
    )
    explain.set_defaults(run=_explain)
    explain.add_argument(
        "--tokens",
        metavar="SORT=N",
        action="append",
        type=_tokens,
        help=f"how many of a sort: {', '.join(SORTS)}; may be given again for another. Input is all of the input",
    )
    explain.add_argument(
        "--units",
        metavar="UNIT=N",
        action="append",
        type=_units,
        help="how many of what is not sold by the token: web_searches, pictures, or pictures/QUALITY/SIZE as in "
        "pictures/hd/1792x1024; requests/low, /medium or /high=1 is how much of the web the call looked at",
    )
    explain.add_argument("--tier", default="", help="the provider's tier of service, such as batch")
    resolve.add_argument("model", metavar="MODEL", help="as the span has it")
    explain.add_argument("model", metavar="MODEL", nargs="?", help="as the span has it")
    stored_costs.add_options(explain)
    for command in (resolve, explain):
        command.add_argument("--tenant", metavar="ID", help="by this tenant's own prices (default: the default tables)")
        command.add_argument("--provider", default="", help="as the span has it")
        command.add_argument("--at", metavar="WHEN", type=parse_when, help="when the call began (default: now)")
    add_unpriced(commands)


def _put(arguments: argparse.Namespace) -> None:
    lines = read_lines(arguments.file)
    if bool(lines) == arguments.empty:
        raise UsageError(
            f"{arguments.file} has {len(lines):,} lines: --empty is for a table without any"
            if lines
            else f"{arguments.file} has no lines, with which the default prices alone would hold; --empty says so"
        )
    with connected(arguments) as to:
        request = pb.PutPricesRequest(
            tenant_id=to.tenant_id, lines=lines, actor=actor(), expected_version=arguments.expect
        )
        stored = to.stub.PutPrices(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).table
    if not print_json(arguments, stored):
        print(f"version {stored.version} is in force: {len(stored.lines):,} lines")


def _get(arguments: argparse.Namespace) -> None:
    with connected(arguments) as to:
        request = pb.GetPricesRequest(tenant_id=to.tenant_id, version=arguments.version)
        found = to.stub.GetPrices(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).table
    if not print_json(arguments, found):
        lines = [MessageToDict(line, preserving_proto_field_name=True) for line in found.lines]
        print(json.dumps({"lines": lines}, indent=2, ensure_ascii=False))


def _versions(arguments: argparse.Namespace) -> None:
    with connected(arguments) as to:
        request = pb.ListPriceVersionsRequest(tenant_id=to.tenant_id, page_size=arguments.limit)
        found = to.stub.ListPriceVersions(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
    if print_json(arguments, found):
        return
    if not found.tables:
        print("none: the default prices are in force")
    for table in found.tables:
        print(f"{table.version:>6}  {table.create_time.ToDatetime():%Y-%m-%d %H:%M:%S}  {printable(table.actor)}")


def _resolve(arguments: argparse.Namespace) -> None:
    request = pb.ResolveModelRequest(provider=arguments.provider, model=arguments.model)
    with connected(arguments) as to:
        request.tenant_id = arguments.tenant or ""
        if arguments.at:
            request.time.FromDatetime(arguments.at)
        metadata = to.metadata if request.tenant_id else None
        found = to.stub.ResolveModel(request, timeout=CALL_TIMEOUT_S, metadata=metadata)
    if print_json(arguments, found):
        return
    how = enum_word(NumberSource, found.source, "NUMBER_SOURCE_")
    for name, value in (
        ("counted by", f"{found.encoding} ({how})"),
        ("priced as", found.priced_as or "no price is known"),
        ("table", found.price_version),
        ("window", f"{found.context_window:,} tokens" if found.HasField("context_window") else ""),
    ):
        if value:
            print(f"{name:<12}{printable(value)}")
    for step in found.steps:
        print(f"{'':<12}{printable(step)}")


def _explain(arguments: argparse.Namespace) -> None:
    span = stored_costs.find_span(arguments) if arguments.trace else None
    headings = [] if span is None else list(stored_costs.headings(span))
    if not arguments.json:
        print("".join(f"{printable(line)}\n" for line in headings), end="")
    if span is not None and stored_costs.is_silent(span):
        print_json(arguments, pb.ExplainCostResponse(steps=headings[1:]))
        return
    request = _request(arguments) if span is None else stored_costs.request_of(span, arguments.tenant or "")
    with connected(arguments) as to:
        metadata = to.metadata if request.call.tenant_id else None
        found = to.stub.ExplainCost(request, timeout=CALL_TIMEOUT_S, metadata=metadata)
    if print_json(arguments, found):
        return
    rows = [
        [Text(printable(cell)) for cell in (line.sort, f"{line.tokens:,}", line.usd_per_million, line.usd, line.source)]
        for line in found.lines
    ]
    print_table(make_console(), LINES, rows)
    known = found.HasField("cost")
    also = "" if span is None else stored_costs.beside(span, found.cost.total_usd)
    by = f"; {printable(found.cost.price_version)}" if found.cost.price_version else ""
    print(f"{show_usd(found.cost.total_usd) if known else 'unknown'} in all{also}{by}")
    for step in found.steps:
        print(f"  {printable(step)}")
    for flag in found.flags:
        print(f"  odd: {printable(flag)}")


def _request(arguments: argparse.Namespace) -> pb.ExplainCostRequest:
    """The call that the options describe. Raises UsageError."""
    if arguments.span or not (arguments.model and (arguments.tokens or arguments.units)):
        raise UsageError("give MODEL and --tokens SORT=N or --units UNIT=N, or --trace (and --span) of a stored call")
    tokens, units = arguments.tokens or [], arguments.units or []
    for option, given in (("--tokens", tokens), ("--units", units)):
        names = [name for name, _ in given]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise UsageError(f"{option} {twice}=N is there twice; give each once")
    call = pb.CalculateCostRequest(
        provider=arguments.provider,
        model=arguments.model,
        usage=Usage(**{f"{sort}_tokens": number for sort, number in tokens}, units=dict(units)),
        tenant_id=arguments.tenant or "",
        service_tier=arguments.tier,
    )
    if arguments.at:
        call.time.FromDatetime(arguments.at)
    return pb.ExplainCostRequest(call=call)


def _tokens(text: str) -> tuple[str, int]:
    sort, _, number = text.partition("=")
    if sort not in SORTS or not number.replace("_", "").replace(",", "").isdecimal():
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is not SORT=N with one of {', '.join(SORTS)}")
    count = int(number.replace("_", "").replace(",", "")[:_MOST_DIGITS])
    if count > MAX_TOKENS:
        raise argparse.ArgumentTypeError(f"{printable(text)!r}: a call has {MAX_TOKENS:,} tokens of a sort at most")
    return sort, count


def _units(text: str) -> tuple[str, int]:
    unit, _, number = text.partition("=")
    if not unit or not number.isdecimal() or len(number) > _MOST_UNIT_DIGITS:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is not UNIT=N, such as web_searches=3")
    return unit, int(number)
