"""Presidio's pattern recognizers as families: what must be in a text before a recognizer can find anything there.

Each row names a recognizer of presidio-analyzer, which keeps its own patterns, validators and scores, and adds a gate
for the prefilter and what context it takes. A gate is a Hyperscan expression that matches, ending in or right behind
it, every value that the recognizer's patterns match with a score that counts. tests/unit/redaction draws values from
Presidio's patterns and holds the gates to that.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from presidio_analyzer import PatternRecognizer
from presidio_analyzer import predefined_recognizers as presidio

from a11i_redaction.detectors import label_words, recognizers, vetoes
from a11i_redaction.detectors.context import Context
from a11i_redaction.detectors.phones import CONTEXT


class Need(enum.Enum):
    """When a finding counts only with a context word near it."""

    NEVER = "never"
    """The value's form or checksum says enough."""
    BARE = "bare"
    """If it is a run of digits alone: every tenth number passes a checksum of one digit."""
    ALWAYS = "always"
    """The form is that of any number or code."""


@dataclass(frozen=True, slots=True)
class Family:
    """One recognizer with its gate."""

    recognizer: Callable[[], PatternRecognizer]
    gate: str
    need: Need = Need.NEVER
    words: tuple[str, ...] = ()
    """Context words. Empty: the recognizer's own."""
    also: tuple[str, ...] = ()
    """More of them, in the words of those who have such numbers."""
    reach_chars: int = 32
    """How far a value can extend to either side of the gate's end: the longest value, with some air."""
    solid: bool = False
    """Whether a value holds no white space, so that only the run of characters around the gate's end is looked at."""
    joined: bool = False
    """Whether an underscore may touch a value."""
    veto: Callable[[str, int, int], bool] = field(default=vetoes.never)


_DIGITS_9: Final = r"\b\d{9}\b"
_DIGITS_11: Final = r"\b\d{11}\b"

