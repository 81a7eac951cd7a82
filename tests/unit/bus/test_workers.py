"""Threads that work for the event loop."""

import asyncio
import contextvars
import threading

import pytest

from a11i_bus.workers import AbandonedError, OverBudgetError, Workers

LONG_S = 20.0


async def test_work_is_done_in_the_callers_context_and_its_error_is_the_callers() -> None:
    workers, tenant = Workers(2, "test"), contextvars.ContextVar("tenant", default="nobody")
    tenant.set("tenant-1")

    def fails() -> None:
        raise KeyError("no")

    assert await workers.call(tenant.get, LONG_S) == "tenant-1"
    with pytest.raises(KeyError):
        await workers.call(fails, LONG_S)
    workers.end()


async def test_no_more_is_worked_on_at_once_than_there_are_threads() -> None:
    workers, started, go_on = Workers(2, "test"), threading.Semaphore(0), threading.Event()
    running: set[int] = set()

    def work() -> int:
        running.add(threading.get_ident())
        started.release()
        go_on.wait(LONG_S)
        return len(running)

    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(workers.call(work, LONG_S)) for _ in range(6)]
        for _ in range(2):
            await asyncio.to_thread(started.acquire)
        assert not started.acquire(blocking=False)
        go_on.set()
    assert {call.result() for call in calls} == {2}
    workers.end()


async def test_work_that_hangs_is_noticed_and_keeps_nothing_from_ending() -> None:
    workers, go_on = Workers(1, "test"), threading.Event()
    with pytest.raises(OverBudgetError):
        await workers.call(go_on.wait, 0.05)
    workers.end()
    go_on.set()  # what the lost thread returns, nobody hears


async def test_callers_can_be_told_not_to_wait_any_longer() -> None:
    workers, go_on = Workers(1, "test"), threading.Event()
    calls = [asyncio.create_task(workers.call(go_on.wait, LONG_S)) for _ in range(3)]
    await asyncio.sleep(0)
    workers.abandon()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [AbandonedError] * 3
    go_on.set()
    workers.end()


async def test_threads_end_when_told() -> None:
    workers = Workers(2, "test-that-ends")
    await workers.call(threading.get_ident, LONG_S)
    threads = [one for one in threading.enumerate() if one.name.startswith("test-that-ends")]
    assert len(threads) == 2
    workers.end()
    for thread in threads:
        await asyncio.to_thread(thread.join, LONG_S)
        assert not thread.is_alive()
