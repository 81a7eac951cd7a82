"""`a11i tokens compare` and `a11i prices unpriced`: how far counts are off, and what has no price.

For whoever has a key with the query scope.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.json_format import MessageToJson
from rich.console import Console
from rich.text import Text

from a11i.query.v1 import query_service_pb2 as pb
from a11i.query.v1 import query_service_pb2_grpc as rpc
from a11i.telemetry.v1.span_pb2 import NumberSource
from a11i_cli.errors import explain, printable
from a11i_cli.layout import Column
from a11i_cli.options import ago, chosen_target, positive, query_options
from a11i_cli.screen import make_console, print_fitting, print_line
from a11i_cli.show_usage import difference
from a11i_cli.traces import CALL_TIMEOUT_S, LARGEST_PAGE
from a11i_cli.values import enum_word, parse_duration, show_timestamp, zone

COMPARISONS = (
    Column("model", flexible=True),
    Column("calls", right=True),
    Column("in reported", right=True),
    Column("counted", right=True),
    Column("off", right=True),
    Column("out reported", right=True),
    Column("counted", right=True),
    Column("off", right=True),
    Column("tokenizer", optional=True),
    Column("provider", flexible=True, optional=True),
)
Call = Callable[[Any], Any]
"""A request to its answer."""


def add_compare(commands: argparse._SubParsersAction[Any]) -> None:
    """Adds `compare` to the commands of an area."""
    compare = commands.add_parser(
        "compare",
        help="what was counted beside what providers reported, by model",
        description="Adds up the calls of the key's project, a side over the calls that have both numbers.",
        parents=[query_options()],
    )
    compare.set_defaults(run=_compare)
    compare.add_argument("--model", help="of this model")
    compare.add_argument("--provider", help="of this provider")
    _add_options(compare)


def add_unpriced(commands: argparse._SubParsersAction[Any]) -> None:
    """Adds `unpriced` to the commands of an area."""
    unpriced = commands.add_parser(
        "unpriced",
        help="the models whose calls have no known cost",
        description="Adds up the calls of the key's project. `a11i prices put` gives a model a price.",
        parents=[query_options()],
    )
    unpriced.set_defaults(run=_unpriced)
    _add_options(unpriced)


def _add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--since", metavar="DURATION", type=parse_duration, help="no older than (default: 24h)")
    command.add_argument("--service", help="of this service")
    command.add_argument("--limit", metavar="N", type=positive, default=50, help="at most this many (default: 50)")
    command.add_argument("--wide", action="store_true", help="all columns in full, however wide the terminal is")
    command.add_argument("--json", action="store_true", help="print JSON, as the REST API does")


def _compare(arguments: argparse.Namespace) -> None:
    request = pb.CompareTokenCountsRequest(
        provider=arguments.provider or "", model=arguments.model or "", service_name=arguments.service or ""
    )
    with _stub(arguments) as (stub, metadata):
        found = pb.CompareTokenCountsResponse()
        _gather(arguments, request, found, lambda asked: stub.CompareTokenCounts(asked, CALL_TIMEOUT_S, metadata))
    if arguments.json:
        print(MessageToJson(found))
        return
    console = make_console()
    _show(console, COMPARISONS, [_comparison(row) for row in found.comparisons], arguments, found.next_page_token)
    flagged = sum(row.flagged_call_count for row in found.comparisons)
    if flagged:
        print_line(console, Text(f"{flagged:,} calls with odd numbers are in no sum", style="yellow"))
    reasoning = sum(row.reasoning_tokens for row in found.comparisons)
    if reasoning:
        said = f"{reasoning:,} of the tokens reported out are reasoning, which is counted only where its text was sent"
        print_line(console, Text(said, style="dim"))


def _unpriced(arguments: argparse.Namespace) -> None:
    request = pb.ListUnpricedModelsRequest(service_name=arguments.service or "")
    with _stub(arguments) as (stub, metadata):
        found = pb.ListUnpricedModelsResponse()
        _gather(arguments, request, found, lambda asked: stub.ListUnpricedModels(asked, CALL_TIMEOUT_S, metadata))
    if arguments.json:
        print(MessageToJson(found))
        return
    now = datetime.now(UTC).astimezone()
    columns = (
        Column("model", flexible=True),
        Column("provider", flexible=True, optional=True),
        Column("calls", right=True),
        Column("odd", right=True, optional=True),
        Column("no tokens", right=True, optional=True),
        Column("tokens in", right=True),
        Column("out", right=True),
        Column(f"first ({zone(now)})", optional=True),
        Column("last"),
    )
    _show(make_console(), columns, [_model(row, now) for row in found.models], arguments, found.next_page_token)


@contextmanager
def _stub(arguments: argparse.Namespace) -> Iterator[tuple[rpc.QueryServiceStub, tuple[tuple[str, str], ...]]]:
    target = chosen_target(arguments)
    try:
        with grpc.insecure_channel(target.address) as channel:
            yield rpc.QueryServiceStub(channel), (("authorization", f"Bearer {target.api_key}"),)
    except grpc.RpcError as error:
        raise explain(error, target.address) from None


def _gather(arguments: argparse.Namespace, request: Any, found: Any, call: Call) -> None:
    """Fills `found` with as many rows as the options say, from as many pages as it takes."""
    if arguments.since is not None:
        request.start_time.FromDatetime(ago(arguments.since))
    rows = found.DESCRIPTOR.fields[0].name
    while True:
        request.page_size = min(arguments.limit - len(getattr(found, rows)), LARGEST_PAGE)
        page = call(request)
        getattr(found, rows).extend(getattr(page, rows))
        found.next_page_token = request.page_token = page.next_page_token
        if not page.next_page_token or len(getattr(found, rows)) >= arguments.limit:
            return


def _show(
    console: Console, columns: tuple[Column, ...], rows: list[list[Text]], arguments: argparse.Namespace, more: str
) -> None:
    if not rows:
        print_line(console, Text("no call matches"))
        return
    print_fitting(console, columns, rows, wide=arguments.wide)
    if more:
        print_line(console, Text(f"the first {len(rows):,}: --limit shows more", style="dim"))


def _comparison(row: pb.TokenComparison) -> list[Text]:
    estimated = row.counted_source == NumberSource.NUMBER_SOURCE_ESTIMATED
    word = f" ({enum_word(NumberSource, row.counted_source, 'NUMBER_SOURCE_')})" if estimated else ""
    return [
        Text(printable(row.model) or "(no model)", style="bold"),
        Text(f"{row.call_count:,}"),
        *_side(row.input),
        *_side(row.output),
        Text(f"{printable(row.tokenizer)}{word}" if row.tokenizer else "no text came"),
        Text(printable(row.provider)),
    ]


def _side(sums: pb.TokenSums) -> list[Text]:
    if not sums.call_count:
        return [Text(), Text(), Text()]
    off = difference(sums.reported_tokens, sums.counted_tokens)
    return [Text(f"{sums.reported_tokens:,}"), Text(f"{sums.counted_tokens:,}"), Text(off, style="cyan")]


def _model(row: pb.UnpricedModel, now: datetime) -> list[Text]:
    return [
        Text(printable(row.model) or "(no model)", style="bold"),
        Text(printable(row.provider)),
        Text(f"{row.call_count:,}"),
        Text(f"{row.flagged_call_count:,}" if row.flagged_call_count else "", style="yellow"),
        Text(f"{row.calls_without_usage:,}" if row.calls_without_usage else "", style="yellow"),
        Text(f"{row.input_tokens:,}"),
        Text(f"{row.output_tokens:,}"),
        Text(show_timestamp(row.first_time, now)),
        Text(show_timestamp(row.last_time, now)),
    ]
