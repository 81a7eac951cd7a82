"""What commands that ask the query service have in common."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from a11i_cli import target
from a11i_cli.errors import printable


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the whole usage is for --help.

    Options are written out: a shortened one could mean another, which would then show in its error what was meant to be
    secret (`--token` for `--tokenization`).
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **options})

    def parse_args(  # type: ignore[override]  # any namespace, as it is passed on
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        """What was said. Ends the process at an option that there is not, whose value it does not repeat."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
            self.error(f"unrecognized arguments: {' '.join(options or unknown)}")
        return found

    def error(self, message: str) -> NoReturn:
        """Ends the process."""
        self.exit(2, f"{self.prog}: {message} (--help says what there is)\n")


def query_options() -> Parser:
    """The options that say which mesh to ask, as a parent of a command's parser."""
    connection = Parser(add_help=False)
    group = connection.add_argument_group(
        "which mesh", "These, else A11I_QUERY and A11I_API_KEY, else the mesh.env in A11I_DATA_DIR or .a11i."
    )
    group.add_argument("--query", metavar="HOST:PORT", help="the query service (default: A11I_QUERY)")
    group.add_argument("--api-key", metavar="KEY", help="a key with the query scope (default: A11I_API_KEY)")
    group.add_argument("--data-dir", metavar="DIR", type=Path, help="take both from the mesh.env in this directory")
    return connection


def chosen_target(arguments: argparse.Namespace) -> target.Target:
    """The query service that the options name. Raises UsageError."""
    found = target.find(arguments.query, arguments.api_key, arguments.data_dir)
    if found.notice:
        print(f"a11i: {found.notice}", file=sys.stderr)
    return found


def ago(duration: timedelta) -> datetime:
    """That long before now."""
    return datetime.now(UTC) - duration


def positive(text: str) -> int:
    """A number above 0. For argparse."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no number above 0")
    return int(text)


def identity(what: str) -> Callable[[str], str]:
    """What takes the id of such a thing, which is a UUID. For argparse."""

    def parse(text: str) -> str:
        try:
            return str(uuid.UUID(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{printable(text)!r} is no id of {what}, which is a UUID") from None

    return parse
