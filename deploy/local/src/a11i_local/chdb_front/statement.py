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

_TRAILING_FORMAT: Final = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)

# Statements that would end or halt the engine, which is this process.
_FORBIDDEN: Final = re.compile(rb"SYSTEM (?:SHUTDOWN|KILL|SUSPEND)\b")


@dataclass(frozen=True, slots=True)
class Insert:
    """An insert whose rows come after the statement, in a format of their own."""

    head: bytes
    """The statement without its FORMAT clause: `INSERT INTO t (a, b)`."""
    format: str
    data_start: int
    """Where in the text the data begins."""


def split_insert(text: bytes) -> Insert | None:
    """Return how the insert in `text` splits, or None if `text` is a statement without data of a binary kind.

    `INSERT ... VALUES (...)` and `INSERT ... SELECT` are plain statements to the engine and give None.
    """
    before: re.Match[bytes] | None = None
    for token in _TOKEN.finditer(text, 0, _MAX_HEAD_BYTES):
        if token["space"] is not None:
            continue
        word = (token["word"] or b"").upper()
        if before is None and word != b"INSERT":
            return None
        if before is not None and word and (before["word"] or b"").upper() == b"FORMAT":
            if word == b"VALUES":
                return None
            return Insert(text[: before.start()], token["word"].decode(), _data_start(text, token.end()))
        if word in (b"SELECT", b"VALUES", b"WITH", b"WATCH", b"INFILE"):
            return None
        before = token
    return None


def _data_start(text: bytes, end: int) -> int:
    """Return where data begins after a format's name that ends at `end`.

    One line end (or ";") belongs to the statement; whatever follows is data, even if it looks like white space.
    """
    while text[end : end + 1] in (b" ", b"\t", b"\r"):
        end += 1
    return end + 1 if text[end : end + 1] in (b"\n", b";") else end


def output_format(statement: bytes, default: str) -> str:
    """Return the format that the statement's answer will have."""
    found = _TRAILING_FORMAT.search(statement)
    return found[1].decode() if found else default


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
