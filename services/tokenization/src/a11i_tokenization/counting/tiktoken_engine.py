"""tiktoken: the reference for OpenAI's encodings, and what other vendors' byte-pair vocabularies are counted with."""

import unicodedata
from collections import Counter
from typing import Literal

import tiktoken

from a11i_tokenization.chunks import cut
from a11i_tokenization.counting.engine import encodable

Normalization = Literal["NFC", "NFKC"]


class TiktokenEngine:
    """Counts with a tiktoken Encoding, in pieces that it survives."""

    def __init__(self, encoding: tiktoken.Encoding, normalization: Normalization | None = None) -> None:
        """Count with `encoding` what `normalization`, the Unicode form that the model's tokenizer makes, leaves."""
        self._encoding = encoding
        self._normalization = normalization

    @property
    def name(self) -> str:
        return "tiktoken"

    def count(self, text: str) -> int:
        text = self._normalized(text)
        pieces = cut(text).pieces
        if len(pieces) == 1:
            return len(self._encoding.encode_ordinary(text))
        # A long run of one pattern is many equal pieces.
        return sum(len(self._encoding.encode_ordinary(piece)) * times for piece, times in Counter(pieces).items())

    def is_exact_for(self, text: str) -> bool:
        return cut(self._normalized(text)).exact

    def _normalized(self, text: str) -> str:
        if self._normalization is None or text.isascii():
            return text
        return unicodedata.normalize(self._normalization, encodable(text))
