"""Encrypted placeholders: a value under its tenant's key, which is wrapped by the master key.

The same value has the same placeholder within a tenant, as its nonce is derived from it; no nonce is used for two
values. AES-256-GCM binds each to its tenant and entity. Encryption and nonces have keys of their own, by HKDF.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FIRST: Final = b"\x01"
"""The scheme in which the tenant's key itself encrypted and made nonces, before there were keys derived from it."""
_VERSION: Final = b"\x02"
"""The scheme of what is encrypted now: first byte of what a placeholder holds, and bound to it."""
_PLACEHOLDER: Final = re.compile(r"<([A-Z][A-Z0-9_]{1,39}):enc:([A-Za-z0-9_\-]+)>")


class CipherError(Exception):
    """Not encrypted under this key, or changed since. It holds no text."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a placeholder stands for."""

    entity: str
    value: str


class MasterKey:
    """Wraps and unwraps the keys of tenants."""

    __slots__ = ("_cipher", "key_id")

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(b"a11i redaction master key\0" + secret.encode()).digest()
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(b"id\0" + key).hexdigest()[:16]
        """Tells keys apart without telling anything about them."""

    def wrap(self, tenant_id: str, key: bytes, nonce: bytes) -> bytes:
        """Return a tenant's key encrypted. `nonce` is 12 random bytes."""
        return nonce + self._cipher.encrypt(nonce, key, tenant_id.encode())

    def unwrap(self, tenant_id: str, wrapped: bytes) -> bytes:
        """Return a tenant's key. Raises CipherError if another master key wrapped it, or if it is none."""
        try:
            key = self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], tenant_id.encode())
        except (InvalidTag, ValueError):
            raise CipherError("wrapped under another master key") from None
        if len(key) != KEY_BYTES:
            raise CipherError(f"not a key of {KEY_BYTES} bytes")
        return key


class TenantCipher:
    """Encrypts and reveals the values of one tenant."""

    __slots__ = ("_ciphers", "_nonce_key", "_tenant_id")

    def __init__(self, tenant_id: str, key: bytes) -> None:
        self._tenant_id = tenant_id
        self._nonce_key = _derived(key, b"a11i redaction nonces 2")
        self._ciphers = {_FIRST: AESGCM(key), _VERSION: AESGCM(_derived(key, b"a11i redaction values 2"))}

    def placeholder(self, entity: str, value: str) -> str:
        """Return a value encrypted, such as `<EMAIL_ADDRESS:enc:...>`."""
        text = value.encode("utf-8", "surrogatepass")
        message = b"\0".join((b"nonce", self._tenant_id.encode(), entity.encode(), text))
        nonce = hmac.digest(self._nonce_key, message, hashlib.sha256)[:_NONCE_BYTES]
        sealed = _VERSION + nonce + self._ciphers[_VERSION].encrypt(nonce, text, self._bound(_VERSION, entity))
        return f"<{entity}:enc:{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}>"

    def reveal(self, placeholder: str) -> Revealed:
        """Return what a placeholder stands for. Raises CipherError."""
        match = _PLACEHOLDER.fullmatch(placeholder)
        if match is None:
            raise CipherError("no encrypted placeholder")
        entity, token = match.groups()
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
            version, nonce, encrypted = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
            text = self._ciphers[version].decrypt(nonce, encrypted, self._bound(version, entity))
        except (binascii.Error, InvalidTag, KeyError, ValueError):
            raise CipherError("not encrypted under this tenant's key, or in a way not known here") from None
        return Revealed(entity, text.decode("utf-8", "surrogatepass"))

    def wrote(self, placeholder: str) -> bool:
        """Return whether a placeholder is one of this tenant's: anybody can write what looks like one."""
        try:
            self.reveal(placeholder)
        except CipherError:
            return False
        return True

    def _bound(self, version: bytes, entity: str) -> bytes:
        return b"\0".join((version, self._tenant_id.encode(), entity.encode()))


def _derived(key: bytes, use: bytes) -> bytes:
    """Return a key for one use, of which no other use's tells anything."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=use).derive(key)


def entity_of(placeholder: str) -> str:
    """Return the entity that an encrypted placeholder names; empty if it is none."""
    match = _PLACEHOLDER.fullmatch(placeholder)
    return match[1] if match else ""
