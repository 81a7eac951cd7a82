"""The numbers of cards that lists hold in parts: `[4111, 1111, 1111, 1111]`, `["4", "1", ...]`."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from a11i_redaction.detectors.recognizers import CardRecognizer
from a11i_redaction.detectors.vetoes import no_card

_QUOTE: Final = r"\\{0,7}[\"']"
_COMMA: Final = r"\s{0,40},\s{0,40}"
GATE: Final = (
    rf"[\[({{]\s{{0,40}}(?:{_QUOTE})?\d{{1,4}}(?:{_QUOTE})?{_COMMA}(?:{_QUOTE})?\d{{1,6}}"
    rf"(?:{_QUOTE})?{_COMMA}(?:{_QUOTE})?\d{{1,5}}(?:[^\w.]|\z)"
)
"""What the prefilter looks for."""
_LIST: Final = re.compile(
    rf"[\[({{]\s{{0,40}}(?P<quote>{_QUOTE}|)(?P<parts>\d{{1,6}}(?:(?P=quote){_COMMA}(?P=quote)\d{{1,6}}){{2,18}})(?P=quote)"
    r"(?=\s{0,40}(?:[\])}]|\Z))"
)
_DIGITS: Final = re.compile(r"\d+")
_BEFORE_CHARS: Final = 64
_SAYS_CARD: Final = re.compile(
    r"(?i)card|(?<![a-z])(?:pan|ccn?|visa|amex|debit|credit|payments?)(?![a-z])|mastercard|karte|carte|tarjeta"
)
_GROUP: Final = 4
_GROUPED: Final = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3))
"""How many digits the groups of a number have: ISO/IEC 7812 leaves it to the networks, whose cards print these."""
_CARDS: Final = CardRecognizer()


class CardList(NamedTuple):
    """A card's number that a list holds in parts."""

    start: int
    end: int
    """Where it stands, without the quotes around it."""
    quote: str
    """What stands before its first part, and behind its last."""
    number: str
    gaps: list[tuple[int, int, str]]
    """Where its parts are apart, and the zeros that are lost there."""


def card_lists(text: str, key: str = "") -> Iterator[CardList]:
    """Yield the numbers that are a card network's, with the right check digit, and all of a list.

    Single digits, and groups that lost zeros at their head as numbers do, only where what stands before says so, or the
    key that all of the text stands under.
    """
    for match in _LIST.finditer(text):
        parts = [part.span() for part in _DIGITS.finditer(text, *match.span("parts"))]
        sizes = tuple(end - start for start, end in parts)
        lost = [0] * len(parts)
        if sizes not in _GROUPED:
            grouped = len(parts) == _GROUP and max(sizes) <= _GROUP
            if not (grouped or max(sizes) == 1) or not _is_said(text, match.start(), key):
                continue
            lost = [_GROUP - size if grouped else 0 for size in sizes]
        gaps = [(last[1], part[0], "0" * zeros) for last, part, zeros in zip(parts, parts[1:], lost[1:], strict=False)]
        number = text[slice(*parts[0])] + "".join(
            gap[2] + text[slice(*part)] for gap, part in zip(gaps, parts[1:], strict=True)
        )
        if not no_card(number, 0, len(number)) and _CARDS.validate_result(number):
            yield CardList(parts[0][0], parts[-1][1], match["quote"], number, gaps)


def _is_said(text: str, start: int, key: str) -> bool:
    if start == 0 and _SAYS_CARD.search(key):
        return True
    return _SAYS_CARD.search(text, max(0, start - _BEFORE_CHARS), start) is not None
