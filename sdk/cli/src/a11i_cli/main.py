"""The command line. Exit codes: 0 done, 1 the server can't or won't, 2 the command is wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from google.protobuf.json_format import MessageToJson
from rich.console import Console

from a11i.query.v1.query_service_pb2 import ListTracesRequest
from a11i_cli import ingest_policy, target
from a11i_cli.errors import CommandError, printable
from a11i_cli.show import show_trace, show_traces
from a11i_cli.traces import connect
from a11i_cli.values import parse_duration, parse_trace_id


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


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the whole usage is for --help."""

    def error(self, message: str) -> NoReturn:
        """Ends the process."""
        self.exit(2, f"{self.prog}: {message} (--help says what there is)\n")


def parser() -> argparse.ArgumentParser:
    """What can be said to the command."""
    connection = _Parser(add_help=False)
    group = connection.add_argument_group(
        "which mesh", "These, else A11I_QUERY and A11I_API_KEY, else the mesh.env in A11I_DATA_DIR or .a11i."
    )
    group.add_argument("--query", metavar="HOST:PORT", help="the query service (default: A11I_QUERY)")
    group.add_argument("--api-key", metavar="KEY", help="a key with the query scope (default: A11I_API_KEY)")
    group.add_argument("--data-dir", metavar="DIR", type=Path, help="take both from the mesh.env in this directory")

    root = _Parser(prog="a11i", description="Look inside your agents.")
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
    errors = list_.add_mutually_exclusive_group()
    errors.add_argument("--errors", dest="has_error", action="store_true", default=None, help="with an error")
    errors.add_argument("--no-errors", dest="has_error", action="store_false", help="without one")
    list_.add_argument("--limit", metavar="N", type=_positive, default=20, help="at most this many (default: 20)")
    list_.add_argument("--json", action="store_true", help="print JSON, as the REST API does")

    show = traces.add_parser("show", help="one trace as a tree", parents=[connection])
    show.set_defaults(run=_show)
    show.add_argument("trace_id", metavar="TRACE_ID", type=parse_trace_id)
    show.add_argument(
        "--wait", metavar="DURATION", type=parse_duration, default=timedelta(0), help="for a trace that was just sent"
    )
    show.add_argument("--json", action="store_true", help="print JSON, as the REST API does")
    ingest_policy.add_commands(areas)
    return root


def _list(arguments: argparse.Namespace) -> None:
    request = ListTracesRequest(
        name=arguments.name or "",
        model=arguments.model or "",
        user_id=arguments.user or "",
        session_id=arguments.session or "",
        service_name=arguments.service or "",
        has_error=arguments.has_error,
    )
    if arguments.since is not None:
        request.start_time.FromDatetime(_ago(arguments.since))
    with connect(_target(arguments)) as traces:
        found = traces.list(request, arguments.limit)
    if arguments.json:
        print(MessageToJson(found))
    else:
        show_traces(_console(), found.traces)


def _show(arguments: argparse.Namespace) -> None:
    with connect(_target(arguments)) as traces:
        trace = traces.get(arguments.trace_id, arguments.wait)
    if arguments.json:
        print(MessageToJson(trace))
    else:
        show_trace(_console(), trace)


def _target(arguments: argparse.Namespace) -> target.Target:
    found = target.find(arguments.query, arguments.api_key, arguments.data_dir)
    if found.notice:
        print(f"a11i: {found.notice}", file=sys.stderr)
    return found


def _console() -> Console:
    return Console(highlight=False)


def _ago(duration: timedelta) -> datetime:
    return datetime.now(UTC) - duration


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no number above 0")
    return int(text)
