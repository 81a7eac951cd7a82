"""Finds phone numbers: candidates once, then those that a country's numbering plan has."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from a11i_redaction.detectors import numbering, vetoes
from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.context import Context
from a11i_redaction.findings import Finding

GATE: Final = r"\d(?:[ ().\-/]{0,3}\d){6}\b"
"""Seven digits with a phone number's separators: the shortest numbers that Presidio's regions accept."""
REGIONS: Final = ("US", "GB", "DE", "IL", "IN", "BR")
"""Where a number without a country code is looked for: Presidio's regions that exist (its "UK" and "FE" do not); Canada
shares the plan of the United States."""
_WITH_TRUNK_PREFIX: Final = (
    *REGIONS, "FR", "IT", "NL", "BE", "CH", "AT", "SE", "IE", "AU", "NZ", "JP", "KR", "ZA", "TR", "PK", "TH", "VN",
    "ID", "MY", "PH", "EG", "NG", "KE", "AE", "SA", "UA", "FI", "TW", "CN", "BD",
)  # fmt: skip
"""Where numbers begin with 0 inside the country: so written, in groups, they are looked for without context too."""
_WITH_CONTEXT: Final = (
    *_WITH_TRUNK_PREFIX, "ES", "PT", "PL", "DK", "NO", "CZ", "GR", "HU", "RO", "MX", "AR", "CL", "CO", "PE", "SG", "HK",
    "RU", "LU", "IS",
)  # fmt: skip

CONTEXT: Final = Context(
    ("phone", "tel", "mobile", "cell", "cellular", "call", "called", "caller", "fax", "whatsapp", "sms", "text me",
     "reach me", "reach her", "reach him", "dial", "hotline", "contact number", "landline", "ring me", "msisdn",
     "handy", "mobil", "rufnummer", "telefon", "téléphone", "telephone", "portable", "teléfono", "móvil", "celular",
     "telefone", "telemóvel", "telemovel", "telefono", "cellulare", "telefoon", "mobiel", "komórka", "puhelin",
     "телефон", "тел", "电话", "手机", "電話", "携帯", "전화", "휴대폰",
     "联系", "聯絡", "致电", "拨打", "連絡", "연락", "फ़ोन", "फोन", "هاتف", "טלפון", "โทร")
)  # fmt: skip
_RUN: Final = re.compile(r"(?:\(\+?\d{1,4}\)|\+?\d{1,4})(?:[ ().\-/]{0,3}\d){3,16}")
_LONGEST_RUN: Final = 72
_NOT_A_PHONE: Final = re.compile(
    r"(?:19|20)\d\d[-./ ]\d\d?[-./ ]\d\d?(?:\D.*)?|\d\d?[-./ ]\d\d?[-./ ](?:19|20)\d\d(?:\D.*)?"  # dates
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|\d{1,3}(?:\.\d{1,3}){3}|\d+\.\d+|\d{3}[- .]\d{2}[- .]\d{4}|(?:\d{4}[- ]){3}\d{1,7}"  # addresses, decimals, cards
)
_NORTH_AMERICAN: Final = re.compile(r"(?:1[ .\-]?)?(?:\(\d{3}\)|\d{3})[ .\-/]{1,2}\d{3}[ .\-]\d{4}")
_FIRST_OF_LIST: Final = re.compile(_NORTH_AMERICAN.pattern + r"(?!\d)")
_MOST_DIGITS: Final = 15
"""The longest number of E.164 (ITU)."""
_FEWEST_DIGITS: Final = 7
_NATIONAL: Final = re.compile(
    _NORTH_AMERICAN.pattern + r"|\(\d{2}\) ?\d{4,5}-\d{4}|\d{5} \d{5}"  # Brazil; India
)
"""How numbers without a country code are written. Other groups of digits count only with context."""
_TRUNK_PREFIX: Final = re.compile(r"\(?0\d[\d ().\-/]+")
_SEPARATED: Final = re.compile(r"\d[ ().\-/]+\d")
_EXIT_CODES: Final = ("00", "011")
"""What is dialled before a country's code: ITU's recommendation, and North America's."""
_EXTENSION: Final = re.compile(r" ?(?:[xX]|ext\.?|EXT\.?|#) ?\d{1,6}\b")
_NOT_DIGITS: Final = str.maketrans("", "", " ().-/+")
_LIST_BEFORE: Final = re.compile(r"\d $")
_MONEY: Final = frozenset("-./$€£")
_SCORE: Final = 0.75
"""Presidio gives every number 0.4 and adds context later; here the form or the context was asked for already."""


Labelled = Callable[[int, int], bool]
"""Whether a word of CONTEXT labels what stands from one place to another."""


def find(text: str, ends: Iterable[int], key: str, budget: Budget, near: Labelled) -> Iterator[Finding]:
    """Yield phone numbers. `ends` are the prefilter's, rising; `key` is what the text stands under."""
    done = 0
    in_key = CONTEXT.in_key(key)
    for end in ends:
        while done < end:
            budget.step()
            match = _RUN.search(text, max(done, end - _LONGEST_RUN), end + _LONGEST_RUN)
            if match is None:
                break
            if len(match.group().translate(_NOT_DIGITS)) > _MOST_DIGITS:
                # One of a list, with a separator that stands inside numbers too.
                match = _FIRST_OF_LIST.match(text, match.start()) or match
            if _is_number(text, match, in_key, near):
                more = _EXTENSION.match(text, match.end())
                done = more.end() if more else match.end()
                yield Finding(match.start(), done, "PHONE_NUMBER", _SCORE)
            else:
                done = _next(match)


def _is_number(text: str, match: re.Match[str], in_key: bool, near: Labelled) -> bool:
    run, start, end = match.group(), match.start(), match.end()
    digits = run.translate(_NOT_DIGITS)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or _NOT_A_PHONE.fullmatch(run):
        return False
    if "+" in run[:2]:
        valid = numbering.international(digits)
    elif start and (text[start - 1] in _MONEY or _LIST_BEFORE.search(text, max(0, start - 2), start)):
        # The tail of an amount, of a code, or of a longer number in groups: never one unless it looks like one.
        valid = (
            text[start - 1] == " " and _NORTH_AMERICAN.fullmatch(run) is not None and numbering.national(digits, "US")
        )
    else:
        valid = _is_national(run, digits, near=in_key or near(start, end))
    return valid and not vetoes.part_of_word(text, start, end) and not vetoes.part_of_identifier(text, start, end)


def _is_national(run: str, digits: str, *, near: bool) -> bool:
    separated = _SEPARATED.search(run) is not None
    if near or separated:
        for code in _EXIT_CODES:
            if digits.startswith(code) and numbering.international(digits[len(code) :]):
                return True
    if near:
        regions: tuple[str, ...] = _WITH_CONTEXT
    elif _TRUNK_PREFIX.fullmatch(run):
        regions = _WITH_TRUNK_PREFIX if separated else REGIONS
    elif _NATIONAL.fullmatch(run):
        regions = REGIONS
    else:
        return False
    return any(numbering.national(digits, region) for region in regions)


def _next(match: re.Match[str]) -> int:
    """Return from where to look on behind a run that is no number: its end, or that of the first of its groups."""
    space = match.group().find(" ")
    return match.end() if space < 0 else match.start() + space + 1
