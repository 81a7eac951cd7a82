"""Finds phone numbers: candidates once, then validated by Presidio's recognizer, that is by phonenumbers."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from a11i_redaction.detectors import vetoes
from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.context import Context
from a11i_redaction.findings import Finding

GATE: Final = r"\d(?:[ ().\-/]{0,3}\d){6}"
"""Seven digits with a phone number's separators: the shortest numbers that Presidio's regions accept."""
REGIONS: Final = ("US", "GB", "DE", "IL", "IN", "BR")
"""Where a number without a country code is looked for: Presidio's regions that exist (its "UK" and "FE" do not); Canada
shares the plan of the United States."""

CONTEXT: Final = Context(
    ("phone", "tel", "mobile", "cell", "call", "fax", "whatsapp", "sms", "text me", "reach me", "dial", "hotline",
     "contact number", "handy", "telefon", "téléphone", "móvil", "celular", "msisdn")
)  # fmt: skip
_RUN: Final = re.compile(r"(?:\(\+?\d{1,4}\)|\+?\d{1,4})(?:[ ().\-/]{0,3}\d){3,16}")
_LONGEST_RUN: Final = 48
_NOT_A_PHONE: Final = re.compile(
    r"(?:19|20)\d\d[-./]\d\d?[-./]\d\d?(?:\D.*)?|\d\d?[-./]\d\d?[-./](?:19|20)\d\d(?:\D.*)?"  # dates
    r"|\d{1,3}(?:\.\d{1,3}){3}|\d+\.\d+|\d{3}[- .]\d{2}[- .]\d{4}|(?:\d{4}[- ]){3}\d{1,7}"  # addresses, decimals, cards
)
_NORTH_AMERICAN: Final = re.compile(r"(?:1[ .\-]?)?(?:\(\d{3}\)|\d{3})[ .\-/]{1,2}\d{3}[ .\-]\d{4}")
_FIRST_OF_LIST: Final = re.compile(_NORTH_AMERICAN.pattern + r"(?!\d)")
_MOST_DIGITS: Final = 15
"""The longest number of E.164 (ITU)."""
_NATIONAL: Final = re.compile(
    _NORTH_AMERICAN.pattern
    + r"|\(?0\d[\d ().\-/]+|\(\d{2}\) ?\d{4,5}-\d{4}|\d{5} \d{5}"  # with a trunk prefix; Brazil; India
)
"""How numbers without a country code are written. Other groups of digits count only with context."""


class PhoneFinder:
    """Finds phone numbers around the places that the prefilter named."""

    __slots__ = ("_all_regions", "_one_region")

    def __init__(self) -> None:
        # A number with a country code, or of North America's form, needs no more than one region: each costs a pass.
        self._one_region = PhoneRecognizer(supported_regions=REGIONS[:1])
        self._all_regions = PhoneRecognizer(supported_regions=REGIONS)

    def find(self, text: str, ends: Iterable[int], key: str, budget: Budget, *, in_text: bool) -> Iterator[Finding]:
        """Yield phone numbers. `ends` are the prefilter's, rising; `key` is what the text stands under.

        `in_text` says whether the prefilter saw a word of CONTEXT anywhere.
        """
        done = 0
        known: dict[str, list[tuple[int, int]]] = {}
        in_key = CONTEXT.in_key(key)
        for end in ends:
            if end <= done:
                continue
            budget.step()
            match = _RUN.search(text, max(done, end - _LONGEST_RUN))
            if match is None:
                return
            if _digit_count(match.group()) > _MOST_DIGITS:
                # One of a list, with a separator that stands inside numbers too.
                match = _FIRST_OF_LIST.match(text, match.start()) or match
                done = match.end()
            else:
                done = max(match.end(), end)
            if self._plausible(text, match, in_key=in_key, in_text=in_text):
                yield from self._validated(text, match, known)

    def _plausible(self, text: str, match: re.Match[str], *, in_key: bool, in_text: bool) -> bool:
        run, start, end = match.group(), match.start(), match.end()
        if (
            _NOT_A_PHONE.fullmatch(run)
            or _digit_count(run) > _MOST_DIGITS
            or (text[max(0, start - 1) : start] in {"-", ".", "/", "$", "€", "£"} and run[0] != "+")
        ):
            return False
        if vetoes.part_of_word(text, start, end) or vetoes.part_of_identifier(text, start, end):
            return False
        if run[0] == "+" or _NATIONAL.fullmatch(run) is not None or in_key:
            return True
        return in_text and CONTEXT.near(text, start)

    def _validated(self, text: str, match: re.Match[str], known: dict[str, list[tuple[int, int]]]) -> Iterator[Finding]:
        """Yield what of a run is a number. `known` is what was said of runs before: a validation is slow."""
        begin = max(0, match.start() - 1)
        window = text[begin : match.end() + 1]
        places = known.get(window)
        if places is None:
            simple = match.group().startswith("+") or _NORTH_AMERICAN.fullmatch(match.group())
            recognizer = self._one_region if simple else self._all_regions
            results = recognizer.analyze(window, ["PHONE_NUMBER"])
            places = known[window] = [(result.start, result.end) for result in results]
        for start, end in places:
            # Presidio gives every number 0.4 and adds context later; here context was asked for already.
            yield Finding(begin + start, begin + end, "PHONE_NUMBER", 0.75)


def _digit_count(run: str) -> int:
    return sum(char.isdigit() for char in run)
