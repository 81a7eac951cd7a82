"""The header of the column that a place in a text stands in: CSV, Markdown, columns of spaces, HTML, SQL's INSERT."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from a11i_redaction.detectors.tables import DELIMITERS, RULE, cells_of

_MAX_COLUMNS: Final = 64
_HEADER_CELL_CHARS: Final = 48
_LONGEST_LINE: Final = _MAX_COLUMNS * _HEADER_CELL_CHARS
_VALUES: Final = tuple(map(re.compile, (r"[:=]\s?\S", r"\d{4}", r"\.\s(?<=[^\W\d_]{5}..)[^\W\d_]")))
"""What no header holds: pairs of a name and a value, numbers, sentences. One by one they take half of the time."""
_MARKS: Final = " \t\r\"'`*"
"""What can stand around a name: quotes, Markdown's emphasis."""
_LETTER: Final = re.compile(r"[^\W\d_]")
_TAG: Final = re.compile(r"<(/?)(t[rhd])\b[^<>]{0,200}>", re.IGNORECASE)
_INSERT: Final = re.compile(r"\(([^()]{2,2000})\)\s{0,8}VALUES\s{0,8}(?=\()", re.IGNORECASE)
_SQL: Final = re.compile(r"'(?:[^']|''){0,2000}'|\"[^\"]{0,200}\"|[^\s,()'\";]+|[(),;]")

Span = tuple[int, int]


class Header(NamedTuple):
    """What says what stands in a column."""

    start: int
    end: int
    """Where the column's header stands."""
    table: int
    """Where the table begins."""
    row: int
    """Where the row begins that was asked for."""
    strict: bool
    """Whether it is a table without doubt, in which the headers of other columns say nothing of this one."""


class _Row(NamedTuple):
    start: int
    end: int
    header: Sequence[Span]
    strict: bool
    delimiter: str
    """Empty where `cells` says where they are."""
    cells: Sequence[Span]


class Headers:
    """The rows of the tables in one text, found when somebody asks first."""

    __slots__ = ("_heads", "_rows", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._rows: list[_Row] | None = None
        self._heads: list[Span] | None = None
        self._starts: list[int] = []

    def of(self, place: int) -> Header | None:
        """Return the header of the column that the place stands in, or None where there is no table with one."""
        rows = self._found()
        at = bisect_right(self._starts, place) - 1
        if at < 0 or rows[at].end <= place:
            return None
        row = rows[at]
        spans = row.cells or cells_of(self._text[row.start : row.end], row.start, row.delimiter)
        for column, (first, last) in enumerate(spans[: len(row.header)]):
            if first <= place < last:
                return Header(*row.header[column], row.header[0][0], row.start, row.strict)
        return None

    def all(self) -> list[Span]:
        """Return where the headers of all columns stand."""
        if self._heads is None:
            self._heads = list(dict.fromkeys(span for row in self._found() for span in row.header))
        return self._heads

    def under(self, wanted: Callable[[str], bool]) -> Iterator[tuple[str, int, int]]:
        """Yield the header and the place of each cell below the headers that are wanted, without marks around it."""
        header: Sequence[Span] = ()
        columns: list[tuple[int, str]] = []
        for row in self._found():
            if row.header is not header:
                header = row.header
                # Without a name for each column it can be code that is indented.
                whole = all(last > first for first, last in header)
                names = ((column, self._text[first:last].strip(_MARKS)) for column, (first, last) in enumerate(header))
                columns = [(column, name) for column, name in names if whole and wanted(name)]
            if columns:
                cells = row.cells or cells_of(self._text[row.start : row.end], row.start, row.delimiter)
                for column, name in columns:
                    if column < len(cells):
                        yield name, *_unmarked(self._text, *cells[column])

    def _found(self) -> list[_Row]:
        if self._rows is None:
            self._rows = sorted(_rows(self._text))
            self._starts = [row.start for row in self._rows]
        return self._rows


def _unmarked(text: str, start: int, end: int) -> Span:
    cell = text[start:end]
    start += len(cell) - len(cell.lstrip(_MARKS))
    return start, start + len(cell.strip(_MARKS))


def _rows(text: str) -> Iterator[_Row]:
    yield from _lines(text)
    lowered = text.lower()
    if "<t" in lowered:
        yield from _html(text)
    if "value" in lowered:
        yield from _sql(text)


def _lines(text: str) -> Iterator[_Row]:
    """Yield the rows below lines that can be headers, as long as they have as many cells."""
    header: Sequence[Span] = ()
    delimiter = ""
    start = 0
    strict = False
    for line in text.split("\n") if "\n" in text else ():
        end = start + len(line)
        if not (header and RULE.fullmatch(line)):
            if header and len(cells_of(line, start, delimiter)) == len(header):
                yield _Row(start, end, header, strict, delimiter, ())
            else:
                header, delimiter = _header(line, start)
                # Commas stand in prose too, with a space behind them.
                strict = delimiter in "\t;|" or (delimiter == "," and ", " not in line)
        start = end + 1


def _header(line: str, start: int) -> tuple[Sequence[Span], str]:
    delimiters = [mark for mark in DELIMITERS if mark in line]
    if not delimiters or len(line) > _LONGEST_LINE or any(value.search(line) for value in _VALUES):
        return (), ""
    for delimiter in delimiters:
        spans = cells_of(line, start, delimiter)
        said = [line[first - start : last - start] for first, last in spans]
        if 2 <= len(spans) <= _MAX_COLUMNS and all(len(cell) <= _HEADER_CELL_CHARS for cell in said):
            return (spans, delimiter) if any(map(_LETTER.search, said)) else ((), "")
    return (), ""


def _html(text: str) -> Iterator[_Row]:
    """Yield the rows of HTML's tables, below the first of each: the one with `th`."""
    header: list[Span] = []
    row: list[Span] = []
    begin = opened = -1
    heads = False
    for tag in _TAG.finditer(text):
        kind = tag[2].lower()
        if kind == "tr":
            if row and heads:
                header = row
            elif row and header and begin >= 0:
                yield _Row(begin, tag.end(), header, True, "", row)
            row, heads, begin = [], False, tag.end()
        elif tag[1] and opened >= 0:
            row.append((opened, tag.start()))
            opened = -1
        elif not tag[1]:
            heads = heads or kind == "th"
            opened = tag.end()


def _sql(text: str) -> Iterator[_Row]:
    """Yield the tuples of INSERT's VALUES, below the names of the columns."""
    for insert in _INSERT.finditer(text):
        header = [(insert.start(1) + name.start(), insert.start(1) + name.end())
                  for name in re.finditer(r"[^,]+", insert[1])]  # fmt: skip
        row: list[Span] = []
        begin, closed = -1, False
        for piece in _SQL.finditer(text, insert.end()):
            sign = piece.group()
            if sign == ";" or (closed and sign != ",") or len(row) > _MAX_COLUMNS:
                break
            closed = sign == ")"
            if sign == "(":
                row, begin = [], piece.start()
            elif sign == ")":
                if begin >= 0:
                    yield _Row(begin, piece.end(), header, True, "", row)
                begin = -1
            elif sign != "," and begin >= 0:
                row.append(piece.span())
