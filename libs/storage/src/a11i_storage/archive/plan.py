"""Which rows of a partition's objects count: each once, in its newest version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from a11i_storage.archive.layout import Partition
from a11i_storage.archive.tables import Footer, Run
from a11i_telemetry.batch import ID_CHARS


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows to take of one object."""

    partition: Partition
    name: str
    runs: tuple[Run, ...]

    @property
    def rows(self) -> int:
        """How many."""
        return sum(run.count for run in self.runs)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to take of a partition."""

    pieces: Sequence[Piece]
    """In the order of the objects' names; objects of which nothing counts are left out."""
    unreadable: Sequence[str]
    """Names of objects that cannot be read."""


class _Taken:
    """Rows of one batch that newer objects hold: intervals apart from each other, in order."""

    def __init__(self) -> None:
        self._intervals: list[tuple[int, int]] = []

    def take(self, first: int, end: int) -> list[tuple[int, int]]:
        """Return the parts of an interval that were not yet taken, and take them."""
        free, at = [], first
        for start, stop in self._intervals:
            if stop <= at:
                continue
            if start >= end:
                break
            if start > at:
                free.append((at, start))
            at = max(at, stop)
        if at < end:
            free.append((at, end))
        self._intervals = sorted([*self._intervals, *free])
        return free


def make_plan(partition: Partition, footers: Mapping[str, Footer], keep: Callable[[Run], bool]) -> list[Piece]:
    """Return what to take of objects by name, of their runs those that are to be kept alone.

    A row is what stands in one place of one batch of ingest's, received at one time.
    """
    taken: dict[tuple[str, int], _Taken] = {}
    chosen: dict[str, tuple[Run, ...]] = {}
    newest_first = sorted(footers, key=lambda name: (footers[name].archived_time_ns, name), reverse=True)
    for name in newest_first:
        runs: list[Run] = []
        for run in footers[name].runs:
            if keep(run):
                rows = taken.setdefault((run.batch_id[:ID_CHARS], run.received_time_ns), _Taken())
                runs.extend(_part(run, *one) for one in rows.take(run.first_item, run.first_item + run.count))
        if runs:
            chosen[name] = tuple(runs)
    return [Piece(partition, name, chosen[name]) for name in sorted(chosen)]


def _part(run: Run, first: int, end: int) -> Run:
    return replace(run, offset=run.offset + first - run.first_item, first_item=first, count=end - first)
