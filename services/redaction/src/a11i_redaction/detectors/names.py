"""Finds names of people, places and organisations, and addresses: by their form, by lists, and with a language model.

Running the model over all of a text costs twenty times as much as everything else together, and it finds names where a
capitalised word is. So it sees only such words with their neighbours, in batches, and no words that are decided:
lists, labels and tables tell most names before.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import Final, Protocol

from a11i_redaction.detectors.addresses import addresses
from a11i_redaction.detectors.budget import Budget, BudgetExceededError
from a11i_redaction.detectors.custom import without_surrogates
from a11i_redaction.detectors.gazetteer import gazetteer
from a11i_redaction.detectors.lone_words import is_thing
from a11i_redaction.detectors.name_evidence import Evidence
from a11i_redaction.detectors.name_runs import APOSTROPHES, CANDIDATE, NAME_WORD, is_code
from a11i_redaction.detectors.name_words import ELSEWHERE, NO_NAMES, TITLE_WORDS
from a11i_redaction.detectors.organisations import organisations
from a11i_redaction.findings import Finding
from a11i_redaction.reduction import HOLE

_WORD: Final = re.compile(rf"[^\W_](?:[\w{APOSTROPHES}.\-]*\w)?")
_WINDOW_WORDS: Final = 4
"""Neighbours on each side that the model sees. On windows of four it leaks as many characters of names as on whole
texts, nine times as fast."""
_WINDOW_CHARS: Final = 60
"""How far the neighbours may be away."""
_ASKED_AT_ONCE: Final = 256
"""Windows that the model sees between two looks at the clock: about a quarter of a second of a small one's time."""
_MARKS: Final = ".,;:!?()\"'*@#"
_LEADS: Final = frozenset({"a", "an", "and", "at", "from", "hello", "hi", "in", "of", "our", "the", "to", "your"})
_LOWER_WORD: Final = re.compile(r"(?<!\w)[^\W\d_]+")
_FILLER: Final = re.compile(r"(.)\1{3}")
"""What stands where something was left out: `KEYxxxxxxxx`."""
PERSON: Final = "PERSON"
_THING_SCORE: Final = 0.3
"""Of what is rather a thing: only policies that would sooner take too much than too little take it."""
_DECIDED: Final = frozenset({PERSON, "ORGANIZATION", "STREET_ADDRESS"})
"""What the model need not see again."""


WindowFindings = dict[str, list[tuple[int, int, str, float]]]
"""Windows that the model has seen, and the entities in them."""


class EntityModel(Protocol):
    """A language model that finds entities: one of Presidio's engines, or a fake in tests."""

    version: str
    """Name and version of the model."""

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str, float]]]:
        """Yield, for each text in turn, the entities in it: start, end (code points), Presidio's entity type, score."""


