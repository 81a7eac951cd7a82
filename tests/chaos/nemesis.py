"""What goes wrong, when, and how: a plan that follows from the seed, and its execution.

Each action ends within its own time, leaves the mesh to recover by itself, and says whether it came to what it was
for: a trap at a named point that nothing has passed in time has not.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.actions import Action, World

GAP_S: Final = (0.2, 1.2)
"""Between an action's end and the next one's start; what the one broke need not be whole again."""


@dataclass(frozen=True, slots=True)
class Step:
    """An action of a plan."""

    action: Action
    pause_s: float
    """Before it."""


@dataclass(slots=True)
class Deeds:
    """What the nemesis has done."""

    done: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    """Actions that did not come to what they are for, such as a trap that nothing went into."""


def plan(seed: int, actions: Sequence[Action]) -> list[Step]:
    """Return every action once, in the seed's order and with its pauses."""
    rng = random.Random(f"plan {seed}")  # noqa: S311  # a test's plan, not a secret
    order = rng.sample(list(actions), len(actions))
    return [Step(action, rng.uniform(*GAP_S)) for action in order]


async def carry_out(steps: Sequence[Step], world: World, until_s: float, say: Callable[[str], None]) -> Deeds:
    """Do what is planned, as far as it can be begun within `until_s` seconds."""
    deeds = Deeds()
    loop = asyncio.get_running_loop()
    end = loop.time() + until_s
    for step in steps:
        await asyncio.sleep(step.pause_s)
        if loop.time() > end:
            break
        begun = loop.time()
        reached = await _bounded(step.action.run(world), step.action.limit_s)
        (deeds.done if reached else deeds.missed).append(step.action.name)
        say(f"{step.action.name}: {'done' if reached else 'missed'} ({loop.time() - begun:.1f} s)")
    return deeds


async def _bounded(work: Awaitable[bool], limit_s: float) -> bool:
    try:
        async with asyncio.timeout(limit_s):
            return await work
    except TimeoutError:
        return False