FAMILIES: Final[tuple[Family, ...]] = (
    Family(
        recognizers.MailRecognizer,
        r"[^\s@]@[^\s@]",
        reach_chars=400,
        solid=True,
        joined=True,
        veto=vetoes.no_person_s_mail,
    ),
    Family(
        recognizers.CardRecognizer, r"\d[- ]?\d{3,4}[- ]?\d{3,4}[- ]?\d{3,5}(?:\b|_)", joined=True, veto=vetoes.no_card
    ),
    Family(presidio.IbanRecognizer, r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2}", reach_chars=80),
    Family(
        recognizers.ip_recognizer,
        r"\d\.\d{1,3}\.\d{1,3}\.\d|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]|[0-9a-fA-F]::|::[0-9a-fA-F]",
        reach_chars=64,
        solid=True,
        veto=vetoes.no_address,
    ),
    Family(
        presidio.MacAddressRecognizer,
        r"\b[0-9A-Fa-f]{2}(?:[:\-][0-9A-Fa-f]{2}){5}\b|\b[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\b",
        solid=True,
        veto=vetoes.no_mac,
    ),
    Family(
        recognizers.CoinAddressRecognizer,
        r"\b(?:[bB][cC]1|ltc1|tb1|[13LMDTXAtr9])[a-zA-HJ-NP-Z0-9]{24,62}\b|\b0x[0-9a-fA-F]{40}\b|\baddr1[a-z0-9]{50}"
        r"|\b[48][1-9A-HJ-NP-Za-km-z]{94}\b",
        reach_chars=128,
        solid=True,
    ),
    # United States
    Family(
        presidio.UsSsnRecognizer,
        r"\b\d{5}-\d{4}\b|\b\d{3}-\d{6}\b|\b\d{3}[- .]\d{2}[- .]\d{4}\b|" + _DIGITS_9,
        Need.BARE,
        also=label_words.SOCIAL_SECURITY,
        veto=vetoes.no_ssn,
    ),
    Family(presidio.UsItinRecognizer, r"\b9\d{2}[- ]?\d{2}[- ]?\d{4}\b", Need.BARE),
    Family(presidio.UsMbiRecognizer, r"\b\d[A-Za-z][0-9A-Za-z]\d-?[A-Za-z][0-9A-Za-z]\d-?[A-Za-z]{2}\d{2}\b"),
    Family(
        presidio.UsPassportRecognizer, _DIGITS_9 + r"|\b[A-Za-z]\d{8}\b", Need.ALWAYS, label_words.PASSPORT
    ),
    Family(
        presidio.UsLicenseRecognizer,
        r"\b[A-Za-z]{0,2}\d{3,18}\b|\b[A-Za-z]\d{3,9}|\b\d{2}[A-Za-z]{3}\d{5}|\b\d{3}[A-Za-z]{2}\d{4}|\b\d{5,9}[A-Za-z]\b",
        Need.ALWAYS,
        label_words.DRIVER_LICENSE,
        veto=vetoes.no_license,
    ),
    Family(
        presidio.UsBankRecognizer,
        r"\b\d{8,17}\b",
        Need.ALWAYS,
        label_words.ACCOUNT,
        veto=vetoes.no_license,
    ),
    Family(presidio.AbaRoutingRecognizer, _DIGITS_9 + r"|\b\d{4}-\d{4}-\d\b", Need.ALWAYS, label_words.ROUTING),
    Family(
        presidio.UsNpiRecognizer,
        r"\b[12]\d{3}[ -]?\d{3}[ -]?\d{3}\b",
        Need.ALWAYS,
        ("npi", "national provider", "provider"),
    ),
    Family(
        presidio.MedicalLicenseRecognizer, r"[A-Za-z][A-Za-z9]\d{7}", Need.ALWAYS, ("dea", "medical", "certificate")
    ),
    # United Kingdom
    Family(presidio.NhsRecognizer, r"\b\d{3}[- ]?\d{3}[- ]?\d{4}\b", Need.BARE),
    Family(
        presidio.UkPostcodeRecognizer,
        r"\b(?:[A-Z]{1,2}\d[A-Z0-9]?|GIR)\s?\d[A-Z]{2}\b",
        Need.ALWAYS,
        also=("live", "lives"),
    ),
    Family(
        presidio.UkVehicleRegistrationRecognizer,
        r"\b[A-Z]{2}\d{2}[- ]?[A-Z]{3}\b|\b[A-Z]\d{1,3}[- ]?[A-Z]{3}\b|\b[A-Z]{3}[- ]?\d{1,3}[- ]?[A-Z]\b",
        Need.ALWAYS,
        (
            "vehicle",
            "registration",
            "number plate",
            "licence plate",
            "license plate",
            "reg",
            "vrn",
            "dvla",
            "v5c",
            "my car",
            "the car",
            "insured vehicle",
        ),
    ),
    Family(presidio.UkNinoRecognizer, r"[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]\b", veto=vetoes.lower_case),
    Family(
        presidio.UkPassportRecognizer, r"\b[A-Za-z]{2}\d{7}\b", Need.ALWAYS, (*label_words.PASSPORT, "hmpo")
    ),
    # Australia, New Zealand's neighbours in Asia
    Family(
        presidio.AuAbnRecognizer,
        r"\b\d{2}\s\d{3}\s\d{3}\s\d{3}\b|" + _DIGITS_11,
        Need.BARE,
        also=("a.b.n", "business no", "business number"),
    ),
    Family(
        recognizers.AcnRecognizer,
        r"\b\d{3}\s\d{3}\s\d{3}\b|" + _DIGITS_9,
        Need.ALWAYS,
        also=("a.c.n", "company no", "company number", "company registration"),
    ),
    Family(
        presidio.AuTfnRecognizer,
        r"\b\d{3}\s\d{3}\s\d{3}\b|" + _DIGITS_9,
        Need.ALWAYS,
        also=("t.f.n", "tax file", "tax number", "tax no"),
    ),
    Family(presidio.AuMedicareRecognizer, r"\b[2-6]\d{3}\s\d{5}\s\d\b|\b[2-6]\d{9}\b", Need.ALWAYS),
    Family(
        presidio.SgFinRecognizer,
        r"\b[A-Za-z]\d{7}[A-Za-z]\b",
        Need.ALWAYS,
        also=(*label_words.NATIONAL_ID, "ic no", "ic number", "identification card", "身份证", "身分证"),
    ),
    Family(
        recognizers.UenRecognizer,
        r"\b\d{8,9}[A-Z]\b|\b[TS]\d{2}[A-Z]{2}\d{4}[A-Z]\b",
        Need.ALWAYS,
        also=("unique entity", "company reg", "company no", "co. reg", "business reg", "registration no"),
    ),
    Family(presidio.InPanRecognizer, r"\b[A-Za-z]{5}\d{4}[A-Za-z]\b", veto=vetoes.no_pan),
    Family(
        presidio.InAadhaarRecognizer,
        r"\b\d{12}\b|\b\d{4}[- :]\d{4}[- :]\d{4}\b",
        Need.BARE,
        also=("aadhar", "adhaar", "uid", "आधार", "ஆதார்", "ఆధార్", "আধার"),
        veto=vetoes.in_longer_number,
    ),
    Family(presidio.InGstinRecognizer, r"\b\d{2}[A-Za-z0-9]{11}Z[A-Za-z0-9]\b", veto=vetoes.lower_case),
    Family(
        presidio.InVoterRecognizer,
        r"\b[A-Za-z]{3}\d{7}\b",
        Need.ALWAYS,
        also=("elector", "election card", "election id", "मतदाता", "वोटर", "வாக்காளர்", "ভোটার"),
    ),
    Family(presidio.InPassportRecognizer, r"\b[A-Za-z][1-9]\d\s?\d{5}\b", Need.ALWAYS, label_words.PASSPORT),
    Family(
        presidio.InVehicleRegistrationRecognizer,
        r"\b[A-Z]{1,3}\d{4,5}\b|\b\d{1,3}(?:CD|CC|UN)\d{2,4}\b|\b[A-Z]{2}\d{1,2}[A-Z]{1,3}\d{4}\b"
        r"|\b\d{2}BH\d{4}[A-Z]{2}\b|\b\d{2}[A-Z]\d{6}[A-Z]\b",
        Need.ALWAYS,
    ),
    Family(
        presidio.KrRrnRecognizer, r"\d{6}-?[1-4]\d{6}", Need.BARE, also=("주민등록", "주민번호", "resident number")
    ),
    Family(
        presidio.KrFrnRecognizer,
        r"\d{6}-?[5-8]\d{6}",
        Need.BARE,
        also=("외국인등록", "alien registration", "foreigner registration", "arc"),
    ),
    Family(
        presidio.KrBrnRecognizer,
        r"\d{3}-\d{2}-\d{5}|\d{10}",
        Need.ALWAYS,
        also=("business registration", "business reg", "biz reg", "company registration"),
    ),
    Family(
        presidio.KrPassportRecognizer,
        r"[MmSsRrOoDd]\d{3}[A-Za-z]\d{4}|[MmSsRrOoDd]\d{8}",
        Need.ALWAYS,
        also=label_words.PASSPORT,
    ),
    Family(
        presidio.KrDriverLicenseRecognizer,
        r"\d{2}[- ]?\d{2}[- ]?\d{6}[- ]?\d{2}",
        Need.ALWAYS,
        also=("면허", *label_words.DRIVER_LICENSE),
    ),
    Family(
        presidio.ThTninRecognizer,
        r"\b[1-9]\d{12}\b",
        Need.BARE,
        also=(*label_words.NATIONAL_ID, "thai id", "ประชาชน", "เลขบัตร", "เลขประจำตัว"),
    ),
    # Europe, Africa
    Family(presidio.EsNifRecognizer, r"\b\d{7,8}-?[A-Za-z]\b", veto=vetoes.lower_case),
    Family(presidio.EsNieRecognizer, r"\b[X-Zx-z]\d{7,8}-?[A-Za-z]\b", veto=vetoes.lower_case),
    Family(
        presidio.FiPersonalIdentityCodeRecognizer,
        r"\b\d{6}[+\-,./0-9:;<=>?@A-Za-z]\d{3}[0-9A-Za-z]\b",
        Need.BARE,
        also=("sotu",),
    ),
    Family(
        presidio.ItFiscalCodeRecognizer,
        # Letters stand for digits where two people would have the same.
        r"(?i)[a-z]{6}[\dlmnp-v]{2}[a-ehlmpr-t][\dlmnp-v]{2}[a-mz][\dlmnp-v]{3}[a-z]",
    ),
    Family(
        presidio.ItVatCodeRecognizer,
        r"\b(?:\d[ _]?){11}\b",
        Need.ALWAYS,
        ("piva", "p.iva", "p. iva", "iva", "vat"),
    ),
    Family(
        presidio.ItDriverLicenseRecognizer,
        r"\b[A-Za-z]{2}\d{7}[A-Za-z]\b|\b[Uu]1[A-Za-z0-9]{7}[A-Za-z]\b",
        Need.ALWAYS,
        also=label_words.DRIVER_LICENSE,
    ),
    Family(
        presidio.ItIdentityCardRecognizer,
        r"\b[A-Za-z]{2}\s?\d{7}\b|\b\d{7}[A-Za-z]{2}\b|\b[A-Za-z]{2}\d{5}[A-Za-z]{2}\b",
        Need.ALWAYS,
        also=("identity card", "id card", "identita", "c.i"),
    ),
    Family(presidio.ItPassportRecognizer, r"\b[A-Za-z]{2}\d{7}\b", Need.ALWAYS, also=label_words.PASSPORT),
    Family(recognizers.PeselRecognizer, _DIGITS_11, Need.BARE, also=("nr ewidencyjny",)),
    Family(presidio.NgNinRecognizer, _DIGITS_11, Need.ALWAYS, also=label_words.NATIONAL_ID),
    Family(presidio.NgVehicleRegistrationRecognizer, r"\b[A-Z]{3}[- ]?\d{3}[A-Z]{2}\b", Need.ALWAYS),
    # What only says something beside the words for it
    Family(
        recognizers.birth_date_recognizer,
        r"\b\d{1,4}[\-/.]\d{1,2}[\-/.]\d|[A-Za-z]\.?,? (?:19|20)\d\d\b"
        r"|[A-Za-z]\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d",
        Need.ALWAYS,
        (
            "born", "birth", "birthday", "birthdate", "dob", "d.o.b", "geboren", "geburtsdatum", "geb", "nacido",
            "nacida", "nacimiento", "né le", "née le", "naissance", "nascita", "nato il", "nata il", "nascimento",
            "geboortedatum", "født", "född", "urodzenia", "рождения", "生年月日", "出生",
        ),
        reach_chars=48,
    ),
    Family(
        recognizers.card_code_recognizer,
        r"\b\d{3,4}\b",
        Need.ALWAYS,
        (
            "cvv", "cvv2", "cvc", "cvc2", "csc", "cvn", "security code", "card verification", "verification value",
            "prüfziffer", "kartenprüfnummer", "cryptogramme",
        ),
        reach_chars=8,
    ),
    Family(
        recognizers.card_expiry_recognizer,
        r"\b\d{1,2}\s?[/\-]\s?(?:20)?[2-4]\d\b",
        Need.ALWAYS,
        (
            "exp", "expiry", "expires", "expiration", "exp date", "valid thru", "valid through", "good thru",
            "gültig bis", "caduca", "caducidad", "vencimiento", "expire le",
        ),
        reach_chars=16,
    ),
)  # fmt: skip
"""Every pattern recognizer of presidio-analyzer but those of LEFT_OUT, and what policies ask for besides."""

LEFT_OUT: Final = {
    "PhoneRecognizer": "phones.py does its work, in a hundredth of its time",
    "PlPeselRecognizer": "recognizers.PeselRecognizer has the check digit right",
    "DateRecognizer": "a date by itself is nobody's; dates of birth need their context, which policies ask for",
    "UrlRecognizer": "an address of the web is nobody's; what is secret in one is found as credentials or as a key",
}
"""Presidio's that are no family, and why."""

_LONGEST_LABEL: Final = 64
"""Characters of what can name a number; longer texts are sentences."""


def names_number(label: str) -> bool:
    """Return whether a text is what people call one of these numbers, or a phone number: `passport no.`, `us-ssn`."""
    return 0 < len(label) <= _LONGEST_LABEL and _all_words().in_key(label)


@lru_cache(maxsize=1)
def _all_words() -> Context:
    words = (word for family in FAMILIES for word in (*(family.words or family.recognizer().context), *family.also))
    return Context([*words, *CONTEXT.words])