class NameDetector:
    """Finds names of the wanted entity types."""

    __slots__ = ("_budget_chars", "_english_alone", "_entities", "_evidence", "_model", "_names")

    def __init__(
        self, model: EntityModel, entities: frozenset[str], budget_chars: int, *, english_alone: bool = True
    ) -> None:
        """`english_alone` says that the model knows no other language, and so what it says of one counts less."""
        self._model = model
        self._entities = entities
        self._budget_chars = budget_chars
        self._english_alone = english_alone
        self._names = gazetteer()
        self._evidence = Evidence(self._names)

    @property
    def version(self) -> str:
        """Name and version of the model."""
        return self._model.version

    def find(
        self, texts: Sequence[tuple[str, str]], known: WindowFindings, budgets: Sequence[Budget] | None = None
    ) -> list[list[Finding]]:
        """Return the findings of each (text, key): none of one whose budget is over in the end.

        Raises BudgetExceededError without budgets if a text has too much for the model. `known` is what the model said
        of windows; this call uses it and adds to it.
        """
        limits = budgets or [Budget(inf) for _ in texts]
        # Neither RE2 nor the models take half a surrogate pair; the sign for it keeps all places.
        plain = [(without_surrogates(text), key) for text, key in texts]
        looks = [_Look(text, key, budget) for (text, key), budget in zip(plain, limits, strict=True)]
        now: float | None = None
        for look in looks:
            try:
                look.budget.begin(now)
                self._look(look)
                now = look.budget.end()
            except BudgetExceededError:
                if budgets is None:
                    raise
                now = None
                look.budget.spend()
        self._ask(looks, known)
        for look in looks:
            for start, seen in () if look.budget.over else look.windows:
                self._add_said(look, start, seen, known[seen])
        return [[] if look.budget.over else look.found for look in looks]

    def _look(self, look: "_Look") -> None:
        """Take what the text gives away by itself, and the windows that the model has to see."""
        text, budget = look.text, look.budget
        candidates = list(CANDIDATE.finditer(text))
        found = list(self._evidence.find(text, look.key, candidates, budget))
        for more in (organisations(text) if candidates else (), addresses(text)):
            budget.check()
            found.extend(more)
        budget.check()
        look.found = [finding for finding in found if finding.entity in self._entities]
        windows = self._windows(text, _undecided(candidates, found), budget)
        look.windows = [(start, _seen(text[start:stop])) for start, stop in windows]

    def _ask(self, looks: Sequence["_Look"], known: WindowFindings) -> None:
        """Ask the model about the windows that are not known, some at once; the texts pay for its time."""
        holders: dict[str, list[_Look]] = defaultdict(list)
        for look in looks:
            for _, seen in () if look.budget.over else look.windows:
                if seen not in known:
                    holders[seen].append(look)
        waiting = sorted(holders, key=len)
        for first in range(0, len(waiting), _ASKED_AT_ONCE):
            payers = {
                seen: payer
                for seen in waiting[first : first + _ASKED_AT_ONCE]
                if (payer := next((look for look in holders[seen] if not look.budget.over), None)) is not None
            }
            if not payers:
                continue
            began = looks[0].budget.now()
            known.update(zip(payers, self._model.entities(list(payers)), strict=True))
            took = looks[0].budget.now() - began
            chars = sum(map(len, payers))
            for seen, payer in payers.items():
                payer.budget.charge(took * len(seen) / chars)

    def _add_said(self, look: "_Look", start: int, seen: str, said: Sequence[tuple[int, int, str, float]]) -> None:
        """Add what the model said of a window that starts there."""
        text = look.text
        for begin, end, entity, score in said:
            if entity == PERSON and self._is_mistaken(seen, text[start + begin : start + end]):
                continue
            for finding in _shaped(text, start + begin, start + end, entity, score):
                if entity == PERSON and is_thing(text, finding.start, finding.end, self._names):
                    finding = replace(finding, score=_THING_SCORE)
                look.found.extend(made for made in self._judged(text, finding) if made.entity in self._entities)

    def _is_mistaken(self, window: str, said: str) -> bool:
        """Return whether the model takes words of another language than its own for a name."""
        if not self._english_alone or ELSEWHERE.isdisjoint(_LOWER_WORD.findall(window)):
            return False
        names = self._names
        words = (word for word in re.findall(NAME_WORD, said) if not names.is_plain(word))
        known = any(names.is_given(word) or names.is_family(word) for word in words)
        return not known or not ELSEWHERE.isdisjoint(said.split())

    def _judged(self, text: str, finding: Finding) -> Iterator[Finding]:
        """Yield what the model found; if it takes a name for a firm or a place, as a person's too."""
        yield finding
        if finding.entity in {"ORGANIZATION", "LOCATION", "NRP"}:
            words = re.findall(NAME_WORD, text[finding.start : finding.end])
            names = self._names
            if (
                words
                and len(words) <= 3
                and not any(names.is_plain(word) for word in words)
                and (names.alone(words[0]) or (len(words) > 1 and names.is_family(words[-1])))
            ):
                yield Finding(finding.start, finding.end, PERSON, finding.score)

    def _windows(self, text: str, candidates: Iterable[re.Match[str]], budget: Budget) -> list[tuple[int, int]]:
        windows: list[tuple[int, int]] = []
        total = 0
        last = -2
        for match in candidates:
            budget.step()
            alone = match.start() > last + 1
            last = match.end()
            if _is_word(text, match) or (alone and self._is_plain(text, match)):
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

    def _is_plain(self, text: str, match: re.Match[str]) -> bool:
        """Return whether it is a word of everyday language with no other capitalised word beside it."""
        return self._names.is_plain(match.group()) and CANDIDATE.match(text, match.end() + 1) is None


