"""Placeholders that are the same for the same value of a tenant, and tell nothing about it without the key."""

import hashlib
import hmac
import re
from typing import Final

WITHHELD: Final = "<WITHHELD>"
"""In place of a value that could not be examined."""
DROPPED: Final = "<DROPPED>"
"""In place of a value that goes whole, whatever it is, as its key says."""

_DIGITS: Final = 8
"""Hexadecimal: among 10,000 values of a tenant, two share a placeholder with a chance of about 1 in 90."""
_LAST_RESORT: Final = "a0000000"
"""Where each eight of a digest's 64 digits are decimal: once in 10**13 values."""

_IGNORE_CASE: Final = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS", "PERSON", "LOCATION", "ORGANIZATION"})
_EXACT: Final = frozenset({"SECRET", "JWT", "PRIVATE_KEY", "URL_CREDENTIALS", "CRYPTO"})
_SPACE: Final = re.compile(r"\s+")
_NOT_ALPHANUMERIC: Final = re.compile(r"[\W_]+")


def normalised(entity: str, value: str) -> str:
    """Return what two spellings of one value have in common.

    Names and addresses without case, numbers without their separators, secrets as they are.
    """
    if entity in _EXACT:
        return value
    if entity in _IGNORE_CASE:
        return _SPACE.sub(" ", value.strip()).casefold()
    return _NOT_ALPHANUMERIC.sub("", value).upper()


class Pseudonyms:
    """Makes the placeholders of all tenants from one key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def placeholder(self, tenant_id: str, entity: str, value: str) -> str:
        """Return the placeholder of a value, such as `<EMAIL_ADDRESS_3f2a9c01>`: HMAC-SHA256, keyed, per tenant."""
        message = "\0".join((tenant_id, entity, normalised(entity, value)))
        digest = hmac.digest(self._key, message.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
        pieces = (digest[start : start + _DIGITS] for start in range(0, len(digest), _DIGITS))
        # Digits alone are left out: no number that somebody writes in this form passes for a placeholder.
        return f"<{entity}_{next((piece for piece in pieces if not piece.isdecimal()), _LAST_RESORT)}>"

    def digest(self, use: str, *parts: str) -> bytes:
        """Return a keyed digest of 32 bytes for another use than placeholders, apart from those of all other uses."""
        message = "\0\0".join((use, *parts))
        return hmac.digest(self._key, b"\0" + message.encode("utf-8", "surrogatepass"), hashlib.sha256)
