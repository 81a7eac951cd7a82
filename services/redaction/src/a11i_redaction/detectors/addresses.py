"""Street addresses: a number with a street's word in the main languages, what stands before it, the town behind."""

# ruff: noqa: RUF001  (words in scripts and alphabets of their own)
import re
from collections.abc import Iterator
from typing import Final

import re2  # type: ignore[import-untyped]  # It has no stubs.

from a11i_redaction.detectors.name_runs import UPPER
from a11i_redaction.detectors.name_words import NO_NAMES
from a11i_redaction.findings import Finding

STREET_ADDRESS: Final = "STREET_ADDRESS"
_SCORE: Final = 0.7
_BARE: Final = rf"[{UPPER}][^\W\d_]*(?:['\u2019\-][^\W\d_]+)*"
_WORD: Final = rf"{_BARE}\.?"
_TOWN_WORD: Final = rf"{_BARE}(?![\w=:])"
_NUMBER: Final = r"(?:[Nn](?:[.º°]|r\.?|o\.)? ?)?\d{1,5}(?:[/-]\d{1,4})?(?: ?[a-zA-Z])?\b"
_ROOM: Final = (
    r"(?:(?i:flat|apt|apartment|suite|ste|unit|room|floor|level|house|block|door|p\.?o\.? box)\b\.?|#) ?#?\w{1,5}"
)
_ENGLISH: Final = (
    r"(?i:st|street|rd|road|ave|avenue|ln|lane|dr|drive|blvd|boulevard|ct|court|pl|place|sq|square|ter|terrace|way|cres"
    r"|crescent|close|gardens|gdns|grove|hwy|highway|pkwy|parkway|mews|row|quay|walk|circle|cir|trail|rise|parade)\b\.?"
)
_JOINED: Final = (
    r"(?:straße|strasse|str\.|weg|platz|allee|gasse|ufer|damm|ring|laan|straat|gracht|plein|gatan|vägen|gränd|gade|gata"
    r"|vej|veien|katu|tie|kuja|STRASSE|WEG|PLATZ|ALLEE|GASSE|KATU|GATAN|VÄGEN|STRAAT|LAAN)"
)
_APART: Final = (
    r"(?:Straße|Strasse|Allee|Platz|Weg|Ring|Damm|utca|út|tér|Sokak|Sok\.|Caddesi|Cad\.|Cd\.|Bulvarı|Mahallesi)"
)
_LEADING: Final = (
    r"(?:[Rr]ue|[Aa]venue|[Bb]oulevard|Place|[Cc]hemin|[Aa]llée|[Qq]uai|[Ii]mpasse|[Cc]alle|C/|[Aa]venida|Avda?\."
    r"|[Pp]laza|[Pp]aseo|[Cc]arrera|[Rr]ua|[Tt]ravessa|[Pp]raça|[Ee]strada|Via|[Vv]iale|Corso|[Pp]iazza|Largo"
    r"|[Vv]icolo|ul\.|[Uu]lica|al\.|os\.|pl\.|ул\.|[Уу]лица|пр\.|просп\.|вул\.|[Вв]улиця|RUE|AVENUE|CALLE|RUA|VIA"
    r"|VIALE|CORSO|PIAZZA|UL\.|AVENIDA|PLAZA|οδός|Οδός|Λεωφόρος)"
)
_LINK: Final = (
    r"(?:(?:d[eo]s?|das?|du|de la|de las|de los|del|della|delle|dei|di|la|le|les|el|los|las|DE|DA|DO|DEL|DELLA|DE LA|DU"
    r"|DES) |[dlDL]['\u2019])"
)
_POSTCODE: Final = (
    r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{2} \d{5}(?:-\d{4})?|(?:[A-Z]{1,2}-)?\d{3} \d{2}"
    r"|(?:[A-Z]{1,2}-)?\d{2}-\d{3}|\d{4} [A-Z]{2}|\d{5}-\d{3}|\d{4}-\d{3}|(?:[A-Z]{1,2}-)?\d{4,6})\b"
)
_TOWN: Final = (
    rf"{_TOWN_WORD}(?:[ \-](?:(?:am|an|der|de|do|da|del|la|le|sur|upon|on|of|the) ){{0,2}}{_TOWN_WORD}){{0,2}}"
)
_TAIL: Final = (
    rf"(?:,? (?:{_ROOM}|\d{{1,2}}[ºª°](?: ?[A-Za-z]\b)?))?(?:(?:, ?|,?\r?\n(?={_POSTCODE})|,? (?={_POSTCODE}))"
    rf"(?:{_POSTCODE}(?: {_TOWN})?|{_TOWN}(?:,? {_POSTCODE})?|[A-Z]{{2}}\b(?: {_POSTCODE})?)){{0,3}}"
)
_STREET: Final = rf"{_LEADING} (?:{_LINK}){{0,3}}{_WORD}(?: (?:{_LINK}){{0,3}}{_WORD}){{0,3}}"
_BOX: Final = (
    r"(?:P\.? ?O\.? ?Box|Post Office Box|Postfach|Apartado(?: de correos)?|Casella postale|Caixa postal|Boîte postale"
    r"|Skrytka pocztowa)"
)
_EASTERN: Final = r"(?:ro|gil|daero|dong|ku|cho|machi|chome)"
_ENGLISH_FORM: Final = (
    rf"(?<![\w.,/-])\d{{1,5}}[A-Za-z]?(?:-\d{{1,5}})?,? (?:[NSEW]\.? |[NS][EW] )?"
    rf"(?:(?:{_WORD}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}{_ENGLISH}(?: [NSEW]{{1,2}}\b)?"
)
_NUMBERED: Final = re.compile(_ENGLISH_FORM + _TAIL)
_ROOM_BEFORE: Final = re.compile(rf"(?<!\w){_ROOM},? \Z")
_ROOM_CHARS: Final = 24
_FORMS: Final = tuple(
    re.compile(form + _TAIL)
    for form in (
        rf"(?<![\w.-])(?:{_WORD}[ \-]){{0,2}}[{UPPER}][^\W\d_]*{_JOINED} {_NUMBER}",
        rf"(?<![\w.-])(?:{_WORD}[ \-]){{1,3}}{_APART}(?: No[.:]?)? ?{_NUMBER}",
        rf"(?<![\w.,/-])\d{{1,4}}(?: ?(?:bis|ter|[A-Za-z]))?,? {_STREET}",
        rf"(?<![\w.,/-]){_STREET},? {_NUMBER}",
        rf"(?<!\w)(?i:{_BOX}) #?\d{{1,6}}\b",
        rf"(?<![\w.,/-])\d{{1,4}}(?:-\d{{1,4}}){{0,2}},? {_BARE}-{_EASTERN}\b",
        r"〒 ?\d{3}-\d{4}",
    )
)
_GATE: Final = re2.compile(
    rf"{_JOINED} (?:[Nn]\S\S? ?)?\d|\b{_APART}\b|\b{_LEADING} [\pLdl]|(?i:{_BOX})|\pL-{_EASTERN}\b|〒"
)
"""Whether a text can hold one of these forms at all: a quick look before the real one."""
_DIGIT: Final = re.compile(r"\d")
_CAPITALS: Final = re.compile(rf"[{UPPER}\d][^\W_]*")
_OF_STREETS: Final = frozenset({"High", "Main", "Park", "Old", "New", "North", "South", "East", "West", "Market"})


def addresses(text: str) -> Iterator[Finding]:
    """Yield street addresses and post-office boxes, with the town and the postcode behind them."""
    if _DIGIT.search(text) is None:
        return
    for match in _NUMBERED.finditer(text):
        if _is_street(match.group()):
            room = _ROOM_BEFORE.search(text, max(0, match.start() - _ROOM_CHARS), match.start())
            yield Finding(room.start() if room else match.start(), match.end(), STREET_ADDRESS, _SCORE)
    if _GATE.search(text) is not None:
        for pattern in _FORMS:
            for match in pattern.finditer(text):
                yield Finding(*match.span(), STREET_ADDRESS, _SCORE)


def _is_street(address: str) -> bool:
    """Return whether a street has a name of its own: `12 Maple Close`, but not `3 Best Way`."""
    words = [word for word in _CAPITALS.findall(address) if not word[0].isdigit()]
    return any(word.lower() not in NO_NAMES or word in _OF_STREETS for word in words[:-1])
