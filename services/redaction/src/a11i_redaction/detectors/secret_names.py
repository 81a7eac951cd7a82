"""Names that say that a value is a secret: before a sign of assignment, and as keys of attributes and JSON members."""

import re
from functools import lru_cache
from typing import Final

from a11i_redaction.detectors.context import key_words

_KEYS: Final = "client|shared|auth|ssh|hmac|aes|consumer|deploy|webhook|application|app"
"""Keys that are as often identifiers: their values must be as random as a key."""
_OWNERS: Final = (
    "smtp|imap|mail|email|ftp|sftp|db|database|mysql|postgres|pg|redis|mongo|ldap|bind|admin|root|user|ssh|become|sudo|su"
    "|proxy|auth|http|https|api|wifi|vpn|smb|login|app|master|old|new|my|rabbit|rabbitmq|mq|amqp|mqtt|account|service|svc"
    "|cert|key|keystore|truststore|store|sa|backup|git|registry|docker|wp|es|elastic|kafka"
)
"""Whose `pass` is a password: a first pass and a forward pass are none."""
NAMES: Final = (
    r"password|passwd|passphrase|passcode|pwd|\bpass|\bpw|\bpsk"
    rf"|(?:\b|[_\-.])(?:{_OWNERS})[_\-](?:pass|pw|psk)|secret|apikey|api[ _\-]?key|access[ _\-]?key"
    r"|secret[ _\-]?key|private[ _\-]?key|account[ _\-]?key|encryption[ _\-]?key|signing[ _\-]?key|master[ _\-]?key"
    r"|subscription[ _\-]?key|license[ _\-]?key|client[ _\-]?secret|auth[ _\-]?token"
    r"|access[ _\-]?token|refresh[ _\-]?token|session[ _\-]?token|id[ _\-]?token|bearer[ _\-]?token|credentials?|token"
    r"|session[ _\-]?key|device[ _\-]?code|code[ _\-]?verifier|client[ _\-]?assertion"
    rf"|(?:{_KEYS})[ _\-]?key"
    r"|passwort|kennwort|contrase(?:ñ|n)a|mot de passe|senha|wachtwoord|has(?:ł|l)o|l(?:ö|o)senord|salasana|(?:ş|s)ifre"
    r"|пароль|密码|密碼|パスワード|비밀번호"
)
_MORE: Final = "value|raw|string|pem|data|base|confirmation|confirm|again|new|old|plain|text|plaintext"
TAIL: Final = rf"(?:[_\-]?(?:{_MORE}))?[_\-]?\d{{0,2}}"
"""What a name can have behind it, and still be one: `password2`, `passwordConfirm`, `client-key-data`."""

OPTION_KEY: Final = "option password"
"""What a string stands under that is an option of a command and its password in one word."""
_SHORTEST: Final = 4
_MORE_IN_KEY: Final = re.compile(rf"(?<!\d)(?:[ ]?\d++|[ ](?:{_MORE}))+\Z")
"""A run of digits is taken whole, and begun once: taken apart in all ways, one of 30 would take hours."""
_KEY: Final = re.compile(
    rf"(?:^| )(?:(?:{NAMES})s?|authorization|cookie|bearer|jwt|totp|(?:recovery|backup) codes?)$"
    # Run into the word before: PGPASSWORD, dbpassword.
    r"|(?:password|passwd|passphrase|passwort|kennwort|pwd|secret|apikey|[a-z]{4}token)s?$"
    # What Terraform's generators made: random_password.db.result.
    r"|(?:^| )random (?:password|bytes) (?:[^ ]+ ){0,8}(?:result|hex|base64)$"
)
_SHORT_KEY: Final = re.compile(
    r"(?:^| )(?:pin|otp|totp|(?:pin|otp|mfa|2fa|verification|unlock) code|secret)$|^token$"
    r"|(?:password|passwd|passphrase|passcode|pwd)$"
)
"""Keys under which four digits are a secret."""
_ENCODED_KEY: Final = re.compile(r"(?:^| )auth$")
"""Of Docker's and npm's settings, where it is base64 of user and password."""
_HASH_KEY: Final = re.compile(r"(?:pass(?:word|wd|phrase)?|pwd|pw) ?(?:hash(?:ed)?|digest)(?: hex)?$")
_PASSWORD: Final = re.compile(
    r"(?i)pass|pwd|(?<![a-z])pw(?![a-z])|psk|kennwort|contrase|senha|wachtwoord|has[łl]o|senord|ifre|пароль|密|パス|비밀"
)
_OPEN_KEY: Final = re.compile(rf"(?i)(?:{_KEYS})[ _\-]?key")


@lru_cache(maxsize=4096)
def words_of(key: str) -> str:
    """Return a key as words, without what it can have behind its name: `user[password2]` is `user password`."""
    words = key_words(key.replace("[", " ").replace("]", " ") if "[" in key else key).strip()
    return _MORE_IN_KEY.sub("", words) or words


def is_telling(key: str) -> bool:
    """Return whether a key's value is a secret if it looks like one."""
    return _KEY.search(words_of(key)) is not None


def is_telling_of_digits(key: str) -> bool:
    """Return whether four digits under a key are a secret."""
    return _SHORT_KEY.search(words_of(key)) is not None


def is_telling_of_base64(key: str) -> bool:
    """Return whether base64 under a key is a secret."""
    return _ENCODED_KEY.search(words_of(key)) is not None


def is_telling_of_hashes(key: str) -> bool:
    """Return whether a hash under a key is one of a password."""
    return _HASH_KEY.search(words_of(key)) is not None


def names_secret(key: str) -> bool:
    """Return whether what stands under the key, or in an object or a list under it, is a secret."""
    return is_telling(key) or is_telling_of_digits(key)


def names_password(name: str) -> bool:
    """Return whether a name is one of a password, which people choose."""
    return _PASSWORD.search(name) is not None


def names_key_or_identifier(name: str) -> bool:
    """Return whether a name is one of a key that can be an identifier, too."""
    return _OPEN_KEY.search(name) is not None
