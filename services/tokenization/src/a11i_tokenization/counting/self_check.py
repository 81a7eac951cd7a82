"""Decides at start whether the fast tokenizer may count: it must give tiktoken's tokens for a set of hard texts.

What tiktoken gives for them is written down as a digest, so that no start pays for tiktoken's own tables; a test
makes the digests anew from tiktoken, and compares the two on some 20,000 texts more.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, Protocol

from a11i_tokenization.counting.self_check_texts import samples

Encode = Callable[[str], Sequence[int]]

EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "o200k_base": "66305ea73c5d5f1b3a00793818198e82",
        "cl100k_base": "7343cd5ba283fd11b68caa4e728e1f4e",
        "llama4": "ca2d91186fecd886e3da0b4c560a3095",
        "tekken": "ce5263a547fac6ff1a144d2a07cec9d1",
        "qwen2": "b70625cfdf413ca2da879a1d1dab0fee",
    }
)
"""By encoding, `digest` of tiktoken's tokens (0.14), of the texts that the fast tokenizer does not leave to it."""


class Encoder(Protocol):
    """A tokenizer that also says its tokens."""

    def encode(self, text: str) -> Sequence[int]:
        """Return the tokens of a well-formed text; none if the text is left to tiktoken."""

    def count(self, text: str) -> int:
        """Return how many they are."""


def passes(encoder: Encoder, encoding: str) -> bool:
    """Return whether `encoder` gives tiktoken's tokens for the samples, in 20 ms. Raises nothing."""
    try:
        return digest(encoder.encode) == EXPECTED[encoding] and all(
            encoder.count(text) == len(tokens) for text in samples() if (tokens := encoder.encode(text))
        )
    except Exception:
        # Any trouble with the fast one is a reason for the slow one.
        return False


def digest(encode: Encode) -> str:
    """Return what the tokens of all samples come down to."""
    hashed = blake2b(digest_size=16)
    for text in samples():
        tokens = array("Q", encode(text))
        hashed.update(len(tokens).to_bytes(4, "little"))
        hashed.update(tokens.tobytes())
    return hashed.hexdigest()
