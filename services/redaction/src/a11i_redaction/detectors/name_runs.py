"""Words in a text that can be parts of names, and the runs that they stand in."""

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from a11i_redaction.detectors.gazetteer import Gazetteer
from a11i_redaction.detectors.name_words import NO_NAMES, PLACE_NAMES


def _upper_case() -> str:
    """Return a character class's inside: the capitals of all scripts that have them."""
    places = (place for place in range(0x80, min(sys.maxunicode, 0x2C00)) if chr(place).isupper())
    pieces = []
    for _, group in groupby(enumerate(places), lambda item: item[1] - item[0]):
        run = [place for _, place in group]
        pieces.append(chr(run[0]) if len(run) == 1 else f"{chr(run[0])}-{chr(run[-1])}")
    return "A-Z" + "".join(pieces)


UPPER: Final = _upper_case()
APOSTROPHES: Final = "'\u2019"
NAME_WORD: Final = rf"[{UPPER}][^\W\d_]*(?:[{APOSTROPHES}\-][^\W\d_]+)*"
PARTICLES: Final = "de|da|do|dos|das|del|della|der|den|di|du|la|le|van|von|zu|zum|ter|ten|bin|ibn|al|el|af|av|y|e|i"
CANDIDATE: Final = re.compile(rf"(?<![\w@./\\$#<-]){NAME_WORD}(?![\w@/\\(=]|\.\w)")
_GAP: Final = re.compile(rf"[ \u00a0]{{1,2}}(?:(?:{PARTICLES})[ \u00a0]){{0,2}}|\.[ \u00a0]?")
_ACRONYM: Final = 4
_GAP_CHARS: Final = 12
_MAX_WORDS: Final = 5
_HUMP: Final = re.compile(rf"[^\W\d_{UPPER}][{UPPER}]")
_HUMP_STARTS: Final = ("mc", "mac", "fitz", "de", "di", "da", "du", "la", "le", "van", "von", "o'")
_BOTH: Final = 0.75
_ONE: Final = 0.6
_ALONE: Final = 0.5
_INITIAL: Final = 0.55
_EDGES: Final = "<>|\t\n\r;\"'`()[]{}\u201c\u201d\u201e\u00ab\u00bb\u3001\u3002\uff0c:*"
"""What bounds a cell, a line, a quoted string or a member of a list."""
_BULLET: Final = re.compile(r"(?:^|\n)[ \t]*(?:[-*+\u2022]|\d{1,3}[.)])[ \t]+\Z")


class Verdict(NamedTuple):
    """What the lists say of a part of a text."""

    start: int
    end: int
    score: float


def is_code(word: str) -> bool:
    """Return whether a word is written as code writes names: `OrderHandler`, but not `McDonald`."""
    hump = _HUMP.search(word)
    return hump is not None and not word[: hump.start() + 1].lower().replace("\u2019", "'").endswith(_HUMP_STARTS)


def runs_of(text: str, candidates: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Yield candidates that stand side by side, words that are none of a name left out."""
    run: list[re.Match[str]] = []
    for candidate in candidates:
        word = candidate.group()
        if run and (len(run) == _MAX_WORDS or not _joined(text, run[-1], candidate)):
            yield run
            run = []
        if (len(word) > 1 and word.lower() in NO_NAMES) or is_code(word):
            if run:
                yield run
                run = []
        else:
            run.append(candidate)
    if run:
        yield run


def _joined(text: str, last: re.Match[str], word: re.Match[str]) -> bool:
    gap = text[last.end() : word.start()]
    initial = len(last.group()) == 1
    if gap == " ":
        return not initial
    return len(gap) <= _GAP_CHARS and _GAP.fullmatch(gap) is not None and (gap[0] == ".") is initial


def verdicts(text: str, run: Sequence[re.Match[str]], names: Gazetteer) -> Iterator[Verdict]:
    """Yield what of a run is a name as the lists have it."""
    words = [match.group() for match in run]
    score = _score(words, names)
    start, end = run[0].start(), run[-1].end()
    if score is None and len(words) > 2:
        # A word more on either side: `Traveller John Smith`, `John Smith Consulting`.
        for part in (run[1:], run[:-1]):
            score = _score([match.group() for match in part], names)
            if score == _BOTH:
                yield Verdict(part[0].start(), part[-1].end(), score)
                return
        return
    if score is None and is_bounded(text, start, end):
        score = _in_bounds(words, names)
    if score is not None:
        yield Verdict(start, end, score)


def _score(words: Sequence[str], names: Gazetteer) -> float | None:
    first, last = words[0], words[-1]
    if len(words) == 1:
        return _ALONE if names.alone(first) and not (first.isupper() and len(first) > 1) else None
    plain = [names.is_plain(word) for word in words]
    if len(first) == 1:
        known = names.is_family(last) or names.is_given(last)
        return _INITIAL if not plain[-1] and (known or (len(last) > 3 and not last.isupper())) else None
    if first.isupper() and len(first) <= _ACRONYM and not last.isupper():
        return None
    given, family = names.is_given(first), names.is_family(last)
    if given and family and not (plain[0] and plain[-1]):
        return _BOTH
    if any(plain) or any(word.lower() in PLACE_NAMES for word in words) or len(words) > 3:
        return None
    if names.is_given(last) and (names.is_family(first) or given):
        return _BOTH
    if names.alone(first) or (family and names.is_family(first)):
        return _ONE
    return None


def _in_bounds(words: Sequence[str], names: Gazetteer) -> float | None:
    """Return the score of words that fill a cell, a line or a quoted string: one known name is enough there."""
    if not 2 <= len(words) <= 4 or any(names.is_plain(word) for word in words):
        return None
    if words[0].lower() in PLACE_NAMES or words[-1].lower() in PLACE_NAMES:
        return None
    return _ONE if any(names.is_given(word) or names.is_family(word) for word in words) else None


def is_bounded(text: str, start: int, end: int) -> bool:
    """Return whether a part of a text is bounded on both sides as a cell, a line or a quoted string is."""
    before, after = text[max(0, start - 12) : start], text[end : end + 3]
    left = before.rstrip(" ") or "\n"
    right = after.lstrip(" ,") or "\n"
    return (left[-1] in _EDGES or left[-1] == "," or _BULLET.search(before) is not None) and (
        right[0] in _EDGES or after[:1] == ","
    )


def reversed_names(
    text: str, runs: Sequence[Sequence[re.Match[str]]], names: Gazetteer
) -> Iterator[tuple[Verdict, bool]]:
    """Yield `Last, First`: and whether the lists know both parts."""
    for left, right in pairwise(runs):
        start, end = left[0].start(), right[-1].end()
        if text[left[-1].end() : right[0].start()] != ", " or len(left) > 2 or len(right) > 2:
            continue
        words = [match.group() for match in (*left, *right)]
        family, given = names.is_family(words[0]), names.is_given(right[0].group())
        plain = sum(names.is_plain(word) for word in words)
        if plain > 1 or (plain and not (family and given)) or any(len(word) == 1 for word in words[: len(left)]):
            continue
        place = any(word.lower() in PLACE_NAMES for word in words)
        known = family and given and not place and not plain
        if known or ((family or given) and not place and is_bounded(text, start, end)):
            yield Verdict(start, end, _BOTH if known else _ONE), known
        else:
            yield Verdict(start, end, 0.0), False
