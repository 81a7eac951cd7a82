"""Names that a text gives away without the language model: by lists, keys, columns, cues and e-mail addresses."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.gazetteer import Gazetteer, folded
from a11i_redaction.detectors.name_cues import LOWER_CASE, LOWER_CASE_GATE, cue_before
from a11i_redaction.detectors.name_keys import SURE, column_entity, says_name
from a11i_redaction.detectors.name_runs import UPPER, is_code, reversed_names, runs_of, verdicts
from a11i_redaction.detectors.name_words import NO_NAMES
from a11i_redaction.detectors.own_scripts import own_script_names
from a11i_redaction.detectors.tables import named_cells
from a11i_redaction.findings import Finding

_CUE_SCORE: Final = 0.8
_COLUMN_SCORE: Final = 0.75
_PERSON: Final = "PERSON"
_VALUE: Final = re.compile(r"[^\W\d_][^\d_=/\\{}<>\[\]|$%@\x1a\n]{1,60}")
_PLACE: Final = re.compile(rf"[{UPPER}\d][^{{}}<>\[\]|$%@=\x1a\n]{{0,80}}[^\W\d_][^{{}}<>\[\]|$%@=\x1a\n]{{0,40}}")
"""What stands below `city`, `employer` or `address`."""
_NOT_LOCAL: Final = re.compile(r"[^\w.+%\-]")
_LONGEST_LOCAL: Final = 64
"""Characters before the @ of an address (RFC 5321, 4.5.3.1.1)."""
_BEFORE_MAIL, _AFTER_MAIL = 80, 120
_TELLING: Final = 4
"""Letters of a name that an e-mail address must share with it."""
_HANDLE: Final = re.compile(r"(?<![\w@.])@([^\W\d_]+(?:-[^\W\d_]+)?)\b(?![.(])")
_LONGEST_UNDER_KEY: Final = 200
"""What is longer is no name, whatever its key says."""
_MAX_NAME_WORDS: Final = 5
_SHOUT_CHARS: Final = 8
_SHOUTED_WORDS: Final = 2
"""In a text in capitals, what stands behind a name looks like more of it."""
_GENITIVE: Final = re.compile("['\u2019]s\\Z")
_SHORT: Final = 2
_LOWER_SCORE: Final = 0.65
_SINGLE: Final = ("todo", "home", "user", "device", "said")
_SPACED: Final = re.compile(r"\S+")
_AND: Final = frozenset({"e", "et", "i", "mit", "och", "und", "y"})
_ABOUT: Final = re.compile(
    r"(?:(?:contract|policy|claim|account|file|case|record|order|data|card|login) (?:of|for)|audit) \Z", re.IGNORECASE
)
"""What people have, before a name with the surname first."""


class Evidence:
    """Looks for names in texts. What it finds need not be shown to the model."""

    __slots__ = ("_names",)

    def __init__(self, names: Gazetteer) -> None:
        self._names = names

    def find(self, text: str, key: str, candidates: Sequence[re.Match[str]], budget: Budget) -> Iterator[Finding]:
        """Yield findings; they may overlap. `candidates` are the capitalised words of the text.

        Raises BudgetExceededError.
        """
        for finding in self._all(text, key, candidates, budget):
            budget.step()
            owns = finding.entity == _PERSON and _GENITIVE.search(text, finding.end - 2, finding.end)
            yield replace(finding, end=finding.end - 2) if owns else finding

    def _all(self, text: str, key: str, candidates: Sequence[re.Match[str]], budget: Budget) -> Iterator[Finding]:
        yield from self._by_key(text, key)
        yield from self._by_column(text)
        yield from own_script_names(text, self._names)
        yield from self._lower_case(text)
        for handle in _HANDLE.finditer(text) if "@" in text else ():
            if self._names.alone(handle[1]):
                yield Finding(*handle.span(1), _PERSON, 0.6)
        if not candidates:
            return
        budget.check()
        runs = list(runs_of(text, candidates))
        for verdict, known in reversed_names(text, runs, self._names):
            said = cue_before(text, verdict.start) in {"label", "role"} or _is_about(text, verdict.start)
            if known or verdict.score or said:
                yield Finding(verdict.start, verdict.end, _PERSON, max(verdict.score, 0.6))
        for run in runs:
            budget.step()
            yield from self._by_cue(text, run)
            for start, end, score in verdicts(text, run, self._names):
                yield Finding(start, end, _PERSON, score)
            if "@" in text:
                yield from self._by_mail(text, run)

    def _by_key(self, text: str, key: str) -> Iterator[Finding]:
        """Yield all of a text that stands under a key such as `customer_name`, if it has a name's shape."""
        if not key or len(text) > _LONGEST_UNDER_KEY:
            return
        sure = says_name(key)
        value = text.strip()
        if sure and self._is_name(value, sure=sure == SURE):
            start = text.index(value)
            yield Finding(start, start + len(value), _PERSON, _CUE_SCORE)
        elif not sure and (entity := column_entity(key)) and _PLACE.fullmatch(value):
            start = text.index(value)
            yield Finding(start, start + len(value), entity, _COLUMN_SCORE)

    def _by_column(self, text: str) -> Iterator[Finding]:
        for start, end, entity in named_cells(text):
            value = text[start:end]
            if entity != _PERSON:
                if _PLACE.fullmatch(value):
                    yield Finding(start, end, entity, _COLUMN_SCORE)
            elif self._is_name(value, sure=True):
                yield Finding(start, end, _PERSON, _COLUMN_SCORE)

    def _is_name(self, value: str, *, sure: bool) -> bool:
        """Return whether a value that stands where names stand looks like one."""
        if _VALUE.fullmatch(value) is None:
            return False
        words = re.findall(r"[^\s,.]+", value)
        if not 1 <= len(words) <= _MAX_NAME_WORDS or any(is_code(word) for word in words):
            return False
        if words[0][0].islower():
            # A role or a login as often.
            return sure and len(words) > 1 and self._names.alone(words[0])
        known = any(self._names.is_given(word) or self._names.is_family(word) for word in words)
        plain = sum(word.lower() in NO_NAMES or (self._names.is_plain(word) and not known) for word in words)
        if len(words) == 1:
            return (sure and not plain) or self._names.alone(words[0])
        return not plain and (known or all(not word[0].islower() or len(word) < 4 for word in words))

    def _by_cue(self, text: str, run: Sequence[re.Match[str]]) -> Iterator[Finding]:
        """Yield the name that a title, a greeting or the like announces."""
        for index, match in enumerate(run[:2]):
            cue = cue_before(text, match.start())
            if not cue:
                continue
            shouts = text[max(0, match.start() - _SHOUT_CHARS) : match.start()].isupper()
            part = run[index : index + (_SHOUTED_WORDS if shouts else _MAX_NAME_WORDS)]
            if self._is_announced(text, [word.group() for word in part], part[-1].end(), cue):
                yield Finding(match.start(), part[-1].end(), _PERSON, _CUE_SCORE)
            return

    def _is_announced(self, text: str, words: Sequence[str], end: int, cue: str) -> bool:
        """Return whether words behind a cue are a name: known ones, or such as say nothing else."""
        single = len(words) == 1
        plain = any(self._names.is_plain(word) for word in words)
        if cue == "title":
            return True
        if any(self._names.is_given(word) or self._names.is_family(word) for word in words):
            return not (plain and single)
        if plain or any(word.isupper() for word in words):
            return False
        if cue in {"greets", "signs"}:
            return len(words[0]) > _SHORT and _ends_there(text, end)
        return cue in {"says", "label", "role"} and not single

    def _by_mail(self, text: str, run: Sequence[re.Match[str]]) -> Iterator[Finding]:
        """Yield a run of which a word is in an e-mail address beside."""
        start, end = run[0].start(), run[-1].end()
        locals_ = list(_locals(text, max(0, start - _BEFORE_MAIL), end + _AFTER_MAIL))
        if not locals_:
            return
        for match in run:
            for part in re.findall(r"[^\W\d_]+", folded(match.group())):
                if len(part) >= _TELLING and any(part in local for local in locals_) and not self._names.is_plain(part):
                    yield Finding(start, end, _PERSON, _CUE_SCORE)
                    return

    def _lower_case(self, text: str) -> Iterator[Finding]:
        """Yield names that their writers did not capitalise."""
        if LOWER_CASE_GATE.search(text) is None:
            return
        for match in LOWER_CASE.finditer(text):
            group = "full" if match["full"] else next(name for name in _SINGLE if match[name])
            value = match[group]
            if not value[0].islower():
                continue
            if group != "full":
                if self._names.alone(value):
                    yield Finding(*match.span(group), _PERSON, _LOWER_SCORE)
                continue
            words = itertools.takewhile(lambda word: not self._ends_name(word.group()), _SPACED.finditer(value))
            size = max((word.end() for word in words), default=0)
            if size:
                yield Finding(match.start(group), match.start(group) + size, _PERSON, _LOWER_SCORE)

    def _ends_name(self, word: str) -> bool:
        return word in NO_NAMES or word in _AND


def _locals(text: str, low: int, high: int) -> Iterator[str]:
    """Yield the letters of what stands before the @ of each e-mail address between two places."""
    at = text.find("@", low, high)
    while at >= 0:
        local = _NOT_LOCAL.split(text[max(low, at - _LONGEST_LOCAL) : at])[-1]
        if local:
            yield re.sub(r"[\W\d_]+", " ", folded(local))
        low = at + 1
        at = text.find("@", low, high)


def _is_about(text: str, start: int) -> bool:
    return _ABOUT.search(text, max(0, start - 20), start) is not None


def _ends_there(text: str, end: int) -> bool:
    """Return whether what follows a single word ends a greeting or a signature."""
    return text[end : end + 1] in {"", ",", "!", ".", "\n", "\r", "?", ":", ")", "<", '"', "'"}
