"""Finds secrets: keys, tokens and private keys by their format, and values assigned to telling names."""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Final

from a11i_redaction.detectors import dummies
from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.context import key_words
from a11i_redaction.detectors.matching import windows
from a11i_redaction.detectors.secret_formats import GENERAL_FORMATS, SecretFormat
from a11i_redaction.detectors.vendor_formats import VENDOR_FORMATS
from a11i_redaction.findings import Finding

FORMATS: Final = VENDOR_FORMATS + GENERAL_FORMATS

_FORMAT_SCORE: Final = 0.99
_ASSIGNMENT_SCORE: Final = 0.8
_SPOKEN_SCORE: Final = 0.6

_NAMES: Final = (
    r"password|passwd|passphrase|passcode|pwd|\bpass|\bpw|secret|apikey|api[ _\-]?key|access[ _\-]?key|secret[ _\-]?key"
    r"|private[ _\-]?key|account[ _\-]?key|encryption[ _\-]?key|signing[ _\-]?key|master[ _\-]?key"
    r"|subscription[ _\-]?key|license[ _\-]?key|client[ _\-]?secret|auth[ _\-]?token"
    r"|access[ _\-]?token|refresh[ _\-]?token|session[ _\-]?token|id[ _\-]?token|bearer[ _\-]?token|credentials?|token"
    r"|passwort|kennwort|contrase(?:ñ|n)a|mot de passe|senha|wachtwoord|has(?:ł|l)o|l(?:ö|o)senord|salasana|(?:ş|s)ifre"
    r"|пароль|密码|密碼|パスワード|비밀번호"
)
ASSIGNMENT_GATE: Final = (
    rf"(?i)(?:{re.sub('[^ -~]', lambda _: '[?]', _NAMES)})[\"'\]]{{0,2}}\s{{0,4}}(?:=|:|=>|->|\bis\b|>|\?)"
    rf"|--[a-z0-9\-]{{0,24}}(?:{re.sub('[^ -~]', lambda _: '[?]', _NAMES)})[ ]"
)
"""What the prefilter looks for; every assignment holds it. What is not ASCII is scanned as a question mark."""
_SIGN: Final = re.compile(
    rf"(?P<option>--?[a-z0-9\-]{{0,24}})?(?:{_NAMES})(?P<close>[\"'\]]{{0,2}})\s{{0,4}}"
    r"(?P<sign>[:=]=?>?(?:\s{0,2}is\b)?|\bis\b:?|\u2192|\uff1a|->|(?<=[a-z])>|(?(option)[ ]|(?!)))\s{0,4}"
)
_VALUE: Final = re.compile(
    r"\"(?P<double>[^\"\n\x1a]{4,500})\"|'(?P<single>[^'\n\x1a]{4,500})'|`(?P<tick>[^`\n\x1a]{4,500})`"
    r"|(?P<bare>[^\s\"'`,;<>(){}\[\]\x1a]{4,500})"
)
SPOKEN_GATE: Final = (
    r"(?i)\b(?:password|passphrase|passcode|passwort|secret|token|api key|access key|credentials?)"
    r"(?:(?:[ ][a-z']{1,14}){1,7}[ ](?:is|was|to|be|ist)[ :]|[ ]{1,2}[(`]?[a-z0-9])"
)
"""What the prefilter looks for of secrets named in a sentence."""
_SPOKEN: Final = re.compile(
    r"(?i)\b(?:password|passphrase|passcode|passwort|secret|token|api key|access key|credentials?)"
    r"(?P<said>(?: [a-z']{1,14}){1,7} (?:is|was|to|be|ist)[ :]{1,2}| {1,2}\(?)"
    r"[\"'`]?(?P<value>[^\s\"'`,;<>(){}\[\]\x1a]{8,128})"
)
_STRONG: Final = re.compile(r"(?=[^0-9]*[0-9])(?=[^a-zA-Z]*[a-zA-Z]).*")
_STRONGER: Final = re.compile(
    r"(?=.*[0-9])(?:(?=.*[A-Z])(?=.*[a-z])|(?=.*[a-zA-Z])(?=.*[!#%&*^$@])|(?=.*[a-zA-Z])(?=[^.:/]{16})).*"
    r"|(?=.*[A-Z])(?=.*[a-z])(?=.*[!#%&*^$@]).*"
)
"""What can hardly be a word: one with a digit, and, without a word such as `is` before it, with more than that."""
_KEY: Final = re.compile(rf"(?:^| )(?:(?:{_NAMES})s?|authorization|cookie)$")
_SHORT_KEY: Final = re.compile(r"(?:^| )(?:password|passwd|passphrase|passcode|pwd|pin|otp|pin code|secret)$|^token$")
"""Keys under which four digits are a secret."""
_ENCODED_KEY: Final = re.compile(r"(?:^| )auth$")
"""Of Docker's and npm's settings, where it is base64 of user and password."""
_SHORTEST: Final = 4
_PASSWORD_NAME: Final = re.compile(
    r"(?i)pass|pwd|kennwort|contrase|senha|wachtwoord|has[łl]o|senord|ifre|пароль|密|パス|비밀"
)
_NAME: Final = re.compile(rf"(?i)[a-z_.$]*(?:{_NAMES})s?[a-z_.]*")
_CALL: Final = re.compile(r"[A-Za-z_$][A-Za-z_.$]*")
_NEXT_PARAMETER: Final = re.compile(r"&(?:amp;)?[A-Za-z_][\w.\-]*=")
_WORDS_ONLY: Final = re.compile(r"[A-Za-z]++(?:[ .'\-_/][A-Za-z]++)*+[.!?:]?")
_SPOKEN_SIGNS: Final = frozenset({"is", "->", "\u2192", " "})
_LONGEST_NAME: Final = 32
_LONGEST_OPTION: Final = 72
"""Characters before the end of a sign of assignment that can belong to its name, and to that of an option."""
_SIGN_CHARS: Final = 8
"""Characters behind it that can belong to the sign."""
_LONGEST_SPOKEN: Final = 160
_SHORTEST_SPOKEN: Final = 8
_ONLY_A_JOINT: Final = 3
"""Characters between a name and its value that are no words: spaces and a bracket."""
_WORD_BEFORE: Final = re.compile(r"[A-Za-z0-9_]")
_RANDOM_CHANGES: Final = 0.4
"""Changes between capitals and small letters, a letter: half in random ones."""
_RANDOM_PAIRS: Final = 2
"""Pairs of capitals side by side: a fourth of all pairs in random letters, and none in `PascalCasedNames`."""
_LONGEST_WITHOUT_PROSE: Final = 200
_RANDOM_WORD: Final = re.compile(r"(?<!\S)(?=[^\s\d]{0,60}\d)(?=[^\sA-Za-z]{0,60}[A-Za-z])\S{12}")
"""What long prose about a secret does not have."""
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
            longest = _LONGEST_OPTION if text[end - 1] == " " else _LONGEST_NAME
            begin = max(done, end - longest)
            sign = _sign_around(text, begin, end)
            value = _VALUE.match(text, begin + sign.end()) if sign else None
            if sign is None or value is None:
                continue
            done = value.end()
            group = str(value.lastgroup)
            start = value.start(group)
            said = _bare(text, value) if group == "bare" else value[group]
            unquoted = group == "bare" and not sign["close"]
            spoken = sign["sign"] in _SPOKEN_SIGNS or (sign["sign"] in {":", "=="} and unquoted)
            if said and is_secret(sign.group()[: sign.start("sign") - sign.start()], said, spoken=spoken):
                yield Finding(start, start + len(said), "SECRET", _ASSIGNMENT_SCORE)

    def of_sentences(self, text: str, ends: Iterable[int], budget: Budget) -> Iterator[Finding]:
        """Yield values that a sentence names: "the password of the wifi is ...", "the secret (...)"."""
        for begin, stop in windows(text, ends, _LONGEST_SPOKEN):
            for match in _SPOKEN.finditer(text, begin, stop):
                budget.step()
                value = match["value"].rstrip(".,;:?")
                shape = _STRONG if len(match["said"]) > _ONLY_A_JOINT else _STRONGER
                if len(value) >= _SHORTEST_SPOKEN and shape.fullmatch(value) and not dummies.is_reference(value):
                    yield Finding(match.start("value"), match.start("value") + len(value), "SECRET", _SPOKEN_SCORE)

    def under_key(self, text: str, key: str) -> Iterator[Finding]:
        """Yield all of a text that stands under a key such as `password`, if it can be a secret."""
        value = text.strip()
        words = key_words(key)
        short = value.isdigit() and len(value) >= _SHORTEST and _SHORT_KEY.search(words) is not None
        header = words.endswith("authorization") and " " in value
        telling = _KEY.search(words) is not None or (
            len(value) >= _MIN_TOKEN_CHARS and _ENCODED_KEY.search(words) is not None
        )
        if value and (short or header or (telling and is_secret(key, value, spoken=False))):
            start = text.index(value)
            yield Finding(start, start + len(value), "SECRET", _ASSIGNMENT_SCORE)


