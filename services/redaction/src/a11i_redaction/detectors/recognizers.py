"""Presidio's recognizers where they need help: what they miss, and what they would fetch."""

import hashlib
import re
from functools import lru_cache
from typing import Final

import tldextract
from presidio_analyzer import Pattern, PatternRecognizer
from presidio_analyzer import predefined_recognizers as presidio

_SUFFIXES: Final = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
_PRIVATE: Final = frozenset({"corp", "home", "internal", "intranet", "lan", "local", "localdomain"})


@lru_cache(maxsize=4096)
def _is_domain(domain: str) -> bool:
    return bool(_SUFFIXES(domain).suffix) or domain.rpartition(".")[2] in _PRIVATE


class MailRecognizer(presidio.EmailRecognizer):
    """Presidio's with a pattern of its own, and the public suffixes of the package alone: nothing is fetched.

    Presidio's stops at two hyphens (all domains in Punycode have them), at quotes and at a point before the sign.
    """

    _UNSPACED: Final = "\u0590-\u1fff\u2e80-\uffff\U00010000-\U0010ffff"
    _LETTER: Final = rf"[^\W{_UNSPACED}]"
    _LABEL: Final = rf"{_LETTER}++(?:-++{_LETTER}++)*+"
    _LOCAL: Final = rf"(?:\b(?:[!#$%&'*+\-/=?^_`{{|}}~]|{_LETTER})(?:[!#$%&'*+\-/=?^_`{{|}}~.]|{_LETTER})*+"
    _FORMS: Final = (
        Pattern("Address", rf"{_LOCAL}|\"[^\"\s@\x1a]{{1,64}}\")@(?:{_LABEL}\.)+{_LABEL}", 0.5),
        Pattern("Domain of other scripts", r"\b[\w.+\-]{1,64}@(?:[\w\-]{1,63}\.){1,4}[\u00a1-\U0010ffff]{2,24}", 0.5),
    )
    _FOREIGN_END: Final = re.compile(r"(?<=[a-z])[^\x00-\x7f]+\Z")
    """Letters that touch the address, and are no part of it."""

    def __init__(self) -> None:
        """Take the patterns."""
        super().__init__(patterns=list(self._FORMS))

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the domain ends in a public suffix or in one that companies use inside."""
        domain = pattern_text.rpartition("@")[2].lower()
        if _is_domain(domain):
            return True
        return not domain.isascii() and _is_domain(self._FOREIGN_END.sub("", domain))


class PeselRecognizer(presidio.PlPeselRecognizer):
    """Presidio's, with the check digit as the law has it: what is missing to the next ten (Presidio takes the sum)."""

    _WEIGHTS: Final = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the last digit is the check digit of the others."""
        total = sum(int(digit) * weight for digit, weight in zip(pattern_text, self._WEIGHTS, strict=False))
        return -total % 10 == int(pattern_text[10])


class AcnRecognizer(presidio.AuAcnRecognizer):
    """Presidio's, with the check digit 0, which it never accepts: ASIC takes the last digit of what is missing."""

    _WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 1)

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the last digit is the check digit of the others."""
        digits = [int(char) for char in pattern_text if char.isdigit()]
        total = sum(digit * weight for digit, weight in zip(digits, self._WEIGHTS, strict=False))
        return -total % 10 == digits[-1]


class UenRecognizer(presidio.SgUenRecognizer):
    """Presidio's, which takes a number with a mistyped letter for none: beside what it is called, it is one."""

    def validate_result(self, pattern_text: str) -> bool | None:
        """Return True if the check letter is right, else None."""
        return super().validate_result(pattern_text) or None


