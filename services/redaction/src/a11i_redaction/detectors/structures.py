"""Secrets that the structure around them tells, in text that is no JSON: private keys as JWK, secrets of Kubernetes."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from a11i_redaction.detectors.budget import Budget

JWK_GATE: Final = r"\bkty\b"
KUBERNETES_GATE: Final = r"kind:[ ]{0,4}[\"']?Secret"
"""What the prefilter looks for."""
_LONGEST_JWK: Final = 8_192
"""Characters to each side: a key of RSA with 4,096 bits takes 3,800."""
_MEMBER: Final = re.compile(
    r"(?<![\w\-])(?:d|p|q|dp|dq|qi|k)\\{0,7}[\"']?\s{0,4}[:=]\s{0,4}\\{0,7}[\"']?(?P<value>[A-Za-z0-9_\-]{20,})"
)
"""RFC 7518, 6.2.2, 6.3.2 and 6.4: the private members. The shortest symmetric keys have 128 bits."""
_OTHER_LINE: Final = re.compile(r"\n(?![ \t\-]*[\"']?[a-z][a-z0-9_#]{0,7}[\"']?\s{0,2}[:=])")
"""Where lines that can be members end."""
_DATA: Final = re.compile(r"^(?P<indent>[ \t\-]*)[\"']?(?:data|stringData)[\"']?:[ \t]*\r?\n", re.MULTILINE)
_ENTRY: Final = re.compile(
    r"(?P<indent>[ \t]+)[\"']?[\w.\-]{1,253}[\"']?:[ \t]{1,4}"
    r"(?:[|>][+\-]?\d?[ \t]*\r?\n(?P<block>(?:(?P=indent)[ \t]+\S.*\n?|[ \t]*\n)+)"
    r"|[\"']?(?P<value>[^\s\"'\x1a|>{\[][^\r\n\"'\x1a]{2,}))?[^\n]*\n?"
)
_SAME_DOCUMENT: Final = 100_000
_REFERENCE: Final = re.compile(r"\$\{?\{?[^{}]*\}?\}?|\{\{.*\}\}|<.*>")


def jwk_members(text: str, ends: Iterable[int], budget: Budget) -> Iterator[tuple[int, int]]:
    """Yield the private members of JSON web keys. `ends` are the prefilter's, rising: behind `kty`."""
    done = 0
    for end in ends:
        if end <= done:
            continue
        budget.step()
        begin, done = _around(text, done, end)
        for member in _MEMBER.finditer(text, begin, done):
            yield member.span("value")


def _around(text: str, done: int, place: int) -> tuple[int, int]:
    """Return where the object around a place stands: between braces, else the lines that look like members.

    It begins no earlier than where the one before ended, so that no part of a text is looked at for each `kty` again.
    """
    low, high = max(done, place - _LONGEST_JWK), min(len(text), place + _LONGEST_JWK)
    opened, closed = text.rfind("{", low, place), text.rfind("}", low, place)
    if opened > closed:
        end = text.find("}", place, high)
        return opened, high if end < 0 else end
    begin = low
    for line in _OTHER_LINE.finditer(text, low, max(low, text.rfind("\n", low, place))):
        begin = line.end()
    behind = _OTHER_LINE.search(text, place, high)
    return begin, behind.start() if behind else high


def kubernetes_values(text: str, ends: Iterable[int], budget: Budget) -> Iterator[tuple[int, int]]:
    """Yield the values of `data` and `stringData` in YAML of secrets. `ends` are the prefilter's: behind the kind."""
    done = 0
    for end in ends:
        if end <= done:
            continue
        place = text.rfind("kind", 0, end)
        column = place - text.rfind("\n", 0, place) - 1
        begin, done = _mapping(text, done, place, column)
        for data in _DATA.finditer(text, begin, done):
            if len(data["indent"]) == column:
                yield from _entries(text, data.end(), done, column, budget)


def _mapping(text: str, done: int, place: int, column: int) -> tuple[int, int]:
    """Return where the mapping around a key stands, which begins in that column: in its document, or list's element."""
    # The first line of an element has its dash before the column.
    outside = rf"|(?=[ ]{{0,{column - 1}}}\S)" if column else ""
    bound = re.compile(rf"\n(?:(?:---|\.\.\.)[ \t]*\r?(?=\n){outside})")
    low, high = max(done, place - _SAME_DOCUMENT), place + _SAME_DOCUMENT
    begin = low
    for line in bound.finditer(text, low, place):
        begin = line.start()
    end = bound.search(text, place, high)
    return begin, end.start() + 1 if end else min(len(text), high)


def _entries(text: str, place: int, stop: int, outer: int, budget: Budget) -> Iterator[tuple[int, int]]:
    """Yield the values of the lines that are indented more than the key above them."""
    while (entry := _ENTRY.match(text, place, stop)) and len(entry["indent"]) > outer:
        budget.step()
        place = entry.end()
        for group in ("value", "block"):
            said = (entry[group] or "").strip()
            if said and not _REFERENCE.fullmatch(said):
                start = text.index(said, entry.start(group))
                yield start, start + len(said)
