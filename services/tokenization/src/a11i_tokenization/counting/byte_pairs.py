"""Byte-pair vocabularies of other vendors, as tiktoken takes them: the rank of each token's bytes.

A vocabulary is one with tiktoken's if its merges are applied in the order of what they make. Hugging Face's byte-level
`tokenizer.json` of DeepSeek and Claude are; tests compare the counts with the `tokenizers` library's.
"""

import binascii
import itertools
import json
from binascii import a2b_base64
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import tiktoken

from a11i_tokenization.vocabularies import VocabularyError, lean

Ranks = dict[bytes, int]

_VISIBLE_BYTES: Final = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
"""What GPT-2's byte-level alphabet writes as itself; the other bytes are the characters from U+0100 on."""


def encoding(name: str, pattern: str, ranks: Ranks) -> tiktoken.Encoding:
    """Return a tiktoken Encoding without special tokens. Raises VocabularyError if tiktoken refuses the vocabulary."""
    try:
        return lean(tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={}))
    except ValueError as error:
        raise VocabularyError(f"the vocabulary of {name} is damaged ({error}); reinstall its package") from error


def from_tiktoken_file(path: Path) -> Ranks:
    """Return the ranks in a file of lines of base64 and rank. Raises VocabularyError."""
    try:
        lines = path.read_bytes().splitlines()
        return {a2b_base64(token): int(rank) for token, rank in (line.split() for line in lines if line)}
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def from_tekken_file(path: Path) -> tuple[str, Ranks]:
    """Return pattern and ranks of a Mistral `tekken.json`, without special tokens. Raises VocabularyError."""
    try:
        content = json.loads(path.read_bytes())
        config = content["config"]
        size = config["default_vocab_size"] - config["default_num_special_tokens"]
        ranks = {a2b_base64(entry["token_bytes"]): entry["rank"] for entry in content["vocab"][:size]}
        return config["pattern"], ranks
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from error


def from_byte_level_file(path: Path) -> Ranks:
    """Return the ranks of a byte-level byte-pair `tokenizer.json`. Raises VocabularyError."""
    try:
        model = json.loads(path.read_bytes())["model"]
        alphabet = _byte_level_alphabet()
        ranks = {bytes([byte]): byte for byte in range(0x100)}
        for rank, merge in enumerate(model["merges"], len(ranks)):
            left, right = merge.split(" ") if isinstance(merge, str) else merge
            ranks[bytes(alphabet[character] for character in left + right)] = rank
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path, error) from error
    return ranks


def _byte_level_alphabet() -> Mapping[str, int]:
    others = itertools.filterfalse(frozenset(_VISIBLE_BYTES).__contains__, range(0x100))
    return {chr(byte): byte for byte in _VISIBLE_BYTES} | {chr(0x100 + at): byte for at, byte in enumerate(others)}


def _unreadable(path: Path, error: Exception) -> VocabularyError:
    if isinstance(error, OSError):
        return VocabularyError(f"the vocabulary {path} cannot be read ({error.strerror}); reinstall its package")
    kind = "not base64" if isinstance(error, binascii.Error) else f"{type(error).__name__}: {error}"
    return VocabularyError(f"the vocabulary {path} is damaged ({kind}); reinstall its package")
