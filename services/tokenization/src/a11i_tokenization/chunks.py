"""Cuts long texts where no token can span the cut, so that the counts of the pieces add up.

tiktoken panics on very long runs of one kind of character (its regular expression engine gives up) and merges an
endless word in more than linear time; both are gone when a text is counted in bounded pieces.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MAX_CHUNK_CHARS: Final = 32_768
"""The longest piece for tiktoken. It takes 10 ms for the worst of this length, and panics from about a million on."""

_UNSAFE_PARTS: Final = 8
"""A piece without any boundary is not counted exactly, and in eight parts, of which tiktoken merges each in two thirds
of the time: one word of emoji, a megabyte of which takes it 54 ms in pieces of 32,768 characters and 42 in 4,096."""

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
    """At least one, none longer than asked for; together they are the text."""
    exact: bool
    """True if the pieces' token counts sum up to the text's. False if a run of more than a piece's length holds no
    boundary between a word and what follows it (such as an endless word, or a megabyte of spaces): there the sum may
    be off by a token or two a cut."""


def cut(text: str, max_chars: int = MAX_CHUNK_CHARS) -> Cut:
    """Return the text in pieces of at most `max_chars` that are counted one by one."""
    if len(text) <= max_chars:
        return Cut((text,), exact=True)
    pieces, exact, start = [], True, 0
    part_chars = -(-max_chars // _UNSAFE_PARTS)
    while len(text) - start > max_chars:
        # The look-ahead may see the one character after the piece.
        safe = _LAST_SAFE_CUT.match(text, start, start + max_chars + 1)
        if safe is not None:
            pieces.append(text[start : safe.end()])
            start = safe.end()
            continue
        exact = False
        end = start + max_chars
        pieces += (text[at : min(at + part_chars, end)] for at in range(start, end, part_chars))
        start = end
    pieces.append(text[start:])
    return Cut(pieces, exact)


def chunks(text: str) -> Iterator[str]:
    """Yield the pieces of `cut`."""
    yield from cut(text).pieces
