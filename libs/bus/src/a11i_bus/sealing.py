"""Seals what may hold raw text and has to be kept: AES-256-GCM under a key that only stages and operators have."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

MIN_SECRET_CHARACTERS: Final = 32
"""A secret shorter than this can be guessed; `openssl rand -hex 32` makes a good one."""
_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12
"""96 bits, as NIST SP 800-38D advises for GCM."""
_TAG_BYTES: Final = 16
SEAL_BYTES: Final = len(_FORMAT) + _NONCE_BYTES + _TAG_BYTES
"""By how much a sealed payload is longer."""


class SealError(ValueError):
    """The sealed bytes were changed, belong to another context, or were sealed under another key."""


class Seal:
    """Seals and opens under one secret. The same bytes sealed twice look different."""

    def __init__(self, secret: SecretStr) -> None:
        """Raises ValueError for a secret that is too short."""
        material = secret.get_secret_value().encode()
        if len(material) < MIN_SECRET_CHARACTERS:
            raise ValueError(f"a key for dead letters has at least {MIN_SECRET_CHARACTERS} characters")
        self._cipher = AESGCM(_derive(material, b"a11i dead letter key 1", 32))
        self.key_id = _derive(material, b"a11i dead letter key id 1", 4).hex()
        """Says which key sealed something, and nothing about the key."""

    def seal(self, payload: bytes, context: str) -> bytes:
        """Return the payload sealed. `context` is not part of it, and has to be the same at opening."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, payload, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed in that context. Raises SealError."""
        if sealed[:1] != _FORMAT:
            raise SealError("not sealed in a format that is known here")
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, ciphertext, context.encode())
        except (InvalidTag, ValueError) as error:
            raise SealError("changed, of another context, or sealed under another key") from error


def _derive(material: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(material)
