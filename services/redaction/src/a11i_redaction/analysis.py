"""Runs the detectors over texts: each distinct text once, again on what is left, withheld where a detector fails."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from a11i_redaction.cache import Findings, FindingsCache, Known
from a11i_redaction.detectors.budget import Budget, BudgetExceededError
from a11i_redaction.detectors.names import NameDetector, WindowFindings
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.findings import Finding, merge
from a11i_redaction.reduction import Reduced, placeholders

_MAX_ROUNDS: Final = 8
"""Looks at one text. Nearly all settle at the second; the model can go on finding less and less in a long one."""


class Unit(NamedTuple):
    """A text to examine: what decides about its findings."""

    text: str
    key: str
    """The attribute's or JSON member's key that the text stands under, where that may tell what it is; else empty."""
    names: bool
    """Whether names are looked for, besides secrets and patterns."""


class Analyzer:
    """Finds PII and secrets in texts. Safe for use by several threads, which take turns: the work is one core's."""

    def __init__(
        self, patterns: PatternDetector, names: NameDetector | None, cache: FindingsCache, max_value_chars: int
    ) -> None:
        self._patterns = patterns
        self._names = names
        self._cache = cache
        self._max_value_chars = max_value_chars
        self._lock = threading.Lock()
        self.failures: Counter[str] = Counter()
        """How many texts could not be examined so far, by reason: the error's type, or what was over its limit."""

    @property
    def cache_looks(self) -> tuple[int, int]:
        """How many texts were known, and how many not, so far."""
        return self._cache.hits, self._cache.misses

    def analyze(self, units: Sequence[Unit]) -> list[Findings]:
        """Return, for each unit, its findings, disjoint and in the order of the text.

        None for a unit that could not be examined: a detector raised, or its size or time was over the budget.
        """
        with self._lock:
            keys = [FindingsCache.key(unit.text, f"{unit.names:d}{unit.key}") for unit in units]
            known = [self._cache.get(key) for key in keys]
            missing = [index for index, found in enumerate(known) if found is Known.NOTHING]
            looks = [_Look(units[index], self._patterns.budget()) for index in missing]
            self._examine(looks)
            for index, look in zip(missing, looks, strict=True):
                known[index] = look.result
                if not look.failed:
                    self._cache.put(keys[index], look.result)
            return [None if found is Known.NOTHING else found for found in known]

    def _examine(self, looks: Sequence["_Look"]) -> None:
        active = []
        for look in looks:
            if len(look.unit.text) <= self._max_value_chars:
                active.append(look)
            else:
                self._withhold(look, "TooLong")
        windows: WindowFindings = {}
        for _ in range(_MAX_ROUNDS):
            for look in active:
                look.reduce()
                self._look_for_patterns(look)
            self._look_for_names([look for look in active if look.unit.names and not look.withheld], windows)
            active = [look for look in active if look.take()]
            if not active:
                return
        for look in active:
            self._withhold(look, "Unsettled")

    def _look_for_patterns(self, look: "_Look") -> None:
        try:
            look.new.extend(self._patterns.find(look.reduced.text, look.unit.key, look.budget))
        except Exception as error:  # Whatever it is: a value that was not examined is not passed on.
            self._fail(look, error)

    def _look_for_names(self, looks: Sequence["_Look"], windows: WindowFindings) -> None:
        """Look for names in all texts at once, or, if that fails, one by one, so that only the cause is withheld."""
        if self._names is None or not looks:
            return
        try:
            found = self._names.find([(look.reduced.text, look.unit.key) for look in looks], windows)
        except Exception as error:  # As above.
            if len(looks) == 1:
                self._fail(looks[0], error)
                return
            half = len(looks) // 2
            self._look_for_names(looks[:half], windows)
            self._look_for_names(looks[half:], windows)
            return
        for look, names in zip(looks, found, strict=True):
            look.new.extend(names)

    def _fail(self, look: "_Look", error: Exception) -> None:
        # Only what lies in the text itself is remembered of it.
        look.failed = not isinstance(error, BudgetExceededError)
        self._withhold(look, type(error).__name__)

    def _withhold(self, look: "_Look", reason: str) -> None:
        look.withheld = True
        self.failures[reason] += 1


class _Look:
    """A text that is being examined."""

    __slots__ = ("budget", "failed", "found", "new", "reduced", "unit", "withheld")

    def __init__(self, unit: Unit, budget: Budget) -> None:
        self.unit = unit
        self.budget = budget
        self.found: list[Finding] = []
        self.new: list[Finding] = []
        self.withheld = False
        self.failed = False

    @property
    def result(self) -> Findings:
        return None if self.withheld else tuple(self.found)

    def reduce(self) -> None:
        """Take out what was found so far."""
        self.reduced = _reduce(self.unit.text, self.found)
        self.new = []

    def take(self) -> bool:
        """Add what was found now. Return whether another look is needed."""
        if self.withheld or not self.new:
            return False
        new = _in_original(self.unit.text, self.reduced, self.new)
        self.found = sorted([*self.found, *new])
        return bool(new)


def _reduce(text: str, findings: Sequence[Finding]) -> Reduced:
    taken = sorted([*placeholders(text), *((finding.start, finding.end) for finding in findings)])
    return Reduced(text, taken)


def _in_original(text: str, reduced: Reduced, findings: Sequence[Finding]) -> list[Finding]:
    return [
        Finding(start, end, finding.entity, finding.score)
        for finding in merge(findings)
        for start, end in reduced.original_spans(finding.start, finding.end)
        if any(char.isalnum() for char in text[start:end])
    ]
