"""Finds secrets: vendors' keys, tokens, private keys, credentials in URLs, and values assigned to telling names."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.context import key_words
from a11i_redaction.detectors.secret_formats import GENERAL_FORMATS, VENDOR_FORMATS, SecretFormat
from a11i_redaction.findings import Finding

FORMATS: Final = VENDOR_FORMATS + GENERAL_FORMATS

_FORMAT_SCORE: Final = 0.99
_ASSIGNMENT_SCORE: Final = 0.8

_NAMES: Final = (
    r"password|passwd|passphrase|passcode|pwd|\bpass|\bpw|secret|apikey|api[ _\-]?key|access[ _\-]?key|secret[ _\-]?key"
    r"|private[ _\-]?key|account[ _\-]?key|encryption[ _\-]?key|signing[ _\-]?key|client[ _\-]?secret|auth[ _\-]?token"
    r"|access[ _\-]?token|refresh[ _\-]?token|session[ _\-]?token|id[ _\-]?token|bearer[ _\-]?token|credentials?|token"
)
ASSIGNMENT_GATE: Final = (
    rf"(?i)(?:{_NAMES})[\"'\]]{{0,2}}\s{{0,4}}(?:=|:|=>|->|\bis\b|>|\?)|--[a-z0-9\-]{{0,24}}(?:{_NAMES})[ ]"
)
"""What the prefilter looks for; every assignment holds it."""
_SIGN: Final = re.compile(
    rf"(?i)(?P<option>--?[a-z0-9\-]{{0,24}})?(?:{_NAMES})(?P<close>[\"'\]]{{0,2}})\s{{0,4}}"
    r"(?P<sign>[:=]=?>?(?:\s{0,2}is\b)?|\bis\b:?|\u2192|->|(?<=[a-z])>|(?(option)[ ]|(?!)))\s{0,4}"
)
_VALUE: Final = re.compile(
    r"\"(?P<double>[^\"\n\x1a]{4,500})\"|'(?P<single>[^'\n\x1a]{4,500})'|(?P<bare>[^\s\"'`,;<>(){}\[\]\x1a]{6,500})"
)
_KEY: Final = re.compile(rf"(?:^| )(?:(?:{_NAMES})s?|authorization|cookie)$")
_SHORT_KEY: Final = re.compile(r"(?:^| )(?:password|passwd|passphrase|passcode|pwd|pin|otp|pin code|secret)$|^token$")
"""Keys under which four digits are a secret."""
_SHORTEST: Final = 4
_PASSWORD_NAME: Final = re.compile(r"(?i)pass|pwd")
_REFERENCE: Final = re.compile(
    r"(?i)\$[a-z_]+|\$?\{\{?[\w .:\-]*\}?\}?|%\w+%|<[^<>]*>"
    r"|(?:os|process|self|this|settings|config|secrets?|env)[.:\[][a-z_.()\[\]\"']*"
    r"|vault:[a-z/_\-]+|arn:aws.*|https?://.*|\*+|x+|\.+|-+"
    r"|your[_\- a-z]*|my[_\- ](?:password|secret|token|key|api[_\- ]key)"
    r"|example|changeme|change me"
    r"|placeholder|redacted|hidden|masked|none|null|nil|true|false|undefined|str(?:ing)?|bytes"
    r"|int|optional|required|missing|invalid|expired|incorrect|wrong|empty"
)
"""Values that are no secret, as a whole: they say where one is, of what type it is, or what is the matter with it."""
_WORDS_ONLY: Final = re.compile(r"[A-Za-z]+(?:[ .'\-_/][A-Za-z]+)*[.!?:]?")
_SPOKEN_SIGNS: Final = frozenset({"is", "->", "\u2192", " "})
_LONGEST_NAME: Final = 72
"""Characters before the end of a sign of assignment that can belong to its name."""
_SIGN_CHARS: Final = 8
"""Characters behind it that can belong to the sign."""
_WORD_BEFORE: Final = re.compile(r"[A-Za-z0-9_]")
_MIN_TOKEN_CHARS: Final = 12
"""Shorter values of names such as "token" are rather words or counts than tokens."""


class SecretFinder:
    """Finds secrets in texts for which the prefilter named the formats that can occur."""

    __slots__ = ("_patterns",)

    def __init__(self) -> None:
        self._patterns = tuple(re.compile(item.pattern) for item in FORMATS)

    def of_formats(self, text: str, formats: Collection[int], budget: Budget) -> Iterator[Finding]:
        """Yield findings of these formats (indices into FORMATS)."""
        for index in sorted(formats):
            item = FORMATS[index]
            for match in self._patterns[index].finditer(text):
                budget.step()
                start, end = match.span("secret") if "secret" in match.re.groupindex else match.span()
                if _acceptable(item, text, match.start(), text[start:end]):
                    yield Finding(start, end, item.entity, _FORMAT_SCORE)

    def of_assignments(self, text: str, ends: Iterable[int], budget: Budget) -> Iterator[Finding]:
        """Yield values that are assigned to a name such as `password` or `api_key`.

        `ends` are the prefilter's, rising: behind the signs of assignment.
        """
        done = 0
        for end in ends:
            if end <= done:
                continue
            budget.step()
            sign = _sign_around(text, max(done, end - _LONGEST_NAME), end)
            value = _VALUE.match(text, sign.end()) if sign else None
            if sign is None or value is None:
                continue
            done = value.end()
            group = str(value.lastgroup)
            said = value[group].rstrip(".,;:!?") if group == "bare" else value[group]
            start = value.start(group)
            unquoted = group == "bare" and not sign["close"]
            spoken = sign["sign"].lower() in _SPOKEN_SIGNS or (sign["sign"] in {":", "=="} and unquoted)
            if _is_secret_value(sign.group()[: sign.start("sign") - sign.start()], said, spoken=spoken):
                yield Finding(start, start + len(said), "SECRET", _ASSIGNMENT_SCORE)

    def under_key(self, text: str, key: str) -> Iterator[Finding]:
        """Yield all of a text that stands under a key such as `password`, if it can be a secret."""
        value = text.strip()
        words = key_words(key)
        short = value.isdigit() and len(value) >= _SHORTEST and _SHORT_KEY.search(words) is not None
        header = words.endswith("authorization") and " " in value
        if value and (
            short or header or (_KEY.search(words) is not None and _is_secret_value(key, value, spoken=False))
        ):
            start = text.index(value)
            yield Finding(start, start + len(value), "SECRET", _ASSIGNMENT_SCORE)


def names_secret(key: str) -> bool:
    """Return whether what stands under the key, or in an object or a list under it, is a secret."""
    words = key_words(key)
    return _KEY.search(words) is not None or _SHORT_KEY.search(words) is not None


def _sign_around(text: str, begin: int, end: int) -> re.Match[str] | None:
    signs = _SIGN.finditer(text, begin, end + _SIGN_CHARS)
    return next((sign for sign in signs if sign.end() >= end), None)


def _acceptable(item: SecretFormat, text: str, start: int, value: str) -> bool:
    if start > 0 and _WORD_BEFORE.match(text[start - 1]) and _WORD_BEFORE.match(text[start]):
        return False
    if item.entity == "URL_CREDENTIALS":
        return not _REFERENCE.fullmatch(value.partition(":")[2]) or value.partition(":")[2].isalpha()
    return not item.mixed or (any(c.isdigit() for c in value) and any(c.isalpha() for c in value))


def _is_secret_value(name: str, value: str, *, spoken: bool) -> bool:
    """Return whether a value can be a secret: no reference, no type, no word of a sentence about one."""
    if _REFERENCE.fullmatch(value) or value.endswith("("):
        return False
    words = _WORDS_ONLY.fullmatch(value) is not None
    if _PASSWORD_NAME.search(name):
        return len(value) >= 4 and not (words and (spoken or " " in value or "." in value))
    if words and (spoken or not value.isalpha() or len(value) < 2 * _MIN_TOKEN_CHARS):
        return False
    return len(value) >= (_MIN_TOKEN_CHARS if "token" in name.lower() else 8) and not value.isdigit()