def names_secret(key: str) -> bool:
    """Return whether what stands under the key, or in an object or a list under it, is a secret."""
    words = key_words(key)
    return _KEY.search(words) is not None or _SHORT_KEY.search(words) is not None


def is_secret(name: str, value: str, *, spoken: bool) -> bool:
    """Return whether a value can be a secret: no reference, no type, no word of a sentence about one.

    `spoken` says that the value stands as words of a sentence do, without quotes.
    """
    if dummies.is_reference(value) or value.endswith("("):
        return False
    words = _WORDS_ONLY.fullmatch(value) is not None
    if _PASSWORD_NAME.search(name):
        return len(value) >= _SHORTEST and not (words and (spoken or " " in value or "." in value))
    if dummies.says_so(value) or (words and (spoken or not value.isalpha() or len(value) < 2 * _MIN_TOKEN_CHARS)):
        return False
    if len(value) > _LONGEST_WITHOUT_PROSE and " " in value and _RANDOM_WORD.search(value) is None:
        return False
    return len(value) >= (_MIN_TOKEN_CHARS if "token" in name.lower() else 8) and not value.isdigit()


def _sign_around(text: str, begin: int, end: int) -> re.Match[str] | None:
    """Return the sign of assignment that the prefilter saw, with places from `begin` on, in lower case."""
    window = text[begin : end + _SIGN_CHARS]
    lowered = window.lower()  # Ten times as fast as to ignore case.
    signs = _SIGN.finditer(lowered if len(lowered) == len(window) else window)
    return next((sign for sign in signs if begin + sign.end() >= end), None)


