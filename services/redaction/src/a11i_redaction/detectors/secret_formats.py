"""What a format of a secret is, and the formats that a standard or a program defines.

A pattern without a gate of its own is written in what Hyperscan and Python's `re` have in common (no look-around, no
back-reference), since the prefilter compiles it as it stands. A finding must not touch another letter, digit or
underscore before it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SecretFormat:
    """One format. The finding is the group `secret` of the pattern, or all of it if there is no such group."""

    name: str
    pattern: str
    source: str
    """Where the form is described: a page of the vendor's documentation, or a standard."""
    entity: str = "SECRET"
    mixed: bool = False
    """True if the value must hold both a letter and a digit, which plain words and numbers do not."""
    gate: str = ""
    """What the prefilter looks for. Empty: the pattern."""
    named: bool = False
    """Whether the pattern ends where the value of a name begins, which is its group `name`."""
    certain: bool = False
    """True if the form leaves no doubt: no word in it says that it is none, and, of a name's value, plain words are
    one, too."""
    login: bool = False
    """True if the value must be base64 of user and password, which identifiers are not."""
    packed: bool = False
    """True if the value must be base64 of text, which words are not."""
    command: str = ""
    """The command that the option belongs to that the pattern begins with. The last one before it counts."""
    between: str = ""
    """What may stand between the command and the gap before the option."""


_URL = r"[A-Za-z0-9_\-]"

GENERAL_FORMATS: Final[tuple[SecretFormat, ...]] = (
    SecretFormat(
        "jwt",
        # A run without a second part is passed over whole, so that none of its parts is tried again.
        rf"\b(?:(?P<secret>eyJ{_URL}{{10,}}+\.eyJ{_URL}{{10,}}+(?:\.{_URL}*+)?)|eyJ{_URL}*+)",
        "RFC 7519",
        "JWT",
        gate=rf"\beyJ{_URL}{{10}}",
    ),
    SecretFormat(
        "jwe",
        rf"\b(?:(?P<secret>eyJ{_URL}{{10,}}+(?:\.{_URL}*+){{4}})|eyJ{_URL}*+)",
        "RFC 7516",
        "JWT",
        gate=rf"\beyJ{_URL}{{10}}",
    ),
    SecretFormat("paseto", rf"\bv[1-4]\.(?:local|public)\.{_URL}{{40,}}(?:\.{_URL}{{1,}})?", "paseto.io", "JWT"),
    SecretFormat(
        "pem private key",
        # Headers and base64, line ends as they are or escaped; without an end mark, as far as it looks like a key.
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[A-Za-z0-9+/=\s:,\\]++|-(?!----)|\.(?=\w)|\((?=\w)|(?<=\w)\)"
        # Lines of a list, of a literal in parts, of a quotation.
        r"|[\"'`]\s{0,4}[,+.&\\]?\s{0,80}[bfru]{0,2}\\{0,7}[\"'`](?=[A-Za-z0-9+/=\-])"
        r"|(?<=\s)[>|#*]{1,3}(?=[ \t]?[A-Za-z0-9+/=\-]))*+"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
        "RFC 7468; OpenSSH's PROTOCOL.key; RFC 9580",
        "PRIVATE_KEY",
        gate=r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY",
    ),
    SecretFormat(
        "putty private key",
        r"Private-Lines: \d{1,3}\s{1,3}(?P<secret>(?:[A-Za-z0-9+/=]{1,64}\s{0,2}){1,80})",
        "PuTTY's manual, appendix C",
        "PRIVATE_KEY",
        gate=r"Private-Lines: \d",
    ),
    SecretFormat(
        "authorization header",
        r"(?i:bearer|token)[ ]{1,4}(?P<secret>[A-Za-z0-9_\-.~+/]{20,}={0,2})",
        "RFC 6750",
        mixed=True,
    ),
    SecretFormat(
        "basic authorization",
        r"(?i:authorization)[\"': =]{1,8}(?i:basic)[ ]{1,4}(?P<secret>[A-Za-z0-9+/]{8,}={0,2})",
        "RFC 7617",
    ),
    SecretFormat(
        "url credentials",
        # To the last @ before a slash: passwords that hold one are written so, though they should not be.
        r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://(?P<secret>[^\s/:@\"'<>`\x1a]{0,120}:[^\s/\"'<>`\x1a]{1,})@",
        "RFC 3986, 3.2.1",
        "URL_CREDENTIALS",
    ),
    SecretFormat(
        "url token",
        rf"[A-Za-z][A-Za-z0-9+.\-]{{1,30}}://(?P<secret>{_URL}{{20,}})@",
        "RFC 3986",
        "URL_CREDENTIALS",
        mixed=True,
    ),
    SecretFormat(
        "oracle's user and password",
        r"(?:jdbc:oracle:[a-z]{2,5}:|sqlplus[ ](?:-[A-Za-z][ ]){0,3})(?P<secret>[^\s/@:\"']{1,60}/[^\s/@\"']{1,100})@",
        "Oracle JDBC Developer's Guide; SQL*Plus Reference",
        "URL_CREDENTIALS",
    ),
    SecretFormat(
        "password in braces",
        r"(?i:password|pwd)=\{(?P<secret>[^{}\r\n\x1a]{4,})\}",
        "learn.microsoft.com: ODBC connection strings",
    ),
    SecretFormat(
        "cookies",
        r"(?i:cookie)[\"']?[ ]{0,2}:[ ]{0,2}[\"']?(?P<secret>[A-Za-z0-9_.\-]{1,64}=[^\r\n\"'\x1a]{4,})",
        "RFC 6265",
    ),
    SecretFormat(
        "session cookie",
        r"(?:PHPSESSID|JSESSIONID|ASP\.NET_SessionId|connect\.sid|laravel_session|_gitlab_session|sessionid|csrftoken"
        r"|XSRF-TOKEN|__(?:Host|Secure)-[A-Za-z0-9_.\-]{1,40})=(?P<secret>[A-Za-z0-9%_.\-+/]{12,}={0,2})",
        "RFC 6265; names of the frameworks' documentation",
    ),
    SecretFormat(
        "pin",
        r"\b(?i:pin|otp|passcode|(?:one[ \-]time|verification|access|login|sign[ \-]?in|auth|authentication|2fa|mfa"
        r"|unlock|door|alarm|sms)[ ](?:code|password|passcode|pin)|security[ ](?:password|passcode|pin))"
        r"(?i:[ ]code|[ ]number)?[\"']?[ ]{0,3}"
        r"(?i:is|was|:|=|#|->)?[ ]{0,3}[\"']?(?P<secret>\d{4,8})\b",
        "ISO 9564: four digits and more; RFC 6238: six to eight",
    ),
    SecretFormat(
        "security code",
        # One of three or four digits is a card's, which is an entity of its own.
        r"\b(?i:security[ ]code)(?i:[ ]number)?[\"']?[ ]{0,3}(?i:is|was|:|=|#|->)?[ ]{0,3}[\"']?(?P<secret>\d{5,8})\b",
        "RFC 6238: six to eight digits",
    ),
    SecretFormat(
        "seed phrase",
        r"(?i:seed|recovery|mnemonic|backup)[ _\-]?(?i:phrase|words)?[\"']?[ ]{0,2}(?i:is|[:=])[ ]{0,2}[\"']?"
        r"(?P<secret>(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})",
        "BIP 39",
    ),
)
"""Secrets that a standard, not a vendor, makes recognisable."""
