"""Recognizers that a policy brings: expressions of RE2, and words. Their time grows with the text alone."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import re2  # type: ignore[import-untyped]  # It has no stubs.

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.context import key_words
from a11i_redaction.findings import Finding
from a11i_redaction.reduction import HOLE

CONTEXT_PENALTY: Final = 0.4
"""What a match without its context words loses of its score, as the contract states it."""
_CONTEXT_CHARS: Final = 100
_WINDOW_CHARS: Final = 65_536
_LONGEST_MATCH_CHARS: Final = 1_000
"""Longer texts are searched window by window, so that no single search is long; a match across two windows has so many
characters at most."""
_WORD: Final = re.compile(r"\w+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_VALUE: Final = "value"
_FEWEST_FOR_PREFILTER: Final = 3
_LARGEST_PREFILTER: Final = 10_000
"""In instructions of RE2."""


@dataclass(frozen=True, slots=True)
class CustomRecognizer:
    """One recognizer, checked."""

    entity: str
    patterns: tuple[str, ...]
    words: tuple[str, ...]
    score: float
    context: tuple[str, ...]
    ignore_case: bool


def compiled(pattern: str, *, ignore_case: bool) -> Any:
    """Return an expression of RE2. Raises re2.error."""
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False  # What a tenant writes is for no log.
    return re2.compile(pattern, options)


def without_surrogates(text: str) -> str:
    """Return a text that RE2 takes: with a sign in place of each half of a surrogate pair, which UTF-8 cannot hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


class CustomDetector:
    """Finds what the recognizers of a policy know."""

    __slots__ = ("_named", "_plain", "_prefilter", "_words")

    def __init__(self, recognizers: Sequence[CustomRecognizer]) -> None:
        """Raises re2.error."""
        expressions = [
            _Expression(compiled(pattern, ignore_case=item.ignore_case), item, _context(item.context))
            for item in recognizers
            for pattern in item.patterns
        ]
        # Names of groups must not repeat within one expression, so these stay out of the prefilter.
        self._named = [item for item in expressions if item.pattern.groupindex]
        self._plain = [item for item in expressions if not item.pattern.groupindex]
        self._prefilter = _any_of(self._plain)
        self._words = [_Words(item, _context(item.context)) for item in recognizers if item.words]

    def find(self, text: str, key: str, budget: Budget) -> list[Finding]:
        """Return findings in any order, overlapping ones included. Raises BudgetExceededError."""
        budget.begin()
        findings: list[Finding] = []
        step = _WINDOW_CHARS
        text = without_surrogates(text)
        for begin in range(0, max(len(text), 1), step):
            budget.check()
            window = text[begin : begin + step + _LONGEST_MATCH_CHARS] if len(text) > step else text
            possible = self._named
            if self._plain and (self._prefilter is None or self._prefilter.search(window)):
                possible = [*possible, *self._plain]
            for expression in possible:
                findings.extend(expression.find(text, window, begin, key, budget))
        for words in self._words:
            findings.extend(words.find(text, key, budget))
        budget.end()
        return findings


@dataclass(frozen=True, slots=True)
class _Expression:
    pattern: Any
    recognizer: CustomRecognizer
    context: re.Pattern[str] | None

    def find(self, text: str, window: str, begin: int, key: str, budget: Budget) -> Iterator[Finding]:
        budget.check()
        group = self.pattern.groupindex.get(_VALUE, 0)
        for match in self.pattern.finditer(window):
            budget.step()
            if match.start() >= _WINDOW_CHARS:
                return
            start, end = match.span(group)
            if 0 <= start < end:
                yield _finding(self.recognizer, self.context, text, key, (begin + start, begin + end))


class _Words:
    """Words of one recognizer, by their first run of letters and digits and by their length."""

    def __init__(self, recognizer: CustomRecognizer, context: re.Pattern[str] | None) -> None:
        self._recognizer = recognizer
        self._context = context
        self._by_first: dict[str, dict[tuple[int, int], set[str]]] = defaultdict(lambda: defaultdict(set))
        for word in recognizer.words:
            plain = _lower(word) if recognizer.ignore_case else word
            first = _WORD.search(plain)
            if first is not None:
                self._by_first[first.group()][first.start(), len(plain)].add(plain)

    def find(self, text: str, key: str, budget: Budget) -> Iterator[Finding]:
        budget.check()
        searched = _lower(text) if self._recognizer.ignore_case else text
        for token in _WORD.finditer(searched):
            lengths = self._by_first.get(token.group())
            if lengths is None:
                continue
            for (offset, length), words in lengths.items():
                budget.step()
                start = token.start() - offset
                end = start + length
                if start >= 0 and searched[start:end] in words and _is_word(searched, start, end):
                    yield _finding(self._recognizer, self._context, text, key, (start, end))


def _finding(
    recognizer: CustomRecognizer, context: re.Pattern[str] | None, text: str, key: str, place: tuple[int, int]
) -> Finding:
    score = recognizer.score
    if context is not None:
        before = text[max(0, place[0] - _CONTEXT_CHARS) : place[0]]
        near = context.search(before.lower()) or (key and context.search(key_words(key)))
        score = score if near else max(0.0, score - CONTEXT_PENALTY)
    return Finding(*place, recognizer.entity, score)


def _context(words: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(rf"(?<!\w){re.escape(word.lower())}(?!\w)" for word in words)) if words else None


def _any_of(expressions: Sequence["_Expression"]) -> Any:
    """Return one expression that matches where any of them does; None if it has no use, or would be too large.

    No re2.Set, which answers "none" when it runs out of memory; an expression only gets slower.
    """
    if len(expressions) < _FEWEST_FOR_PREFILTER:
        return None
    parts = (
        f"(?i:{item.pattern.pattern})" if item.recognizer.ignore_case else f"(?:{item.pattern.pattern})"
        for item in expressions
    )
    try:
        together = compiled("|".join(parts), ignore_case=False)
    except re2.error:
        return None
    # A search of one can take as long as all of its instructions for each character, and the clock waits for it.
    return together if together.programsize <= _LARGEST_PREFILTER else None


def _is_word(text: str, start: int, end: int) -> bool:
    """Return whether what stands there is no part of a longer word."""
    inside = (start > 0 and _joins(text[start - 1], text[start])) or (
        end < len(text) and _joins(text[end - 1], text[end])
    )
    return not inside and HOLE not in text[start:end]


def _joins(before: str, after: str) -> bool:
    return (before.isalnum() or before == "_") and (after.isalnum() or after == "_")


def _lower(text: str) -> str:
    """Return the text in lower case with all places as they were."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
