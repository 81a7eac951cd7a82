"""The command line. Exit codes: 0 done, 1 the server can't or won't, 2 the command is wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version
from typing import NoReturn

from google.protobuf.json_format import MessageToJson

from a11i.query.v1.query_service_pb2 import ListTracesRequest
from a11i_cli import (
    budgets,
    dead_letters,
    ingest_policy,
    ledger,
    prices,
    redaction,
    replays,
    repricing,
    signals,
    tokens,
)  # fmt: skip
from a11i_cli.errors import CommandError
from a11i_cli.options import Parser, ago, chosen_target, positive, query_options
from a11i_cli.screen import make_console
from a11i_cli.show import show_trace, show_traces
from a11i_cli.show_span import show_span
from a11i_cli.traces import connect, span_of
from a11i_cli.values import parse_duration, parse_span_prefix, parse_trace_id


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process."""
    arguments = parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except CommandError as error:
        print(f"a11i: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # `a11i traces list | head`: nobody reads on. The interpreter's last flush must not complain either.
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


def parser() -> argparse.ArgumentParser:
    """What can be said to the command."""
    connection = query_options()
    root = Parser(prog="a11i", description="Look inside your agents.")
    root.add_argument("--version", action="version", version=f"a11i {version('a11i-cli')}")
    areas = root.add_subparsers(required=True, metavar="AREA")
    traces = areas.add_parser("traces", help="what your agents did").add_subparsers(required=True, metavar="COMMAND")

    list_ = traces.add_parser("list", help="the latest traces", parents=[connection])
    list_.set_defaults(run=_list)
    list_.add_argument("--since", metavar="DURATION", type=parse_duration, help="no older than, such as 2h or 7d")
    list_.add_argument("--name", help="with a span of this name")
    list_.add_argument("--model", help="with a span of this model")
    list_.add_argument("--user", help="of this end user")
    list_.add_argument("--session", help="of this session or conversation")
    list_.add_argument("--service", help="with a span of this service")
    list_.add_argument("--redacted", metavar="ENTITY", help="with a span in which this was redacted: EMAIL_ADDRESS")
    errors = list_.add_mutually_exclusive_group()
    errors.add_argument("--errors", dest="has_error", action="store_true", default=None, help="with an error")
    errors.add_argument("--no-errors", dest="has_error", action="store_false", help="without one")
    list_.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")
    list_.add_argument("--wide", action="store_true", help="all columns in full, however wide the terminal is")
    list_.add_argument("--json", action="store_true", help="print JSON, as the REST API does")

    show = traces.add_parser("show", help="one trace as a tree", parents=[connection])
    show.set_defaults(run=_show)
    show.add_argument("trace_id", metavar="TRACE_ID", type=parse_trace_id)
    show.add_argument(
        "--wait", metavar="DURATION", type=parse_duration, default=timedelta(0), help="for a trace that was just sent"
    )
    show.add_argument("--messages", action="store_true", help="under each span what was said: messages, tools' results")
    show.add_argument(
        "--span",
        metavar="ID",
        type=parse_span_prefix,
        help="one span in full, by the first digits of its id",
    )
    show.add_argument("--json", action="store_true", help="print JSON, as the REST API does")
    signals.add_commands(areas)
    ingest_policy.add_commands(areas)
    dead_letters.add_commands(areas)
    ledger.add_commands(areas)
    replays.add_commands(areas)
    redaction.add_commands(areas)
    tokens.add_commands(areas)
    prices.add_commands(areas)
    repricing.add_commands(areas)
    budgets.add_commands(areas)
    return root


def _list(arguments: argparse.Namespace) -> None:
    request = ListTracesRequest(
        name=arguments.name or "",
        model=arguments.model or "",
        user_id=arguments.user or "",
        session_id=arguments.session or "",
        service_name=arguments.service or "",
        redacted_entity=arguments.redacted or "",
        has_error=arguments.has_error,
    )
    if arguments.since is not None:
        request.start_time.FromDatetime(ago(arguments.since))
    with connect(chosen_target(arguments)) as traces:
        found = traces.list(request, arguments.limit)
    if arguments.json:
        print(MessageToJson(found))
    else:
        show_traces(make_console(), found.traces, wide=arguments.wide)


def _show(arguments: argparse.Namespace) -> None:
    with connect(chosen_target(arguments)) as traces:
        trace = traces.get(arguments.trace_id, arguments.wait)
    chosen = None if arguments.span is None else span_of(trace, arguments.span)
    if arguments.json:
        print(MessageToJson(trace if chosen is None else chosen))
    elif chosen is not None:
        show_span(make_console(), chosen)
    else:
        show_trace(make_console(), trace, messages=arguments.messages)
