"""toktok (Rust, MIT): OpenAI's current encodings, ten times as fast as tiktoken and equal to it.

Its documented function starts a pool for each call, 28 us even for one word; the tokenizer class beneath it counts a
message in 1 us. Both let go of the interpreter. The class is no promise of the library's: the lock pins the version,
the self-check tries it at start, and tiktoken takes over if it is gone.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Final, cast

from a11i_tokenization.counting import long_texts
from a11i_tokenization.counting.engine import Engine, OnDemand, well_formed
from a11i_tokenization.counting.long_texts import LINE_ENDS, LongTexts, Noise
from a11i_tokenization.counting.repeats import MIN_TEXT_CHARS, shorten

ENCODINGS: Final = ("o200k_base", "cl100k_base")
"""What is counted with toktok; o200k_harmony differs in special tokens alone."""

LONG_S: Final = "'\u017f"
"""An apostrophe and a long s: tiktoken takes them for the contraction 's, whose case does not matter, toktok does not.
Hardly any text has them, and to look for them in one that is Latin-1 takes no time."""


NOISE: Final = Noise(one_in=4, every=False)
"""Random words of 12 letters take up to 130 ms a megabyte, punctuation 75; base64 takes 30 and 55,
ideographs 50."""


class ToktokUnavailableError(Exception):
    """toktok is not installed, or not the one that is known here; the message says which."""


class ToktokEngine:
    """Counts with toktok, in bounded time whatever the text."""

    def __init__(self, encoding: str, reference: Callable[[], Engine]) -> None:
        """Load one of ENCODINGS, in 0.1 to 0.3 s; `reference` loads tiktoken's. Raises ToktokUnavailableError."""
        self._tiktoken = OnDemand(reference)
        self._long = LongTexts(self._count_shortened, LINE_ENDS, NOISE)
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
            if len(text) < long_texts.MIN_CHARS:
                return self._count_shortened(text)
            return self._long.total(text)
        except UnicodeEncodeError:
            return self.count(well_formed(text))

    def is_exact_for(self, text: str) -> bool:
        if len(text) < MIN_TEXT_CHARS:  # tiktoken's number is exact then, too
            return True
        if LONG_S in text:
            return self._tiktoken().is_exact_for(text)
        return self._long.is_exact(text)

    def _count_shortened(self, text: str) -> int:
        short, taken_out = shorten(text)
        return self._count(short) + taken_out
