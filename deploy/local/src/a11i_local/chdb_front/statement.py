"""Taking an HTTP request's statement apart, as far as the front has to understand SQL."""

import re
from dataclasses import dataclass
from typing import Final

from a11i_local.chdb_front.errors import ACCESS_DENIED, EngineError

_TOKEN: Final = re.compile(
    rb"""
      (?P<space>   \s+ | --[^\n]* | \#[ !][^\n]* | /\*.*?\*/ )
    | (?P<quoted>  '(?:\\.|''|[^'\\])*' | "(?:\\.|""|[^"\\])*" | `(?:\\.|``|[^`\\])*` )
    | (?P<word>    [A-Za-z_][A-Za-z0-9_]* )
    | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)

_MAX_HEAD_BYTES: Final = 256 * 1024
"""Longest statement in front of insert data, ClickHouse's own default for a query's length (max_query_size)."""

_TRAILING_FORMAT: Final = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)

# Statements that would end or halt the engine, which is this process.
_FORBIDDEN: Final = re.compile(rb"SYSTEM (?:SHUTDOWN|KILL|SUSPEND)\b")


@dataclass(frozen=True, slots=True)
class Insert:
    """An insert whose data came with the request."""

    head: str
    """The statement without its FORMAT clause: `INSERT INTO t (a, b)`."""
    format: str
    data: memoryview
    """The rows in that format."""


def split_insert(body: bytes) -> Insert | None:
    """Return the insert that `body` holds, or None if it is a statement without data of a binary kind.

    `INSERT ... VALUES (...)` and `INSERT ... SELECT` are plain statements to the engine and give None.
    """
    before: re.Match[bytes] | None = None
    for token in _TOKEN.finditer(body, 0, _MAX_HEAD_BYTES):
        if token["space"] is not None:
            continue
        word = (token["word"] or b"").upper()
        if before is None and word != b"INSERT":
            return None
        if before is not None and word and (before["word"] or b"").upper() == b"FORMAT":
            return _insert(body, format_at=before.start(), name=token)
        if word in (b"SELECT", b"VALUES", b"WITH", b"WATCH", b"INFILE"):
            return None
        before = token
    return None


def _insert(body: bytes, format_at: int, name: re.Match[bytes]) -> Insert | None:
    """Return the insert whose FORMAT clause begins at `format_at` and names `name`."""
    end = name.end()
    while body[end : end + 1] in (b" ", b"\t", b"\r"):
        end += 1
    # One line end (or ";") belongs to the statement; whatever follows is data, even if it looks like white space.
    if body[end : end + 1] in (b"\n", b";"):
        end += 1
    format_name = name["word"].decode()
    if format_name.upper() == "VALUES":
        return None
    return Insert(body[:format_at].decode(), format_name, memoryview(body)[end:])


def output_format(statement: str, default: str) -> str:
    """Return the format that the statement's answer will have."""
    found = _TRAILING_FORMAT.search(statement)
    return found[1] if found else default


def refuse_if_forbidden(statement: bytes) -> None:
    """Raise EngineError for a statement that would take the engine, and so this process, down."""
    words: list[bytes] = []
    for token in _TOKEN.finditer(statement):
        if token["space"] is not None:
            continue
        words.append((token["word"] or b"?").upper())
        if len(words) == 2:
            break
    if _FORBIDDEN.match(b" ".join(words)):
        raise EngineError.of(ACCESS_DENIED, "The embedded engine is stopped by its process's SIGTERM only")
