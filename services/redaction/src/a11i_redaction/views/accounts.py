"""Numbers of bank accounts (IBAN) in other groups than of four, with other signs between, or in small letters."""

import re
from collections.abc import Iterator
from typing import Final

from presidio_analyzer.predefined_recognizers import IbanRecognizer

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.views.layers import Edit

_JOINT: Final = r"[ ./_\-]{0,3}"
GATE: Final = (
    rf"[A-Za-z]{{2}}{_JOINT}\d{_JOINT}\d(?:[ ./_\-]{{1,3}}[A-Za-z]{{2,5}})?"
    rf"(?:[ ./_\-]{{1,3}}[A-Za-z0-9]{{0,5}}\d[A-Za-z0-9]{{0,5}}){{2}}"
    r"|[a-z]{2}\d{2}[a-z]{0,4}\d{8}"
)
"""What the prefilter looks for."""
_HEAD: Final = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{{2}}{_JOINT}\d{_JOINT}\d(?=[ ./_\-]{{0,3}}[A-Za-z0-9])")
_SIGN: Final = re.compile(rf"{_JOINT}([A-Za-z0-9])")
_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip
"""By country: SWIFT's IBAN registry."""
_IBANS: Final = IbanRecognizer()


def ibans(text: str, budget: Budget) -> Iterator[Edit]:
    """Yield each number, as one word in capitals. It has its country's length and form, and the right check digits."""
    done = 0
    for head in _HEAD.finditer(text):
        if head.start() < done:
            continue
        budget.step()
        length = _LENGTHS.get(head.group()[:2].upper(), 0)
        signs = [char for char in head.group().upper() if char.isalnum()]
        end = head.end()
        while len(signs) < length and (sign := _SIGN.match(text, end)):
            signs.append(sign[1].upper())
            end = sign.end()
        number = "".join(signs)
        if len(signs) != length or text[end : end + 1].isalnum() or not _IBANS.validate_result(number):
            continue
        done = end
        if text[head.start() : end] != number:
            yield Edit(head.start(), end, number, weak=True)
