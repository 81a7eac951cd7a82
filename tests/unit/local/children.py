"""Tiny real programs for the supervisor to look after."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from a11i_local.process import ProcessSpec
from a11i_local.supervisor import Change, ProcessEvent

SERVES = "import signal, time; print('up', flush=True); time.sleep(60)"
"""Ends on SIGTERM, as that is the default."""
IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
)
DEADLINE_S = 20.0


@dataclass(slots=True)
class Events:
    """What a supervisor reported."""

    seen: list[ProcessEvent] = field(default_factory=list)

    def __call__(self, event: ProcessEvent) -> None:
        self.seen.append(event)

    def of(self, name: str) -> list[Change]:
        """What happened to one process."""
        return [event.change for event in self.seen if event.name == name]

    def last(self, change: Change) -> ProcessEvent:
        """The latest event of a kind."""
        return [event for event in self.seen if event.change is change][-1]

    async def until(self, name: str, *changes: Change) -> None:
        """Waits until exactly this has happened to a process."""
        await eventually(lambda: self.of(name) == list(changes))


def python(
    directory: Path, name: str, code: str, *, after: tuple[str, ...] = (), ready_timeout_s: float = DEADLINE_S,
    stop_timeout_s: float = DEADLINE_S, probe: Callable[[], Awaitable[bool]] | None = None,
) -> ProcessSpec:  # fmt: skip
    """A process that runs Python code, and is ready once it has printed something."""
    log = directory / f"{name}.log"

    async def has_spoken() -> bool:
        return log.exists() and log.stat().st_size > 0

    return ProcessSpec(
        name=name,
        command=(sys.executable, "-I", "-S", "-c", code),
        environment={"PATH": os.environ["PATH"]},
        directory=directory,
        probe=probe or has_spoken,
        after=after,
        ready_timeout_s=ready_timeout_s,
        stop_timeout_s=stop_timeout_s,
    )


async def eventually(look: Callable[[], bool]) -> None:
    """Waits until it is so; fails after a while."""
    async with asyncio.timeout(DEADLINE_S):
        while not look():  # other processes raise no event here
            await asyncio.sleep(0.01)


def eventually_sync(look: Callable[[], bool]) -> None:
    """The same for tests without a loop."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not look():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
