"""What waits for a bus that is away or full goes in the order it came."""

import asyncio
from functools import partial

import pytest

from a11i_bus.line import Line
from a11i_bus.runner import RunnerSettings
from a11i_bus.waiting import Backoff
from a11i_chassis.errors import TooLargeError, UnavailableError
from a11i_chassis.waiting import Stopping

QUICK = RunnerSettings(retry_base_s=0.001, retry_max_s=0.004)
MANY = 30


class Door:
    """Takes numbers while it is open."""

    def __init__(self, *, opened: bool = False) -> None:
        self.opened = asyncio.Event()
        if opened:
            self.opened.set()
        self.taken: list[int] = []
        self.asked = 0
        self.inside = 0
        self.most_inside = 0

    async def take(self, number: int) -> None:
        self.asked += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        await asyncio.sleep(0)
        self.inside -= 1
        if not self.opened.is_set():
            raise UnavailableError("full", retry_delay_s=0.001)
        self.taken.append(number)


async def test_those_refused_go_in_the_order_they_came_and_those_that_come_meanwhile_after_them() -> None:
    stop, door = asyncio.Event(), Door()
    line = Line(stop)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        for number in range(MANY):
            tasks.create_task(line.insist(partial(door.take, number), Backoff(QUICK, stop)))
            if number % 5 == 0:  # Some ask at once, others while those before them have waited.
                await asyncio.sleep(0.002)
        assert door.taken == []
        asked = door.asked
        door.opened.set()
    assert door.taken == list(range(MANY))
    assert asked < 2 * MANY + 20, "those behind the first ask for nothing meanwhile"


async def test_while_nothing_is_refused_nobody_waits_for_another() -> None:
    stop, door = asyncio.Event(), Door(opened=True)
    line = Line(stop)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        for number in range(MANY):
            tasks.create_task(line.insist(partial(door.take, number), Backoff(QUICK, stop)))
    assert door.most_inside == MANY


async def test_a_stop_ends_all_that_wait() -> None:
    stop, door = asyncio.Event(), Door()
    line = Line(stop)
    slow = RunnerSettings(retry_base_s=60, retry_max_s=60)
    waiting = [
        asyncio.create_task(line.insist(partial(door.take, number), Backoff(slow, stop))) for number in range(MANY)
    ]
    await asyncio.sleep(0.01)
    stop.set()
    async with asyncio.timeout(1):
        assert {type(end) for end in await asyncio.gather(*waiting, return_exceptions=True)} == {Stopping}


async def test_one_that_is_refused_for_good_lets_the_next_go() -> None:
    stop, door = asyncio.Event(), Door()
    line = Line(stop)

    async def too_large() -> None:
        if not door.opened.is_set():
            raise UnavailableError("full", retry_delay_s=0.001)
        raise TooLargeError("too large")

    first = asyncio.create_task(line.insist(too_large, Backoff(QUICK, stop)))
    second = asyncio.create_task(line.insist(partial(door.take, 2), Backoff(QUICK, stop)))
    await asyncio.sleep(0.002)
    door.opened.set()
    async with asyncio.timeout(10):
        with pytest.raises(TooLargeError):
            await first
        await second
    assert door.taken == [2]
