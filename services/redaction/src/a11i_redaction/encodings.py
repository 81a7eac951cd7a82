"""Text in base64 or in hexadecimal digits: bytes of OTLP, and strings that are nothing else. In UTF-8, UTF-16, or one
byte a character."""

import base64
import binascii
import codecs
import re
from typing import Final

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-]{16,}+={0,2}")
"""Either alphabet of RFC 4648; shorter ones hold no address."""
_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9a-f]{2}){8,}+|(?:[0-9A-F]{2}){8,}+)")
_HEX_OF_DIGITS: Final = re.compile(r"(?:3\d|2[089])++")
"""Decimal digits alone are those of a number, but for these, which are the bytes of digits, spaces and brackets."""
_SASL: Final = re.compile(r"([^\0]*)\0([^\0]+)\0([^\0]+)")
"""Whom to act for, who it is, and the password: PLAIN of SASL (RFC 4616)."""
_ENDS_PART: Final = frozenset("\0\1")
"""What ends parts in PLAIN, and in XOAUTH2."""
_URL_SAFE: Final = str.maketrans("-_", "+/")
_ASCII: Final = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_ONE_BYTE: Final = re.compile(rb"[\t\n\r\x20-\x7e\x80\x82-\x8c\x8e\x91-\x9c\x9e-\xff]*+")
"""What windows-1252 has characters for; ISO 8859-1 is the same but for those from 0x80 to 0x9f, which it lacks."""
_MOST_OTHERS: Final = 0.2
"""Of a text's characters beyond ASCII. Of random bytes two in three are: they are not taken for text."""
_MOST_UNSEEN: Final = 0.2
"""Of a text's characters: bytes of length between strings, as in protocol buffers, and characters without width."""
_MOST_HIGH: Final = 0.2
"""Of the characters of UTF-16 without a mark that are beyond Latin-1, so that one byte of two is zero."""


def decoded_bytes(encoded: str) -> str | None:
    """Return the text of base64, or None if its bytes are no text."""
    padded = encoded.rstrip("=").translate(_URL_SAFE)
    try:
        raw = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except binascii.Error:
        return None
    return _text_of(raw)


def decoded_string(text: str) -> str | None:
    """Return the printable text that a string is the base64 or the hexadecimal digits of, or None if it is not."""
    digits = _HEX.fullmatch(text)
    if digits is not None:
        return _of_hex(digits[1])
    if _BASE64.fullmatch(text) is None:
        return None
    decoded = decoded_bytes(text)
    return decoded if decoded and _is_text(decoded) else None


def is_packed_text(encoded: str) -> bool:
    """Return whether base64, however short, stands for printable text, or for that of SASL, whose parts a zero ends."""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return False
    return all(char.isprintable() or char in _ENDS_PART for char in text)


def _of_hex(digits: str) -> str | None:
    if digits.isdecimal() and _HEX_OF_DIGITS.fullmatch(digits) is None:
        return None
    decoded = _text_of(bytes.fromhex(digits))
    return decoded if decoded and _is_text(decoded) else None


def _text_of(raw: bytes) -> str | None:
    text = _utf_16(raw) or _utf_8(raw) or _one_byte(raw)
    if text and "\0" in text and (login := _SASL.fullmatch(text)):
        return "{} user={} password={}".format(*login.groups()).strip()
    return text


def _utf_8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _utf_16(raw: bytes) -> str | None:
    """Return the text of UTF-16 with a byte order mark, or mostly in Latin characters. Half a character is left out."""
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return raw[: len(raw) & ~1].decode("utf-16", "replace")
    if b"\0" not in raw:
        return None
    units = len(raw) // 2
    for codec, high in (("utf-16-le", raw[1::2]), ("utf-16-be", raw[: 2 * units : 2])):
        if len(high) - high.count(0) > _MOST_HIGH * units:
            continue
        text = raw[: 2 * units].decode(codec, "replace")
        if text and _is_printable(text):
            return text
    return None


def _one_byte(raw: bytes) -> str | None:
    if not raw or _ONE_BYTE.fullmatch(raw) is None:
        return None
    if len(raw.translate(None, _ASCII)) > _MOST_OTHERS * len(raw):
        return None
    return raw.decode("cp1252")


def _is_text(text: str) -> bool:
    return text.isprintable() or sum(not (char.isprintable() or char.isspace()) for char in text) <= (
        _MOST_UNSEEN * len(text)
    )


def _is_printable(text: str) -> bool:
    return all(char.isprintable() or char.isspace() for char in text)
