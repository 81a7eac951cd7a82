"""Values that are assigned to names such as `password`: the signs of assignment, and where the values end."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.dummies import is_random
from a11i_redaction.detectors.letter_pairs import are_key
from a11i_redaction.detectors.secret_names import NAMES, TAIL, names_password

SCANNED_NAMES: Final = re.sub("[^ -~]", lambda _: "[?]", NAMES)
"""What is not ASCII is scanned as a question mark."""
_CLOSE: Final = r"(?:\\{0,7}[\"'`\]]|\*){0,3}"
"""Quotes, escaped ones, the bracket of `user[password]`, emphasis."""
_DEFAULT: Final = r"(?:[ ]\[[^\]\n]{0,24}\])?"
"""What a prompt says would be taken: `AWS Secret Access Key [None]:`."""
_IS: Final = "is|ist|est|es|lautet"
GATE: Final = (
    rf"(?i)(?:{SCANNED_NAMES}){TAIL}{_CLOSE}{_DEFAULT}[ \t]*\s{{0,4}}(?:=|:|=>|->|\b(?:{_IS})\b|>|\?)"
    rf"|(?:{SCANNED_NAMES}){TAIL}\\{{0,7}}[\"'],"
    rf"|--[a-z0-9\-]{{0,24}}(?:{SCANNED_NAMES}){TAIL}[ ]"
)
"""What the prefilter looks for; every assignment holds it."""
_CODES: Final = r"\b(?:pin|otp|totp|code)"
COLUMN_GATE: Final = (
    rf"(?i)(?:(?:{SCANNED_NAMES}){TAIL}|{_CODES})[\"'`*]{{0,3}}[ ]{{0,40}}(?:[,;|\t\r\n)]|[ ]{{2}}|</t)"
)
"""What the prefilter looks for of columns of secrets: a header with something behind it that ends it."""
_SIGN: Final = re.compile(
    rf"(?P<option>--?[a-z0-9\-]{{0,24}})?(?:{NAMES}){TAIL}(?P<close>{_CLOSE}){_DEFAULT}[ \t]{{0,40}}\s{{0,4}}"
    rf"(?P<sign>[:=]=?>?(?:\s{{0,2}}is\b)?|\b(?:{_IS})\b:?|\u2192|\uff1a|->|(?<=[a-z])>|(?<=[\"']),"
    r"|(?(option)[ ]|(?!)))"
    r"\*{0,2}\s{0,4}"
)
_LIST_BEFORE: Final = re.compile(r"(?:[\[({]\s{0,4}\\{0,7}[\"'][\w.\-]{0,40}|[\"']--?[\w\-]{0,24})\Z")
"""What stands before the name of a pair or of an option in a list."""
_LONGEST_NAME: Final = 64
_LONGEST_OPTION: Final = 96
"""Characters before the end of a sign of assignment that can belong to its name, and to that of an option."""
_SIGN_CHARS: Final = 8
"""Characters behind it that can belong to the sign."""
_PROMPT_BEFORE: Final = re.compile(r"(?:[=(,\[{:+ ]|\A)[fFrRbB]?([\"'])[\w :.\-/]{0,40}\Z")
_TARGETS: Final = re.compile(r"[ \t]*(?:[A-Za-z_][\w.]*, ){1,6}(?:[A-Za-z_]\w*\.)*_?")
"""The names before one to which parts of a tuple are assigned."""
_CHAINED: Final = re.compile(r"[A-Za-z_][\w.]* = ")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w.]*(?=[(\[,\r\n]|\Z)")
_BEHIND_PROMPT: Final = frozenset({"", ",", ")", "]", "}", ";", " ", "\n", "+"})
_SHORTEST: Final = 4

_QUOTED: Final = re.compile(
    r"(?:[bBfFrRuU]{1,2}(?=[\"']))?(?:(?P<fence>\"{3}|'{3})\s*+(?P<block>[^\x1a]{3,}?)\s*(?P=fence)"
    r"|\"(?P<double>(?:[^\"\\\n\x1a]|\\.){4,}+)(?:\"|(?=\n|\Z))"
    r"|'(?P<single>(?:[^'\\\n\x1a]|\\.){4,}+)(?:'|(?=\n|\Z))"
    r"|`(?P<tick>[^`\n\x1a]{4,}+)(?:`|(?=\n|\Z))"
    r"|<<[~\-]?[\"']?[A-Za-z_]{1,20}[\"']?[ ]?\r?\n[ \t]{0,40}(?P<heredoc>[^\s\x1a][^\n\x1a]{3,}+)"
    r"|[|>][+\-]?[ ]{0,3}\r?\n[ \t]{1,40}(?P<scalar>[^\s\x1a][^\n\x1a]{3,}+))"
)
_WRAPPED: Final = re.compile(
    r"(?:new[ ])?(?:Some|Just|Ok|SecretStr|SecretBytes|Secret|SecretString|Sensitive|String|str|bytes|Password|Token)"
    r"(?:(?:::|\.)(?:from|new|of|valueOf))?\([ ]{0,2}(?=[bBfFrRuU]{0,2}\\{0,7}[\"'])"
    r"|\[(?=[A-Za-z0-9_\-.~+/=]{8,400}\])(?![^\]]*(?:a-z|A-Z|0-9))"  # Go's maps of lists, no class of characters.
)
"""What stands around a value of some type."""
_SPACED: Final = re.compile(r"(?=[^\r\n]{0,126}\d)(?:[^\s\x1a][ ]){5,63}[^\s\x1a](?!\S)")
"""Letters with a space between each two."""
_ALIGNING: Final = frozenset(" \t")
_MANY_SPACES: Final = re.compile(r"[ \t]{5,40}\S{1,3}\Z")
_ESCAPED_QUOTE: Final = re.compile(r"\\{1,7}[\"']")
_BARE: Final = re.compile(r"[^\s\"'`,;<>(){}\[\]\x1a]{4,}+")
_RUN: Final = re.compile(r"[^\s\"'`,;>(){}\[\]\x1a][^\s\"'`\x1a]{3,}+")
"""A password without quotes: all signs but quotes can be in it."""
_LIMITS: Final = re.compile(r"[,;<>(){}\[\]]")
_FIRST_REACH, _FURTHER = 256, 8
"""How far ahead the end of one is looked for, and how many times as far if it is not there."""
_CALL: Final = re.compile(r"[A-Za-z_$][\w.$]*(?=[(\[])")
_JOINTS: Final = re.compile(r"[._]")
_INSIDE: Final = re.compile(
    r"[(\[](?=[^a-z.,_=()\[\]]*[a-z])(?=[^A-Z.,_=()\[\]]*[A-Z])(?=[^0-9.,_=()\[\]]*[0-9])[^.,_=()\[\]]{6,}[)\]]?"
)
"""What stands in the brackets of a call is no value so random."""
_NEXT_PAIR: Final = re.compile(r"[,;]\s{0,2}[A-Za-z_][\w .\-]{0,40}[=:]")
_TAG: Final = re.compile(r"<[/!]?[A-Za-z][^<>\x1a]{0,100}>|</")
_NEXT_PARAMETER: Final = re.compile(r"&(?:amp;)?[A-Za-z_][\w.\-]*=")
_NAME: Final = re.compile(rf"(?i)[a-z_.$]*(?:{NAMES})s?[a-z_.]*")
_BRACKETS: Final = {")": "(", "]": "[", "}": "{", ">": "<"}
_SPOKEN_SIGNS: Final = frozenset({*_IS.split("|"), "->", "\u2192", " ", ","})


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
        if text[end - 6 : end - 1].isspace() or text[end - 7 : end - 2].isspace():
            aligned = _MANY_SPACES.search(text, max(0, end - _LONGEST_NAME), end)
            longest += len(aligned.group()) if aligned else 0
        begin = max(done, end - longest)
        sign = _sign_around(text, begin, end)
        if sign is None or (sign["sign"] == "," and not _is_listed(text, begin + sign.start())):
            continue
        if _is_prose(text, sign, begin):
            continue
        name = sign.group()[: sign.start("sign") - sign.start()]
        place = begin + sign.end()
        while text[place : place + 1] in _ALIGNING and "\n" not in text[begin + sign.end("sign") : place]:
            place += 1
        spaced = _SPACED.match(text, place) if names_password(name) else None
        if spaced:
            done = spaced.end()
            yield Assigned(place, done, name, spoken=False)
            continue
        said = value_at(text, place, name)
        if said is None or (sign["sign"] == "," and not said.quoted):
            continue
        done = said.stop
        unquoted = not said.quoted and not sign["close"]
        spoken = sign["sign"] in _SPOKEN_SIGNS or (sign["sign"] in {":", "=="} and unquoted)
        if said.end > said.start:
            yield Assigned(said.start, said.end, name, spoken)


def _is_prose(text: str, sign: re.Match[str], begin: int) -> bool:
    """Return whether a sign assigns nothing: it ends a prompt, a placeholder in ticks, or unpacks a tuple."""
    start, end = begin + sign.start(), begin + sign.end()
    if sign["sign"] == ">" and text[begin + sign.end("sign") : end + 1] == "`":
        return True
    if sign["sign"] == ">" and text[start - 1 : start] == "<" and text[end - 1] == " " and not _is_closed(text, end):
        return True
    if not sign["close"] and _is_prompt(text, start, end):
        return True
    if sign["sign"] != "=" or text[end - 1 : end] != " ":
        return False
    if _CHAINED.match(text, end):
        return True
    line = text.rfind("\n", max(0, start - _LONGEST_NAME), start) + 1
    return _TARGETS.fullmatch(text, line, start) is not None and _IDENTIFIER.match(text, end) is not None


def _is_closed(text: str, start: int) -> bool:
    """Return whether a tag closes near behind a place, so that what opened one there was no placeholder."""
    return "</" in text[start : start + _FIRST_REACH]


def _is_prompt(text: str, start: int, end: int) -> bool:
    """Return whether name and sign are a string that ends with them: `getpass("Password: ", stream)`."""
    quote = text[end : end + 1]
    if quote not in {'"', "'"} or text[end + 1 : end + 2] not in _BEHIND_PROMPT:
        return False
    opened = _PROMPT_BEFORE.search(text[max(0, start - _LONGEST_NAME) : start])
    return opened is not None and opened[1] == quote


def value_at(text: str, place: int, name: str) -> _Said | None:
    """Return the value that begins at a place, behind a sign of assignment; an empty one is none that can be secret."""
    wrapped = _WRAPPED.match(text, place)
    place = wrapped.end() if wrapped else place
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
    if call and call.end() <= start + len(said) and not (_INSIDE.match(text, call.end()) or _is_random(call.group())):
        return _Said(start, start, end, quoted=False)
    said = said.rstrip(".,;:?")
    is_name = _NAME.fullmatch(said) is not None and not are_key(said)
    return _Said(start, start if is_name else start + len(said), end, quoted=False)


def _is_random(call: str) -> bool:
    """Return whether what stands before brackets is part of a password, and not the name of a function."""
    return any(map(is_random, _JOINTS.split(call)))


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
