"""Keys of attributes and JSON members, and headers of columns, that say that a name stands there."""

import re
from functools import lru_cache
from typing import Final

from a11i_redaction.detectors.context import key_words

_PEOPLE: Final = (
    "first|last|full|given|family|middle|maiden|nick|customer|patient|user|contact|employee|person|display|sender"
    "|recipient"
    "|client|guest|passenger|owner|author|assignee|cardholder|holder|account|billing|shipping|member|student|driver"
    "|applicant"
    "|beneficiary|manager|doctor|caller|signer|buyer|seller|legal|preferred|native|real"
)
_NAME: Final = re.compile(
    rf"(?:^| )(?:(?:{_PEOPLE}) ?name|surname|fullname|forename|lastname|firstname|vorname|nachname|prénom|nombre"
    rf"|apellidos?"
    r"|nom de famille|cognome|nome|first|last|assignee|cardholder|patient|passenger|card holder|account holder|imię"
    r"|nazwisko)$"
)
"""Keys of which the value is a name, be it one word."""
_PERSON: Final = re.compile(
    r"(?:^| )(?:name|owner|holder|customer|user|requester|driver|applicant|author|beneficiary|employee|contact|from"
    r"|to|sender|recipient"
    r"|client|guest|member|student|doctor|physician|caller|reporter|reviewer|approver|manager|supervisor|tenant"
    r"|traveller|traveler|buyer"
    r"|seller|signer|signatory|attendee|participant|claimant|insured|payer|payee|creator|created by|updated by"
    r"|assigned to|reported by)s?$"
)
"""Keys of which the value is a name if it looks like one: first name and surname."""
_NOT_PEOPLE: Final = re.compile(
    r"(?:^| )(?:file|host|domain|service|model|tool|product|function|class|event|span|table|column|field|key|server"
    r"|cluster|pod|node|image"
    r"|package|module|project|repo|repository|branch|bucket|queue|topic|device|app|application|step|task|job|metric"
    r"|agent|region) name$"
)
_COLUMNS: Final = {
    "ORGANIZATION": re.compile(r"(?:^| )(?:company|employer|organi[sz]ation|vendor|supplier|firm|org)(?: name)?$"),
    "LOCATION": re.compile(r"(?:^| )(?:city|town|location|birthplace|place of birth|country|ville|ciudad|stadt|ort)$"),
    "STREET_ADDRESS": re.compile(
        r"(?:^| )(?:address|street|street address|home address|adresse|anschrift|dirección|indirizzo)$"
    ),
}
SURE, LIKELY = 2, 1


@lru_cache(maxsize=4096)
def says_name(key: str) -> int:
    """Return whether a key says that its value is a name: SURE, LIKELY if the value looks like one, or 0."""
    words = key_words(key).strip()
    if _NAME.search(words):
        return SURE
    return LIKELY if _PERSON.search(words) and not _NOT_PEOPLE.search(words) else 0


@lru_cache(maxsize=4096)
def column_entity(header: str) -> str:
    """Return what the column below a header holds, or nothing."""
    words = key_words(header.strip(" \t\r\"'*_`"))
    if says_name(words):
        return "PERSON"
    return next((entity for entity, pattern in _COLUMNS.items() if pattern.search(words)), "")
