"""Organisations by the words that their names end with or begin with: legal forms, kinds of institutions."""

import re
from collections.abc import Iterator
from typing import Final

import re2  # type: ignore[import-untyped]  # It has no stubs.

from a11i_redaction.detectors.name_runs import UPPER
from a11i_redaction.detectors.name_words import NO_NAMES
from a11i_redaction.findings import Finding

ORGANIZATION: Final = "ORGANIZATION"
_LEGAL_SCORE: Final = 0.75
_KIND_SCORE: Final = 0.6
_LEGAL: Final = (
    r"Ltd\b\.?|Limited\b|LLC\b|LLP\b|Inc\b\.?|Incorporated\b|Corp\b\.?|Corporation\b|PLC\b|Plc\b|plc\b"
    r"|GmbH\b(?: & Co\.? KG\b)?"
    r"|mbH\b|AG\b|KG\b|KGaA\b|OHG\b|e\.V\.|S\.p\.A\.|SpA\b|S\.r\.l\.|Srl\b|S\.A\.S?\.?|SARL\b|SAS\b|S\.L\.|SL\b|B\.V\."
    r"|BV\b|N\.V\.|NV\b|A/S\b|ApS\b|AS\b|ASA\b|AB\b|Oyj?\b|Sp\. z o\.o\.|Pty\b(?: Ltd\b)?|Pvt\b\.?(?: Ltd\b\.?)?"
    r"|Ltda\b\.?"
    r"|A\.Ş\.|K\.K\.|Bhd\b|Co\b\.?(?:,? Ltd\b\.?)?|Company\b|& (?:Sons|Co|Partners|Associates|Brothers)\b\.?"
)
_KINDS: Final = (
    r"University|College|Hospital|Clinic|Klinik(?:um)?|Insurance|Bank|Foundation|Institute|Institut|Academy"
    r"|Pharmaceuticals?"
    r"|Pharma|Logistics|Logistik|Holdings?|Consulting|Partners|Airlines|Airways|Industries|Laboratories|Labs|Electric"
    r"|Energi[ea]?|Energy|Freight|Motors|Motori|Maschinenbau|Werke|Bau|Credit Union|Medical Cent(?:er|re)"
    r"|Health(?:care)?"
    r"|Ministry|Council|Charity|Associates|Brothers|Enterprises|Technologies|Textiles"
    r"|Robotics|Shipping|Outfitters|Brewery|Bakery|Publishing|Properties|Realty|Constructions?"
)
_WORD: Final = rf"[{UPPER}][\w'\u2019.\-]*"
_BEFORE: Final = re.compile(rf"(?:{_WORD}(?: (?:&|and|of|for|the|de|della|und|y|e|et) |[ ])){{1,5}}\Z")
_SUFFIX: Final = re.compile(
    rf"(?<=[\w.,&] )(?:({_LEGAL})|(?:{_KINDS})\b)(?![\w/=(]| (?:Number|No|Name|ID|Id|Card|Policy|Registration)\b)"
)
_PREFIX: Final = re.compile(
    rf"\b(?:University|Universidad|Universidade|Université|Università|Universität|Uniwersytet|Bank|Banco|Banca|Banque"
    rf"|Ministry|Ministère|Ministerio|Department|Hospital|Hôpital|Ospedale|Klinikum|Institute|Association|Bishop)"
    rf" (?:(?:of|de|da|do|di|für|for|du|des|la) ){{0,2}}(?:the )?{_WORD}(?: {_WORD}){{0,3}}"
)
_GATE: Final = re2.compile(rf"[ ](?:{_LEGAL}|(?:{_KINDS})\b)")
_SHORT: Final = frozenset({"AB", "AG", "AS", "BV", "KG", "NV", "SAS", "SL"})
"""Legal forms that are words of SQL and codes too: they count behind two words."""
_REACH: Final = 72
_ARTICLES: Final = frozenset(
    {"The", "A", "An", "Our", "Your", "My", "This", "That", "Each", "Every", "Any", "Dear", "At"}
)


def organisations(text: str) -> Iterator[Finding]:
    """Yield organisations whose names say that they are one."""
    for match in _SUFFIX.finditer(text) if _GATE.search(text) else ():
        low = max(0, match.start() - _REACH)
        begin = max(low, text.rfind("\n", low, match.start()) + 1)
        before = _BEFORE.search(text, begin, match.start()) or _with_comma(text, begin, match)
        if before is None:
            continue
        if match[1] in _SHORT and " " not in before.group().strip():
            continue
        start = _beginning(before, legal=match[1] is not None)
        if start is not None:
            yield Finding(start, match.end(), ORGANIZATION, _LEGAL_SCORE if match[1] else _KIND_SCORE)
    for match in _PREFIX.finditer(text):
        yield Finding(*match.span(), ORGANIZATION, _KIND_SCORE)


def _with_comma(text: str, begin: int, match: re.Match[str]) -> re.Match[str] | None:
    """Return the words before `, Inc.`."""
    if not match[1] or text[match.start() - 2] != ",":
        return None
    return re.compile(rf"(?:{_WORD} ){{0,4}}{_WORD}\Z").search(text, begin, match.start() - 2)


def _beginning(before: re.Match[str], *, legal: bool) -> int | None:
    """Return where the name begins: not with a word that only begins a sentence. None if no name is left."""
    start = before.start()
    words = before.group().split(" ")
    while words and (words[0] in _ARTICLES or not words[0][:1].isupper() or words[0].strip(",.").lower() in NO_NAMES):
        start += len(words.pop(0)) + 1
    if words:
        return start
    first = before.group().split(" ")[0]
    return before.start() if legal and first not in _ARTICLES and len(before.group().split()) > 1 else None
