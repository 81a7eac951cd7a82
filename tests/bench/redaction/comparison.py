"""Runs the engines on the labelled set."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from tests.bench.redaction.engines import DEMO_THRESHOLD, A11i, Presidio, from_score
from tests.bench.redaction.labels import Case, Part
from tests.bench.redaction.scoring import Result, Score, score

OURS: Final = "a11i, with names"
STRICT: Final = "a11i, strict"
PATTERNS: Final = "a11i, patterns only"
PRESIDIO: Final = "Presidio"
COUNTRIES: Final = "Presidio, all countries"

Sets = Mapping[Part, Sequence[Case]]
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Run:
    """One engine on one set."""

    engine: str
    score: Score
    kb_per_s: float
    """Bytes of text per CPU time."""
    entities: frozenset[str] = frozenset()
    """What the engine was told to look for; empty: all that it knows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One engine on all parts that were run."""

    by_part: Mapping[Part, Run]
    overall: Run


def compare(sets: Sets, model: str) -> list[Outcome]:
    """Return what each engine reaches, with that language model: a11i with names first, under the default preset."""
    outcomes = []
    for name, names, preset in ((OURS, True, "standard"), (STRICT, True, "strict"), (PATTERNS, False, "standard")):
        engine = A11i(model, names=names, preset=preset)
        outcomes.append(_outcome(name, sets, _looked(engine, sets), engine.entities))
    for name, countries in ((PRESIDIO, False), (COUNTRIES, True)):
        found = dict(_looked(Presidio(model, countries=countries), sets))
        for least in (0.0, DEMO_THRESHOLD):
            results = {part: (from_score(made, least), seconds) for part, (made, seconds) in found.items()}
            outcomes.append(_outcome(f"{name}, from {least}" if least else name, sets, results.items()))
    return outcomes


def _looked(engine: Callable[[Sequence[str]], _Made], sets: Sets) -> Iterator[tuple[Part, tuple[_Made, float]]]:
    """Yield what the engine says of each part, and its CPU time in seconds."""
    for part, cases in sets.items():
        texts = [case.text for case in cases]
        start = time.process_time()
        made = engine(texts)
        yield part, (made, time.process_time() - start)


def _outcome(
    name: str,
    sets: Sets,
    looked: Iterable[tuple[Part, tuple[list[Result], float]]],
    entities: frozenset[str] = frozenset(),
) -> Outcome:
    by_part: dict[Part, Run] = {}
    cases: list[Case] = []
    results: list[Result] = []
    total_s = 0.0
    for part, (made, seconds) in looked:
        by_part[part] = Run(name, score(sets[part], made), _kilobytes(sets[part]) / seconds, entities)
        cases.extend(sets[part])
        results.extend(made)
        total_s += seconds
    return Outcome(by_part, Run(name, score(cases, results), _kilobytes(cases) / total_s, entities))


def _kilobytes(cases: Iterable[Case]) -> float:
    return sum(len(case.text.encode()) for case in cases) / 1000
