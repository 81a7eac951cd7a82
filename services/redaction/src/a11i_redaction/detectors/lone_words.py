"""Single words that the language model takes for people, which in documentation and code are mostly things.

Names that the lists have, and those behind titles, greetings and labels, are known without the model. What is left are
words such as Arrow and Parquet, and names that no list has: these do what people do, or stand beside another name.
"""

import re
from typing import Final

from a11i_redaction.detectors.gazetteer import Gazetteer
from a11i_redaction.detectors.name_runs import NAME_WORD, is_code

_DOES: Final = (
    "added|admits|admitted|agreed|agrees|answered|apologised|apologized|argued|asked|asks|believes|booked|bought|called"
    "|calls|cancelled|chose|claimed|claims|complained|complains|confirmed|cried|decided|denied|died|drove|emailed"
    "|explained|feels|felt|forgot|hopes|insisted|insists|joined|knew|knows|laughed|liked|likes|lived|lives|lost|loved|loves|mailed"
    "|married|mentioned|messaged|met|moved|ordered|paid|pays|phoned|pinged|prefers|promised|quit|recommended|remembers"
    "|replied|replies|resigned|said|says|signed|smiled|spoke|suffers|texted|thanked|thinks|thought|told|travelled|tells"
    "|visited|wanted|wants|wept|went|worked|works|worries|wrote"
)
_ASKED: Final = (
    "asked|ask|told|tell|called|call|met|meet|emailed|email|phoned|phone|pinged|ping|thank|thanked|contacted|contact"
    "|married|hired|fired|mr|ms|mrs|aunt|aunty|auntie|uncle|cousin|nephew|niece|brother|sister|wife|husband|son|daughter"
    "|mother|father|mum|mom|dad|grandma|grandpa|friend|neighbour|neighbor|colleague|boss|teacher|nurse|doctor|lawyer"
    "|landlord|tenant|patient|client|girlfriend|boyfriend|partner|coworker|classmate|roommate|babysitter"
)
_RELATIVE: Final = "wife|husband|son|daughter|mother|father|brother|sister|boss"
_BEHIND: Final = re.compile(rf"(?:['\u2019]s (?:{_RELATIVE})|,? (?:{_DOES}))\b")
_BEFORE: Final = re.compile(rf"\b(?:{_ASKED}),? \Z", re.IGNORECASE)
_NAME_BEFORE: Final = re.compile(rf"({NAME_WORD})(?:,| and|, and| or| &) \Z")
_NAME_BEHIND: Final = re.compile(rf"(?:,| and|, and| or| &) ({NAME_WORD})")
_LOOK_CHARS: Final = 40


def is_thing(text: str, start: int, end: int, names: Gazetteer) -> bool:
    """Return whether what the model takes for a person is a thing: written as code is, or one word that nobody is."""
    words = re.findall(NAME_WORD, text[start:end])
    if len(words) == 1 and is_code(words[0]):
        return True
    if any(names.is_given(word) or names.is_family(word) for word in words):
        return False
    return any(map(is_code, words)) or (len(words) == 1 and not _is_somebody(text, start, end, names))


def _is_somebody(text: str, start: int, end: int, names: Gazetteer) -> bool:
    """Return whether a word does what people do, or has done to it, or stands beside a name."""
    low = max(0, start - _LOOK_CHARS)
    if _BEHIND.match(text, end) or _BEFORE.search(text, low, start):
        return True
    beside = (_NAME_BEFORE.search(text, low, start), _NAME_BEHIND.match(text, end))
    return any(match is not None and names.alone(match[1]) for match in beside)
