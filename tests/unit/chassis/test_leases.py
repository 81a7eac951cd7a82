"""What holds a lease on work, and what works claimed work off."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from a11i_chassis.errors import A11iError, TransientError, UnavailableError
from a11i_chassis.leases import Lease, LeaseLostError, LeaseTimes, work_off
from a11i_chassis.waiting import Stopping

QUICK = LeaseTimes(lease_s=2.0, pause_s=0.01)
"""Held on each time: the clock of these tests goes on by a second whenever it is looked at."""
SLOW = LeaseTimes(lease_s=1_000.0, pause_s=0.01)


@dataclass(slots=True)
class Held:
    """A lease, and what becomes of it."""

    times: LeaseTimes
    is_mine: bool = True
    renewals: int = 0
    waits: list[str] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    now_s: float = 0.0

    def lease(self) -> Lease:
        return Lease(self._renew, self.times, self.stop, self._wait, clock=self._clock)

    def _wait(self, error: TransientError) -> None:
        self.waits.append(error.message)

    def _clock(self) -> float:
        self.now_s += 1.0
        return self.now_s

    async def _renew(self) -> bool:
        self.renewals += 1
        return self.is_mine


async def _answer(mine: bool) -> bool:
    return mine


async def test_a_lease_is_held_on_while_a_long_call_lasts() -> None:
    held, done = Held(QUICK), asyncio.Event()

    async def long() -> str:
        await done.wait()
        return "answer"

    waiting = asyncio.ensure_future(held.lease().insist(long))
    async with asyncio.timeout(10):
        while held.renewals < 3:
            await asyncio.sleep(0.001)
    done.set()
    assert await waiting == "answer"


async def test_a_call_whose_lease_is_lost_is_ended() -> None:
    held, ended = Held(QUICK, is_mine=False), False

    async def long() -> None:
        nonlocal ended
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    with pytest.raises(LeaseLostError):
        await held.lease().insist(long)
    assert ended


async def test_what_cannot_be_done_now_is_tried_again_and_what_never_can_is_not() -> None:
    held, tries = Held(SLOW), 0

    async def away() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise UnavailableError("away")
        return tries

    assert await held.lease().insist(away) == 3
    assert held.waits == ["away", "away"]
    assert held.renewals == 0, "a lease that lasts is left alone"

    async def wrong() -> None:
        raise A11iError("wrong")

    with pytest.raises(A11iError, match="wrong"):
        await held.lease().insist(wrong)


async def test_a_step_that_the_store_did_not_take_ends_the_work_and_one_that_it_took_holds_the_lease() -> None:
    held = Held(SLOW)
    lease = held.lease()
    for _ in range(3):
        held.now_s += 200.0
        await lease.note(_answer(True))
        await lease.hold()
    assert held.renewals == 0
    held.now_s += 251.0
    await lease.hold()
    assert held.renewals == 1
    await lease.hold(always=True)
    assert held.renewals == 2
    with pytest.raises(LeaseLostError):
        await lease.note(_answer(False))
    held.is_mine = False
    with pytest.raises(LeaseLostError):
        await lease.hold(always=True)


async def test_once_the_service_stops_nothing_is_begun_and_what_waits_gives_up() -> None:
    held = Held(LeaseTimes(lease_s=1_000.0, pause_s=100.0))
    lease = held.lease()
    waiting = asyncio.ensure_future(lease.pause())
    await asyncio.sleep(0)
    held.stop.set()
    with pytest.raises(Stopping):
        await waiting
    with pytest.raises(Stopping):
        await lease.hold()
    with pytest.raises(Stopping):
        await lease.note(_answer(True))
    assert held.renewals == 0


async def test_work_is_claimed_piece_after_piece_and_a_defect_at_one_ends_no_other() -> None:
    stop, owners, done = asyncio.Event(), list[uuid.UUID](), list[int]()
    waits, failures = list[str](), list[tuple[str, int | None]]()
    claims: list[Callable[[], int | None]] = [lambda: 1, _away, lambda: 2, lambda: None, lambda: 3]

    async def claim(owner: uuid.UUID) -> int | None:
        owners.append(owner)
        if not claims:
            stop.set()
            return None
        return claims.pop(0)()

    async def carry_out(piece: int, owner: uuid.UUID) -> None:
        assert owner == owners[-1]
        if piece == 2:
            raise ValueError("defect")
        done.append(piece)

    def waited(error: TransientError) -> None:
        waits.append(error.message)

    def failed(error: Exception, piece: int | None) -> None:
        failures.append((str(error), piece))

    async with asyncio.timeout(10):
        await work_off(claim, carry_out, stop, 0.001, waits=waited, failed=failed)
    assert (done, waits, failures) == ([1, 3], ["away"], [("defect", 2)])
    # The lease on the piece with the defect has to run out before anybody tries it again, this process too.
    assert len(set(owners)) == 2
    assert owners[2] != owners[3] == owners[-1]


def _away() -> int | None:
    raise UnavailableError("away")
