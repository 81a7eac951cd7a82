"""What an engine made of a labelled set: what it found, what it leaked, what it touched that had to stay."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.bench.redaction.labels import KEEP, Case, Label

NAMES: Final = frozenset({"PERSON"})
PLACES: Final = frozenset({"LOCATION", "ORGANIZATION", "ADDRESS"})
SECRETS: Final = frozenset({"SECRET", "URL_CREDENTIALS", "JWT", "PRIVATE_KEY"})
_TELLING_CHARS: Final = 3
"""A shorter piece of a value stands in many texts by chance."""

Span = tuple[int, int, str]
"""Start, end (code points) and entity of a finding."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an engine says of a text."""

    spans: Sequence[Span]
    """Its findings, disjoint, or equal where several lie in a value that is replaced as a whole."""
    output: str = ""
    """The text after redaction; empty for an engine that only finds."""


@dataclass(slots=True)
class Tally:
    """Counts of one engine over some labels. Rates are None where there was nothing to count."""

    labels: int = 0
    covered: int = 0
    """Labels of which no letter and no digit was left."""
    chars: int = 0
    leaked_chars: int = 0
    right: int = 0
    wrong: int = 0
    """Findings that touch no label."""

    @property
    def recall(self) -> float | None:
        """Share of the labels that are covered."""
        return self.covered / self.labels if self.labels else None

    @property
    def precision(self) -> float | None:
        """Share of the findings that touch a label."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def leaked(self) -> float | None:
        """Share of the labels' letters and digits that were left."""
        return self.leaked_chars / self.chars if self.chars else None


@dataclass(slots=True)
class Score:
    """What one engine reached."""

    total: Tally = field(default_factory=Tally)
    by_group: dict[str, Tally] = field(default_factory=dict)
    """By what `group_of` says."""
    by_entity: dict[str, Tally] = field(default_factory=dict)
    by_family: dict[str, Tally] = field(default_factory=dict)
    by_disguise: dict[str, Tally] = field(default_factory=dict)
    keeps: Counter[str] = field(default_factory=Counter)
    """Look-alikes by kind."""
    touched: Counter[str] = field(default_factory=Counter)
    """Those of which a letter or digit was taken, by kind."""
    missed: list[tuple[Case, Label]] = field(default_factory=list)
    strays: list[tuple[Case, Span]] = field(default_factory=list)
    """Findings that touch no label."""

    @property
    def touched_share(self) -> float | None:
        """Share of the look-alikes that were touched."""
        return self.touched.total() / self.keeps.total() if self.keeps else None


def group_of(label: Label) -> str:
    """Return which column of the table a label counts in."""
    if label.disguise:
        return "split or encoded"
    for name, entities in (("names", NAMES), ("places", PLACES), ("secrets", SECRETS)):
        if label.entity in entities:
            return name
    return "patterns"


def score(cases: Sequence[Case], results: Sequence[Result]) -> Score:
    """Return what an engine reached. Raises ValueError if there is not one result for each case."""
    made = Score()
    for case, result in zip(cases, results, strict=True):
        _score_case(made, case, result)
    return made


def _score_case(made: Score, case: Case, result: Result) -> None:
    covered = bytearray(len(case.text))
    for start, end, _ in result.spans:
        covered[start:end] = b"\1" * (end - start)
    blanked = "".join("\0" if gone else char for char, gone in zip(case.text, covered, strict=True))
    for label in case.labels:
        left = _left(case.text, label, covered, blanked, result)
        size = sum(1 for _ in _letters(case.text, label))
        if label.entity == KEEP:
            made.keeps[label.kind] += 1
            made.touched[label.kind] += left < size
            continue
        for tally in _tallies(made, case, label):
            tally.labels += 1
            tally.covered += left == 0
            tally.chars += size
            tally.leaked_chars += left
        if left:
            made.missed.append((case, label))
    for span, right in _judged(case, result.spans):
        of_family = made.by_family.setdefault(case.family, Tally())
        for tally in (made.total, of_family, made.by_entity.setdefault(span[2], Tally())):
            tally.right += right
            tally.wrong += not right
        if not right:
            made.strays.append((case, span))


def _tallies(made: Score, case: Case, label: Label) -> Iterator[Tally]:
    yield made.total
    yield made.by_group.setdefault(group_of(label), Tally())
    yield made.by_entity.setdefault(label.entity, Tally())
    yield made.by_family.setdefault(case.family, Tally())
    if label.disguise:
        yield made.by_disguise.setdefault(label.disguise, Tally())


def _letters(text: str, label: Label) -> Iterator[int]:
    """Yield where the label's letters and digits are: a bracket or a plus sign beside them tells nothing."""
    for start, end in label.places:
        yield from (position for position in range(start, end) if _counts(text[position]))


def _counts(char: str) -> bool:
    # Vowel signs of Indic scripts and Thai are marks, not letters.
    return char.isalnum() or ord(char) > 0x2FF


def _left(text: str, label: Label, covered: bytearray, blanked: str, result: Result) -> int:
    """Return how many of the label's letters and digits are left.

    Where an engine gives a whole string as the place, its output tells what became of the values in it.
    """
    letters = list(_letters(text, label))
    left = sum(not covered[position] for position in letters)
    if result.output and not left:
        values = [text[start:end] for start, end in label.places if end - start >= _TELLING_CHARS]
        if values and all(result.output.count(value) > blanked.count(value) for value in values):
            return len(letters)
    return left


def _judged(case: Case, spans: Iterable[Span]) -> Iterator[tuple[Span, bool]]:
    """Yield each finding and whether it touches a label. Of equal ones no more are right than there are labels."""
    labels = [label for label in case.labels if label.entity != KEEP]
    seen: Counter[tuple[int, int]] = Counter()
    for span in spans:
        start, end, _ = span
        touched = sum(any(first < end and last > start for first, last in label.places) for label in labels)
        seen[start, end] += 1
        yield span, seen[start, end] <= touched


def disjoint(spans: Iterable[tuple[int, int, str, float]]) -> list[Span]:
    """Return findings in the order of the text, those that overlap as one, named after the surest, then the longest."""
    merged: list[tuple[int, int, str, float, int]] = []
    for start, end, entity, sure in sorted(spans, key=lambda item: (item[0], -item[1])):
        if not merged or start >= merged[-1][1]:
            merged.append((start, end, entity, sure, end - start))
            continue
        first, last, name, best, size = merged[-1]
        if (sure, end - start) > (best, size):
            name, best, size = entity, sure, end - start
        merged[-1] = (first, max(last, end), name, best, size)
    return [(start, end, entity) for start, end, entity, _, _ in merged]
