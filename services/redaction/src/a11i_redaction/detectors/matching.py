"""Matches of Presidio's pattern recognizers: their patterns, validators and scores, in time that grows with the text.

Presidio's own loop compares each result with all others, so that it takes minutes for a list of 20,000 numbers.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, cast

import regex  # type: ignore[import-untyped]  # It has no stubs.
from presidio_analyzer import PatternRecognizer
from presidio_analyzer.predefined_recognizers import IbanRecognizer

from a11i_redaction.detectors.budget import Budget, BudgetExceededError

_SEARCH_TIMEOUT_S: Final = 5.0
"""For a single pattern in a single window, between two steps of the budget. None of Presidio's patterns comes near."""
_SHORT_CHARS: Final = 256
"""Windows so long are searched without: it takes as much time as the search itself, which cannot be long in them."""


class Match(NamedTuple):
    """A match that counts."""

    start: int
    end: int
    score: float


class Matcher:
    """Finds what a recognizer's patterns match and its validator does not refuse."""

    __slots__ = ("_many_ends", "_patterns", "_recognizer", "entity")

    def __init__(self, recognizer: PatternRecognizer) -> None:
        self._recognizer = cast(Any, recognizer)
        flags = self._recognizer.global_regex_flags
        self._patterns = tuple((regex.compile(item.regex, flags), item.score) for item in self._recognizer.patterns)
        # After an IBAN the next word can look like its last group: each group's end is tried.
        self._many_ends = isinstance(recognizer, IbanRecognizer)
        self.entity: str = recognizer.supported_entities[0]
        """Presidio's entity type."""

    def find(self, text: str, budget: Budget) -> list[Match]:
        """Return the matches in the order of the text, without those that lie in another at least as sure."""
        matches: list[Match] = []
        short = len(text) <= _SHORT_CHARS
        for pattern, score in self._patterns:
            try:
                found = pattern.finditer(text) if short else pattern.finditer(text, timeout=_SEARCH_TIMEOUT_S)
                for match in found:
                    budget.step()
                    matches.extend(self._judged(text, match, score))
            except TimeoutError as error:
                raise BudgetExceededError from error
        return _outermost(matches) if len(matches) > 1 else matches

    def _judged(self, text: str, match: Any, score: float) -> Iterator[Match]:
        start = match.start()
        for end in self._ends(match):
            value = text[start:end]
            if not value:
                continue
            valid = self._recognizer.validate_result(value)
            if valid is not None:
                score = 1.0 if valid else 0.0
            if score > 0 and not self._recognizer.invalidate_result(value):
                yield Match(start, end, score)
                return

    def _ends(self, match: Any) -> list[int]:
        if not self._many_ends:
            return [match.end()]
        groups = len(match.groups())
        return [match.end(group) if match.end(group) > 0 else match.end() for group in range(groups, 0, -1)]


def windows(text: str, ends: Iterable[int], reach: int) -> Iterator[tuple[int, int]]:
    """Yield disjoint parts of the text that reach so far around the ends, which rise."""
    length = len(text)
    begin = stop = -1
    for end in ends:
        if stop < 0:
            begin, stop = max(0, end - reach), min(length, end + reach)
        elif end - reach <= stop:
            stop = min(length, end + reach)
        else:
            yield begin, stop
            begin, stop = end - reach, min(length, end + reach)
    if stop >= 0:
        yield begin, stop


def _outermost(matches: list[Match]) -> list[Match]:
    kept: list[Match] = []
    around: list[Match] = []
    for match in sorted(matches, key=lambda item: (item.start, -item.end, -item.score)):
        around = [other for other in around if other.end > match.start]
        if not any(other.end >= match.end and other.score >= match.score for other in around):
            around.append(match)
            kept.append(match)
    return kept
