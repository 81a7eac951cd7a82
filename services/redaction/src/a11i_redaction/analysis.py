"""Runs the detectors over texts: each distinct text once, again on what is left, withheld where a detector fails."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from a11i_redaction.cache import FindingsCache
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

    def analyze(self, units: Sequence[Unit]) -> list[tuple[Finding, ...] | None]:
        """Return, for each unit, its findings, disjoint and in the order of the text.

        None for a unit that could not be examined: a detector raised, or its size or time was over the budget.
        """
        with self._lock:
            keys = [FindingsCache.key(unit.text, f"{unit.names:d}{unit.key}") for unit in units]
            results = [self._cache.get(key) for key in keys]
            missing = [index for index, found in enumerate(results) if found is None]
            examined = self._examine([units[index] for index in missing])
            for index, found in zip(missing, examined, strict=True):
                results[index] = found
                if found is not None:
                    self._cache.put(keys[index], found)
            return results

    def _examine(self, units: Sequence[Unit]) -> list[tuple[Finding, ...] | None]:
        found: list[list[Finding] | None] = [[] if len(unit.text) <= self._max_value_chars else None for unit in units]
        self._count_failures("TooLong", found.count(None))
        windows: WindowFindings = {}
        active = [index for index, findings in enumerate(found) if findings is not None]
        for _ in range(_MAX_ROUNDS):
            reduced = [_reduce(units[index].text, found[index] or []) for index in active]
            left = [units[index]._replace(text=text.text) for index, text in zip(active, reduced, strict=True)]
            looked = self._look(left, windows)
            again = []
            for index, text, findings in zip(active, reduced, looked, strict=True):
                if findings is None:
                    found[index] = None
                    continue
                new = _in_original(units[index].text, text, findings)
                if new:
                    found[index] = sorted([*(found[index] or []), *new])
                    again.append(index)
            active = again
            if not active:
                break
        return [None if findings is None else tuple(findings) for findings in found]

    def _look(self, units: Sequence[Unit], windows: WindowFindings) -> list[list[Finding] | None]:
        looked = [self._look_for_patterns(unit) for unit in units]
        if self._names is None:
            return looked
        wanted = [i for i, unit in enumerate(units) if unit.names and looked[i] is not None]
        for index, names in zip(wanted, self._look_for_names([units[i] for i in wanted], windows), strict=True):
            patterns = looked[index]
            looked[index] = None if names is None or patterns is None else patterns + names
        return looked

    def _look_for_patterns(self, unit: Unit) -> list[Finding] | None:
        try:
            return self._patterns.find(unit.text, unit.key)
        except Exception as error:  # Whatever it is: a value that was not examined is not passed on.
            self._count_failures(type(error).__name__, 1)
            return None

    def _look_for_names(self, units: Sequence[Unit], windows: WindowFindings) -> list[list[Finding] | None]:
        """Look for names in all units at once, or, if that fails, one by one, so that only the cause is withheld."""
        if self._names is None or not units:
            return []
        try:
            return list(self._names.find([(unit.text, unit.key) for unit in units], windows))
        except Exception as error:  # As above.
            if len(units) == 1:
                self._count_failures(type(error).__name__, 1)
                return [None]
            half = len(units) // 2
            return self._look_for_names(units[:half], windows) + self._look_for_names(units[half:], windows)

    def _count_failures(self, reason: str, count: int) -> None:
        if count:
            self.failures[reason] += count


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
