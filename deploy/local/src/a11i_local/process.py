"""One process of the mesh: what to run, and how to start, watch and stop it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from a11i_local import attached

Probe = Callable[[], Awaitable[bool]]
"""Says whether a process answers now. Raises nothing that a process which is still starting could cause."""

LOG_LIMIT_BYTES = 5_000_000  # A log larger than this is set aside at the process's start; one older log is kept.


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run."""

    name: str
    """Name on the console, in state.json, and of the log file."""
    command: tuple[str, ...]
    """Program and arguments. No secrets: everybody on the machine can read them."""
    environment: Mapping[str, str]
    """The whole environment; nothing is inherited."""
    directory: Path
    """Working directory; must exist."""
    probe: Probe | None = None
    """Says when the process is ready. None: there is nothing to ask, it is run to its end."""
    address: str = ""
    """host:port or URL under which it is reached."""
    after: tuple[str, ...] = ()
    """Processes that it needs: they stop after it."""
    ready_timeout_s: float = 60.0
    """From its start until it must be ready. Importing a language model takes seconds on a busy laptop."""
    stop_timeout_s: float = 15.0
    """From SIGTERM to SIGKILL; more than the services' own budget of 10 s."""
    stop_signal: signal.Signals = signal.SIGTERM


async def spawn(spec: ProcessSpec, log_path: Path) -> asyncio.subprocess.Process:
    """Starts the command in a session of its own, so that Ctrl-C in the terminal doesn't reach it.

    Its output is appended to `log_path`. It is killed when this process ends in any way.
    """
    rotate(log_path)
    with log_path.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            attached.__file__,
            str(os.getpid()),
            *spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(spec.environment),
            cwd=spec.directory,
            start_new_session=True,
        )


async def stop(process: asyncio.subprocess.Process, sig: signal.Signals, timeout_s: float) -> bool:
    """Ends the process and what it started. False if it had to be killed."""
    in_time = True
    if process.returncode is None:
        process.send_signal(sig)
        try:
            async with asyncio.timeout(timeout_s):
                await process.wait()
        except TimeoutError:
            in_time = False
    kill_group(process.pid)
    await process.wait()
    return in_time


def kill_group(pid: int) -> None:
    """Kills what is left of the session that `pid` leads."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def rotate(log_path: Path) -> None:
    """Sets a log that has grown over the limit aside as `<name>.1`."""
    if log_path.exists() and log_path.stat().st_size > LOG_LIMIT_BYTES:
        log_path.replace(log_path.with_name(log_path.name + ".1"))


def last_line(log_path: Path) -> str:
    """The last line of a log, at most 300 characters."""
    with log_path.open("rb") as log:
        log.seek(max(0, log_path.stat().st_size - 4096))
        lines = log.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]


def describe_exit(returncode: int) -> str:
    """`exit code 1`, or `signal 9 (SIGKILL)`."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        return f"signal {-returncode} ({signal.Signals(-returncode).name})"
    except ValueError:
        return f"signal {-returncode}"
