"""Finds names with Presidio's NLP engine, on windows around words that can be names.

Running the language model over all of a text costs twenty times as much as everything else together, and it finds
names where a capitalised word is. So the model sees only such words with their neighbours, in batches.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from a11i_redaction.detectors.budget import BudgetExceededError
from a11i_redaction.detectors.context import key_words
from a11i_redaction.detectors.name_words import CUE_ENDS, NO_NAMES, TITLE_WORDS, TITLES
from a11i_redaction.findings import Finding
from a11i_redaction.reduction import HOLE

_UPPER: Final = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽΑ-ΩА-Я"
_APOSTROPHES: Final = "'\u2019"
_NAME_WORD: Final = rf"[{_UPPER}][^\W\d_]*(?:[{_APOSTROPHES}\-][^\W\d_]+)*"
_WORD: Final = re.compile(rf"[^\W_](?:[\w{_APOSTROPHES}.\-]*\w)?")
_CANDIDATE: Final = re.compile(rf"(?<![\w@./\\$#<-]){_NAME_WORD}(?![\w@/\\(=]|\.\w)")
_WINDOW_WORDS: Final = 4
"""Neighbours on each side that the model sees. On windows of four it leaks as many characters of names as on whole
texts, nine times as fast."""
_WINDOW_CHARS: Final = 60
"""How far the neighbours may be away."""
_NAME: Final = re.compile(
    rf"{_NAME_WORD}\.?(?:[ \t]+(?:(?:de|da|del|della|der|den|di|van|von|bin|al|la|le)[ \t]+){{0,2}}"
    rf"{_NAME_WORD}\.?){{0,4}}"
)
_CUE_CHARS: Final = 32
_CUE: Final = re.compile(
    rf"(?:\b(?:{TITLES})\.?[ \t]+|\b(?:[Mm]y name is|[Mm]y name{_APOSTROPHES[0]}s|[Dd]ear|[Cc]alled|named)[ \t]+"
    r"|\b(?:[Pp]atient|[Cc]ustomer|[Cc]ontact|[Nn]ame|[Ff]rom|[Aa]ttn|[Cc]lient|[Ss]igned)(?: name)?[ \t]*:[ \t]*"
    r"|(?:[Rr]egards|[Ss]incerely|[Cc]heers|[Tt]hanks|[Bb]est),?[ \t]*\r?\n[ \t]*)\Z"
)
"""What stands right before a name."""
_NAME_KEY: Final = re.compile(
    r"(?:^| )(?:(?:first|last|full|given|family|middle|maiden|nick|customer|patient|user|contact|employee|person"
    r"|display|sender|recipient|client|guest|passenger|owner|author|assignee|cardholder|holder|account|billing|shipping)"
    r" ?name"
    r"|surname|fullname|assignee|cardholder|patient|passenger)$"
)
_CUE_SCORE: Final = 0.8
MODEL_SCORE: Final = 0.85
"""spaCy gives no scores; Presidio's default for its findings."""


WindowFindings = dict[str, list[tuple[int, int, str]]]
"""Windows that the model has seen, and the entities in them."""


class EntityModel(Protocol):
    """A language model that finds entities: Presidio's spaCy engine, or a fake in tests."""

    version: str
    """Name and version of the model."""

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str]]]:
        """Yield, for each text in turn, the entities in it: start, end (code points), Presidio's entity type."""


