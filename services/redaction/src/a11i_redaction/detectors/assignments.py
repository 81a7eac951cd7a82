"""Values that are assigned to names such as `password`: the signs of assignment, and where the values end."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.dummies import is_random
from a11i_redaction.detectors.secret_names import NAMES, TAIL, names_password

SCANNED_NAMES: Final = re.sub("[^ -~]", lambda _: "[?]", NAMES)
"""What is not ASCII is scanned as a question mark."""
_CLOSE: Final = r"(?:\\{0,7}[\"'`\]]|\*){0,3}"
"""Quotes, escaped ones, the bracket of `user[password]`, emphasis."""
GATE: Final = (
    rf"(?i)(?:{SCANNED_NAMES}){TAIL}{_CLOSE}\s{{0,4}}(?:=|:|=>|->|\bis\b|>|\?)|(?:{SCANNED_NAMES}){TAIL}\\{{0,7}}[\"'],"
    rf"|--[a-z0-9\-]{{0,24}}(?:{SCANNED_NAMES}){TAIL}[ ]"
)
"""What the prefilter looks for; every assignment holds it."""
_CODES: Final = r"\b(?:pin|otp|totp|code)"
COLUMN_GATE: Final = (
    rf"(?i)(?:(?:{SCANNED_NAMES}){TAIL}|{_CODES})[\"'`*]{{0,3}}[ ]{{0,40}}(?:[,;|\t\r\n)]|[ ]{{2}}|</t)"
)
"""What the prefilter looks for of columns of secrets: a header with something behind it that ends it."""
_SIGN: Final = re.compile(
    rf"(?P<option>--?[a-z0-9\-]{{0,24}})?(?:{NAMES}){TAIL}(?P<close>{_CLOSE})\s{{0,4}}"
    r"(?P<sign>[:=]=?>?(?:\s{0,2}is\b)?|\bis\b:?|\u2192|\uff1a|->|(?<=[a-z])>|(?<=[\"']),|(?(option)[ ]|(?!)))"
    r"\*{0,2}\s{0,4}"
)
_LIST_BEFORE: Final = re.compile(r"(?:[\[({]\s{0,4}\\{0,7}[\"'][\w.\-]{0,40}|[\"']--?[\w\-]{0,24})\Z")
"""What stands before the name of a pair or of an option in a list."""
_LONGEST_NAME: Final = 64
_LONGEST_OPTION: Final = 96
"""Characters before the end of a sign of assignment that can belong to its name, and to that of an option."""
_SIGN_CHARS: Final = 8
"""Characters behind it that can belong to the sign."""
_PROMPT_BEFORE: Final = re.compile(r"(?:[=(,\[{:+ ]|\A)[fFrRbB]?([\"'])[\w ]{0,40}\Z")
_BEHIND_PROMPT: Final = frozenset({"", ",", ")", "]", "}", ";", " ", "\n", "+"})
_SHORTEST: Final = 4

_QUOTED: Final = re.compile(
    r"(?:[bBfFrRuU]{1,2}(?=[\"']))?(?:(?P<fence>\"{3}|'{3})\s*+(?P<block>[^\x1a]{3,}?)\s*(?P=fence)"
    r"|\"(?P<double>(?:[^\"\\\n\x1a]|\\.){4,}+)(?:\"|(?=\n|\Z))"
    r"|'(?P<single>(?:[^'\\\n\x1a]|\\.){4,}+)(?:'|(?=\n|\Z))"
    r"|`(?P<tick>[^`\n\x1a]{4,}+)(?:`|(?=\n|\Z))"
    r"|[|>][+\-]?[ ]{0,3}\r?\n[ \t]{1,40}(?P<scalar>[^\s\x1a][^\n\x1a]{3,}+))"
)
_ESCAPED_QUOTE: Final = re.compile(r"\\{1,7}[\"']")
_BARE: Final = re.compile(r"[^\s\"'`,;<>(){}\[\]\x1a]{4,}+")
_RUN: Final = re.compile(r"[^\s\"'`,;>(){}\[\]\x1a][^\s\"'`\x1a]{3,}+")
"""A password without quotes: all signs but quotes can be in it."""
_LIMITS: Final = re.compile(r"[,;<>(){}\[\]]")
_FIRST_REACH, _FURTHER = 256, 8
"""How far ahead the end of one is looked for, and how many times as far if it is not there."""
_CALL: Final = re.compile(r"[A-Za-z_$][\w.$]*(?=[(\[])")
_INSIDE: Final = re.compile(r"[(\[](?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^0-9]*[0-9])[^.,_=()\[\]]{6,}[)\]]?")
"""What stands in the brackets of a call is no value so random."""
_NEXT_PAIR: Final = re.compile(r"[,;]\s{0,2}[A-Za-z_][\w .\-]{0,40}[=:]")
_TAG: Final = re.compile(r"<[/!]?[A-Za-z][^<>\x1a]{0,100}>|</")
_NEXT_PARAMETER: Final = re.compile(r"&(?:amp;)?[A-Za-z_][\w.\-]*=")
_NAME: Final = re.compile(rf"(?i)[a-z_.$]*(?:{NAMES})s?[a-z_.]*")
_BRACKETS: Final = {")": "(", "]": "[", "}": "{", ">": "<"}
_SPOKEN_SIGNS: Final = frozenset({"is", "->", "\u2192", " ", ","})


class Assigned(NamedTuple):
    """A value that may be a secret."""

    start: int
    end: int
    name: str
    """What it is assigned to."""
    spoken: bool
    """Whether it stands as words of a sentence or names in a list do, so that words are none."""


class _Said(NamedTuple):
    start: int
    end: int
    stop: int
    """Where the search for the next one begins."""
    quoted: bool


def assigned(text: str, ends: Iterable[int], budget: Budget) -> Iterator[Assigned]:
    """Yield values that are assigned to a name such as `password` or `api_key`.

    `ends` are the prefilter's, rising: behind the signs of assignment.
    """
    done = 0
    for end in ends:
        if end <= done:
            continue
        budget.step()
        longest = _LONGEST_OPTION if text[end - 1] in " ," else _LONGEST_NAME
        begin = max(done, end - longest)
        sign = _sign_around(text, begin, end)
        if sign is None or (sign["sign"] == "," and not _is_listed(text, begin + sign.start())):
            continue
        if not sign["close"] and _is_prompt(text, begin + sign.start(), begin + sign.end()):
            continue
        name = sign.group()[: sign.start("sign") - sign.start()]
        said = value_at(text, begin + sign.end(), name)
        if said is None or (sign["sign"] == "," and not said.quoted):
            continue
        done = said.stop
        unquoted = not said.quoted and not sign["close"]
        spoken = sign["sign"] in _SPOKEN_SIGNS or (sign["sign"] in {":", "=="} and unquoted)
        if said.end > said.start:
            yield Assigned(said.start, said.end, name, spoken)


def _is_prompt(text: str, start: int, end: int) -> bool:
    """Return whether name and sign are a string that ends with them: `getpass("Password: ", stream)`."""
    quote = text[end : end + 1]
    if quote not in {'"', "'"} or text[end + 1 : end + 2] not in _BEHIND_PROMPT:
        return False
    opened = _PROMPT_BEFORE.search(text[max(0, start - _LONGEST_NAME) : start])
    return opened is not None and opened[1] == quote


def value_at(text: str, place: int, name: str) -> _Said | None:
    """Return the value that begins at a place, behind a sign of assignment; an empty one is none that can be secret."""
    quoted = _QUOTED.match(text, place)
    if quoted:
        return _Said(*quoted.span(str(quoted.lastgroup)), quoted.end(), quoted=True)
    if text[place : place + 1] == "\\":
        escaped = _escaped(text, place)
        if escaped:
            return escaped
    if not names_password(name):
        bare = _BARE.match(text, place)
        return _bare(text, *bare.span()) if bare else None
    reach = _FIRST_REACH
    while True:
        run = _RUN.match(text, place, place + reach)
        if run is None:
            return None
        end = _end_of_password(text, *run.span())
        if end < place + reach:
            return _bare(text, place, end)
        reach *= _FURTHER


def _escaped(text: str, place: int) -> _Said | None:
    """Return the value between two quotes with as many backslashes each: JSON in a string, and in one in that."""
    opening = _ESCAPED_QUOTE.match(text, place)
    if opening is None:
        return None
    quote, start = opening.group(), opening.end()
    line = text.find("\n", start)
    line = len(text) if line < 0 else line
    end = text.find(quote, start, line)
    while end > 0 and text[end - 1] == "\\":
        end = text.find(quote, end + len(quote), line)
    end, stop = (line, line) if end < 0 else (end, end + len(quote))
    return _Said(start, end, stop, quoted=True) if end - start >= _SHORTEST and "\x1a" not in text[start:end] else None


def _bare(text: str, start: int, end: int) -> _Said:
    """Return a value without quotes: empty where it is a name or a call of code."""
    said = text[start:end]
    if "&" in said:
        more = _NEXT_PARAMETER.search(said)
        said = said[: more.start()] if more else said
        end = start + len(said)
    if text[end : end + 1] in {'"', "'"}:
        said = said.rstrip("\\")
    call = _CALL.match(text, start)
    if call and call.end() <= start + len(said) and not (_INSIDE.match(text, call.end()) or is_random(call.group())):
        return _Said(start, start, end, quoted=False)
    said = said.rstrip(".,;:?")
    return _Said(start, start if _NAME.fullmatch(said) else start + len(said), end, quoted=False)


def _end_of_password(text: str, start: int, end: int) -> int:
    """Return where a password without quotes ends: at a sign that belongs to what it stands in, not to itself."""
    if _LIMITS.search(text, start, end) is None:
        return end
    opened: list[str] = []
    for place in range(start, end):
        char = text[place]
        if char in ",;":
            if place + 1 == end or _NEXT_PAIR.match(text, place):
                return place
        elif char == "<" and _TAG.match(text, place) and place > start:
            return place
        elif char in "([{<":
            opened.append(char)
        elif char in _BRACKETS:
            if opened and opened[-1] == _BRACKETS[char]:
                opened.pop()
            elif not text[place + 1 : place + 2].isalnum():
                return place
    return end


def _is_listed(text: str, start: int) -> bool:
    """Return whether the name that begins there is the first of a pair, or an option in a list."""
    return _LIST_BEFORE.search(text, max(0, start - _LONGEST_NAME), start) is not None or (
        text[start : start + 1] == "-" and text[start - 1 : start] in {'"', "'"}
    )


def _sign_around(text: str, begin: int, end: int) -> re.Match[str] | None:
    """Return the sign of assignment that the prefilter saw, with places from `begin` on, in lower case."""
    window = text[begin : end + _SIGN_CHARS]
    lowered = window.lower()  # Ten times as fast as to ignore case.
    signs = _SIGN.finditer(lowered if len(lowered) == len(window) else window)
    return next((sign for sign in signs if begin + sign.end() >= end), None)
