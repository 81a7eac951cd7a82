"""Steps run as soon as what they need is done, and the first failure ends the start."""

from __future__ import annotations

import asyncio

import pytest

from a11i_local.errors import StartError
from a11i_local.startup import Step, run_steps


async def test_a_step_waits_for_what_it_comes_after_and_for_nothing_else() -> None:
    done: list[str] = []
    release = asyncio.Event()

    async def slow() -> None:
        await release.wait()
        done.append("slow")

    async def quick() -> None:
        done.append("quick")

    async def last() -> None:
        done.append("last")
        release.set()

    await run_steps([Step("c", last, after=("b",)), Step("a", slow), Step("b", quick)])

    assert done == ["quick", "last", "slow"]


async def test_the_first_failure_cancels_the_rest() -> None:
    cancelled = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def fails() -> None:
        raise StartError("it broke")

    with pytest.raises(StartError, match="it broke"):
        await run_steps([Step("a", waits), Step("b", fails), Step("c", waits, after=("b",))])

    assert cancelled.is_set()


async def test_a_step_after_one_that_does_not_exist_is_a_defect() -> None:
    async def nothing() -> None:
        return

    with pytest.raises(KeyError, match="ghost"):
        await run_steps([Step("a", nothing, after=("ghost",))])