class NameDetector:
    """Finds names of the wanted entity types."""

    __slots__ = ("_budget_chars", "_entities", "_model")

    def __init__(self, model: EntityModel, entities: frozenset[str], budget_chars: int) -> None:
        self._model = model
        self._entities = entities
        self._budget_chars = budget_chars

    @property
    def version(self) -> str:
        """Name and version of the model."""
        return self._model.version

    def find(self, texts: Sequence[tuple[str, str]], known: WindowFindings) -> list[list[Finding]]:
        """Return the findings of each (text, key). Raises BudgetExceededError if one has too much for the model.

        `known` is what the model said of windows; this call uses it and adds to it.
        """
        results = [list(self._by_key(text, key)) for text, key in texts]
        windows: list[tuple[int, int, int]] = []
        for index, (text, _) in enumerate(texts):
            candidates = list(_CANDIDATE.finditer(text))
            results[index].extend(self._by_cue(text, candidates))
            windows.extend((index, start, stop) for start, stop in self._windows(text, candidates))
        new = sorted({texts[index][0][start:stop] for index, start, stop in windows} - known.keys(), key=len)
        known.update(zip(new, self._model.entities(new), strict=True))
        for index, start, stop in windows:
            text = texts[index][0]
            for begin, end, entity in known[text[start:stop]]:
                if entity in self._entities:
                    results[index].extend(_shaped(text, start + begin, start + end, entity, MODEL_SCORE))
        return results

    def _by_key(self, text: str, key: str) -> Iterator[Finding]:
        """Yield all of a text that stands under a key such as `customer_name`, if it has a name's shape."""
        if key and "PERSON" in self._entities and _NAME_KEY.search(key_words(key)):
            value = text.strip()
            if _NAME.fullmatch(value):
                start = text.index(value)
                yield from _shaped(text, start, start + len(value), "PERSON", _CUE_SCORE)

    def _by_cue(self, text: str, candidates: Iterable[re.Match[str]]) -> Iterator[Finding]:
        """Yield the names that a title, a greeting or the like announces."""
        if "PERSON" not in self._entities:
            return
        for candidate in candidates:
            start = candidate.start()
            before = text[max(0, start - _CUE_CHARS) : start]
            words = before.rsplit(None, 1)
            if not words or words[-1].rstrip(".,: ").lower() not in CUE_ENDS:
                continue
            name = _NAME.match(text, start) if _CUE.search(before) else None
            if name is not None:
                yield from _shaped(text, *name.span(), "PERSON", _CUE_SCORE)

    def _windows(self, text: str, candidates: Iterable[re.Match[str]]) -> list[tuple[int, int]]:
        windows: list[tuple[int, int]] = []
        total = 0
        for match in candidates:
            if _is_word(text, match):
                continue
            start, stop = _around(text, match.start(), match.end())
            if windows and start <= windows[-1][1]:
                total -= windows[-1][1] - windows[-1][0]
                start = windows.pop()[0]
            windows.append((start, stop))
            total += stop - start
            if total > self._budget_chars:
                raise BudgetExceededError
        return windows


def _is_word(text: str, match: re.Match[str]) -> bool:
    """Return whether a capitalised word is known for no name, or an acronym, or only begins a sentence."""
    word = match.group()
    return (
        word.lower() in NO_NAMES
        or (len(word) > 1 and word.isupper() and not _caps_neighbour(text, match))
        or len(word) == 1
    )


def _caps_neighbour(text: str, match: re.Match[str]) -> bool:
    """Return whether another word in capitals stands beside: JOHN SMITH, but not the API."""
    after = _CANDIDATE.match(text, match.end() + 1)
    before = re.search(rf"({_NAME_WORD})[ ,]{{1,2}}\Z", text[max(0, match.start() - 30) : match.start()])
    near = [found for found in (after.group() if after else "", before.group(1) if before else "") if len(found) > 2]
    return len(match.group()) > 2 and any(word.isupper() and word.lower() not in NO_NAMES for word in near)


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the window: some words to each side, not beyond the line."""
    low, high = max(0, start - _WINDOW_CHARS), min(len(text), end + _WINDOW_CHARS)
    low = max(low, text.rfind("\n", low, start) + 1)
    line_end = text.find("\n", end, high)
    high = high if line_end < 0 else line_end
    before = [word.start() for word in _WORD.finditer(text, low, start)][-_WINDOW_WORDS:]
    after = [word.end() for word in _WORD.finditer(text, end, high)][:_WINDOW_WORDS]
    last = after[-1] if after else end
    # The full stop that ends a sentence tells the model a lot.
    return (before[0] if before else start), min(
        len(text), last + 1 if text[last : last + 1] in {".", "!", "?", ","} else last
    )


def _shaped(text: str, start: int, end: int, entity: str, score: float) -> Iterator[Finding]:
    """Yield a finding cut down to what has the shape of a name, or nothing."""
    value = text[start:end]
    if HOLE in value:
        return
    words = list(re.finditer(r"\S+", value))
    while words and _edge(words[0].group()):
        words.pop(0)
    while words and _edge(words[-1].group()):
        words.pop()
    if not words:
        return
    begin, stop = start + words[0].start(), start + words[-1].end()
    name = re.sub(rf"[{_APOSTROPHES}]s\Z", "", text[begin:stop]).rstrip(".,;:!?)\"'*")
    lead = len(name) - len(name.lstrip("(\"'*@#"))
    bare = name[lead:]
    if len(bare) < 2 or any(c.isdigit() or c in "_=/\\{}<>[]|$%" for c in bare) or not any(c.isupper() for c in bare):
        return
    yield Finding(begin + lead, begin + len(name), entity, score)


def _edge(word: str) -> bool:
    """Return whether a word at the edge of a finding is none of a name."""
    bare = re.sub(rf"[{_APOSTROPHES}]s?\Z", "", word.strip(".,;:!?()\"'*@#"))
    return (
        not bare
        or bare.lower().rstrip(".") in TITLE_WORDS
        or bare.lower() in NO_NAMES
        or not (bare[0].isupper() or bare[0].isalpha())
        or any(c.isdigit() for c in bare)
    )
