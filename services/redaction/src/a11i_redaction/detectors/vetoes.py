"""Look-alikes: values with the form of PII that are something else.

Each function takes a text and where a candidate stands in it, and returns True if the candidate is to stay.
"""

import ipaddress
import re
from typing import Final

_TOKEN_CHARS: Final = re.compile(r"[A-Za-z0-9_\-]*")
_TOKEN_BEFORE: Final = re.compile(r"[A-Za-z0-9_\-]*\Z")
_IDENTIFIER: Final = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"  # UUID
    r"|(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})"  # MD5, SHA-1, SHA-2; trace ids
    r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"  # ULID
    r"|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"  # traceparent
)
_LONGEST_IDENTIFIER: Final = 128

_DATE: Final = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")

_PAN: Final = re.compile(r"[A-Z]{5}\d{4}[A-Z]")
"""As India's Income Tax Department writes it: in capitals."""
_CARD_RANGES: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|65\d{2}|64[4-9]\d)\d{12}|3(?:0[0-59]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
    r"|(?:50|5[6-9]|6[0-9])\d{10,17}|1\d{14}"
)
"""Issuer ranges and lengths (ISO/IEC 7812): Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay,
Maestro and UATP. A number outside them that passes the Luhn check is an order number or a time stamp."""

_USER_BEFORE: Final = re.compile(r"://[^\s/@]*:\Z")
_VERSION_BEFORE: Final = re.compile(r"(?i)(?:\bv|\bver|version|release|build|firmware|driver|[a-z]{3,}/)[ :=\"']*\Z")
_STAYS: Final = tuple(
    (net.version, int(net.network_address), int(net.broadcast_address))
    for net in map(ipaddress.ip_network, (
        "0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "255.255.255.255/32",
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
        "::/127", "2001:db8::/32",
    ))
)  # fmt: skip
"""Addresses that identify nobody, as version, first and last: this host, loopback, private networks (RFC 1918),
broadcast, documentation (RFC 5737, RFC 3849)."""


def never(_text: str, _start: int, _end: int) -> bool:
    """Let every candidate pass."""
    return False


def part_of_word(text: str, start: int, end: int) -> bool:
    """Return whether the candidate touches another letter, digit or underscore."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return before.isalnum() or before == "_" or after.isalnum() or after == "_"


def part_of_alphanumeric(text: str, start: int, end: int) -> bool:
    """Return whether the candidate touches another letter or digit; an underscore only joins."""
    return (start > 0 and text[start - 1].isalnum()) or (end < len(text) and text[end].isalnum())


def part_of_identifier(text: str, start: int, end: int) -> bool:
    """Return whether the candidate lies in a UUID, a hash, a ULID or a trace id."""
    if not (_touches(text, start - 1) or _touches(text, end)):
        return _IDENTIFIER.fullmatch(text, start, end) is not None
    head = _TOKEN_BEFORE.search(text, max(0, start - _LONGEST_IDENTIFIER), start)
    tail = _TOKEN_CHARS.match(text, end, end + _LONGEST_IDENTIFIER)
    token = text[head.start() if head else start : tail.end() if tail else end]
    return _IDENTIFIER.fullmatch(token) is not None


def _touches(text: str, place: int) -> bool:
    """Return whether a character there would belong to the same token."""
    return 0 <= place < len(text) and (text[place].isalnum() or text[place] in "_-")


def lower_case(text: str, start: int, end: int) -> bool:
    """Veto codes in lower case, which are words or hashes: these ids are written in capitals."""
    return any(c.islower() for c in text[start:end])


def no_pan(text: str, start: int, end: int) -> bool:
    """Veto what Presidio's weakest pattern takes for an Indian PAN: any ten characters near letters and digits."""
    return _PAN.fullmatch(text, start, end) is None


def no_person_s_mail(text: str, start: int, end: int) -> bool:
    """Veto the user of Git's remotes, and passwords of URLs with the host behind them."""
    if text.startswith("git@", start):
        return True
    return text[start - 1 : start] == ":" and _USER_BEFORE.search(text, max(0, start - 128), start) is not None


def no_license(text: str, start: int, end: int) -> bool:
    """Veto pieces of longer numbers with hyphens, slashes or points, and dates."""
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    return (
        before in {"-", "/", "."}
        or (len(after) == 2 and after[0] in "-/." and after[1].isdigit())
        or _DATE.fullmatch(text, start, end) is not None
    )


def in_longer_number(text: str, start: int, end: int) -> bool:
    """Veto groups of digits before or behind which there are more."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return (len(before) == 2 and before[0].isdigit() and before[1] in " -") or (
        len(after) == 2 and after[0] in " -" and after[1].isdigit()
    )


def no_card(text: str, start: int, end: int) -> bool:
    """Veto numbers that no card network issues, and decimals."""
    digits = re.sub(r"[- ]", "", text[start:end])
    return _CARD_RANGES.fullmatch(digits) is None or text[max(0, start - 1) : start] == "."


def no_ssn(text: str, start: int, end: int) -> bool:
    """Veto numbers with more groups to either side, such as dates, and areas that were never issued."""
    value = text[start:end]
    if value[:3] in {"000", "666"} or (value[0] == "9" and not value.isdigit()):
        return True
    return text[max(0, start - 1) : start] in {"-", "."} or re.match(r"[-.]\d", text[end : end + 2]) is not None


_GROUP_BEHIND: Final = re.compile(r"\.[0-9A-Fa-f]{2}")


def no_mac(text: str, start: int, end: int) -> bool:
    """Veto broadcast and null, codes of digits alone, and parts of longer ones."""
    digits = re.sub(r"[:.\-]", "", text[start:end])
    if "." in text[start:end] and (digits.isdigit() or _GROUP_BEHIND.match(text, end)):
        return True
    return len(set(digits.lower())) == 1


def no_address(text: str, start: int, end: int) -> bool:
    """Veto versions, times, names with `::` and the addresses that identify nobody."""
    value = text[start:end]
    before, after = text[max(0, start - 24) : start], text[end : end + 2]
    if ":" in value and (sum(c.isdigit() for c in value) == 0 or value.count(":") < 2 or before.endswith(":")):
        return True
    if re.match(r"\.\d", after) or before.endswith(".") or (":" not in value and _VERSION_BEFORE.search(before)):
        return True
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return True
    version, number = address.version, int(address)
    return any(first <= number <= last and version == of for of, first, last in _STAYS)
