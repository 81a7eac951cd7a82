"""API keys: how they look, how they are made, how they are compared.

A key reads `a11i_<key id>_<secret>_<checksum>`. The key id (12 letters and digits) finds the stored key and is fit for
logs; the secret is 256 random bits; the checksum is the CRC-32 of all before it, so that a mistyped key is refused
without a look-up and a secret scanner can tell a key from noise. Stored is only HMAC-SHA-256 of the secret.
"""

import hashlib
import hmac
import secrets
import zlib
from dataclasses import dataclass
from typing import Final

_PREFIX: Final = "a11i"
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY_ID_LENGTH: Final = 12
"""71 bits: no two keys of one installation share an id."""
_SECRET_BYTES: Final = 32
_SECRET_LENGTH: Final = 43
"""Digits of 256 bits in base 62."""
_CHECKSUM_LENGTH: Final = 6
"""Digits of 32 bits in base 62."""


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """A key of the right form, which need not exist."""

    key_id: str
    secret: str


def new_key() -> tuple[str, ParsedKey]:
    """Return a new key as its owner will show it, and its parts."""
    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_ID_LENGTH))
    secret = _base62(int.from_bytes(secrets.token_bytes(_SECRET_BYTES)), _SECRET_LENGTH)
    body = f"{_PREFIX}_{key_id}_{secret}"
    return f"{body}_{_checksum(body)}", ParsedKey(key_id, secret)


def is_key_id(text: str) -> bool:
    """Return whether the text can be a key's id. The database refuses some of what cannot, such as NUL."""
    return len(text) == _KEY_ID_LENGTH and set(text) <= set(_ALPHABET)


def parse_key(api_key: str) -> ParsedKey | None:
    """Return the key's parts, or None if it cannot be a key."""
    parts = api_key.split("_")
    if len(parts) != 4 or parts[0] != _PREFIX or not api_key.isascii():
        return None
    _, key_id, secret, checksum = parts
    if not is_key_id(key_id) or len(secret) != _SECRET_LENGTH:
        return None
    if checksum != _checksum(f"{_PREFIX}_{key_id}_{secret}"):
        return None
    return ParsedKey(key_id, secret)


def mac(secret: str, pepper: str) -> bytes:
    """Return what is stored of a secret: its HMAC-SHA-256 under the pepper, 32 bytes."""
    return hmac.digest(pepper.encode(), secret.encode(), hashlib.sha256)


def matches(secret: str, pepper: str, stored: bytes) -> bool:
    """Return whether the secret is the stored one, in a time that says nothing about either."""
    return hmac.compare_digest(mac(secret, pepper), stored)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
