"""Keeps the sums of the ledger up to date, and in mind what is open."""

import time
from collections.abc import Callable
from typing import Final

from a11i_storage.clickhouse import LedgerStore
from a11i_storage.clickhouse.ledger_books import Tally

_LATE_NS: Final = 300 * 1_000_000_000
"""By how much later an insert may come to light than its time says: it took long, or another process' clock is slow."""


class LedgerSums:
    """The sums, as one process at a time keeps them. All methods raise what the store raises; calling again helps."""

    def __init__(self, store: LedgerStore, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._store = store
        self._now_ns = now_ns
        self._open: dict[int, Tally] = {}
        self._changed_ns: dict[int, int] = {}
        self._handled: set[int] = set()
        self.handled_ns = 0
        """Entries inserted by then are in the sums, unless they came to light late."""

    @property
    def total(self) -> Tally:
        """What is open in all minutes."""
        tallies = self._open.values()
        return Tally(
            sum(one.open_batches for one in tallies),
            sum(one.in_flight_items for one in tallies),
            sum(one.phantom_items for one in tallies),
        )

    async def load(self) -> None:
        """Begin where whoever kept the sums before ended."""
        last = await self._store.last_audit()
        self._open = await self._store.open_minutes()
        self.handled_ns = last.handled_ns if last else 0

    async def refresh(self) -> None:
        """Bring into the sums what is new."""
        inserts = await self._new_inserts()
        if not inserts:
            return
        minutes = await self._store.touched_minutes(inserts)
        tallies = await self._store.recompute(minutes)
        now_ns = self._now_ns()
        for minute in minutes:
            self._open.pop(minute, None)
            self._changed_ns[minute] = now_ns
        self._open |= tallies
        self._handled.update(inserts)
        self.handled_ns = min(max(self._handled), now_ns)
        self._handled = {one for one in self._handled if one >= self.handled_ns - _LATE_NS}

    async def _new_inserts(self) -> list[int]:
        """Return the earliest inserts that are not in the sums, as many as the store tells of at once."""
        # A clock that was fast for a while says of inserts, or of this process' own last look, that they are yet to
        # come. Looking on from there would pass over all until then.
        since_ns = max(0, min(self.handled_ns, self._now_ns()) - _LATE_NS)
        while told := await self._store.new_inserts(since_ns):
            if inserts := [one for one in told if one not in self._handled]:
                return inserts
            since_ns = told[-1] + 1
        return []

    def minutes(self, since_ns: int) -> set[int]:
        """Return the minutes in which anything is open, or was `since_ns`."""
        self._changed_ns = {minute: time_ns for minute, time_ns in self._changed_ns.items() if time_ns >= since_ns}
        return {*self._open, *self._changed_ns}
