"""Whether the books balance: what is under way by the ledger must be on the bus.

A batch gets its first entry after its message is on the bus and its last one before that message is acknowledged. So
every batch that is under way, as entries say of a time, had a message on the bus then: on the topic that it had come
to, or on a later one. If there are more of them than messages, some are missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED, SPANS_REDACTED, SPANS_TOKENIZED
from a11i_storage.clickhouse.ledger_books import Reached, Verdict

WAY: Final = (SPANS_RECEIVED, SPANS_TOKENIZED, SPANS_REDACTED, DEADLETTERS)
"""Topics in the order of the way, in which they are looked at: a message is on the next before it leaves one."""
_IN_A_ROW: Final = 2
"""Audits that must agree that something is wrong."""


@dataclass(frozen=True, slots=True)
class Look:
    """How much waited on each topic, and when that was asked: nanoseconds since the epoch."""

    start_ns: int
    end_ns: int
    backlogs: Mapping[str, int]

    def from_topic(self, number: int) -> int:
        """Return how much waited on a topic of the way and on all after it."""
        return sum(self.backlogs[topic] for topic in WAY[number:])


@dataclass(frozen=True, slots=True)
class Sample:
    """The least that several looks saw. What was under way all the time is in each of them, younger batches are not."""

    start_ns: int
    end_ns: int
    least: Reached
    """Messages, by the topic from which on they were counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong."""

    missing_batches: int
    phantom_items: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing is."""
        return not (self.missing_batches or self.phantom_items)


def sample(looks: Sequence[Look]) -> Sample:
    """Return what looks in a row come to."""
    least = (min(look.from_topic(number) for look in looks) for number in range(3))
    return Sample(looks[0].start_ns, looks[-1].end_ns, Reached(*least))


def missing(of: Sample, reached: Reached) -> int:
    """Return how many batches are missing at the least, of those under way during all of the sample."""
    return max(
        0,
        reached.queued - of.least.queued,
        reached.tokenized - of.least.tokenized,
        reached.redacted - of.least.redacted,
    )


class Judge:
    """Says what findings come to: two in a row make a drift, and one without fault ends it."""

    def __init__(self) -> None:
        self._faults = 0
        self._verdict = Verdict.UNKNOWN
        self.since_ns = 0
        """Since when the verdict has been what it is."""

    def judge(self, finding: Finding | None, now_ns: int) -> Verdict:
        """Return the verdict after a finding; None: nothing can be said now."""
        if finding is None:
            return self._say(Verdict.UNKNOWN, now_ns)
        self._faults = 0 if finding.is_clean else self._faults + 1
        if finding.is_clean:
            return self._say(Verdict.BALANCED, now_ns)
        return self._say(Verdict.DRIFT if self._faults >= _IN_A_ROW else self._verdict, now_ns)

    def stay(self, now_ns: int) -> Verdict:
        """Return the verdict while there is no finding yet."""
        return self._say(self._verdict, now_ns)

    def _say(self, verdict: Verdict, now_ns: int) -> Verdict:
        if verdict is not self._verdict or not self.since_ns:
            self._verdict, self.since_ns = verdict, now_ns
        return verdict
