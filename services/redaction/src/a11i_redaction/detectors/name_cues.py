"""What announces a name: titles, greetings, introductions, signatures, labels and keys, in the main languages."""

# ruff: noqa: RUF001  (words in scripts and alphabets of their own)
import re
from typing import Final

import re2  # type: ignore[import-untyped]  # It has no stubs.

from a11i_redaction.detectors.name_runs import APOSTROPHES
from a11i_redaction.detectors.name_words import CUE_ENDS, TITLES

CUE_CHARS: Final = 40
_INTRODUCTIONS: Final = (
    r"my name is|my name['\u2019]s|name['\u2019]s|this is|i am called|call me|named|called|caller was|known as"
    r"|booked under|signed by"
    r"|mein name ist|ich hei(?:ß|ss)e|ich bin|je m['\u2019]appelle|mon nom est|je suis|me llamo|mi nombre es|soy"
    r"|mi chiamo|il mio nome è|sono"
    r"|meu nome é|me chamo|chamo-me|sou o|sou a|nazywam się|mam na imię|jestem|nimeni on|olen|benim adım|adım|ben"
    r"|tôi tên là|tên tôi là"
    r"|tên là|tôi là|mijn naam is|ik ben|ik heet|met|mit navn er|mitt navn er|jeg heter|jeg hedder|jag heter"
    r"|mitt namn är|jmenuji se"
    r"|numele meu este|mă numesc|a nevem|jina langu ni|orukọ mi ni|nama saya|меня зовут|моё имя|мене звати|моє ім'я"
    r"|το όνομά μου είναι|με λένε|ονομάζομαι|казвам се|zovem se|ime mi je|on behalf of|spoke (?:to|with)|assigned to"
    r"|reported by"
)
_GREETINGS: Final = (
    r"dear|hi|hello|hey|hallo|hej|hei|hola|ciao|bonjour|olá|merhaba|liebe|lieber|cher|chère|caro|cara|estimad[oa]"
    r"|querid[oa]"
    r"|prezad[oa]|car[oa]|szanown[aye]|drog[ai]|sayın|beste|geachte|kära|kære|kjære|xin chào|salut|namaste|привет"
    r"|уважаем(?:ый|ая)"
    r"|sehr geehrter herr|sehr geehrte frau|gr(?:ü|ue)(?:ß|ss)e von|saludos de|tell|ask|thanks|thank you|cc"
)
_ROLES: Final = (
    r"patient|pt|traveller|traveler|passenger|applicant|claimant|customer|client|employee|driver|holder|contact"
    r"|prescriber|caller"
    r"|attn|attention|from|to|name|full name|first name|last name|surname|given name|account holder|cardholder"
    r"|card holder|owner|author"
    r"|assignee|reviewer|reporter|beneficiary|recipient|sender|signed|tenant|guest|member|student|teacher|doctor"
    r"|nurse|physician|insured"
    r"|policyholder|defendant|plaintiff|witness|candidate|manager|supervisor|kunde|patientin|nom|nombre|nome|imię"
    r"|nazwisko|vorname|nachname"
    r"|prénom|apellidos?|cognome|ad soyad|имя|фамилия|фио|όνομα|employer contact|emergency contact|c/o|audit|user"
)
_SIGN_OFFS: Final = (
    r"regards|sincerely|cheers|thanks|thank you|best|yours|truly|wishes|love|faithfully|gr(?:ü|ue)(?:ß|ss)en|gr(?:ü"
    r"|ue)(?:ß|ss)e|saludos"
    r"|atentamente|cordialement|salutations|saluti|cordiali|cumprimentos|abraços|atenciosamente|pozdrawiam"
    r"|poważaniem|groeten|groet"
    r"|vriendelijke groet|hilsen|hälsningar|terveisin|saygılarımla|trân trọng|уважением|повагою|εκτίμηση|--"
)
_LABEL: Final = rf"(?<![\w.\-])(?:{_ROLES})(?: name)?[\"']?[ \t]*(?:[:=][ \t]*|\()[\"'\u201c\u201e]?"
_TITLE: Final = rf"(?P<title>\b(?:{TITLES}|{TITLES.upper()})\.?[ \t]+)"
_SAYS: Final = rf"(?P<says>(?<!\w)(?i:{_INTRODUCTIONS})[ \t]+|(?<!\w)(?i:i['\u2019]m)[ \t]+)"
_GREETS: Final = rf"(?P<greets>(?<!\w)(?i:{_GREETINGS}),?[ \t]+)"
_ROLE: Final = (
    r"(?P<role>(?<!\w)(?i:patient|pt|traveller|traveler|passenger|applicant|claimant|customer|employee|audit)"
    r"[ \t]+['\"]?)"
)
_SIGNS: Final = rf"(?P<signs>(?i:{_SIGN_OFFS})[,.!]?[ \t]*(?:\r?\n[ \t]*){{1,2}})"
_DASH: Final = r"(?P<dash>(?:^|[.!?\n] ?)[\-\u2013\u2014]{1,2} ?)"
_WORDS: Final = rf"{_TITLE}|{_SAYS}|{_GREETS}|(?P<label>(?i:{_LABEL}))|{_ROLE}"
CUE: Final = re.compile(rf"(?:{_WORDS}|{_SIGNS}|{_DASH})\Z")
"""What stands right before a name."""
_CUE_IN_LINE: Final = re.compile(rf"(?:(?<!\w)(?=\w)(?:{_WORDS})|{_DASH})\Z")
"""The same where no line ends, in a third of the time: what is left begins with a word, or is a dash."""
_BEHIND: Final = "'\"\u201c\u201e(:=,.! \t\r\n"
"""What can stand between the last word of a cue and the name."""
_NO_LETTERS: Final = re.compile(r"[\W\d_]+")
_SINGLE_LAST: Final = frozenset(
    word.lower()
    for group in (_INTRODUCTIONS, _GREETINGS, _ROLES, _SIGN_OFFS)
    for word in re.findall(r"[^\W\d_]+", re.sub(r"\(\?:|\[\w+\]|\(|\)|\?|\\u2019", " ", group))
)
_ENDS: Final = CUE_ENDS | _SINGLE_LAST | frozenset({
    "grüßen", "grüssen", "gruessen", "grüße", "estimado", "estimada", "querido", "querida", "prezado", "prezada",
    "szanowna", "szanowny", "droga", "drogi", "heiße", "heisse", "apellido", "m", "s", "-", "--", "\u2013", "\u2014",
    "уважаемый", "уважаемая",
})  # fmt: skip
"""The words that a cue can end with: a quick look before the real one."""


