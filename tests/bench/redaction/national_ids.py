"""Numbers that states give to persons and companies, with valid check digits, and what people call them."""

import random
import string
from collections.abc import Callable, Mapping
from typing import Final

from tests.bench.redaction.check_digits import luhn, mod97, verhoeff, weighted
from tests.bench.redaction.labels import Drawn

_DNI_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_FI_LETTERS: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_MBI_LETTERS: Final = "ACDEFGHJKMNPQRTUVWXY"
_MONTHS_IT: Final = "ABCDEHLMPRST"
_ODD_IT: Final = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_GSTIN: Final = string.digits + string.ascii_uppercase


def digits(rng: random.Random, count: int, first: str = "0123456789") -> str:
    """Return so many digits; `first` names those that the first may be."""
    return rng.choice(first) + "".join(rng.choices("0123456789", k=count - 1))


def letters(rng: random.Random, count: int, of: str = string.ascii_uppercase) -> str:
    """Return so many letters."""
    return "".join(rng.choices(of, k=count))


def _until(make: Callable[[], str | None]) -> str:
    while (value := make()) is None:
        pass
    return value


def _born(rng: random.Random) -> str:
    return f"{rng.randrange(40, 99)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"


def _ssn(rng: random.Random) -> str:
    area = rng.choice([number for number in range(100, 733) if number != 666])
    group, serial = rng.randrange(10, 99), rng.randrange(1001, 9999)
    return rng.choice(["{}-{}-{}", "{}-{}-{}", "{} {} {}", "{}{}{}"]).format(area, group, serial)


def _itin(rng: random.Random) -> str:
    return f"9{digits(rng, 2)}-{rng.choice([50, 55, 70, 78, 83, 92, 97])}-{digits(rng, 4)}"


def _mbi(rng: random.Random) -> str:
    def letter() -> str:
        return rng.choice(_MBI_LETTERS)

    groups = (digits(rng, 1, "123456789") + letter() + letter() + digits(rng, 1), letter() + letter() + digits(rng, 1),
              letter() + letter() + digits(rng, 2))  # fmt: skip
    return rng.choice(["-", ""]).join(groups)


def _npi(rng: random.Random) -> str:
    body = digits(rng, 9, "12")
    return body + luhn("80840" + body)


def _dea(rng: random.Random) -> str:
    body = digits(rng, 6)
    check = (weighted(body[::2], (1, 1, 1)) + 2 * weighted(body[1::2], (1, 1, 1))) % 10
    return rng.choice("ABFM") + letters(rng, 1) + body + str(check)


def _nhs(rng: random.Random) -> str:
    def make() -> str | None:
        body = digits(rng, 9, "4679")
        check = 11 - weighted(body, range(10, 1, -1)) % 11
        joint = rng.choice([" ", "-", ""])
        return None if check == 10 else joint.join((body[:3], body[3:6], body[6:] + str(check % 11)))

    return _until(make)


def _nino(rng: random.Random) -> str:
    prefix = rng.choice(["AB", "CE", "JK", "LM", "PR", "SX", "WY"])
    joint = rng.choice([" ", ""])
    return joint.join((prefix, digits(rng, 2), digits(rng, 2), digits(rng, 2), rng.choice("ABCD")))


