"""Tables in text: which column holds names, places or organisations, as the header says."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from a11i_redaction.detectors.name_keys import column_entity

DELIMITERS: Final = ("\t", ";", "|", ",", "  ")
_MAX_COLUMNS: Final = 64
_HEADER_CELL_CHARS: Final = 48
_WIDE: Final = re.compile(r" {2,}")
RULE: Final = re.compile(r"[\s|:+\-=]+")
_HTML_ROW: Final = re.compile(r"<tr\b[^<>]{0,80}>", re.IGNORECASE)

Cell = tuple[int, int, str]
"""Start and end in the text, and the entity of the column."""


def named_cells(text: str) -> Iterator[Cell]:
    """Yield the cells below a header that says what they hold: CSV, TSV, Markdown, or columns of spaces."""
    if "\n" not in text:
        return
    header: dict[int, str] = {}
    delimiter = ""
    columns = 0
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if header:
            if RULE.fullmatch(line):
                start = end + 1
                continue
            cells = cells_of(line, start, delimiter)
            if len(cells) == columns:
                for column, entity in header.items():
                    first, last = cells[column]
                    if last > first:
                        yield first, last, entity
                start = end + 1
                continue
            header = {}
        header, delimiter, columns = _header(line)
        start = end + 1


def _header(line: str) -> tuple[dict[int, str], str, int]:
    """Return the columns of interest, the delimiter and the number of columns, if the line can be a header."""
    if len(line) < _MAX_COLUMNS * _HEADER_CELL_CHARS:
        for delimiter in [mark for mark in DELIMITERS if mark in line]:
            cells = [line[first:last] for first, last in cells_of(line, 0, delimiter)]
            if not 2 <= len(cells) <= _MAX_COLUMNS or any(len(cell) > _HEADER_CELL_CHARS for cell in cells):
                continue
            found = {column: entity for column, cell in enumerate(cells) if (entity := column_entity(cell))}
            if found:
                return found, delimiter, len(cells)
    return {}, "", 0


def cells_of(line: str, offset: int, delimiter: str) -> Sequence[tuple[int, int]]:
    """Return where the cells of a line stand, without space and quotes around them."""
    spans: list[tuple[int, int]] = []
    if delimiter == "  ":
        begin = 0
        for gap in _WIDE.finditer(line):
            spans.append((begin, gap.start()))
            begin = gap.end()
        spans.append((begin, len(line)))
    else:
        begin = 0
        while True:
            at = line.find('"', begin + 1) if line[begin : begin + 1] == '"' and delimiter != "|" else begin - 1
            end = line.find(delimiter, at + 1 if at >= begin else begin)
            spans.append((begin, len(line) if end < 0 else end))
            if end < 0:
                break
            begin = end + 1
        if delimiter == "|" and line.startswith("|") and not line[spans[-1][0] :].strip():
            spans = spans[1:-1]
    return [_trimmed(line, first, last, offset) for first, last in spans]


def _trimmed(line: str, first: int, last: int, offset: int) -> tuple[int, int]:
    cell = line[first:last]
    lead = len(cell) - len(cell.lstrip(" \t\r\"'"))
    size = len(cell.strip(" \t\r\"'"))
    return offset + first + lead, offset + first + lead + size
