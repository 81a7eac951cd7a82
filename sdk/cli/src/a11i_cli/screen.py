"""Lines on the terminal, as wide as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.console import Console
from rich.text import Text

from a11i_cli.errors import printable
from a11i_cli.layout import Column, align, kept_columns

NOTE_INDENT = 4  # Letters from a row's begin to its note's.
NARROWEST_NOTE = 20  # Letters; less room is not worth wrapping for.


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


def print_note(console: Console, before: Text, note: Text, below: Text | None = None) -> None:
    """A text beside `before`; where there is no room for all of it, it goes on below, between words."""
    for line in note_lines(console, before, note, below):
        console.print(line, soft_wrap=True)


def note_lines(console: Console, before: Text, note: Text, below: Text | None = None) -> Iterator[Text]:
    """The lines of a note."""
    bound = width(console)
    room = (bound or 0) - before.cell_len
    # A long line of letters without blanks, such as JSON, is broken between letters.
    lines = note.wrap(console, room, overflow="fold") if bound is not None and room >= NARROWEST_NOTE else [note]
    for index, line in enumerate(lines):
        line.rstrip()
        yield (before if index == 0 or below is None else below) + line


def print_table(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Text]],
    notes: Sequence[Text] = (),
    *,
    wide: bool = False,
) -> list[str]:
    """A title line and a line for each row, each with its note below it, if that is not empty.

    Returns the titles of the columns for which there is no room. `wide`: all in full, however wide the terminal is.
    """
    bound = None if wide else width(console)
    header, *lines = align(columns, rows, bound)
    _print_row(console, header, wide=wide)
    for line, note in zip_longest(lines, notes, fillvalue=Text()):
        _print_row(console, line, wide=wide)
        if note:
            print_note(console, Text(" " * NOTE_INDENT), note)
    kept = kept_columns(columns, rows, bound)
    return [column.title for column in columns if column not in kept]


def print_fitting(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Text]],
    notes: Sequence[Text] = (),
    *,
    wide: bool = False,
) -> None:
    """A table of a command that has --wide, and a line that says what that would show."""
    left_out = print_table(console, columns, rows, notes, wide=wide)
    if left_out:
        print_line(console, Text(f"no room for {', '.join(left_out)}: --wide shows all", style="dim"))


def _print_row(console: Console, line: Text, *, wide: bool) -> None:
    if wide:
        line.rstrip()
        console.print(line, soft_wrap=True)
    else:
        print_line(console, line)


def printable_lines(text: str) -> list[str]:
    """The text's lines, each without control characters."""
    return [printable_line(line) for line in text.splitlines()] or [""]


def printable_line(line: str) -> str:
    """The line without control characters, indented as it was."""
    indent = len(line) - len(line.lstrip(" \t"))
    return line[:indent].replace("\t", "    ") + printable(line)
