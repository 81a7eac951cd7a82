"""What becomes of a value that was found.

Each operator leaves what it has left alone before: applied to its own result it returns that. Placeholders are known by
their form; a hash holds digits that check the others, and so does what keeps a value's format.
"""

import hmac
import math
import string
from collections.abc import Sequence
from typing import Final

from a11i_redaction.ciphers import TenantCipher
from a11i_redaction.policy.model import Operator, Rule
from a11i_redaction.pseudonyms import Pseudonyms, normalised

_HASH_BYTES: Final = 12
_CHECK_BYTES: Final = 4
"""A hash is 96 bits of the value's and 32 that check them: 128 bits, 32 hexadecimal digits."""
_HASH_CHARS: Final = 2 * (_HASH_BYTES + _CHECK_BYTES)
_KINDS: Final = (string.digits, string.ascii_uppercase, string.ascii_lowercase)
_BITS: Final = {char: math.log2(len(kind)) for kind in _KINDS for char in kind}
"""What a digit or letter can say."""
_FORMAT_CHECK_BITS: Final = 32
"""The last characters of a format check those before them, as many as hold so much: 10 digits, or 7 letters. A value
that nobody has worked on is taken for a result, and so passes, with a chance of one in 2**32 at most."""
_FORMAT_BITS: Final = 16
"""What the characters before them must hold, or two values would too often share a result: 5 digits, or 4 letters."""


class Operators:
    """Applies operators for one tenant."""

    __slots__ = ("_cipher", "_pseudonyms", "_tenant_id")

    def __init__(self, pseudonyms: Pseudonyms, tenant_id: str, cipher: TenantCipher | None) -> None:
        self._pseudonyms = pseudonyms
        self._tenant_id = tenant_id
        self._cipher = cipher

    def apply(self, rule: Rule, entity: str, value: str) -> str:
        """Return what stands in place of a value. DROP_VALUE and KEEP are not of its business: they act on more."""
        match rule.operator:
            case Operator.MASK:
                return _masked(value, rule.mask_keep_last)
            case Operator.HASH:
                return self._hash(entity, value)
            case Operator.FORMAT:
                return self._same_format(entity, value)
            case Operator.ENCRYPT if self._cipher is not None:
                return self._cipher.placeholder(entity, value)
            case _:
                return self.replace(entity, value)

    def replace(self, entity: str, value: str) -> str:
        """Return a value's placeholder."""
        return self._pseudonyms.placeholder(self._tenant_id, entity, value)

    def _digest(self, use: str, *parts: str) -> bytes:
        return self._pseudonyms.digest(use, self._tenant_id, *parts)

    def _hash(self, entity: str, value: str) -> str:
        if len(value) == _HASH_CHARS and set(value) <= set("0123456789abcdef"):
            body, check = bytes.fromhex(value[: 2 * _HASH_BYTES]), bytes.fromhex(value[2 * _HASH_BYTES :])
            if hmac.compare_digest(self._check(body), check):
                return value
        body = self._digest("hash", entity, normalised(entity, value))[:_HASH_BYTES]
        return (body + self._check(body)).hex()

    def _check(self, body: bytes) -> bytes:
        return self._digest("check", body.hex())[:_CHECK_BYTES]

    def _same_format(self, entity: str, value: str) -> str:
        """Return a value of the same form, or a placeholder for one too short, or with letters of other alphabets."""
        places = [index for index, char in enumerate(value) if char.isalnum()]
        chars = [value[place] for place in places]
        body = _body_length(chars) if value.isascii() else 0
        if not body:
            return self.replace(entity, value)
        first, rest = chars[:body], chars[body:]
        if rest == self._drawn("format-check", "".join(first), rest):
            return value
        new_first = self._drawn("format", f"{entity}\0{normalised(entity, value)}", first)
        return _with(value, places, new_first + self._drawn("format-check", "".join(new_first), rest))

    def _drawn(self, use: str, seed: str, like: list[str]) -> list[str]:
        """Return characters drawn by the seed, each of the kind of the one in its place."""
        drawn = []
        number = 0
        for index, char in enumerate(like):
            if index % 8 == 0:
                number = int.from_bytes(self._digest(use, str(index), seed))
            kind = next(kind for kind in _KINDS if char in kind)
            number, chosen = divmod(number, len(kind))
            drawn.append(kind[chosen])
        return drawn


def dropped(entity: str) -> str:
    """Return what stands in place of a whole value in which an entity was found."""
    return f"<{entity}>"


def _body_length(chars: Sequence[str]) -> int:
    """Return how many of a value's digits and letters those behind them can check; 0 if these or those are too few."""
    bits = 0.0
    length = len(chars)
    while length and bits < _FORMAT_CHECK_BITS:
        length -= 1
        bits += _BITS[chars[length]]
    return length if sum(_BITS[char] for char in chars[:length]) >= _FORMAT_BITS else 0


def _masked(value: str, keep: int) -> str:
    kept = min(keep, len(value) // 2)
    return "*" * (len(value) - kept) + value[len(value) - kept :]


def _with(value: str, places: list[int], chars: list[str]) -> str:
    pieces = list(value)
    for place, char in zip(places, chars, strict=True):
        pieces[place] = char
    return "".join(pieces)
