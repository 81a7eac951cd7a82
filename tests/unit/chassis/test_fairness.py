"""Whose turn it is."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_chassis.fairness import FairQueue


class Workplace:
    """One slot, and a record of whose turns were begun."""

    def __init__(self, slots: int = 1, large_cost: int | None = None) -> None:
        self.queue = FairQueue(slots, large_cost=large_cost)
        self.begun: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []

    def line_up(self, tenant: str, cost: int = 1, *, hold: asyncio.Event | None = None) -> asyncio.Task[None]:
        async def work() -> None:
            async with self.queue.turn(tenant, cost):
                self.begun.append(tenant)
                if hold is not None:
                    await hold.wait()
                else:
                    await asyncio.sleep(0)

        self._tasks.append(asyncio.create_task(work()))
        return self._tasks[-1]

    async def finish(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_turns_of_one_tenant_begin_in_their_order() -> None:
    place, order = Workplace(), []

    async def work(number: int) -> None:
        async with place.queue.turn("a", 1):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(number) for number in range(20)))
    assert order == list(range(20))


async def test_a_newcomer_waits_for_one_turn_of_a_flood() -> None:
    place, hold = Workplace(), asyncio.Event()
    place.line_up("flood", hold=hold)
    for _ in range(1000):
        place.line_up("flood")
    await _settle()
    place.line_up("small")
    await _settle()

    hold.set()
    await place.finish()

    assert place.begun.index("small") <= 2


async def test_tenants_get_the_same_cost_and_not_the_same_number_of_turns() -> None:
    place, hold = Workplace(), asyncio.Event()
    place.line_up("other", hold=hold)
    for _ in range(100):
        place.line_up("large", 10)
    for _ in range(1000):
        place.line_up("small", 1)
    await _settle()

    hold.set()
    await place.finish()

    first = Counter(place.begun[:111])
    assert 8 <= first["large"] <= 12
    assert 90 <= first["small"] <= 110


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 50)), max_size=60), st.integers(1, 4))
async def test_every_turn_begins_once_and_never_more_than_there_is_room_for(
    turns: Sequence[tuple[str, int]], slots: int
) -> None:
    queue, begun = FairQueue(slots, large_cost=25, max_cost=40), 0
    running: list[int] = []

    async def work(tenant: str, cost: int) -> None:
        nonlocal begun
        async with queue.turn(tenant, cost):
            running.append(cost)
            begun += 1
            assert len(running) <= slots
            assert len(running) == 1 or sum(running) <= 40
            await asyncio.sleep(0)
            running.remove(cost)

    await asyncio.gather(*(work(tenant, cost) for tenant, cost in turns))
    assert begun == len(turns)
    assert queue.waiting() == 0


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 50), st.integers(0, 6)), min_size=1, max_size=30),
    st.integers(1, 3),
)
async def test_a_cancelled_turn_gives_its_slot_back(turns: Sequence[tuple[str, int, int]], slots: int) -> None:
    place = Workplace(slots, large_cost=25)
    tasks = [place.line_up(tenant, cost) for tenant, cost, _ in turns]
    for step in range(6):
        for task, (_, _, cancelled_after) in zip(tasks, turns, strict=True):
            if cancelled_after == step:
                task.cancel()
        await asyncio.sleep(0)
    await place.finish()

    assert place.queue.waiting() == 0
    async with AsyncExitStack() as stack:
        for _ in range(slots):
            async with asyncio.timeout(1):
                await stack.enter_async_context(place.queue.turn("a", 1))


async def test_a_turn_that_is_cancelled_as_it_begins_gives_its_slot_back() -> None:
    place, hold = Workplace(), asyncio.Event()
    place.line_up("a", hold=hold)
    second = place.line_up("a")
    await _settle()

    hold.set()
    while place.queue.waiting():
        await asyncio.sleep(0)
    second.cancel()
    await place.finish()

    async with asyncio.timeout(1), place.queue.turn("a", 1):
        pass


async def test_large_turns_leave_a_slot_to_small_ones() -> None:
    place, hold = Workplace(slots=2, large_cost=100), asyncio.Event()
    for _ in range(3):
        place.line_up("flood", 1000, hold=hold)
    await _settle()
    assert place.begun == ["flood"]

    async with asyncio.timeout(1):
        await place.line_up("small", 10)

    hold.set()
    await place.finish()
    assert Counter(place.begun) == {"flood": 3, "small": 1}


async def test_a_failure_in_the_block_gives_the_slot_back() -> None:
    queue = FairQueue(1)
    with pytest.raises(KeyError):
        async with queue.turn("a", 1):
            raise KeyError
    async with asyncio.timeout(1), queue.turn("a", 1):
        pass