def cue_before(text: str, start: int) -> str:
    """Return what kind of cue stands right before a place, or nothing."""
    before = text[max(0, start - CUE_CHARS) : start]
    words = before[-28:].rstrip(_BEHIND).rsplit(None, 1)
    if not words:
        return ""
    last = words[-1].lower()
    if last not in _ENDS and _NO_LETTERS.split(last)[-1] not in _ENDS:
        return ""
    cue = (CUE if "\n" in before else _CUE_IN_LINE).search(before)
    return str(cue.lastgroup) if cue else ""


_LOWER_WORD: Final = rf"[^\W\d_]+(?:[{APOSTROPHES}\-][^\W\d_]+)*"
LOWER_CASE_GATE: Final = re2.compile(
    r"(?i:name is|name.s|name ist|me llamo|nombre es|mi chiamo|m.appelle|nome é|nazywam się)|(?:TODO|FIXME|XXX|HACK"
    r"|NOTE)\(|(?:[Uu]sers|home|Settings)[\\/]|(?i:user|username|logname|author|owner)=|-(?:laptop|macbook|iphone"
    r"|ipad|phone|pc"
    r"|desktop|mbp)\b|(?i:its|it.s|i.?m|this is|lol|hey|hi|hello|tell|ask|dear|thanks) \pL"
)
"""A quick look before the real one."""
LOWER_CASE: Final = re.compile(
    rf"(?<!\w)(?:(?:[Mm]y name is|[Mm]y name['\u2019]s|mein name ist|me llamo|mi nombre es|mi chiamo"
    rf"|je m['\u2019]appelle"
    rf"|o meu nome é|meu nome é|nazywam się) (?P<full>{_LOWER_WORD}(?: {_LOWER_WORD}){{0,2}})"
    rf"|(?:(?:TODO|FIXME|XXX|HACK|NOTE)\((?P<todo>{_LOWER_WORD})\)"
    rf"|(?:[A-Za-z]:)?[\\/]{{1,2}}(?:[Uu]sers|home|Documents and Settings)[\\/]{{1,2}}(?P<home>{_LOWER_WORD})"
    rf"|(?:USER|USERNAME|LOGNAME|user|username|author|owner)=['\"]?(?P<user>{_LOWER_WORD})(?![\w@.(])"
    rf"|\b(?P<device>[^\W\d_]{{3,24}}?)s?-(?:laptop|macbook|iphone|ipad|phone|pc|desktop|mbp)\b"
    rf"|(?:[Ii]ts|[Ii]t['\u2019]s|i['\u2019]?m|this is|lol|hey|hi|hello|tell|ask|dear|thanks) (?P<said>{_LOWER_WORD})))"
)
"""Names that their writers did not capitalise, where something says that one follows."""
