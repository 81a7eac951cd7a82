"""What is encoded in a text, with what it stands for: escapes of URLs, HTML, JSON and code, base64, other digits."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from html.entities import html5
from typing import Final

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.encodings import decoded_string
from a11i_redaction.views.layers import Edit

ESCAPE_GATE: Final = (
    r"%(?:[2-7c-f][0-9a-f]|0[9ad]|u[0-9a-f]{4})|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8};)"
    r"|\\(?:u[0-9a-f]{4}|u\{|x[0-9a-f]{2}|[nrt/]|[0-3][0-7]{2})"
    r"|[\w.+\-]=40[a-z0-9\-]|(?:=[0-9a-f]{2}){3}"
    r"|=[a-z0-9%.+\-]{0,120}\+[a-z0-9%(]"
)
"""What the prefilter looks for, whatever the case."""
PACKED_GATE: Final = r"[A-Za-z0-9+/_\-]{16}"


def _bytes_of(prefix: str) -> str:
    """Return an expression for one character of UTF-8, each byte with the prefix."""
    more = rf"{prefix}[89ABab][0-9A-Fa-f]"
    return (
        rf"{prefix}[0-7][0-9A-Fa-f]|{prefix}[C-Dc-d][0-9A-Fa-f]{more}|{prefix}[Ee][0-9A-Fa-f](?:{more}){{2}}"
        rf"|{prefix}[Ff][0-7](?:{more}){{3}}"
    )


_ESCAPE: Final = re.compile(
    rf"(?P<percent>{_bytes_of('%')})|%u(?P<old>[0-9A-Fa-f]{{4}})"
    # Browsers take numbers without the semicolon, too.
    r"|&(?:#(?P<number>\d{1,7});?|#[xX](?P<hex>[0-9A-Fa-f]{1,6});?|(?P<entity>[A-Za-z][A-Za-z0-9]{1,7});)"
    r"|\\{1,4}u(?P<high>[dD][89ABab][0-9A-Fa-f]{2})\\{1,4}u(?P<low>[dD][C-Fc-f][0-9A-Fa-f]{2})"
    r"|\\{1,4}(?:u(?P<unit>[0-9A-Fa-f]{4})|u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|U(?P<long>[0-9A-Fa-f]{8}))"
    r"|\\{1,4}x(?P<bytes>(?:[0-9A-Fa-f]{2}){8,}+)(?![0-9A-Fa-f])"  # PostgreSQL's bytea
    rf"|(?P<code>{_bytes_of(chr(92) * 2 + '{1,4}x')})"
    r"|\\{1,3}(?P<sign>[nrt/])"
    r"|(?P<octal>\\{1,4}[01][0-7]{2}|(?:\\{1,4}[23][0-7]{2}){2,4})"
    rf"|(?P<quoted>(?:{_bytes_of('=')}){{3,}}+|(?<=[\w.+\-])=40(?=[A-Za-z0-9\-]{{1,63}}(?:\.|=2E)[A-Za-z]))"
)
_ESCAPE_HEAD: Final = re.compile(r"[%&\\]|=(?=[0-9A-Fa-f]{2})")
"""What each begins with: to look for that first takes a third of the time."""
_FORM: Final = re.compile(r"(?<![^\s?&\"'])[\w.\-\[\]]{1,40}=(?P<value>[^\s&\"'<>=/]*\+[^\s&\"'<>=/]*)")
_SIGNS: Final = {"n": "\n", "r": "\r", "t": "\t", "/": "/"}
_HEX: Final = re.compile(r"[0-9A-Fa-f]{2}")
_OCTAL: Final = re.compile(r"[0-3][0-7]{2}")
_LAST_CHAR: Final = 0x10FFFF

_RUN: Final = re.compile(r"[A-Za-z0-9+/_\-]{16,}+={0,2}")
_WORTHWHILE: Final = re.compile(r"[A-Z]|[0-9a-f]{16}")
"""What base64 of text has, or hexadecimal digits."""
_SEPARATOR: Final = re.compile(r"[+/_\-]")
"""Characters of the alphabets of base64, and between words, too: of paths, and of names with something behind."""
_BESIDE: Final = "+/_-."
_MOST_HEADS: Final = 4
"""Words before base64 that has such characters itself."""
_END_OF_FORMS: Final = 0x20000
"""Planes behind have letters alone, but for those that nothing shows."""
_BEFORE_FORMS: Final = 0xFF
"""Of Latin-1, only raised digits are forms: the others are words of their own in Spanish and French."""
_OVERLAY: Final = 1
"""The combining class of strokes through a character."""
_SHORTEST_PACKED: Final = 16
"""Base64 of twelve bytes, hexadecimal digits of eight: the shortest that can hold a value."""


def escapes(text: str, budget: Budget, *, forms: bool) -> Iterator[Edit]:
    """Yield each escape as the character that it stands for, and, of forms, plus signs as spaces."""
    spaces = _spaces_of_forms(text) if forms and "+" in text else iter(())
    space = next(spaces, None)
    for match in _escapes(text):
        budget.step()
        new = _meaning(match)
        if new is None:
            continue
        while space is not None and space < match.start():
            yield Edit(space, space + 1, " ")
            space = next(spaces, None)
        yield Edit(match.start(), match.end(), new)
    while space is not None:
        yield Edit(space, space + 1, " ")
        space = next(spaces, None)


def packed(text: str, budget: Budget, *, whole: bool) -> Iterator[Edit]:
    """Yield each run of base64 or of hexadecimal digits that is that of printable text, as that text.

    `whole` says whether it is looked for where it is all of the text, too.
    """
    for match in _RUN.finditer(text):
        budget.step()
        start, token = match.start(), match.group()
        if _WORTHWHILE.search(token) is None:
            continue
        decoded = decoded_string(token)
        if decoded is None:
            for first, last, new in _parts(token):
                yield _apart(text, start + first, start + last, new)
        elif whole or len(token) < len(text):
            yield _apart(text, start, match.end(), decoded)


def _apart(text: str, start: int, end: int, decoded: str) -> Edit:
    """Return the edit for what is encoded, apart from signs beside it that could be its own."""
    before = " " if start and text[start - 1] in _BESIDE else ""
    behind = " " if text[end : end + 1] in _BESIDE and end < len(text) else ""
    return Edit(start, end, f"{before}{decoded}{behind}")


def _parts(token: str) -> Iterator[tuple[int, int, str]]:
    """Yield where in a token something is encoded behind, before or between separators, with what it stands for."""
    separators = [match.start() for match in _SEPARATOR.finditer(token)]
    if not separators:
        return
    start = 0
    for number, end in enumerate([*separators, len(token)]):
        if 0 < number <= _MOST_HEADS and (decoded := _unpacked(token[start:])) is not None:
            yield start, len(token), decoded
            return
        if end - start >= _SHORTEST_PACKED and (decoded := _unpacked(token[start:end])) is not None:
            yield start, end, decoded
        start = end + 1


def plain_forms() -> dict[int, str]:
    """Return the ASCII letters, digits and signs of other forms, and the spaces and line ends that are no ASCII.

    Forms: full-width, mathematical, raised, in circles; and the digits of all scripts.
    """
    forms = dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n") | dict.fromkeys(
        (0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B), 0x205F, 0x3000), " "
    )
    for code in range(0x80, _END_OF_FORMS):
        char = chr(code)
        digit = unicodedata.digit(char, None)
        if digit is not None:
            forms[code] = str(digit)
        elif code > _BEFORE_FORMS and unicodedata.decomposition(char).startswith("<"):
            plain = unicodedata.normalize("NFKC", char)
            if len(plain) == 1 and "!" <= plain <= "~":
                forms[code] = plain
    return forms


def unseen() -> set[int]:
    """Return the characters without width, or over others: format controls, default ignorable ones, overlays."""
    ignorable = {
        code
        for first, last in (
            (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2060, 0x206F), (0x3164, 0x3164),
            (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
            (0xE0000, 0xE0FFF),
        )
        for code in range(first, last + 1)
    }  # fmt: skip
    return ignorable | {
        code
        for code, char in ((code, chr(code)) for code in range(0x80, _END_OF_FORMS))
        if unicodedata.category(char) in {"Cf", "Me"} or unicodedata.combining(char) == _OVERLAY
    }


def _escapes(text: str) -> Iterator[re.Match[str]]:
    """Yield the escapes in a text, disjoint and in order."""
    done = 0
    for head in _ESCAPE_HEAD.finditer(text):
        match = _ESCAPE.match(text, head.start()) if head.start() >= done else None
        if match is not None:
            done = match.end()
            yield match


def _meaning(match: re.Match[str]) -> str | None:
    kind = str(match.lastgroup)
    said = match[kind]
    if kind in {"percent", "code", "quoted"}:
        return _of_bytes(int(byte, 16) for byte in _HEX.findall(said))
    if kind == "octal":
        return _of_bytes(int(byte, 8) for byte in _OCTAL.findall(said))
    if kind == "bytes":
        return decoded_string(said) or chr(int(said[:2], 16)) + said[2:]
    if kind == "entity":
        return html5.get(said + ";")
    if kind == "low":
        high, low = int(match["high"], 16), int(said, 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
    if kind == "sign":
        return _SIGNS[said]
    code = int(said, 10 if kind == "number" else 16)
    return chr(code) if code <= _LAST_CHAR else None


def _of_bytes(codes: Iterable[int]) -> str | None:
    """Return the characters of bytes, if they are UTF-8: overlong forms are not."""
    piece = bytes(codes).decode("utf-8", "replace")
    return None if "\ufffd" in piece else piece


def _spaces_of_forms(text: str) -> Iterator[int]:
    for match in _FORM.finditer(text):
        place = text.find("+", match.start("value"), match.end())
        while place >= 0:
            yield place
            place = text.find("+", place + 1, match.end())


def _unpacked(token: str) -> str | None:
    return decoded_string(token) if len(token) >= _SHORTEST_PACKED and _WORTHWHILE.search(token) else None
