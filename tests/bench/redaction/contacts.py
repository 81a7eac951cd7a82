"""Ways to reach somebody and to pay: phones, mail, network addresses, cards, accounts, wallets."""

import hashlib
import random
from collections.abc import Callable
from typing import Final

import phonenumbers

from tests.bench.redaction.check_digits import luhn
from tests.bench.redaction.labels import Drawn
from tests.bench.redaction.national_ids import digits, iban_check, letters
from tests.bench.redaction.people import person

REGIONS: Final = (
    "US", "CA", "MX", "BR", "AR", "CL", "CO", "GB", "IE", "FR", "DE", "AT", "CH", "IT", "ES", "PT", "NL", "BE", "SE",
    "NO", "DK", "FI", "PL", "CZ", "GR", "TR", "IL", "AE", "SA", "EG", "NG", "KE", "ZA", "IN", "PK", "BD", "TH", "VN",
    "ID", "PH", "MY", "SG", "CN", "HK", "TW", "JP", "KR", "AU", "NZ", "UA",
)  # fmt: skip
_PHONE_WORDS: Final = {
    "DE": "Telefon", "AT": "Telefon", "CH": "Telefon", "FR": "téléphone", "BE": "téléphone", "ES": "teléfono",
    "MX": "celular", "AR": "celular", "BR": "telefone", "PT": "telemóvel", "IT": "telefono", "PL": "telefon",
    "NL": "telefoon", "TR": "telefon", "JP": "電話", "KR": "전화", "CN": "电话", "UA": "телефон",
}  # fmt: skip
_IBANS: Final = {
    "DE": 18, "GB": 0, "FR": 23, "ES": 20, "IT": 0, "NL": 0, "BE": 12, "AT": 16, "CH": 17, "PL": 24, "PT": 21, "SE": 20,
    "NO": 11, "DK": 14, "FI": 14, "IE": 0, "TR": 0, "SA": 20, "AE": 19,
}  # fmt: skip
"""How many digits the account has after the check digits; 0 where it is not digits alone, or not any."""
_LETTERED: Final = {"GB": "BARC", "NL": "INGB", "IE": "AIBK"}
_CARDS: Final = {
    "Visa": ("4", 16), "Mastercard": ("53", 16), "Mastercard 2-series": ("2221", 16), "American Express": ("37", 15),
    "Discover": ("6011", 16), "Diners Club": ("36", 14), "JCB": ("3528", 16), "UnionPay": ("6225", 16),
}  # fmt: skip
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_STEPS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def phone(rng: random.Random, region: str, *, national: bool = False) -> Drawn:
    """Return a number that the region's plan allows; `national` ones are written without the country code."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        raise ValueError(f"no phone numbers are known for {region}")
    text = str(example.national_number)
    while True:
        changed = text[:-5] + digits(rng, 5)
        number = phonenumbers.parse(changed, region)
        if phonenumbers.is_valid_number(number):
            break
    form = phonenumbers.PhoneNumberFormat
    written = phonenumbers.format_number(
        number, form.NATIONAL if national else rng.choice([form.INTERNATIONAL, form.INTERNATIONAL, form.E164])
    )
    return Drawn("PHONE_NUMBER", written, f"{region} {'national' if national else 'international'}",
                 label=_PHONE_WORDS.get(region, rng.choice(["phone", "mobile", "cell", "tel"])))  # fmt: skip


def mail(rng: random.Random) -> Drawn:
    """Return an address of a person's mailbox."""
    names = person(rng).pieces
    first, last = (names[piece].lower().replace("'", "").replace(" ", "") for piece in ("first", "last"))
    local = rng.choice([f"{first}.{last}", f"{first[0]}{last}", f"{last}_{first}+news", f"{first}{digits(rng, 3)}"])
    ascii_local = "".join(char if char.isascii() else "e" for char in local)
    domain = rng.choice(["example.com", "mail.example.org", "example.co.uk", "example.de", "corp.example.io"])
    return Drawn("EMAIL_ADDRESS", f"{ascii_local}@{domain}", "mail")


def ipv4(rng: random.Random) -> Drawn:
    """Return a public address."""
    first = rng.choice([23, 34, 52, 81, 93, 104, 151, 178, 186, 213])
    return Drawn("IP_ADDRESS", ".".join(map(str, (first, *(rng.randrange(1, 255) for _ in range(3))))), "IPv4")


