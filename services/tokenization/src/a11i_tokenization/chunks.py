"""Cuts long texts where no token can span the cut, so that the counts of the pieces add up.

tiktoken panics on very long runs of one kind of character (its regular expression engine gives up) and merges an
endless word in more than linear time; both are gone when a text is counted in bounded pieces.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MAX_CHUNK_CHARS: Final = 32_768
"""The longest piece. tiktoken takes 10 ms for the worst of this length, and panics from about a million on."""

_LAST_SAFE_CUT: Final = re.compile(
    r"[\s\S]*[^\W_](?=[\s!-&(-/:-@\[-`{-~"  # ASCII's but for the apostrophe,
    r"\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f])"  # and Chinese and Japanese.
)
"""Up to the last letter or digit that white space or punctuation follows. No pre-tokenizer pattern that tiktoken runs
here joins these two: a run of letters or digits ends there, and only an apostrophe continues a word."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A text in pieces."""

    pieces: Sequence[str]
    """At least one, each of at most MAX_CHUNK_CHARS; together they are the text."""
    exact: bool
    """True if the pieces' token counts sum up to the text's. False if a run of more than MAX_CHUNK_CHARS holds no
    boundary between a word and what follows it (such as an endless word, or a megabyte of spaces): there the sum may
    be off by a token or two a cut."""


def cut(text: str) -> Cut:
    """Return the text in pieces that are counted one by one."""
    if len(text) <= MAX_CHUNK_CHARS:
        return Cut((text,), exact=True)
    pieces, exact, start = [], True, 0
    while len(text) - start > MAX_CHUNK_CHARS:
        # The look-ahead may see the one character after the piece.
        safe = _LAST_SAFE_CUT.match(text, start, start + MAX_CHUNK_CHARS + 1)
        end = safe.end() if safe else start + MAX_CHUNK_CHARS
        exact = exact and safe is not None
        pieces.append(text[start:end])
        start = end
    pieces.append(text[start:])
    return Cut(pieces, exact)


def chunks(text: str) -> Iterator[str]:
    """Yield the pieces of `cut`."""
    yield from cut(text).pieces
