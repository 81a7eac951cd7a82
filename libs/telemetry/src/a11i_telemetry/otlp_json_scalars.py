"""Single values of OTLP/JSON: what each may look like, and why it may not."""

import base64
import binascii
import re
from typing import Any, Final

WRONG_TYPE: Final = "field is of the wrong JSON type"
OUT_OF_RANGE: Final = "number is out of range"
NOT_A_NUMBER: Final = "field is no number"
ENUM_NOT_INTEGER: Final = "enum is not an integer"
NOT_HEX: Final = "id is not hexadecimal"
NOT_BASE64: Final = "bytes are not base64"

INT32: Final = (-(2**31), 2**31 - 1)
UINT32: Final = (0, 2**32 - 1)
INT64: Final = (-(2**63), 2**63 - 1)
UINT64: Final = (0, 2**64 - 1)

_EXACT: Final = 2.0**53
"""Beyond it a number with a point or an exponent may stand for another integer; orjson makes such of larger ones."""
_INTEGER: Final = re.compile(r"-?[0-9]{1,20}")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MAX_NUMBER_CHARS: Final = 400
"""A double in full has fewer."""
_SPECIAL: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_URL_SAFE: Final = str.maketrans("-_", "+/")


class BadFieldError(ValueError):
    """A field is not what OTLP/JSON says."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """One of the sentences above."""
        self.where = ""
        """Name of the field, once known."""


def integer(value: Any, low: int, high: int) -> int:
    """Return an integer, which may come as text. Raises BadFieldError unless it is from `low` to `high`."""
    kind = type(value)
    if kind is str:
        if not _INTEGER.fullmatch(value):
            raise BadFieldError(NOT_A_NUMBER)
        number = int(value)
    elif kind is int:
        number = value
    elif kind is float:
        number = _whole(value)
    else:
        raise BadFieldError(WRONG_TYPE)
    if not low <= number <= high:
        raise BadFieldError(OUT_OF_RANGE)
    return number


def enum(value: Any) -> int:
    """Return an enum's number, known or not, as protobuf takes both. Raises BadFieldError for anything else."""
    if type(value) not in (int, float):
        raise BadFieldError(ENUM_NOT_INTEGER)
    return integer(value, *INT32)


def double(value: Any) -> float:
    """Return a number, which may come as text, as NaN and the infinities must. Raises BadFieldError."""
    kind = type(value)
    if kind is float:
        return float(value)
    if kind is str:
        special = _SPECIAL.get(value)
        if special is not None:
            return special
        if len(value) > _MAX_NUMBER_CHARS or not _NUMBER.fullmatch(value):
            raise BadFieldError(NOT_A_NUMBER)
    elif kind is not int:
        raise BadFieldError(WRONG_TYPE)
    number = float(value)
    if number in (_SPECIAL["Infinity"], _SPECIAL["-Infinity"]):
        raise BadFieldError(OUT_OF_RANGE)
    return number


def boolean(value: Any) -> bool:
    """Return true or false. Raises BadFieldError for anything else."""
    if type(value) is not bool:
        raise BadFieldError(WRONG_TYPE)
    return value


def hex_id(value: Any) -> bytes:
    """Return an id of any length, given in hexadecimal digits of any case. Raises BadFieldError."""
    if type(value) is not str:
        raise BadFieldError(WRONG_TYPE)
    try:
        return binascii.unhexlify(value)
    except ValueError:
        raise BadFieldError(NOT_HEX) from None


def base64_bytes(value: Any) -> bytes:
    """Return bytes given in base64, either alphabet, with padding or without. Raises BadFieldError."""
    if type(value) is not str:
        raise BadFieldError(WRONG_TYPE)
    digits = value.translate(_URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        raise BadFieldError(NOT_BASE64) from None


def mended(text: str) -> str:
    """Return a text with U+FFFD for what UTF-8 cannot say: halves of surrogate pairs."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _whole(value: float) -> int:
    if abs(value) > _EXACT:
        raise BadFieldError(OUT_OF_RANGE)
    if not value.is_integer():
        raise BadFieldError(NOT_A_NUMBER)
    return int(value)
