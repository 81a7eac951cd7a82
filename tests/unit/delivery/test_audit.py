"""Audits of any history: never an alarm where every batch is on the bus, always one where some are not."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_delivery.audit import WAY, Finding, Judge, Look, missing, sample
from a11i_storage.clickhouse.ledger_books import Reached, Verdict

S = 1_000_000_000
SETTLE_S, CLOCKS_S = 30, 5


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch's way: when each step was, in seconds. On the bus from a step's `sent` to the next one's `acked`."""

    sent: tuple[float, ...]
    """Onto received, tokenized and redacted, as far as it came."""
    stored: float | None
    """None: it is on the last of its topics for ever."""
    note_lag: float
    skew: float
    """By how much the clocks of the services that write entries are off."""
    overlap: float
    """How long a message stays on a topic after the next one has it."""
    lost: float | None = None
    """When its message vanishes."""

    def on(self, topic: int, at: float) -> bool:
        """Whether a message of it is on that topic of the way."""
        if topic >= len(self.sent) or at < self.sent[topic] or (self.lost is not None and at >= self.lost):
            return False
        if topic + 1 < len(self.sent):
            return at < self.sent[topic + 1] + self.overlap
        return self.stored is None or at < self.stored + self.overlap

    def entered(self, step: int) -> float:
        """When the entry of a step says that it was."""
        return self.sent[step] + self.note_lag + self.skew

    @property
    def left(self) -> float:
        """When the entry that it is stored says that it was; a lost one's never was."""
        return float("inf") if self.stored is None or self.lost is not None else self.stored + self.skew


def looks(batches: Sequence[Batch], start: float, pace: float) -> list[Look]:
    """Look at the bus five times, at one topic after another."""
    found = []
    for number in range(5):
        at = start + number * pace
        backlogs = {}
        for topic, name in enumerate(WAY):
            backlogs[name] = sum(batch.on(topic, at) for batch in batches)
            at += pace / 10
        found.append(Look(int((start + number * pace) * S), int(at * S), backlogs))
    return found


def reached(batches: Sequence[Batch], before: float, left: float) -> Reached:
    """Return what the ledger has of a time, as `count_open` counts it."""
    counts = [0, 0, 0]
    for batch in batches:
        if batch.left <= left:
            continue
        steps = [step for step in range(len(batch.sent)) if batch.entered(step) <= before]
        for step in range(max(steps, default=-1) + 1):
            counts[step] += 1
    return Reached(*counts)


def find(batches: Sequence[Batch], start: float, pace: float) -> int:
    taken = sample(looks(batches, start, pace))
    before, left = taken.start_ns / S - SETTLE_S, taken.end_ns / S + CLOCKS_S
    return missing(taken, reached(batches, before, left))


@st.composite
def batch(draw: st.DrawFn) -> Batch:
    times = [draw(st.floats(0, 100))]
    for _ in range(draw(st.integers(0, 2))):
        times.append(times[-1] + draw(st.floats(0.001, 40)))
    stored = times[-1] + draw(st.floats(0.001, 40)) if len(times) == 3 and draw(st.booleans()) else None
    return Batch(
        tuple(times),
        stored,
        note_lag=draw(st.floats(0, 20)),
        skew=draw(st.floats(-4, 4)),
        overlap=draw(st.floats(0, 20)),
    )


@given(st.lists(batch(), max_size=12), st.floats(0, 200), st.floats(0.001, 1.5))
@settings(max_examples=300, deadline=None)
def test_there_is_no_alarm_while_every_batch_is_on_the_bus(batches: list[Batch], start: float, pace: float) -> None:
    assert find(batches, start, pace) == 0


@given(st.lists(batch(), max_size=6), st.integers(1, 3), st.floats(0.001, 1))
@settings(max_examples=200, deadline=None)
def test_what_vanished_is_found_as_soon_as_nothing_young_is_on_the_bus(
    others: list[Batch], lost: int, pace: float
) -> None:
    """However long others have waited: at 400 s all that came are older than any margin."""
    gone = [Batch((50.0 + number,), None, 0, 0, 0, lost=60.0) for number in range(lost)]
    assert find([*others, *gone], 400, pace) == lost


def test_young_batches_hide_one_that_vanished_only_while_they_are_there() -> None:
    lost, young = Batch((0.0,), None, 0, 0, 0, lost=1.0), Batch((99.0, 99.1, 99.2), 102.9, 0, 0, 0)
    assert find([lost, young], 100, 0.5) == 0
    assert find([lost, young], 100, 1) == 1


def test_two_findings_in_a_row_make_a_drift_and_one_without_fault_ends_it() -> None:
    judge = Judge()
    fault, clean = Finding(1, 0), Finding(0, 0)
    history: list[tuple[Finding | None, Verdict]] = [
        (None, Verdict.UNKNOWN),
        (clean, Verdict.BALANCED),
        (fault, Verdict.BALANCED),
        (clean, Verdict.BALANCED),
        (fault, Verdict.BALANCED),
        (fault, Verdict.DRIFT),
        (None, Verdict.UNKNOWN),
        (Finding(0, 3), Verdict.DRIFT),
        (clean, Verdict.BALANCED),
        (clean, Verdict.BALANCED),
    ]
    since = []
    for number, (finding, verdict) in enumerate(history, start=1):
        assert judge.judge(finding, number) is verdict
        since.append(judge.since_ns)
    assert since == [1, 2, 2, 2, 2, 6, 7, 8, 9, 9]