class CoinAddressRecognizer(presidio.CryptoRecognizer):
    """Presidio's, which knows Bitcoin's addresses, with those of other chains."""

    _EXTRA: Final = (
        Pattern("Bitcoin, in capitals", r"\bBC1[02-9AC-HJ-NP-Z]{25,59}\b", 0.5),
        Pattern("Litecoin, Bitcoin's test network; bech32", r"\b(?:ltc|tb)1[02-9ac-hj-np-z]{25,59}\b", 0.5),
        Pattern("Litecoin, Dogecoin, Dash, Tron, Zcash; base58", r"\b[LMDTXA9t][1-9A-HJ-NP-Za-km-z]{25,34}\b", 0.5),
        Pattern("Ethereum", r"\b0x[0-9a-fA-F]{40}\b", 0.6),
        Pattern("Cardano", r"\baddr1[02-9ac-hj-np-z]{50,98}\b", 0.6),
        Pattern("Monero", r"\b[48][1-9A-HJ-NP-Za-km-z]{94}\b", 0.6),
        Pattern("Ripple", r"\br[1-9A-HJ-NP-Za-km-z]{24,34}\b", 0.5),
    )
    _BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    _RIPPLE: Final = str.maketrans("rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz", _BASE58)
    """Ripple's alphabet holds the same characters in another order."""
    _HASHED: Final = 21
    """Bytes that the four of the check follow: a version and 160 bits; Zcash's have a version of two bytes."""

    def __init__(self) -> None:
        """Take Presidio's patterns and the others."""
        super().__init__(patterns=[*self.PATTERNS, *self._EXTRA])

    def validate_result(self, pattern_text: str) -> bool | None:  # type: ignore[override]  # None: the form is enough.
        """Return whether the checksum holds; None for chains whose checksum is another one."""
        if pattern_text[0] in "13":
            return super().validate_result(pattern_text)
        lowered = pattern_text.lower()
        if lowered.startswith(("bc1", "ltc1", "tb1")):
            valid, _ = presidio.CryptoRecognizer.validate_bech32_address(pattern_text)  # type: ignore[no-untyped-call]  # Presidio's own.
            return valid is True
        if lowered.startswith(("0x", "addr1")) or len(pattern_text) == 95:
            return None
        plain = pattern_text.translate(self._RIPPLE) if pattern_text[0] == "r" else pattern_text
        return self._checked(plain)

    def _checked(self, text: str) -> bool:
        number = 0
        for char in text:
            digit = self._BASE58.find(char)
            if digit < 0:  # Presidio's patterns ignore case, and so match what the alphabet leaves out.
                return False
            number = number * 58 + digit
        size = max(self._HASHED + 4, (number.bit_length() + 7) // 8)
        if size > self._HASHED + 5:
            return False
        data = number.to_bytes(size, "big")
        return hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


class CardRecognizer(presidio.CreditCardRecognizer):
    """Presidio's, with the ranges that it misses: Mastercard's 2-series, numbers of 19 digits."""

    _EXTRA: Final = (
        Pattern("Mastercard 2-series", r"\b2[2-7]\d{2}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}\b", 0.3),
        Pattern("19 digits", r"\b[46]\d{3}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{3}\b", 0.3),
    )
    _SEPARATORS: Final = str.maketrans("", "", "- ")
    _DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

    def __init__(self) -> None:
        """Take Presidio's patterns and the missing ones."""
        super().__init__(patterns=[*self.PATTERNS, *self._EXTRA])

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the Luhn check holds: Presidio's own, in a tenth of its time."""
        digits = [int(digit) for digit in pattern_text.translate(self._SEPARATORS)]
        return (sum(digits[-1::-2]) + sum(self._DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


def ip_recognizer() -> presidio.IpRecognizer:
    """Return Presidio's, which stops at `::` in an IPv6 address, with a pattern for the whole of one."""
    whole = r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4})(?![\w:])"
    return presidio.IpRecognizer(patterns=[presidio.IpRecognizer.PATTERNS[0], Pattern("IPv6 as a whole", whole, 0.6)])


_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_YEAR: Final = r"(?:19|20)\d\d"
_MONTH_NAME: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)


def birth_date_recognizer() -> PatternRecognizer:
    """Return one for dates; beside words such as "born", they are somebody's date of birth."""
    time = r"(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+\-]\d\d:?\d\d)?)?"
    return PatternRecognizer(
        supported_entity="DATE_OF_BIRTH",
        patterns=[
            Pattern("Year first", rf"\b{_YEAR}([\-/.]){_MONTH}\1{_DAY}{time}\b", 0.6),
            Pattern("Year last", rf"\b{_DAY}([\-/.]){_DAY}\1(?:{_YEAR}|\d\d)\b", 0.6),
            Pattern("Day and month's name", rf"\b{_DAY}(?:st|nd|rd|th)?\.? {_MONTH_NAME}\.?,? {_YEAR}\b", 0.6),
            Pattern("Month's name and day", rf"\b{_MONTH_NAME}\.? {_DAY}(?:st|nd|rd|th)?,? {_YEAR}\b", 0.6),
        ],
    )


def card_code_recognizer() -> PatternRecognizer:
    """Return one for three or four digits; beside words such as "CVV", they are a card's security code."""
    return PatternRecognizer(
        supported_entity="CARD_SECURITY_CODE", patterns=[Pattern("3 or 4 digits", r"\b\d{3,4}\b", 0.6)]
    )


def card_expiry_recognizer() -> PatternRecognizer:
    """Return one for a month and a year; beside words such as "valid thru", a card expires then."""
    form = rf"\b{_MONTH}\s?[/\-]\s?(?:20)?[2-4]\d\b"
    return PatternRecognizer(supported_entity="CARD_EXPIRY", patterns=[Pattern("Month and year", form, 0.6)])