def _bare(text: str, match: re.Match[str]) -> str:
    """Return a value without quotes, or nothing where it is a name or a call of code."""
    said = match["bare"]
    if "&" in said:
        more = _NEXT_PARAMETER.search(said)
        said = said[: more.start()] if more else said
    if match.end() < len(text) and text[match.end()] in "([" and _CALL.fullmatch(said):
        return ""
    said = said.rstrip(".,;:?")
    return "" if _NAME.fullmatch(said) else said


def _acceptable(item: SecretFormat, text: str, start: int, value: str) -> bool:
    if start > 0 and _WORD_BEFORE.match(text[start - 1]) and _WORD_BEFORE.match(text[start]):
        return False
    if item.entity == "URL_CREDENTIALS":
        password = value.partition(":")[2]
        return not dummies.is_reference(password) or password.isalpha()
    if dummies.says_so(value):
        return False
    return not item.mixed or _is_random(value)


def _is_random(value: str) -> bool:
    """Return whether a value holds letters and digits, or letters as random ones are: capitals anywhere among them."""
    letters = [char for char in value if char.isalpha()]
    if any(map(str.isdigit, value)):
        return bool(letters)
    sides = [(first.isupper(), second.isupper()) for first, second in pairwise(letters)]
    changes = sum(first is not second for first, second in sides)
    pairs = sum(first and second for first, second in sides)
    return len(letters) >= _MIN_TOKEN_CHARS and changes >= _RANDOM_CHANGES * len(letters) and pairs >= _RANDOM_PAIRS
