"""tiktoken: the reference for OpenAI's encodings, and what other vendors' byte-pair vocabularies are counted with."""

from collections import Counter

import tiktoken

from a11i_tokenization.chunks import cut


class TiktokenEngine:
    """Counts with a tiktoken Encoding, in pieces that it survives."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding

    @property
    def name(self) -> str:
        return "tiktoken"

    def count(self, text: str) -> int:
        pieces = cut(text).pieces
        if len(pieces) == 1:
            return len(self._encoding.encode_ordinary(text))
        # A long run of one pattern is many equal pieces.
        return sum(len(self._encoding.encode_ordinary(piece)) * times for piece, times in Counter(pieces).items())

    def is_exact_for(self, text: str) -> bool:
        return cut(text).exact
