"""The commands `up` (a mesh that serves until Ctrl-C) and `demo` (the same, and an agent whose trace is shown)."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from a11i_local import demo, guide
from a11i_local.console import Console, terminal
from a11i_local.errors import MeshError, SetupError
from a11i_local.mesh import running_mesh
from a11i_local.settings import MeshSettings

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Runs a command. Exit codes: 0 stopped as asked, 1 a process failed to start, 2 it can't be started as asked."""
    arguments = _parser().parse_args(argv)
    console = Console(terminal())
    # Logs, keys and the engines' files are the user's alone.
    os.umask(0o077)
    try:
        asyncio.run(_run(_settings(arguments.data_dir), console, with_demo=arguments.command == "demo"))
    except MeshError as error:
        Console(terminal(errors=True)).error(str(error))
        sys.exit(error.exit_code)
    sys.exit(0)


async def _run(settings: MeshSettings, console: Console, *, with_demo: bool) -> None:
    """Starts the mesh and serves until a signal; a second signal ends everything at once."""
    if with_demo:
        demo.check()
    stop = _Stop(asyncio.current_task(), console)
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.ask)
    try:
        async with running_mesh(settings, console) as mesh:
            if with_demo:
                await demo.run(mesh, console)
            guide.show(mesh, console)
            await stop.asked.wait()
    except asyncio.CancelledError:
        if not stop.asked.is_set():
            raise
    console.say("stopped")


class _Stop:
    """Turns signals into the end of a task."""

    def __init__(self, task: asyncio.Task[None] | None, console: Console) -> None:
        self.asked = asyncio.Event()
        self._task = task
        self._console = console

    def ask(self) -> None:
        """Called for each signal."""
        if self.asked.is_set() or self._task is None:
            # Impatience: the kernel kills the children of a process that is gone.
            os._exit(130)
        self.asked.set()
        self._console.say("\nstopping; Ctrl-C again ends everything at once")
        self._task.cancel()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m a11i_local", description="a11i on this machine, in one command.")
    parser.add_argument("command", choices=("up", "demo"), help="up: run the mesh. demo: run an agent against it too")
    parser.add_argument("--data-dir", type=Path, help="the mesh's whole state (default: A11I_DATA_DIR, else .a11i)")
    return parser


def _settings(data_dir: Path | None) -> MeshSettings:
    try:
        return MeshSettings(data_dir=data_dir) if data_dir else MeshSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "A11I_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SetupError(f"{name}={first['input']}: {first['msg']}") from None
