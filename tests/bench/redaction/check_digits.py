"""Check digits of numbers, as their standards define them."""

from collections.abc import Sequence
from typing import Final

_VERHOEFF_D: Final = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_VERHOEFF_INVERSE: Final = "0432156789"


def luhn(digits: str) -> str:
    """Return the check digit of ISO/IEC 7812 for the digits before it."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        digit = int(char) * (2 if position % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def verhoeff(digits: str) -> str:
    """Return the check digit of Verhoeff's dihedral code for the digits before it."""
    state = 0
    for position, char in enumerate(reversed(digits), start=1):
        state = int(_VERHOEFF_D[state][int(_VERHOEFF_P[position % 8][int(char)])])
    return _VERHOEFF_INVERSE[state]


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Return the sum of the digits, each times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def mod97(text: str) -> int:
    """Return the remainder of ISO/IEC 7064 for letters and digits: a letter is 10 to 35."""
    return int("".join(str(int(char, 36)) for char in text)) % 97
