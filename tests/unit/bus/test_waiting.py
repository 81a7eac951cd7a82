"""How many retries there are."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from a11i_bus.runner import RunnerSettings
from a11i_bus.waiting import Backoff, RetryBudget


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _spent(budget: RetryBudget, asked: int) -> int:
    return sum(budget.spend() for _ in range(asked))


@given(batches=st.lists(st.integers(0, 500), min_size=1, max_size=20), share=st.floats(0.0, 1.0))
def test_retries_are_a_share_of_new_batches_and_one_a_second_beside_what_was_saved(
    batches: list[int], share: float
) -> None:
    clock = Clock()
    budget = RetryBudget(share, clock)
    retries = 0
    for new in batches:
        for _ in range(new):
            budget.earn()
        clock.now += 1
        retries += _spent(budget, 1000)
    assert retries <= 20 + share * sum(batches) + len(batches)
    assert retries >= 20


def test_what_is_in_trouble_for_long_is_still_asked_now_and_then() -> None:
    clock = Clock()
    budget = RetryBudget(0.0, clock)
    _spent(budget, 100)
    assert not budget.spend()
    clock.now += 5
    assert _spent(budget, 100) == 5


async def test_a_retry_over_the_budget_waits_as_long_as_any() -> None:
    settings = RunnerSettings(retry_base_s=0.001, retry_max_s=0.2)
    budget = RetryBudget(0.0, Clock())
    _spent(budget, 100)
    loop = asyncio.get_running_loop()
    started = loop.time()
    await Backoff(settings, asyncio.Event(), budget).wait()
    assert loop.time() - started >= 0.75 * settings.retry_max_s


async def test_pauses_differ_so_that_waiters_do_not_come_back_together() -> None:
    settings = RunnerSettings(retry_base_s=0.4, retry_max_s=0.4)
    loop = asyncio.get_running_loop()

    async def pause() -> float:
        started = loop.time()
        await Backoff(settings, asyncio.Event()).wait()
        return loop.time() - started

    pauses = await asyncio.gather(*(pause() for _ in range(50)))
    assert max(pauses) - min(pauses) > 0.05
