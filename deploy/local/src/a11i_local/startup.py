"""Runs steps as parallel as their order allows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from a11i_local.errors import MeshError


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done once, when the steps it comes after are done."""

    name: str
    run: Callable[[], Awaitable[None]]
    after: tuple[str, ...] = ()


async def run_steps(steps: Sequence[Step]) -> None:
    """Runs all steps. The first that fails cancels the others; its MeshError is raised.

    Raises KeyError for a step that comes after one that isn't among them.
    """
    done = {step.name: asyncio.Event() for step in steps}
    order = [(step, [done[name] for name in step.after]) for step in steps]

    async def run(step: Step, needs: Sequence[asyncio.Event]) -> None:
        for event in needs:
            await event.wait()
        await step.run()
        done[step.name].set()

    try:
        async with asyncio.TaskGroup() as group:
            for step, needs in order:
                group.create_task(run(step, needs), name=step.name)
    except BaseExceptionGroup as failures:
        # Not `except*`: what that raises is a group again in the first releases of Python 3.11.
        expected, unexpected = failures.split(MeshError)
        if unexpected is not None or expected is None:
            raise
        raise _first(expected) from None


def _first(failures: BaseExceptionGroup[MeshError]) -> MeshError:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
