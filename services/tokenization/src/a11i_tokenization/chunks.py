"""Cuts long texts where no token can span the cut, so that the counts of the pieces add up.

tiktoken panics on very long runs of one kind of character (its regular expression engine gives up) and merges an
endless word in more than linear time; both are gone when a text is counted in bounded pieces.
"""

import re
from collections.abc import Iterator
from typing import Final

MAX_CHUNK_CHARS: Final = 32_768
"""The longest piece. tiktoken takes 10 ms for the worst of this length, and panics from about a million on."""

_LAST_SAFE_CUT: Final = re.compile(
    r"[\s\S]*[^\W_](?=[\s!-&(-/:-@\[-`{-~"  # ASCII's but for the apostrophe,
    r"\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f])"  # and Chinese and Japanese.
)
"""Up to the last letter or digit that white space or punctuation follows. No pre-tokenizer pattern of OpenAI's joins
these two: a run of letters or digits ends there, and only an apostrophe continues a word."""


def chunks(text: str) -> Iterator[str]:
    """Yield pieces of at most MAX_CHUNK_CHARS that together are `text`.

    The pieces' token counts sum up to the text's, unless a run of more than MAX_CHUNK_CHARS holds no boundary between
    a word and what follows it (such as an endless word); there the sum may be off by a token or two a cut.
    """
    start = 0
    while len(text) - start > MAX_CHUNK_CHARS:
        # The look-ahead may see the one character after the piece.
        cut = _LAST_SAFE_CUT.match(text, start, start + MAX_CHUNK_CHARS + 1)
        end = cut.end() if cut else start + MAX_CHUNK_CHARS
        yield text[start:end]
        start = end
    yield text[start:]
