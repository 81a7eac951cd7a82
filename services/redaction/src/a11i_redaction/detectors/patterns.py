"""Secrets and pattern PII in a text: one prefilter pass, then only what the pass says can occur, only around it."""

import logging
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Final

import hyperscan

from a11i_redaction.detectors import assignments, phones, rows, secrets, structures, vetoes
from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.context import Context, Nearby, Words
from a11i_redaction.detectors.families import FAMILIES, Family, Need
from a11i_redaction.detectors.labelling import Labelling
from a11i_redaction.detectors.matching import Matcher, windows
from a11i_redaction.detectors.recognizers import MailRecognizer
from a11i_redaction.findings import Finding
from a11i_redaction.reduction import HOLE

CONTEXT_BOOST: Final = 0.35
CONTEXT_MIN_SCORE: Final = 0.4
"""What a context word adds to a score, and the least that it makes of it: Presidio's own numbers."""
MIN_SCORE: Final = 0.4
"""What most policies count from: Presidio's weak patterns reach it with context or a valid checksum only."""
LOWEST_SCORE: Final = 0.05
"""Findings below are no findings: no policy can ask for them."""

_UNCONFIRMED_SCORE: Final = 0.6
"""The most that a finding without context gets in a family that should have some."""
_BARE_SCORE: Final = 0.2
"""The most that a run of digits gets where only context tells it from any other."""

_SPACES: Final = (" ", "\n", "\t", "\r")

_TYPESET: Final = re.compile("[\u00a0\u2007\u202f\u2010-\u2013\u2212]")
_PLAIN: Final = str.maketrans(
    dict.fromkeys("\u00a0\u2007\u202f", " ") | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
)
"""Spaces and hyphens of typeset numbers as the patterns know them: one for one, so that places stay."""
_UNSPACED: Final = re.compile("[\u0590-\u1fff\u2e80-\ufeff\U00010000-\U0010ffff]")
"""Letters of scripts from Hebrew on, where words have no spaces, or particles and prefixes touch what is
no word of theirs: they end a number as a space does."""
_LONGEST_TLD: Final = 12
"""Letters of a top-level domain behind which an underscore is no part of an address; nearly all have fewer."""
_JOINT: Final = re.compile(
    r"(?<=[a-z])_(?=\d{4}(?:[ -]?\d){9,15}(?!\d))|_(?<=\d_)(?![\w.+-]*@)|_(?<=[a-z]_)(?:"
    + "|".join(rf"(?<=\.[a-z]{{{letters}}}_)" for letters in range(2, _LONGEST_TLD + 1))
    + r")(?![\w.+-]*@)"
)
_SIGNS: Final = frozenset("\u2192\uff1a")
"""The signs of assignment that are scanned as question marks, as all that is not ASCII."""
_PHONE_ID: Final = 1_000
_ASSIGNMENT_ID: Final = 1_001
_SENTENCE_ID: Final = 1_002
_COLUMN_ID: Final = 1_003
_ROW_ID: Final = 1_004
_JWK_ID: Final = 1_005
_KUBERNETES_ID: Final = 1_006
_FORMAT_IDS: Final = 2_000
_WORD_IDS: Final = 3_000
_PHONE_CONTEXT: Final = len(FAMILIES)
"""Its index behind those of the families."""
_MAIL: Final = next(index for index, family in enumerate(FAMILIES) if family.recognizer is MailRecognizer)
_FIRST_ONLY: Final = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL


