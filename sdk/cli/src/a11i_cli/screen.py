"""Lines on the terminal, as wide as it is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from a11i_cli.layout import Column, align


def make_console() -> Console:
    """The terminal, or the file that stands for it."""
    return Console(highlight=False)


def width(console: Console) -> int | None:
    """Columns of the terminal; a file has no bound."""
    return console.width if console.is_terminal else None


def print_line(console: Console, line: Text) -> None:
    """One line, cut where the terminal ends: a table that runs over its edge is unreadable."""
    line.rstrip()
    bound = width(console)
    if bound is not None:
        line.truncate(bound, overflow="ellipsis")
    console.print(line, soft_wrap=True)


def print_table(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> None:
    """A title line and a line for each row."""
    for line in align(columns, rows, width(console)):
        print_line(console, line)
