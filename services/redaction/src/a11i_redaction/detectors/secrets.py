"""Finds secrets: keys, tokens and private keys by their format, and values assigned to telling names."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from a11i_redaction.detectors import dummies, letter_pairs, rows, structures
from a11i_redaction.detectors.assignments import assigned, value_at
from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.command_formats import COMMAND_FORMATS
from a11i_redaction.detectors.commands import Command
from a11i_redaction.detectors.hash_formats import HASH_FORMATS
from a11i_redaction.detectors.headers import Headers
from a11i_redaction.detectors.matching import windows
from a11i_redaction.detectors.named_values import NAMED_VALUES
from a11i_redaction.detectors.place_formats import PLACE_FORMATS
from a11i_redaction.detectors.redis_formats import REDIS_FORMATS
from a11i_redaction.detectors.secret_formats import GENERAL_FORMATS, SecretFormat
from a11i_redaction.detectors.secret_names import (
    OPTION_KEY,
    is_telling,
    is_telling_of_base64,
    is_telling_of_digits,
    is_telling_of_hashes,
    names_key_or_identifier,
    names_password,
    names_secret,
    words_of,
)
from a11i_redaction.detectors.vendor_formats import VENDOR_FORMATS
from a11i_redaction.encodings import decoded_string, is_packed_text
from a11i_redaction.findings import Finding
from a11i_redaction.secret_options import glued_length

FORMATS: Final = (
    VENDOR_FORMATS + GENERAL_FORMATS + HASH_FORMATS + COMMAND_FORMATS + PLACE_FORMATS + NAMED_VALUES + REDIS_FORMATS
)

_FORMAT_SCORE: Final = 0.99
_ASSIGNMENT_SCORE: Final = 0.8
_SPOKEN_SCORE: Final = 0.6

SPOKEN_GATE: Final = (
    r"(?i)\b(?:password|passphrase|passcode|passwort|pwd?|secret|token|api key|access key|credentials?)"
    r"(?:(?:[ ][a-z']{1,14}){1,7}[ ](?:is|was|to|be|ist)[ :]|[ ]{1,2}[(`]?[a-z0-9])"
)
"""What the prefilter looks for of secrets named in a sentence."""
_SPOKEN: Final = re.compile(
    r"(?i)\b(?:password|passphrase|passcode|passwort|pwd?|secret|token|api key|access key|credentials?)"
    r"(?P<said>(?: [a-z']{1,14}){1,7} (?:is|was|to|be|ist)[ :]{1,2}"
    r"| for (?:'[^'\r\n]{1,80}'|[^\s:]{1,60}(?: [^\s:]{1,40})?): {1,2}| {1,2}\(?)"
    r"[\"'`]?(?P<value>[^\s\"'`,;<>(){}\[\]\x1a]{8,}+)"
)
_REST: Final = re.compile(r"[^\s\"'`,;<>(){}\[\]\x1a]*+")
_STRONG: Final = re.compile(r"(?=[^0-9]*[0-9])(?=[^a-zA-Z]*[a-zA-Z]).*")
_STRONGER: Final = re.compile(
    r"(?=.*[0-9])(?:(?=.*[A-Z])(?=.*[a-z])|(?=.*[a-zA-Z])(?=.*[!#%&*^$@])|(?=.*[a-zA-Z])(?=[^.:/]{16})).*"
    r"|(?=.*[A-Z])(?=.*[a-z])(?=.*[!#%&*^$@]).*"
)
"""What can hardly be a word: one with a digit, and, without a word such as `is` before it, with more than that."""
_HASH: Final = re.compile(r"(?:md5)?[0-9A-Fa-f]{32,128}|[A-Za-z0-9+/]{27,128}={0,2}")
_VERSION: Final = re.compile(
    r"v?\d{1,4}(?:\.\d{1,6}){1,3}(?:[.\-+]?(?:a|b|c|rc|alpha|beta|dev|post|pre)[.\-]?\d{0,8})?"
)
_CALL: Final = re.compile(r"[A-Za-z_]+\(")
_WHOLE: Final = re.compile(r"[^\s\"'\x1a]{4,}")
_SHORTEST: Final = 4
_WORDS_ONLY: Final = re.compile(r"[A-Za-z]++(?:[ .'\-_/][A-Za-z]++)*+[.!?:]?")
_LONGEST_SPOKEN: Final = 160
_SHORTEST_SPOKEN: Final = 8
_ONLY_A_JOINT: Final = 3
"""Characters between a name and its value that are no words: spaces and a bracket."""
_WORD_BEFORE: Final = re.compile(r"[A-Za-z0-9_]")
_LETTER: Final = re.compile("[A-Za-z]")
_SHORTEST_PHRASE: Final = 4
_SENTENCE_WORDS: Final = 3
_OF_SENTENCES: Final = frozenset({
    "a", "all", "an", "and", "any", "are", "as", "ask", "at", "be", "been", "between", "by", "can", "cannot",
    "changed", "characters", "contact", "contain", "contains", "do", "does", "email", "empty", "enter", "entered",
    "expected", "expired", "field", "for", "forgot", "from", "get", "go", "has", "have", "here", "if", "in",
    "incorrect", "invalid", "is", "it", "its", "least", "match", "may", "min", "minimum", "missing", "must", "my",
    "need", "needs", "new", "no", "not", "of", "on", "only", "optional", "or", "our", "page", "please", "required",
    "reset", "same", "see", "send", "sent", "set", "should", "so", "stored", "string", "that", "the", "their", "there",
    "this", "to", "try", "type", "used", "user", "valid", "value", "was", "we", "were", "when", "will", "with",
    "wrong", "you", "your",
})  # fmt: skip
"""Words of what is said about passwords, and none of lists of which phrases are made."""
_LONGEST_WITHOUT_PROSE: Final = 200
_RANDOM_WORD: Final = re.compile(r"(?<!\S)(?=[^\s\d]{0,60}\d)(?=[^\sA-Za-z]{0,60}[A-Za-z])\S{12}")
"""What long prose about a secret does not have."""
_MIN_TOKEN_CHARS: Final = 12
"""Shorter values of names such as "token" are rather words or counts than tokens."""


class SecretFinder:
    """Finds secrets in texts for which the prefilter named the formats that can occur."""

    __slots__ = ("_commands", "_patterns")

    def __init__(self) -> None:
        self._patterns = tuple(re.compile(item.pattern) for item in FORMATS)
        self._commands = tuple(Command(item.command, item.between) if item.command else None for item in FORMATS)

    def of_formats(self, text: str, formats: Collection[int], budget: Budget) -> Iterator[Finding]:
        """Yield findings of these formats (indices into FORMATS)."""
        for index in sorted(formats):
            item, command = FORMATS[index], self._commands[index]
            places: Sequence[int] | None = None
            for match in self._patterns[index].finditer(text):
                budget.step()
                if command:
                    places = command.places(text) if places is None else places
                    if not command.has(text, match.start(), places):
                        continue
                if item.named:
                    yield from _named(text, match, item)
                    continue
                groups = [name for name in match.re.groupindex if match[name] is not None]
                for group in groups if match.re.groupindex else (0,):
                    start, end = match.span(group)
                    if acceptable(item, text, match.start(), text[start:end]):
                        yield Finding(start, end, item.entity, _FORMAT_SCORE)

    def of_assignments(self, text: str, ends: Iterable[int], budget: Budget) -> Iterator[Finding]:
        """Yield values that are assigned to a name such as `password` or `api_key`.

        `ends` are the prefilter's, rising: behind the signs of assignment.
        """
        for value in assigned(text, ends, budget):
            if is_secret(value.name, text[value.start : value.end], spoken=value.spoken):
                yield Finding(value.start, value.end, "SECRET", _ASSIGNMENT_SCORE)

    def of_sentences(self, text: str, ends: Iterable[int], budget: Budget) -> Iterator[Finding]:
        """Yield values that a sentence names: "the password of the wifi is ...", "the secret (...)"."""
        for begin, stop in windows(text, ends, _LONGEST_SPOKEN):
            for match in _SPOKEN.finditer(text, begin, stop):
                budget.step()
                begins, ends_at = match.span("value")
                if ends_at == stop:  # Cut by the window: the rest goes, too.
                    ends_at = _REST.match(text, stop).end()  # type: ignore[union-attr]  # It matches anything.
                value = text[begins:ends_at].rstrip(".,;:?")
                shape = _STRONG if len(match["said"]) > _ONLY_A_JOINT else _STRONGER
                if len(value) >= _SHORTEST_SPOKEN and _is_strong(shape, value) and not dummies.is_reference(value):
                    yield Finding(begins, begins + len(value), "SECRET", _SPOKEN_SCORE)

    def of_rows(self, text: str, ends: Iterable[int], budget: Budget) -> Iterator[Finding]:
        """Yield values that stand alone beside a name, or on a line of their own below it."""
        for value in rows.beside(text, ends, budget):
            said = text[value.start : value.end].rstrip(".,;:?")
            if (
                _CALL.match(said) is None
                and (not value.below or _is_strong(_STRONGER, said))
                and is_secret(value.name, said, spoken=True)
            ):
                yield Finding(value.start, value.start + len(said), "SECRET", _SPOKEN_SCORE)

    def of_structures(
        self, text: str, keys: Iterable[int], secrets: Iterable[int], budget: Budget
    ) -> Iterator[Finding]:
        """Yield private members of JSON web keys, and the values of secrets of Kubernetes.

        `keys` and `secrets` are where the prefilter saw one, rising.
        """
        for start, end in structures.jwk_members(text, keys, budget):
            yield Finding(start, end, "PRIVATE_KEY", _FORMAT_SCORE)
        for start, end in structures.kubernetes_values(text, secrets, budget):
            yield Finding(start, end, "SECRET", _FORMAT_SCORE)

    def of_columns(self, text: str, headers: Headers, budget: Budget) -> Iterator[Finding]:
        """Yield the cells of tables below headers such as `password`."""
        for name, start, end in headers.under(names_secret):
            budget.step()
            value = text[start:end]
            short = value.isdigit() and len(value) >= _SHORTEST and is_telling_of_digits(name)
            if short or (is_telling(name) and is_secret(name, value, spoken=False)):
                yield Finding(start, end, "SECRET", _ASSIGNMENT_SCORE)

    def under_key(self, text: str, key: str) -> Iterator[Finding]:
        """Yield all of a text that stands under a key such as `password`, if it can be a secret."""
        said = _told_by(key)
        if said is None:
            return
        value = text.strip()
        if key == OPTION_KEY:
            value = value[glued_length(value) :]
        short = value.isdigit() and len(value) >= _SHORTEST and said.digits
        header = " " in value and said.header
        telling = (
            said.any
            or (len(value) >= _MIN_TOKEN_CHARS and said.base64)
            or (said.hashes and _HASH.fullmatch(value) is not None)
        )
        if value and (short or header or (telling and is_secret(key, value, spoken=False))):
            start = text.rindex(value)
            yield Finding(start, start + len(value), "SECRET", _ASSIGNMENT_SCORE)


class _Told(NamedTuple):
    """What a key says that its value can be."""

    any: bool
    digits: bool
    header: bool
    base64: bool
    hashes: bool


@lru_cache(maxsize=4096)
def _told_by(key: str) -> _Told | None:
    """Return what a key says of its value, if anything: nearly all say nothing, and come again and again."""
    told = _Told(
        any=is_telling(key),
        digits=is_telling_of_digits(key),
        header=words_of(key).endswith("authorization"),
        base64=is_telling_of_base64(key),
        hashes=is_telling_of_hashes(key),
    )
    return told if any(told) else None


def is_secret(name: str, value: str, *, spoken: bool) -> bool:
    """Return whether a value can be a secret: no reference, no type, no word of a sentence about one.

    `spoken` says that the value stands as words of a sentence do, without quotes.
    """
    if dummies.is_reference(value) or value.endswith("("):
        return False
    if spoken and _VERSION.fullmatch(value):
        return False
    words = _WORDS_ONLY.fullmatch(value) is not None and not letter_pairs.are_key(value)
    if names_password(name):
        if " " in value and len(_OF_SENTENCES.intersection(value.lower().split(" "))) >= _SENTENCE_WORDS:
            return False
        return len(value) >= _SHORTEST and not (
            words and (spoken or "." in value or (" " in value and not _is_passphrase(value)))
        )
    if dummies.says_so(value) or (words and (spoken or not value.isalpha() or len(value) < 2 * _MIN_TOKEN_CHARS)):
        return False
    if len(value) > _LONGEST_WITHOUT_PROSE and " " in value and _RANDOM_WORD.search(value) is None:
        return False
    if names_key_or_identifier(name) and not (len(value) >= _MIN_TOKEN_CHARS and _is_strong(_STRONGER, value)):
        return False
    return len(value) >= (_MIN_TOKEN_CHARS if "token" in name.lower() else 8) and not value.isdigit()


def _is_strong(shape: re.Pattern[str], value: str) -> bool:
    """Return whether a value has a shape that words have not, or is a key of letters alone."""
    return shape.fullmatch(value) is not None or letter_pairs.are_key(value)


def _is_passphrase(words: str) -> bool:
    """Return whether words are some without a sentence: `correct horse battery staple`."""
    found = words.lower().rstrip(".!?:").split(" ")
    return len(found) >= _SHORTEST_PHRASE and _OF_SENTENCES.isdisjoint(found)


def _named(text: str, match: re.Match[str], item: SecretFormat) -> Iterator[Finding]:
    """Yield the value behind a match, which names it."""
    name = match.groupdict().get("name") or "password"
    value = value_at(text, match.end(), name)
    if item.certain and not (value and value.quoted):
        whole = _WHOLE.match(text, match.end())
        said = whole.group().rstrip(";") if whole else ""
        if said and is_secret(name, said, spoken=False):
            yield Finding(match.end(), match.end() + len(said), "SECRET", _ASSIGNMENT_SCORE)
        return
    if value and is_secret(name, text[value.start : value.end], spoken=not (value.quoted or item.certain)):
        yield Finding(value.start, value.end, "SECRET", _ASSIGNMENT_SCORE)


def acceptable(item: SecretFormat, text: str, start: int, value: str) -> bool:
    """Return whether what a format matches, from a place on, can be a secret: no part of a word, no placeholder."""
    if start > 0 and _WORD_BEFORE.match(text[start - 1]) and _WORD_BEFORE.match(text[start]):
        return False
    if item.entity == "URL_CREDENTIALS":
        password = value.partition(":")[2]
        return not dummies.is_reference(password) or password.isalpha()
    if item.login:
        login = decoded_string(value)
        return login is not None and ":" in login
    if item.packed:
        return is_packed_text(value)
    # Base64 so long can hold any word.
    if (
        item.entity != "JWT"
        and not item.certain
        and dummies.says_so(value)
        and not (item.entity == "PRIVATE_KEY" and dummies.has_random(value))
    ):
        return False
    if not item.certain and dummies.is_reference(value) and not (item.mixed and _is_base64_like_a_path(value)):
        return False
    return not item.mixed or _is_random(value)


def _is_base64_like_a_path(value: str) -> bool:
    """Return whether a value begins as a path does, and has no words: one in 64 begins with a slash."""
    return value[0] in "/.~" and letter_pairs.are_random(value)


def _is_random(value: str) -> bool:
    """Return whether a value holds letters and digits, or letters that are no words."""
    if any(map(str.isdigit, value)):
        return _LETTER.search(value) is not None
    return letter_pairs.are_random(value)
