"""Findings: where a text holds PII or a secret, and how overlapping ones become one."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A piece of PII or a secret at `start` to `end` (exclusive) of a text, in Unicode code points."""

    start: int
    end: int
    entity: str
    score: float


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Return disjoint findings in the order of the text.

    Findings that overlap become one over all of their text, named after the one with the highest score, then the
    longest: nothing of any of them stays behind.
    """
    merged: list[Finding] = []
    best = (0.0, 0)
    for finding in sorted(findings):
        rank = (finding.score, finding.end - finding.start)
        if not merged or finding.start >= merged[-1].end:
            merged.append(finding)
            best = rank
            continue
        last = merged[-1]
        winner = finding if rank > best else last
        best = max(best, rank)
        merged[-1] = Finding(last.start, max(last.end, finding.end), winner.entity, winner.score)
    return merged
