"""Texts with parts taken out, so that what is redacted already is never looked at again.

Detectors see a *reduced* text: every placeholder, and every finding so far, is one character (`HOLE`). Looking again at
the reduced text is therefore the same as looking at the redacted one, and redaction that repeats until nothing more is
found changes nothing when it is applied to its own result.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

HOLE: Final = "\x1a"
"""Stands for a part that was taken out: ASCII's own "substitute" character, no word character and no space."""

ENTITIES: Final = (
    "ABA_ROUTING_NUMBER|AU_ABN|AU_ACN|AU_MEDICARE|AU_TFN|CREDIT_CARD|CRYPTO|EMAIL_ADDRESS|ES_NIE|ES_NIF|"
    "FI_PERSONAL_IDENTITY_CODE|IBAN_CODE|IN_AADHAAR|IN_GSTIN|IN_PAN|IN_PASSPORT|IN_VOTER|IP_ADDRESS|"
    "IT_FISCAL_CODE|IT_VAT_CODE|JWT|KR_FRN|KR_RRN|MAC_ADDRESS|MEDICAL_LICENSE|NG_NIN|PERSON|PHONE_NUMBER|"
    "PL_PESEL|PRIVATE_KEY|SECRET|SG_NRIC_FIN|TH_TNIN|UK_NHS|UK_NINO|UK_PASSPORT|URL_CREDENTIALS|"
    "US_BANK_NUMBER|US_DRIVER_LICENSE|US_ITIN|US_MBI|US_NPI|US_PASSPORT|US_SSN"
)
"""The types that placeholders name."""

PLACEHOLDER: Final = re.compile(rf"<(?:(?:{ENTITIES})_[0-9a-f]{{8}}|WITHHELD)>")
"""What redaction leaves in place of a value."""


def placeholders(text: str) -> list[tuple[int, int]]:
    """Return where a text already has placeholders."""
    return [match.span() for match in PLACEHOLDER.finditer(text)] if "<" in text else []


class Reduced:
    """A text with a hole for each of `spans`, which are disjoint and in order."""

    __slots__ = ("_origins", "_starts", "text")

    def __init__(self, original: str, spans: Sequence[tuple[int, int]]) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []
        self._origins: list[int] = []
        position = length = 0
        for start, end in [*spans, (len(original), len(original))]:
            self._starts.append(length)
            self._origins.append(position)
            pieces.append(original[position:start])
            length += start - position + 1
            position = end
        self.text = HOLE.join(pieces) if spans else original

    def original_spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the parts of the original text that `start` to `end` covers, without the holes in between."""
        spans: list[tuple[int, int]] = []
        position = start
        while position < end:
            hole = self.text.find(HOLE, position, end)
            stop = end if hole < 0 else hole
            if stop > position:
                spans.append((self._original(position), self._original(stop - 1) + 1))
            position = stop + 1
        return spans

    def _original(self, position: int) -> int:
        piece = bisect_right(self._starts, position) - 1
        return self._origins[piece] + position - self._starts[piece]