class PatternDetector:
    """Finds secrets, pattern PII and phone numbers. Not for use by two threads at once: it owns scratch memory."""

    __slots__ = ("_budget_s", "_clock", "_contexts", "_database", "_matchers", "_secrets", "_wall", "_words")

    def __init__(
        self,
        budget_s: float,
        clock: Callable[[], float] = time.thread_time,
        wall: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`budget_s` is the time for one text, by the clocks that Budget takes."""
        # Presidio logs values that it cannot validate, and a pattern's time-out; neither may reach a log.
        logging.getLogger("presidio-analyzer").disabled = True
        self._budget_s = budget_s
        self._clock = clock
        self._wall = wall
        recognizers = tuple(family.recognizer() for family in FAMILIES)
        self._matchers = tuple(map(Matcher, recognizers))
        self._contexts = tuple(
            Context([*(family.words or recognizer.context), *family.also])
            for family, recognizer in zip(FAMILIES, recognizers, strict=True)
        )
        self._words = Words([*self._contexts, phones.CONTEXT])
        self._secrets = secrets.SecretFinder()
        self._database = self._compile()

    def budget(self) -> Budget:
        """Return the time for one text, however often it is looked at."""
        return Budget(self._budget_s, self._clock, self._wall)

    def find(self, text: str, key: str, budget: Budget | None = None) -> list[Finding]:
        """Return findings in any order, overlapping ones included.

        `key` is the attribute's or JSON member's key that the text stands under, or empty.
        Raises BudgetExceededError when the text takes more than its time; by default it has all of it.
        """
        plain = text
        ascii_alone = text.isascii()
        if not ascii_alone:
            text = text.translate(_PLAIN) if _TYPESET.search(text) else text
            plain = _UNSPACED.sub(HOLE, text)
        hits: list[tuple[int, int]] = []
        # One byte a code point, so that offsets are those of the text: all gates are ASCII.
        self._database.scan(text.encode("ascii", "replace"), match_event_handler=_record, context=hits)
        findings = list(self._secrets.under_key(text, key)) if key else []
        if not hits:
            return findings
        budget = budget or self.budget()
        budget.begin()
        ends: dict[int, list[int]] = defaultdict(list)
        words: dict[int, list[int]] = defaultdict(list)
        for identity, end in hits:
            if identity < _WORD_IDS:
                ends[identity].append(end)
            else:
                words[identity - _WORD_IDS].append(end)
        if not ascii_alone:
            for word, end in self._words.foreign(text):
                words[word].append(end)
        labelling = Labelling(text, Nearby(text, self._words, words))
        formats = [identity - _FORMAT_IDS for identity in ends if identity >= _FORMAT_IDS]
        findings.extend(self._secrets.of_formats(text, formats, budget))
        if _ASSIGNMENT_ID in ends:
            signs = ends[_ASSIGNMENT_ID]
            if not ascii_alone:
                signs = [end for end in signs if text[end - 1].isascii() or text[end - 1] in _SIGNS]
            findings.extend(self._secrets.of_assignments(text, signs, budget))
        if _SENTENCE_ID in ends:
            findings.extend(self._secrets.of_sentences(text, ends[_SENTENCE_ID], budget))
        if _JWK_ID in ends or _KUBERNETES_ID in ends:
            findings.extend(self._secrets.of_structures(text, ends[_JWK_ID], ends[_KUBERNETES_ID], budget))
        if _ROW_ID in ends:
            findings.extend(self._secrets.of_rows(text, ends[_ROW_ID], budget))
        if _COLUMN_ID in ends:
            findings.extend(self._secrets.of_columns(text, labelling.headers, budget))
        for identity, places in ends.items():
            if identity < _PHONE_ID:
                findings.extend(self._of_family(identity, plain, places, key, budget, labelling))
                if plain is not text and identity == _MAIL:  # Domains can be of any script.
                    findings.extend(self._of_family(identity, text, places, key, budget, labelling))
        if _PHONE_ID in ends:
            labelled = partial(labelling.labels, _PHONE_CONTEXT)
            findings.extend(phones.find(plain, ends[_PHONE_ID], key, budget, labelled))
        budget.end()
        return findings

    def _of_family(
        self, index: int, text: str, ends: list[int], key: str, budget: Budget, labelling: Labelling
    ) -> Iterator[Finding]:
        family, matcher = FAMILIES[index], self._matchers[index]
        in_key = self._contexts[index].in_key(key)
        if family.need is Need.ALWAYS and not (in_key or labelling.anywhere(index)):
            return
        parts = (
            _solid_windows(text, ends, family.reach_chars) if family.solid else windows(text, ends, family.reach_chars)
        )
        for begin, stop in parts:
            budget.step()
            if family.need is Need.ALWAYS and not (in_key or labelling.can(index, begin, stop)):
                continue
            for match in matcher.find(_unjoined(family, text[begin:stop]), budget):
                budget.step()
                start, end = begin + match.start, begin + match.end
                if start == begin > 0 and matcher.entity == "EMAIL_ADDRESS":
                    start = max(text.rfind(space, 0, begin) for space in _SPACES) + 1  # All of the long local part.
                elif (start == begin and begin > 0) or (end == stop and stop < len(text)):
                    continue  # Cut by the window, hence longer than any value of this family.
                while text[start].isspace():
                    start += 1  # Some of Presidio's patterns take the space before a value,
                while text[end - 1].isspace():
                    end -= 1  # or the one behind it.
                near = in_key or labelling.labels(index, start, end)
                bare = not near and family.need is Need.BARE and text[start:end].isdigit()
                score = _BARE_SCORE if bare and match.score > _BARE_SCORE else _score(family, match.score, near=near)
                if score >= LOWEST_SCORE and _counts(family, text, start, end, near=near):
                    yield Finding(start, end, matcher.entity, score)
        for start, end in labelling.again(index):
            if _counts(family, text, start, end, near=True):
                yield Finding(start, end, matcher.entity, CONTEXT_MIN_SCORE)

    def _compile(self) -> "hyperscan.Database":
        expressions: list[tuple[int, str, int]] = [
            (_PHONE_ID, phones.GATE, 0),
            (_ASSIGNMENT_ID, assignments.GATE, 0),
            (_SENTENCE_ID, secrets.SPOKEN_GATE, 0),
            (_COLUMN_ID, assignments.COLUMN_GATE, 0),
            (_ROW_ID, rows.GATE, 0),
            (_JWK_ID, structures.JWK_GATE, 0),
            (_KUBERNETES_ID, structures.KUBERNETES_GATE, 0),
        ]
        expressions.extend((index, family.gate, 0) for index, family in enumerate(FAMILIES))
        expressions.extend((_WORD_IDS + index, word, 0) for index, word in enumerate(self._words.expressions))
        for index, item in enumerate(secrets.FORMATS):
            expressions.append((_FORMAT_IDS + index, item.gate or item.pattern.replace("?P<secret>", ""), _FIRST_ONLY))
        database = hyperscan.loadb(_compiled(tuple(expressions)), hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        return database


@lru_cache(maxsize=1)
def _compiled(expressions: tuple[tuple[int, str, int], ...]) -> bytes:
    """Return the database of identities, gates and flags: compiled once for all detectors, as it takes two seconds."""
    database = hyperscan.Database()
    database.compile(
        expressions=[expression.encode() for _, expression, _ in expressions],
        ids=[identity for identity, _, _ in expressions],
        elements=len(expressions),
        flags=[flags for _, _, flags in expressions],
    )
    return bytes(hyperscan.dumpb(database))


def _record(identity: int, _start: int, end: int, _flags: int, context: object) -> None:
    context.append((identity, end))  # type: ignore[attr-defined]  # The list that scan() was given.


def _score(family: Family, score: float, *, near: bool) -> float:
    if near:
        return min(1.0, max(score + CONTEXT_BOOST, CONTEXT_MIN_SCORE))
    # A checksum of one digit alone is weaker than what another family knows for certain.
    return score if family.need is Need.NEVER else min(score, _UNCONFIRMED_SCORE)


def _counts(family: Family, text: str, start: int, end: int, *, near: bool) -> bool:
    if not near and family.need is Need.ALWAYS:
        return False
    beside = vetoes.part_of_alphanumeric if family.joined else vetoes.part_of_word
    if beside(text, start, end) or vetoes.part_of_identifier(text, start, end):
        return False
    return not family.veto(text, start, end)


def _unjoined(family: Family, window: str) -> str:
    """Return the window as the patterns see it: an underscore beside digits is no part of a card number's word."""
    return _JOINT.sub(" ", window) if family.joined and "_" in window else window


def _solid_windows(text: str, ends: list[int], reach: int) -> Iterator[tuple[int, int]]:
    """Yield likewise, but not beyond the white space around each end, which is part of the window."""
    done = 0
    for end in ends:
        if end <= done:
            continue
        begin = max([end - reach, *(text.rfind(space, max(0, end - reach), end) for space in _SPACES), 0])
        spaces = (text.find(space, end, end + reach) + 1 for space in _SPACES)
        done = min([end + reach, *(space for space in spaces if space), len(text)])
        yield begin, done
