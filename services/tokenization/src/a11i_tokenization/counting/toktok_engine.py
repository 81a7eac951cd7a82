"""toktok (Rust, MIT): OpenAI's current encodings, ten times as fast as tiktoken and equal to it.

Its documented function starts a pool for each call, 28 us even for one word; the tokenizer class beneath it counts a
message in 1 us. Both let go of the interpreter. The class is no promise of the library's: the lock pins the version,
the self-check tries it at start, and tiktoken takes over if it is gone.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Final, cast

from a11i_tokenization.counting import endless
from a11i_tokenization.counting.engine import Engine, OnDemand, well_formed
from a11i_tokenization.counting.repeats import MIN_TEXT_CHARS, shorten

ENCODINGS: Final = ("o200k_base", "cl100k_base")
"""What is counted with toktok; o200k_harmony differs in special tokens alone."""

LONG_S: Final = "'\u017f"
"""An apostrophe and a long s: tiktoken takes them for the contraction 's, whose case does not matter, toktok does not.
Hardly any text has them, and to look for them in one that is Latin-1 takes no time."""


class ToktokUnavailableError(Exception):
    """toktok is not installed, or not the one that is known here; the message says which."""


class ToktokEngine:
    """Counts with toktok, in bounded time whatever the text."""

    def __init__(self, encoding: str, reference: Callable[[], Engine]) -> None:
        """Load one of ENCODINGS, in 0.1 to 0.3 s; `reference` loads tiktoken's. Raises ToktokUnavailableError."""
        self._tiktoken = OnDemand(reference)
        try:
            native = importlib.import_module("toktok._toktok").Tokenizer(encoding, "")
            self._count = cast("Callable[[str], int]", native.count)
            self._encode = cast("Callable[[str], Sequence[int]]", native.encode_ordinary)
        except Exception as error:  # Whatever is wrong with it, tiktoken can count.
            raise ToktokUnavailableError(f"{type(error).__name__}: {error}") from error

    @property
    def name(self) -> str:
        return "toktok"

    def encode(self, text: str) -> Sequence[int]:
        """Return the tokens of a well-formed text."""
        return self._encode(text)

    def count(self, text: str) -> int:
        if LONG_S in text:
            return self._tiktoken().count(text)
        try:
            if len(text) < MIN_TEXT_CHARS:
                return self._count(text)
            if len(text) < endless.MIN_TEXT_CHARS:
                short, taken_out = shorten(text)
                return self._count(short) + taken_out
            return self._count_long(text)
        except UnicodeEncodeError:
            return self.count(well_formed(text))

    def is_exact_for(self, text: str) -> bool:
        if LONG_S in text:
            return self._tiktoken().is_exact_for(text)
        return len(text) < endless.MIN_TEXT_CHARS or endless.split(text) is None

    def _count_long(self, text: str) -> int:
        parts = endless.split(text)
        if parts is None:
            short, taken_out = shorten(text)
            return self._count(short) + taken_out
        rest, windows, factor = parts
        short, taken_out = shorten(rest)
        return self._count(short) + taken_out + round(factor * sum(map(self._count, windows)))
