"""Tables, for a terminal and for a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a head and rows of text. The first column is the rows' name."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def aligned(self) -> str:
        """Return the table for a terminal: names to the left, numbers to the right."""
        lines = [self.head, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.head))]
        return "\n".join([
            self.title,
            *(_GAP.join(_padded(cell, width, column) for column, (cell, width) in
                        enumerate(zip(line, widths, strict=True))).rstrip() for line in lines),
        ])  # fmt: skip

    def markdown(self) -> str:
        """Return the table for a page."""
        rule = ["---", *("--:" for _ in self.head[1:])]
        lines = ["| " + " | ".join(line) + " |" for line in (self.head, rule, *self.rows)]
        return "\n".join([f"## {self.title}", "", *lines])


def rate(value: float | None) -> str:
    """Return a share as the tables show it."""
    return "-" if value is None else f"{value:.2f}"


def percent(value: float | None) -> str:
    """Return a share in percent."""
    return "-" if value is None else f"{value:.1%}"


def _padded(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column else cell.ljust(width)
