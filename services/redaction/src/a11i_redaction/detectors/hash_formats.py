"""The formats in which hashes of passwords are stored: of crypt(3), of frameworks, of directories and databases.

Whoever has one can try passwords as fast as a machine allows, so that it goes as a password does.
"""

from typing import Final

from a11i_redaction.detectors.secret_formats import SecretFormat

_CRYPT: Final = "[./A-Za-z0-9]"
_B64: Final = "[A-Za-z0-9+/]"
_PHC: Final = r"[./A-Za-z0-9+\-_]"
"""Base64 of the PHC string format, of passlib's variant, and of URLs."""


def _format(name: str, pattern: str, source: str, gate: str = "") -> SecretFormat:
    return SecretFormat(name, pattern, source, gate=gate, certain=True)


HASH_FORMATS: Final[tuple[SecretFormat, ...]] = (
    _format(
        "crypt",
        rf"\$(?:2[abxy]?\$\d\d\${_CRYPT}{{53}}"
        rf"|(?:1|apr1)\$[^\s$:\x1a]{{0,8}}\${_CRYPT}{{22}}"
        rf"|5\$(?:rounds=\d{{1,9}}\$)?[^\s$:\x1a]{{0,16}}\${_CRYPT}{{43}}"
        rf"|6\$(?:rounds=\d{{1,9}}\$)?[^\s$:\x1a]{{0,16}}\${_CRYPT}{{86}}"
        rf"|g?y\${_CRYPT}{{1,20}}\${_CRYPT}{{0,86}}\${_CRYPT}{{43}}"
        rf"|7\${_CRYPT}{{11,97}}\${_CRYPT}{{43}}"
        rf"|sha1\$\d{{1,9}}\${_CRYPT}{{1,64}}\${_CRYPT}{{28}}"
        rf"|[PH]\${_CRYPT}{{31}}|S\${_CRYPT}{{52}})",
        "man7.org: crypt(5); passlib.readthedocs.io: modular crypt format",
        gate=r"\$(?:2[abxy]?|1|apr1|5|6|g?y|7|sha1|P|H|S)\$[^\s]",
    ),
    _format(
        "phc string",
        r"\$(?:argon2(?:id|i|d)|scrypt|pbkdf2(?:-sha(?:1|256|512))?|bcrypt-sha256|balloon)"
        rf"(?:\$[A-Za-z0-9=,]{{1,80}}){{1,2}}\${_PHC}{{8,88}}\${_PHC}{{16,176}}={{0,2}}",
        "github.com/P-H-C/phc-string-format",
        gate=r"\$(?:argon2|scrypt|pbkdf2|bcrypt-sha256|balloon)[a-z0-9\-]{0,8}\$",
    ),
    _format(
        "django",
        rf"(?:pbkdf2_sha(?:1|256)|scrypt)\$\d{{3,9}}\$[A-Za-z0-9]{{1,64}}\$(?:\d{{1,4}}\$\d{{1,4}}\$)?{_B64}{{27,90}}={{0,2}}",
        "docs.djangoproject.com: How Django stores passwords",
    ),
    _format(
        "werkzeug",
        r"(?:pbkdf2:(?:sha\d{1,3}|md5)(?::\d{1,9})?|scrypt:\d{1,9}:\d{1,3}:\d{1,3}|sha(?:1|256|512)|md5)"
        r"\$[A-Za-z0-9]{1,64}\$[0-9a-f]{32,128}",
        "werkzeug.palletsprojects.com: generate_password_hash; Django's unsalted and salted hashes of old",
    ),
    _format(
        "directory",
        r"\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|ARGON2|PBKDF2[A-Z0-9\-]{0,8})\}[./A-Za-z0-9+$=,]{20,200}",
        "RFC 2307; openldap.org: Password Storage",
    ),
    _format(
        "scram",
        rf"SCRAM-SHA-(?:1|256|512)\$\d{{3,9}}:{_B64}{{8,88}}={{0,2}}\${_B64}{{20,88}}={{0,2}}:{_B64}{{20,88}}={{0,2}}",
        "RFC 5803; postgresql.org: pg_authid",
    ),
    _format(
        "mysql",
        # Emphasis around a digest ends with another star.
        rf"\*[0-9A-F]{{40}}(?![\w*])|\$A\$005\$[^\r\n\x1a]{{20}}{_CRYPT}{{43}}",
        "dev.mysql.com: Password Hashing in MySQL",
        gate=r"\*[0-9A-F]{40}|\$A\$005\$",
    ),
    _format(
        "windows accounts",
        r"[0-9A-Fa-f]{32}:[0-9A-Fa-f]{32}:::",
        "samba.org: smbpasswd; pwdump",
    ),
    SecretFormat(
        "hash with its name",
        r"(?i:pass(?:word|wd|phrase)?|pwd|pw)[_\- ]?(?i:hash(?:ed)?|digest)\\{0,7}[\"']?\s{0,4}(?:=>?|:)\s{0,4}"
        rf"\\{{0,7}}[\"']?(?P<secret>(?:md5)?[0-9A-Fa-f]{{32,128}}|{_B64}{{27,128}}={{0,2}})",
        "postgresql.org: pg_authid, MD5 passwords; tables of users",
        mixed=True,
    ),
)
