"""Commands of the mesh that run once and end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from a11i_local.errors import StartError
from a11i_local.process import ProcessSpec, describe_exit, kill_group, spawn


async def run_job(spec: ProcessSpec, log: Path) -> None:
    """Runs the command to its end. Raises StartError if it fails or takes longer than `ready_timeout_s`."""
    process = await spawn(spec, log)
    try:
        async with asyncio.timeout(spec.ready_timeout_s):
            returncode = await process.wait()
    except TimeoutError:
        raise StartError(f"{spec.name} took longer than {spec.ready_timeout_s:.0f} s; see {log}") from None
    finally:
        kill_group(process.pid)
        await process.wait()
    if returncode != 0:
        raise StartError(f"{spec.name} ended with {describe_exit(returncode)}; see {log}")
