"""toktok with another vendor's vocabulary; tiktoken counts the few texts that the two split or merge differently."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from a11i_tokenization.counting import toktok_vocabularies
from a11i_tokenization.counting.byte_pairs import Ranks
from a11i_tokenization.counting.engine import Engine, OnDemand, encodable, well_formed
from a11i_tokenization.counting.long_texts import LINE_ENDS, MIN_CHARS, LongTexts
from a11i_tokenization.counting.repeats import shorten
from a11i_tokenization.counting.tiktoken_engine import Normalization
from a11i_tokenization.counting.toktok_engine import LONG_S, NOISE
from a11i_tokenization.counting.toktok_vocabularies import Rules

_SWAPPED: Final = bytes.maketrans(b"'\x01", b"\x01'")
_SWAPPED_CHARACTERS: Final = str.maketrans("'\x01", "\x01'")
_LIKE_A_CONTRACTION: Final = re.compile("\x01[sdmtlvr]", re.IGNORECASE)


class ToktokVendorEngine:
    """Counts with toktok as tiktoken counts with the same vocabulary."""

    def __init__(
        self, rules: Rules, ranks: Ranks, reference: Callable[[], Engine], normalization: Normalization | None = None
    ) -> None:
        """Load toktok with `ranks`; `reference` loads tiktoken with them. Raises ToktokUnavailableError."""
        self._plain_apostrophe = rules.plain_apostrophe
        self._normalization = normalization
        self._reference = OnDemand(reference)
        if rules.plain_apostrophe:
            ranks = {token.translate(_SWAPPED): rank for token, rank in ranks.items()}
        self._native = toktok_vocabularies.load(rules, ranks)
        self._slow_signs = rules.slow_signs
        self._long = LongTexts(self._count_shortened, LINE_ENDS, NOISE)

    @property
    def name(self) -> str:
        return "toktok"

    def encode(self, text: str) -> Sequence[int]:
        """Return the tokens of a well-formed text, numbered without gaps; none if it is left to tiktoken."""
        text = self._normalized(text)
        return () if self._is_odd(text) else self._native.encode_ordinary(self._prepared(text))

    def count(self, text: str) -> int:
        text = self._normalized(text)
        if self._is_odd(text):
            return self._reference().count(text)
        try:
            prepared = self._prepared(text)
            return self._count_shortened(prepared) if len(text) < MIN_CHARS else self._long.total(prepared)
        except UnicodeEncodeError:
            return self.count(well_formed(text))

    def _count_shortened(self, text: str) -> int:
        short, taken_out = shorten(text, self._slow_signs)
        return self._native.count(short) + taken_out

    def is_exact_for(self, text: str) -> bool:
        if self._is_odd(text):
            return self._reference().is_exact_for(text)
        return self._long.is_exact(self._prepared(self._normalized(text)))

    def _normalized(self, text: str) -> str:
        if self._normalization is None or text.isascii():
            return text
        return unicodedata.normalize(self._normalization, encodable(text))

    def _is_odd(self, text: str) -> bool:
        """Whether toktok would not split the text as tiktoken does."""
        if self._plain_apostrophe:
            return "\x01" in text and _LIKE_A_CONTRACTION.search(text) is not None
        return LONG_S in text

    def _prepared(self, text: str) -> str:
        if not self._plain_apostrophe:
            return text
        return text.replace("'", "\x01") if "\x01" not in text else text.translate(_SWAPPED_CHARACTERS)
