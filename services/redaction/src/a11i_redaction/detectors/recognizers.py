"""Presidio's recognizers where they need help: what they miss, and what they would fetch."""

from typing import Final

import tldextract
from presidio_analyzer import Pattern, PatternRecognizer
from presidio_analyzer import predefined_recognizers as presidio


class EmailRecognizer(presidio.EmailRecognizer):
    """Presidio's, with the public suffixes of the package alone: nothing is fetched."""

    _SUFFIXES: Final = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
    _PRIVATE: Final = frozenset({"corp", "home", "internal", "intranet", "lan", "local", "localdomain"})

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the domain ends in a public suffix or in one that companies use inside."""
        domain = pattern_text.rpartition("@")[2]
        return bool(self._SUFFIXES(domain).suffix) or domain.rpartition(".")[2].lower() in self._PRIVATE


class PeselRecognizer(presidio.PlPeselRecognizer):
    """Presidio's, with the check digit as the law has it: what is missing to the next ten (Presidio takes the sum)."""

    _WEIGHTS: Final = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the last digit is the check digit of the others."""
        total = sum(int(digit) * weight for digit, weight in zip(pattern_text, self._WEIGHTS, strict=False))
        return -total % 10 == int(pattern_text[10])


def card_recognizer() -> PatternRecognizer:
    """Return Presidio's, with the ranges that it misses: Mastercard's 2-series, numbers of 19 digits."""
    extra = [
        Pattern("Mastercard 2-series", r"\b2[2-7]\d{2}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}\b", 0.3),
        Pattern("19 digits", r"\b[46]\d{3}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{3}\b", 0.3),
    ]
    return presidio.CreditCardRecognizer(patterns=[*presidio.CreditCardRecognizer.PATTERNS, *extra])


def ip_recognizer() -> PatternRecognizer:
    """Return Presidio's, which stops at `::` in an IPv6 address, with a pattern for the whole of one."""
    whole = r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4})(?![\w:])"
    return presidio.IpRecognizer(patterns=[presidio.IpRecognizer.PATTERNS[0], Pattern("IPv6 as a whole", whole, 0.6)])