def _abn(rng: random.Random) -> str:
    def make() -> str | None:
        body = digits(rng, 11, "123456789")
        total = weighted(body, (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) - 10
        return f"{body[:2]} {body[2:5]} {body[5:8]} {body[8:]}" if total % 89 == 0 else None

    return _until(make)


def _acn(rng: random.Random) -> str:
    body = digits(rng, 8)
    check = -weighted(body, range(8, 0, -1)) % 10
    return f"{body[:3]} {body[3:6]} {body[6:]}{check}"


def _tfn(rng: random.Random) -> str:
    def make() -> str | None:
        body = digits(rng, 9, "123456789")
        valid = weighted(body, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0
        return f"{body[:3]} {body[3:6]} {body[6:]}" if valid else None

    return _until(make)


def _medicare(rng: random.Random) -> str:
    body = digits(rng, 8, "23456")
    return f"{body[:4]} {body[4:]}{weighted(body, (1, 3, 7, 9, 1, 3, 7, 9)) % 10} {digits(rng, 1, '123')}"


def _nric(rng: random.Random) -> str:
    body, first = digits(rng, 7), rng.choice("ST")
    total = weighted(body, (2, 7, 6, 5, 4, 3, 2)) + (4 if first == "T" else 0)
    return first + body + "JZIHGFEDCBA"[total % 11]


def _aadhaar(rng: random.Random) -> str:
    body = digits(rng, 11, "23456789")
    number = body + verhoeff(body)
    return rng.choice([" ", "-", ""]).join((number[:4], number[4:8], number[8:]))


def _pan(rng: random.Random) -> str:
    return letters(rng, 3) + "P" + letters(rng, 1) + digits(rng, 4) + letters(rng, 1)


def _gstin(rng: random.Random) -> str:
    body = f"{rng.randrange(1, 38):02d}{_pan(rng)}1Z"
    total = 0
    for position, char in enumerate(body):
        product = _GSTIN.index(char) * (1 + position % 2)
        total += product // 36 + product % 36
    return body + _GSTIN[-total % 36]


def _resident_korea(rng: random.Random, sexes: str, base: int) -> str:
    body = _born(rng) + digits(rng, 1, sexes) + digits(rng, 5)
    check = (base - weighted(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return f"{body[:6]}-{body[6:]}{check}"


def _business_korea(rng: random.Random) -> str:
    body = digits(rng, 9, "123456789")
    total = weighted(body, (1, 3, 7, 1, 3, 7, 1, 3, 5)) + int(body[8]) * 5 // 10
    return f"{body[:3]}-{body[3:5]}-{body[5:]}{-total % 10}"


def _thai(rng: random.Random) -> str:
    body = rng.choice("123") + rng.choice(["10", "11", "13", "30", "44"]) + digits(rng, 9)
    return body + str((11 - weighted(body, range(13, 1, -1)) % 11) % 10)


def _nif(rng: random.Random) -> str:
    number = digits(rng, 8)
    return number + rng.choice(["", "-"]) + _DNI_LETTERS[int(number) % 23]


def _nie(rng: random.Random) -> str:
    first, number = rng.randrange(3), digits(rng, 7)
    return "XYZ"[first] + number + rng.choice(["", "-"]) + _DNI_LETTERS[int(f"{first}{number}") % 23]


def _hetu(rng: random.Random) -> str:
    born, serial = f"{rng.randrange(1, 29):02d}{rng.randrange(1, 13):02d}{rng.randrange(40, 99)}", digits(rng, 3, "12")
    return f"{born}-{serial}{_FI_LETTERS[int(born + serial) % 31]}"


def _codice_fiscale(rng: random.Random) -> str:
    consonants = "BCDFGLMNPRSTV"
    body = (letters(rng, 6, consonants) + f"{rng.randrange(40, 99)}{rng.choice(_MONTHS_IT)}{rng.randrange(1, 29):02d}"
            + rng.choice(["H501", "F205", "L219", "A944"]))  # fmt: skip
    total = 0
    for position, char in enumerate(body):
        number = int(char) if char.isdigit() else ord(char) - ord("A")
        total += _ODD_IT[number] if position % 2 == 0 else number
    return body + string.ascii_uppercase[total % 26]


def _partita_iva(rng: random.Random) -> str:
    body = digits(rng, 10)
    return body + luhn(body)


def _pesel(rng: random.Random) -> str:
    body = _born(rng) + digits(rng, 4)
    return body + str(-weighted(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def _nin(rng: random.Random) -> str:
    body = digits(rng, 10, "123456789")
    return body + verhoeff(body)


IDS: Final[Mapping[str, tuple[str, Callable[[random.Random], str]]]] = {
    "US_SSN": ("social security number|SSN|ssn", _ssn),
    "US_ITIN": ("ITIN|individual taxpayer number", _itin),
    "US_PASSPORT": ("US passport|passport number", lambda rng: rng.choice("123456AC") + digits(rng, 8)),
    "US_DRIVER_LICENSE": ("driver's license|driver license no.", lambda rng: letters(rng, 1) + digits(rng, 7)),
    "UK_NHS": ("NHS number|NHS no", _nhs),
    "UK_NINO": ("National Insurance number|NINO", _nino),
    "UK_PASSPORT": ("UK passport|British passport number", lambda rng: letters(rng, 2) + digits(rng, 7)),
    "AU_ABN": ("ABN|Australian Business Number", _abn),
    "AU_ACN": ("ACN|Australian Company Number", _acn),
    "AU_TFN": ("TFN|tax file number", _tfn),
    "AU_MEDICARE": ("Medicare card|Medicare number", _medicare),
    "SG_NRIC_FIN": ("NRIC|NRIC/FIN", _nric),
    "SG_UEN": ("UEN|Unique Entity Number", lambda rng: digits(rng, 9, "2") + letters(rng, 1, "CDEGHKMNRW")),
    "IN_AADHAAR": ("Aadhaar|Aadhaar number", _aadhaar),
    "IN_PAN": ("PAN|permanent account number", _pan),
    "IN_GSTIN": ("GSTIN|GST number", _gstin),
    "IN_VOTER": ("voter id|EPIC number", lambda rng: letters(rng, 3, "ABCDGHJKMNPRS") + digits(rng, 7)),
    "IN_PASSPORT": ("Indian passport|passport no", lambda rng: letters(rng, 1, "JKLMNPRST") + digits(rng, 6, "123456")
                    + rng.choice("123456789")),
    "KR_RRN": ("주민등록번호|RRN", lambda rng: _resident_korea(rng, "12", 11)),
    "KR_FRN": ("외국인등록번호|FRN", lambda rng: _resident_korea(rng, "56", 13)),
    "KR_BRN": ("사업자등록번호|business registration number", _business_korea),
    "KR_PASSPORT": ("여권번호|Korean passport", lambda rng: "M" + digits(rng, 3) + letters(rng, 1) + digits(rng, 4)),
    "KR_DRIVER_LICENSE": ("운전면허번호|Korean driver license",
                          lambda rng: f"{rng.randrange(11, 27)}-{digits(rng, 2)}-{digits(rng, 6)}-{digits(rng, 2)}"),
    "TH_TNIN": ("เลขประจำตัวประชาชน|Thai national ID", _thai),
    "ES_NIF": ("DNI|NIF", _nif),
    "ES_NIE": ("NIE|número de identificación de extranjero", _nie),
    "FI_PERSONAL_IDENTITY_CODE": ("henkilötunnus|HETU", _hetu),
    "IT_FISCAL_CODE": ("codice fiscale|CF", _codice_fiscale),
    "IT_VAT_CODE": ("partita IVA|P.IVA", _partita_iva),
    "IT_DRIVER_LICENSE": ("patente di guida|patente", lambda rng: letters(rng, 2) + digits(rng, 7) + letters(rng, 1)),
    "IT_IDENTITY_CARD": ("carta d'identità|carta identità",
                         lambda rng: "CA" + digits(rng, 5) + letters(rng, 2)),
    "IT_PASSPORT": ("passaporto|passaporto n.", lambda rng: "YA" + digits(rng, 7)),
    "PL_PESEL": ("PESEL|numer PESEL", _pesel),
    "NG_NIN": ("NIN|National Identification Number", _nin),
}  # fmt: skip
"""By entity: what people call the number, and how it is made."""

MEDICAL: Final[Mapping[str, tuple[str, Callable[[random.Random], str]]]] = {
    "US_MBI": ("Medicare beneficiary identifier|MBI", _mbi),
    "US_NPI": ("NPI|national provider identifier", _npi),
    "MEDICAL_LICENSE": ("DEA number|DEA certificate", _dea),
}
"""Likewise, of medicine."""


def drawn(rng: random.Random, entity: str) -> Drawn:
    """Return a number of that entity."""
    called, make = IDS[entity] if entity in IDS else MEDICAL[entity]
    return Drawn(entity, make(rng), entity, label=rng.choice(called.split("|")))


def iban_check(country: str, account: str) -> str:
    """Return the two check digits of an IBAN."""
    return f"{98 - mod97(account + country + '00'):02d}"
