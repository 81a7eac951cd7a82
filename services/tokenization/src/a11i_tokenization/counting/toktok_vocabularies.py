"""Other vendors' byte-pair vocabularies in toktok: it merges by any ranks, and splits by its own encodings' rules.

toktok takes what it does not bundle from a directory: a file of tokens and their ranks, and one of the characters that
are letters, digits and so on, as it knows the rules and not the characters. Several vendors split by OpenAI's rules, or
by ones so close that a text can be prepared for the difference; tiktoken's count then takes a fifth of the time.

Each token must be what merges make of its text. Llama 3's and Qwen 3.5's vocabularies have hundreds that tiktoken makes
only of a whole word (` vurgu`), DeepSeek's some: toktok would take them in other words too, so tiktoken counts these.
"""

import importlib
import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import pack
from typing import Final, Protocol, cast

import tiktoken

from a11i_tokenization.counting.byte_pairs import Ranks
from a11i_tokenization.counting.toktok_engine import ToktokUnavailableError

_FILES: Final = {
    "cl100k_base": ("cl100k.vocab", "uniclass.bin"),
    "o200k_base": ("o200k.vocab", "uniclass_o200k.bin"),
    "qwen3.5": ("qwen35.vocab", "uniclass_qwen35.bin"),
}
"""By the encoding of toktok's whose rules split: what it reads."""

_SCALARS: Final = (range(0xD800), range(0xE000, 0x110000))
_BYTES: Final[Ranks] = {bytes([byte]): byte for byte in range(0x100)}


@dataclass(frozen=True, slots=True)
class Rules:
    """How a vendor splits a text, in terms of toktok's own encodings."""

    like: str
    """The encoding of toktok's whose rules split."""
    classes: Sequence[str]
    """Its classes of characters, each as a regular expression for one of them, in the order of its file."""
    slow_signs: str
    """Of which `repeats.shorten` may shorten runs, and must."""
    plain_apostrophe: bool = False
    """True if an apostrophe is a sign like others, and no beginning of 's and 'll."""


_LETTERS, _DIGITS, _WHITE_SPACE = r"\p{L}", r"\p{N}", r"\s"
_CASES: Final = (r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]")

CL100K: Final = (_LETTERS, _DIGITS, _WHITE_SPACE)
O200K: Final = (*CL100K, *_CASES)


class Native(Protocol):
    """toktok's tokenizer. Lets go of the interpreter; raises UnicodeEncodeError for a lone surrogate."""

    def count(self, text: str) -> int:
        """Return the number of tokens."""

    def encode_ordinary(self, text: str) -> Sequence[int]:
        """Return the tokens."""


def load(rules: Rules, ranks: Ranks) -> Native:
    """Return toktok with a vocabulary, in half a second. Tokens are numbered without gaps, in the order of rank.

    Raises ToktokUnavailableError.
    """
    try:
        make = cast("Callable[[str, str], Native]", importlib.import_module("toktok._toktok").Tokenizer)
        with tempfile.TemporaryDirectory(prefix="a11i-vocabulary-") as directory:
            tokens, characters = (Path(directory, name) for name in _FILES[rules.like])
            tokens.write_bytes(_token_file(ranks))
            characters.write_bytes(b"".join(map(_class_table, rules.classes)))
            return make(rules.like, directory)
    except Exception as error:  # Whatever is wrong with it, tiktoken can count.
        raise ToktokUnavailableError(f"{type(error).__name__}: {error}") from error


def _token_file(ranks: Ranks) -> bytes:
    tokens = sorted(ranks, key=ranks.__getitem__)
    records = [pack(f"<H{len(token)}sI", len(token), token, number) for number, token in enumerate(tokens)]
    return b"".join([pack("<I", len(tokens)), *records])


@cache
def _class_table(expression: str) -> bytes:
    """Return which characters tiktoken's own regular expressions take for a class, as toktok reads it."""
    # What no rule matches tiktoken leaves out: the bytes that are left are those of the class.
    encoding = tiktoken.Encoding("class", pat_str=f"{expression}+", mergeable_ranks=_BYTES, special_tokens={})
    every = "".join(map(chr, itertools.chain(*_SCALARS)))
    found = list(_ranges(bytes(encoding.encode_ordinary(every)).decode()))
    return b"".join([pack("<I", len(found)), *(pack("<II", first, last) for first, last in found)])


def _ranges(characters: str) -> Iterator[tuple[int, int]]:
    codes = map(ord, characters)
    for _, group in itertools.groupby(enumerate(codes), lambda numbered: numbered[1] - numbered[0]):
        run = [code for _, code in group]
        yield run[0], run[-1]
