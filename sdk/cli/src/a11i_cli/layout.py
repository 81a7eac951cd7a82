"""Columns that stand below each other, in as much room as there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

GAP = 2  # Blanks between columns.
LEAST_FLEXIBLE = 8  # Where even that is too much: a few letters still tell names apart.
SMALLEST_FLEXIBLE = 20  # A name of fewer letters says too little: rather leave out an optional column.


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    right: bool = False
    """A number: its end stands at the right."""
    flexible: bool = False
    """Gives up letters where there is no room."""
    optional: bool = False
    """Left out where there is no room."""


def align(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int | None) -> list[Text]:
    """A title line and a line for each row.

    No wider than `width`, if it has room for the columns that must stay. None: no bound.
    """
    lengths = _lengths(columns, rows)
    kept = _kept(columns, lengths, width)
    if width is not None:
        flexible = [index for index in kept if columns[index].flexible]
        _share(width - _needed(kept, columns, lengths), flexible, lengths)
    titles = [Text(column.title, style="dim") for column in columns]
    return [
        Text(" " * GAP).join(_fit(line[index], lengths[index], columns[index]) for index in kept)
        for line in (titles, *rows)
    ]


def _share(room: int, flexible: Sequence[int], lengths: list[int]) -> None:
    """Sets what the flexible columns get: what is over, or missing, beside their least lengths is shared evenly."""
    full = dict(zip(flexible, (lengths[index] for index in flexible), strict=True))
    for index in flexible:
        lengths[index] = _smallest(full[index])
    step = 1 if room > 0 else -1
    while room:
        open_ = [
            index
            for index in flexible
            if (lengths[index] < full[index] if room > 0 else lengths[index] > min(full[index], LEAST_FLEXIBLE))
        ]
        if not open_:
            return
        for index in open_[: abs(room)]:
            lengths[index] += step
            room -= step


def kept_columns(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int | None) -> list[Column]:
    """The columns that `align` does not leave out."""
    return [columns[index] for index in _kept(columns, _lengths(columns, rows), width)]


def _lengths(columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> list[int]:
    return [max([len(column.title), *(row[index].cell_len for row in rows)]) for index, column in enumerate(columns)]


def _kept(columns: Sequence[Column], lengths: Sequence[int], width: int | None) -> list[int]:
    kept = list(range(len(columns)))
    for index in reversed(range(len(columns))):
        if width is not None and columns[index].optional and _needed(kept, columns, lengths) > width:
            kept.remove(index)
    return kept


def _needed(kept: Sequence[int], columns: Sequence[Column], lengths: Sequence[int]) -> int:
    """The least width of a line with these columns."""
    least = (_smallest(lengths[index]) if columns[index].flexible else lengths[index] for index in kept)
    return sum(least) + GAP * (len(kept) - 1)


def _smallest(length: int) -> int:
    return min(length, SMALLEST_FLEXIBLE)


def _fit(text: Text, length: int, column: Column) -> Text:
    fitted = text.copy()
    fitted.truncate(length, overflow="ellipsis")
    blanks = length - fitted.cell_len
    if column.right:
        fitted.pad_left(blanks)
    else:
        fitted.pad_right(blanks)
    return fitted
