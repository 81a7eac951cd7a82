"""tiktoken: the reference for OpenAI's encodings, and what other vendors' byte-pair vocabularies are counted with."""

import unicodedata
from collections import Counter
from typing import Final, Literal

import tiktoken

from a11i_tokenization.chunks import MAX_CHUNK_CHARS, cut
from a11i_tokenization.counting.engine import encodable
from a11i_tokenization.counting.long_texts import MIN_CHARS, STRICT_LINE_ENDS, LongTexts, Noise

NOISE: Final = Noise(one_in=8, every=True)
"""It takes 70 to 200 ms a megabyte, base64 and hex included."""

Normalization = Literal["NFC", "NFKC"]


class TiktokenEngine:
    """Counts with a tiktoken Encoding, in pieces that it survives."""

    def __init__(self, encoding: tiktoken.Encoding, normalization: Normalization | None = None) -> None:
        """Count with `encoding` what `normalization`, the Unicode form that the model's tokenizer makes, leaves."""
        self._encoding = encoding
        self._normalization = normalization
        self._long = LongTexts(self._count_pieces, STRICT_LINE_ENDS, NOISE, items=True)

    @property
    def name(self) -> str:
        return "tiktoken"

    def count(self, text: str) -> int:
        text = self._normalized(text)
        return self._count_pieces(text) if len(text) < MIN_CHARS else self._long.total(text)

    def is_exact_for(self, text: str) -> bool:
        text = self._normalized(text)
        if len(text) <= MAX_CHUNK_CHARS:
            return True
        parts = self._long.parts(text)
        return self._long.is_exact(text) and all(cut(part).exact for part in ([text] if parts is None else parts))

    def _count_pieces(self, text: str) -> int:
        pieces = cut(text).pieces
        if len(pieces) == 1:
            return len(self._encoding.encode_ordinary(text))
        # A long run of one pattern is many equal pieces.
        return sum(len(self._encoding.encode_ordinary(piece)) * times for piece, times in Counter(pieces).items())

    def _normalized(self, text: str) -> str:
        if self._normalization is None or text.isascii():
            return text
        return unicodedata.normalize(self._normalization, encodable(text))
