"""Which inserts the auditor brings into the sums, on a store of the test."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from a11i_delivery.ledger_sums import LedgerSums
from a11i_storage.clickhouse import LedgerStore
from a11i_storage.clickhouse.ledger_books import Audit, Tally, Verdict

S = 1_000_000_000
NOON_NS = 1_700_000_000 * S


@dataclass
class Inserts:
    """A store that knows inserts alone, and tells of few at once."""

    times: set[int] = field(default_factory=set)
    summed: list[int] = field(default_factory=list)
    at_once: int = 10
    last: Audit | None = None

    async def last_audit(self) -> Audit | None:
        return self.last

    async def open_minutes(self) -> dict[int, Tally]:
        return {}

    async def new_inserts(self, since_ns: int) -> list[int]:
        return sorted(one for one in self.times if one >= since_ns)[: self.at_once]

    async def touched_minutes(self, inserts: Sequence[int]) -> set[int]:
        self.summed += inserts
        return {one // S for one in inserts}

    async def recompute(self, _minutes: Collection[int]) -> dict[int, Tally]:
        return {}


@dataclass
class Clock:
    now_ns: int = NOON_NS

    def __call__(self) -> int:
        return self.now_ns


def sums_of(store: Inserts, clock: Clock) -> LedgerSums:
    return LedgerSums(cast(LedgerStore, cast(Any, store)), now_ns=clock)


async def test_each_insert_comes_into_the_sums_once() -> None:
    store, clock = Inserts(), Clock()
    sums = sums_of(store, clock)
    for second in range(5):
        store.times.add(NOON_NS + second * S)
        clock.now_ns = NOON_NS + second * S
        await sums.refresh()
        await sums.refresh()
    assert store.summed == sorted(store.times)


async def test_sums_go_on_however_many_inserts_there_were_in_a_short_time() -> None:
    store, clock = Inserts({NOON_NS + n for n in range(95)}), Clock(NOON_NS + S)
    sums = sums_of(store, clock)
    for _ in range(12):
        await sums.refresh()
    assert store.summed == sorted(store.times)
    assert sums.handled_ns == NOON_NS + 94


async def test_an_insert_from_the_future_does_not_hide_those_that_follow() -> None:
    """The clock of a process that stores entries was an hour fast, and is right again."""
    store, clock = Inserts({NOON_NS + 3600 * S}), Clock()
    sums = sums_of(store, clock)
    await sums.refresh()
    store.times.add(NOON_NS + S)
    clock.now_ns += 2 * S
    await sums.refresh()
    assert sorted(store.summed) == sorted(store.times)
    assert sums.handled_ns <= clock.now_ns


async def test_an_auditor_whose_own_clock_is_set_back_goes_on() -> None:
    store, clock = Inserts({NOON_NS + 3600 * S}), Clock(NOON_NS + 3600 * S)
    sums = sums_of(store, clock)
    await sums.refresh()
    clock.now_ns = NOON_NS + S
    store.times.add(clock.now_ns)
    await sums.refresh()
    assert sorted(store.summed) == sorted(store.times)


async def test_who_takes_over_does_not_trust_an_audit_from_the_future() -> None:
    store, clock = Inserts({NOON_NS}), Clock()
    store.last = Audit(NOON_NS, Verdict.BALANCED, NOON_NS, handled_ns=NOON_NS + 3600 * S)
    sums = sums_of(store, clock)
    await sums.load()
    await sums.refresh()
    assert store.summed == [NOON_NS]
