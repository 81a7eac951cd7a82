"""Keeps the processes of a mesh running, and stops them in order.

    async with Supervisor(logs, report=console.report) as supervisor:
        await supervisor.start(spec)      # returns when it is ready
        await supervisor.stop()           # dependents first

A process that dies is started again after a growing, jittered pause, for as long as the supervisor runs.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from a11i_local.errors import SetupError, StartError
from a11i_local.process import ProcessSpec, describe_exit, kill_group, last_line, spawn, stop

PROBE_INTERVAL_S = 0.05
PROBE_TIMEOUT_S = 2.0
START_ATTEMPTS = 3  # A process that dies this often without having been ready once is taken for broken.
CONFIG_EXIT_CODE = 2  # "Wrong settings": the same settings would fail again.


class Change(StrEnum):
    """What happened to a process."""

    STARTED = "started"
    READY = "ready"
    DIED = "died"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ProcessEvent:
    """Something that happened to a process."""

    name: str
    change: Change
    pid: int
    log: Path
    detail: str = ""
    """How it ended."""
    pause_s: float = 0.0
    """DIED: until it is started again."""
    restarts: int = 0
    """Starts after the first."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between starts: first_s, doubled up to longest_s, each times 0.5 to 1 at random."""

    first_s: float = 0.25
    longest_s: float = 15.0
    forget_after_s: float = 30.0
    """A process that ran this long begins at first_s again."""

    def pause_s(self, failures: int) -> float:
        """The pause after this many failures in a row, 1 or more."""
        # Jitter needs no cryptographic randomness.
        return float(min(self.longest_s, self.first_s * 2 ** (failures - 1)) * random.uniform(0.5, 1.0))  # noqa: S311


@dataclass(slots=True)
class _Child:
    spec: ProcessSpec
    ready: asyncio.Future[None]
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0


class Supervisor:
    """Owns processes. Use as an async context manager; leaving it stops whatever still runs."""

    def __init__(self, logs: Path, report: Callable[[ProcessEvent], None], backoff: Backoff | None = None) -> None:
        self._logs = logs
        self._report = report
        self._backoff = backoff or Backoff()
        self._children: dict[str, _Child] = {}
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Supervisor:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.stop()
        finally:
            for child in self._children.values():
                if child.process is not None and child.process.returncode is None:
                    kill_group(child.process.pid)
            await self._tasks.__aexit__(None, None, None)

    def log_path(self, name: str) -> Path:
        """Where a process's output goes."""
        return self._logs / f"{name}.log"

    async def start(self, spec: ProcessSpec) -> None:
        """Starts a process and returns when its probe says that it is ready.

        Raises StartError if it isn't within `spec.ready_timeout_s`, or dies three times before; SetupError if it
        exits with 2.
        """
        child = _Child(spec, asyncio.get_running_loop().create_future())
        self._children[spec.name] = child
        self._tasks.create_task(self._keep(child), name=f"keep {spec.name}")
        try:
            async with asyncio.timeout(spec.ready_timeout_s):
                await child.ready
        except TimeoutError:
            raise StartError(
                f"{spec.name} was not ready within {spec.ready_timeout_s:.0f} s; see {self.log_path(spec.name)}"
            ) from None

    async def stop(self) -> None:
        """Stops every process, each after those that need it. Returns when none is left."""
        async with asyncio.TaskGroup() as group:
            for child in self._children.values():
                group.create_task(self._stop_after_dependents(child))

    async def _stop_after_dependents(self, child: _Child) -> None:
        for other in self._children.values():
            if child.spec.name in other.spec.after:
                await other.gone.wait()
        child.stopping.set()
        await child.gone.wait()

    async def _keep(self, child: _Child) -> None:
        """Runs a process again and again until it is to stop."""
        failures = 0
        try:
            while not child.stopping.is_set():
                started_s = asyncio.get_running_loop().time()
                returncode = await self._run_once(child)
                if child.stopping.is_set():
                    return
                ran_s = asyncio.get_running_loop().time() - started_s
                failures = 1 if ran_s > self._backoff.forget_after_s else failures + 1
                if self._gives_up(child, returncode, failures):
                    return
                await self._pause(child, returncode, failures)
        except OSError as error:
            # The program isn't there, or the log can't be written.
            if not child.ready.done():
                child.ready.set_exception(StartError(f"{child.spec.name} can't be started: {error}"))
        finally:
            child.gone.set()

    async def _run_once(self, child: _Child) -> int:
        """One life of the process; returns how it ended."""
        process = await spawn(child.spec, self.log_path(child.spec.name))
        child.process = process
        self._tell(child, Change.STARTED)
        try:
            async with asyncio.TaskGroup() as group:
                probing = group.create_task(self._watch_ready(child))
                stopping = group.create_task(child.stopping.wait())
                exited = group.create_task(process.wait())
                await asyncio.wait({stopping, exited}, return_when=asyncio.FIRST_COMPLETED)
                probing.cancel()
                stopping.cancel()
                if process.returncode is None:
                    in_time = await stop(process, child.spec.stop_signal, child.spec.stop_timeout_s)
                    self._tell(child, Change.STOPPED, "" if in_time else "killed: it did not stop in time")
                await exited
        finally:
            # Whatever it started goes with it.
            kill_group(process.pid)
        return await process.wait()

    async def _watch_ready(self, child: _Child) -> None:
        # What is asked is another process: there is no event to wait for.
        while not await _asked(child.spec):  # noqa: ASYNC110
            await asyncio.sleep(PROBE_INTERVAL_S)
        self._tell(child, Change.READY)
        if not child.ready.done():
            child.ready.set_result(None)

    def _gives_up(self, child: _Child, returncode: int, failures: int) -> bool:
        if child.ready.done() or (failures < START_ATTEMPTS and returncode != CONFIG_EXIT_CODE):
            return False
        log = self.log_path(child.spec.name)
        # Then its last words are one line for people.
        words = f": {last_line(log)}" if returncode == CONFIG_EXIT_CODE else ""
        kind = SetupError if returncode == CONFIG_EXIT_CODE else StartError
        child.ready.set_exception(kind(f"{child.spec.name} ended with {describe_exit(returncode)}{words}; see {log}"))
        return True

    async def _pause(self, child: _Child, returncode: int, failures: int) -> None:
        pause_s = self._backoff.pause_s(failures)
        self._tell(child, Change.DIED, describe_exit(returncode), pause_s)
        child.restarts += 1
        try:
            async with asyncio.timeout(pause_s):
                await child.stopping.wait()
        except TimeoutError:
            return

    def _tell(self, child: _Child, change: Change, detail: str = "", pause_s: float = 0.0) -> None:
        pid = child.process.pid if child.process else 0
        log = self.log_path(child.spec.name)
        self._report(ProcessEvent(child.spec.name, change, pid, log, detail, pause_s, child.restarts))


async def _asked(spec: ProcessSpec) -> bool:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return spec.probe is None or await spec.probe()
    except TimeoutError:
        return False
