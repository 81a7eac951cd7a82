"""Findings: where a text holds PII or a secret, and how overlapping ones become one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_EQUAL: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A piece of PII or a secret at `start` to `end` (exclusive) of a text, in Unicode code points."""

    start: int
    end: int
    entity: str
    score: float
    plain: str = field(default="", compare=False, repr=False)
    """The value itself where the text has it in disguise: split, escaped or encoded. Empty: it is the text."""

    def value(self, text: str) -> str:
        """Return the value, out of disguise, that was found in a text."""
        return self.plain or text[self.start : self.end]


def merge(findings: Iterable[Finding], strictness: Mapping[str, int] = _EQUAL) -> list[Finding]:
    """Return disjoint findings in the order of the text.

    Findings that overlap become one over all of their text: nothing of any of them stays behind. It is named after the
    one whose entity is the strictest, by how strictly entities are dealt with, then that with the highest score, then
    the longest.
    """
    merged: list[Finding] = []
    best = (0, 0.0, 0)
    for finding in sorted(findings):
        rank = (strictness.get(finding.entity, 0), finding.score, finding.end - finding.start)
        if not merged or finding.start >= merged[-1].end:
            merged.append(finding)
            best = rank
            continue
        last = merged[-1]
        winner = finding if rank > best else last
        best = max(best, rank)
        end = max(last.end, finding.end)
        merged[-1] = Finding(last.start, end, winner.entity, winner.score, _plain(winner, last, finding, end))
    return merged


def _plain(winner: Finding, first: Finding, second: Finding, end: int) -> str:
    """Return the value of two findings as one: of the winner, if that is over all of their text, else of the other."""
    for one in (winner, first, second):
        if one.plain and (one.start, one.end) == (first.start, end):
            return one.plain
    return ""