def ipv6(rng: random.Random) -> Drawn:
    """Return a public address, shortened or not."""
    groups = [f"{rng.randrange(4096, 65536):x}" for _ in range(4)]
    prefix = rng.choice(["2a02:8108", "2600:1f18", "2804:14c"])
    value = f"{prefix}::{':'.join(groups)}" if rng.random() < 0.5 else f"{prefix}:{':'.join(groups)}:0:1"
    return Drawn("IP_ADDRESS", value, "IPv6")


def mac(rng: random.Random) -> Drawn:
    """Return a network card's address."""
    pairs = [f"{rng.randrange(256):02x}" for _ in range(6)]
    pairs[0] = "3c"
    return Drawn("MAC_ADDRESS", rng.choice([":", "-"]).join(pairs), "MAC")


def card(rng: random.Random, network: str) -> Drawn:
    """Return a card number of that network, with a valid check digit."""
    prefix, length = _CARDS[network]
    body = prefix + digits(rng, length - 1 - len(prefix))
    number = body + luhn(body)
    sizes = (4, 6, 5) if length == 15 else (4, 6, 4) if length == 14 else (4, 4, 4, 4)
    groups, position = [], 0
    for size in sizes:
        groups.append(number[position : position + size])
        position += size
    return Drawn("CREDIT_CARD", rng.choice([" ", "-", ""]).join(groups), network)


CARDS: Final = tuple(_CARDS)
IBANS: Final = tuple(_IBANS)


def iban(rng: random.Random, country: str) -> Drawn:
    """Return an account's number, with valid check digits."""
    if country == "IT":
        account = letters(rng, 1) + digits(rng, 22)
    elif country in _LETTERED:
        account = _LETTERED[country] + digits(rng, 10 if country == "NL" else 14)
    elif country == "TR":
        account = digits(rng, 5) + "0" + digits(rng, 16)
    else:
        account = digits(rng, _IBANS[country])
    number = country + iban_check(country, account) + account
    spaced = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
    return Drawn("IBAN_CODE", rng.choice([number, spaced]), country)


def bank_account(rng: random.Random) -> Drawn:
    """Return an account's number in the United States."""
    value = digits(rng, rng.choice([9, 10, 12]), "123456789")
    return Drawn("US_BANK_NUMBER", value, "US account", label=rng.choice(["account number", "bank account", "acct"]))


def routing(rng: random.Random) -> Drawn:
    """Return a bank's routing number, with a valid check digit."""
    body = rng.choice(["02", "06", "12", "26", "31"]) + digits(rng, 6)
    check = -sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True)) % 10
    label = rng.choice(["routing number", "ABA", "RTN"])
    return Drawn("ABA_ROUTING_NUMBER", body + str(check), "ABA", label=label)


def bitcoin(rng: random.Random) -> Drawn:
    """Return a pay-to-public-key-hash address, or a script's, in Base58Check."""
    payload = rng.choice([b"\x00", b"\x05"]) + rng.randbytes(20)
    full = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(full, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return Drawn("CRYPTO", "1" * (len(full) - len(full.lstrip(b"\0"))) + text, "bitcoin")


def bitcoin_segwit(rng: random.Random) -> Drawn:
    """Return a pay-to-witness-public-key-hash address, in Bech32 (BIP 173)."""
    values = [0, *(rng.randrange(32) for _ in range(32))]
    state = 1
    for value in [3, 3, 0, 2, 3, *values, 0, 0, 0, 0, 0, 0]:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(_BECH32_STEPS):
            state ^= step if top >> bit & 1 else 0
    state ^= 1
    checks = [state >> 5 * (5 - position) & 31 for position in range(6)]
    return Drawn("CRYPTO", "bc1" + "".join(_BECH32[value] for value in values + checks), "bitcoin segwit")


def ethereum(rng: random.Random) -> Drawn:
    """Return an account's address."""
    return Drawn("CRYPTO", "0x" + rng.randbytes(20).hex(), "ethereum")


WALLETS: Final[tuple[Callable[[random.Random], Drawn], ...]] = (bitcoin, bitcoin_segwit, ethereum)