class _Look:
    """A text in which names are looked for."""

    __slots__ = ("budget", "found", "key", "text", "windows")

    def __init__(self, text: str, key: str, budget: Budget) -> None:
        self.text = text
        self.key = key
        self.budget = budget
        self.found: list[Finding] = []
        self.windows: list[tuple[int, str]] = []
        """What the model has to see: where it starts, and as the model sees it."""


def _undecided(candidates: Sequence[re.Match[str]], found: Sequence[Finding]) -> Iterator[re.Match[str]]:
    """Yield the words that no finding covers."""
    spans = sorted((finding.start, finding.end) for finding in found if finding.entity in _DECIDED)
    starts = [start for start, _ in spans]
    for match in candidates:
        at = bisect_right(starts, match.start()) - 1
        if at < 0 or spans[at][1] < match.end():
            yield match


def _seen(window: str) -> str:
    """Return a window as the model sees it: words in capitals as names are written, each letter in its place."""
    if not window.isupper() and sum(map(str.isupper, window)) * 2 < len(window):
        return window
    return "".join(
        piece.capitalize() if len(piece) > 2 and piece.isupper() and len(piece.capitalize()) == len(piece) else piece
        for piece in re.split(r"(\W)", window)
    )


def _is_word(text: str, match: re.Match[str]) -> bool:
    """Return whether a capitalised word is known for no name, or an acronym, or only begins a sentence."""
    word = match.group()
    return (
        word.lower() in NO_NAMES
        or (len(word) > 1 and word.isupper() and not _caps_neighbour(text, match))
        or len(word) == 1
        or is_code(word)
        or word.lower() in TITLE_WORDS
    )


def _caps_neighbour(text: str, match: re.Match[str]) -> bool:
    """Return whether another word in capitals stands beside: JOHN SMITH, but not the API."""
    after = CANDIDATE.match(text, match.end() + 1)
    before = re.search(rf"({NAME_WORD})[ ,]{{1,2}}\Z", text[max(0, match.start() - 30) : match.start()])
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
    edge = _edge if entity == PERSON else _edge_of_place
    while words and edge(words[0].group()):
        words.pop(0)
    while words and edge(words[-1].group()):
        words.pop()
    if not words or all(word.group().strip(_MARKS).lower() in NO_NAMES for word in words):
        return
    begin, stop = start + words[0].start(), start + words[-1].end()
    name = re.sub(rf"[{APOSTROPHES}]s\Z", "", text[begin:stop]).rstrip(".,;:!?)\"'*")
    lead = len(name) - len(name.lstrip("(\"'*@#"))
    bare = name[lead:]
    if (
        len(bare) < 2
        or bare.endswith("(")
        or _FILLER.search(bare)
        or any(c.isdigit() or c in "_=/\\{}<>[]|$%" for c in bare)
        or not any(c.isupper() for c in bare)
    ):
        return
    yield Finding(begin + lead, begin + len(name), entity, score)


def _edge(word: str) -> bool:
    """Return whether a word at the edge of a finding is none of a name."""
    bare = re.sub(rf"[{APOSTROPHES}]s?\Z", "", word.strip(_MARKS))
    return (
        not bare
        or bare.lower().rstrip(".") in TITLE_WORDS
        or bare.lower() in NO_NAMES
        or not (bare[0].isupper() or bare[0].isalpha())
        or any(c.isdigit() for c in bare)
    )


def _edge_of_place(word: str) -> bool:
    """Return whether a word at the edge of a place or a firm is none of its name: New York begins with a plain word."""
    bare = word.strip(_MARKS)
    return not bare or not bare[0].isupper() or bare.lower() in _LEADS
