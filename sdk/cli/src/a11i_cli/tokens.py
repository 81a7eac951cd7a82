"""`a11i tokens`: what counts tokens, and how many a text has, how far off counts are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.text import Text

from a11i.telemetry.v1.span_pb2 import NumberSource
from a11i.tokenization.v1 import tokenization_service_pb2 as pb
from a11i_cli.delivery import print_json
from a11i_cli.errors import UsageError, printable
from a11i_cli.layout import Column
from a11i_cli.screen import make_console, print_fitting
from a11i_cli.token_reports import add_compare
from a11i_cli.tokenization import CALL_TIMEOUT_S, connected, tokenization_options
from a11i_cli.values import enum_word

ENCODINGS = (
    Column("encoding"),
    Column("exact"),
    Column("engine", optional=True),
    Column("vocabulary from", optional=True),
    Column("whose", flexible=True, optional=True),
)


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection = tokenization_options(tenant=False)
    area = areas.add_parser("tokens", help="what counts tokens, how many a text has, how far off counts are")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    count = commands.add_parser("count", help="count a text's tokens", parents=[connection])
    count.set_defaults(run=_count)
    count.add_argument("files", metavar="FILE", nargs="*", help="texts to count; - or none: the standard input")
    count.add_argument("--text", action="append", default=[], help="a text itself; may be given again")
    by = count.add_mutually_exclusive_group(required=True)
    by.add_argument("--model", help="as this model counts, such as gpt-4o")
    by.add_argument("--encoding", help="with this encoding, such as o200k_base")

    encodings = commands.add_parser("encodings", help="what can count", parents=[connection])
    encodings.set_defaults(run=_encodings)
    encodings.add_argument("--wide", action="store_true", help="all columns in full, however wide the terminal is")
    add_compare(commands)


def _count(arguments: argparse.Namespace) -> None:
    files = arguments.files or ([] if arguments.text else ["-"])
    texts = [*(_read(name) for name in files), *arguments.text]
    request = pb.CountTokensRequest(texts=texts, model=arguments.model or "", encoding=arguments.encoding or "")
    with connected(arguments) as to:
        found = to.stub.CountTokens(request, timeout=CALL_TIMEOUT_S)
    if print_json(arguments, found):
        return
    for number, count in enumerate(found.counts):
        print(f"{count:>12,}  {printable(files[number]) if number < len(files) else ''}".rstrip())
    how = enum_word(NumberSource, found.source, "NUMBER_SOURCE_")
    print(f"{how} with {found.encoding}")


def _encodings(arguments: argparse.Namespace) -> None:
    with connected(arguments) as to:
        found = to.stub.ListEncodings(pb.ListEncodingsRequest(), timeout=CALL_TIMEOUT_S)
    if print_json(arguments, found):
        return
    rows = [
        [
            Text(one.name),
            Text("yes" if one.exact else "no"),
            Text(one.engine or "not needed yet"),
            Text(printable(one.source)),
            Text(printable(one.description)),
        ]
        for one in found.encodings
    ]
    print_fitting(make_console(), ENCODINGS, rows, wide=arguments.wide)


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{printable(name)} can't be read: {getattr(error, 'strerror', None) or error}") from None
