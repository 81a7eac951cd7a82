"""Runs the example agent against a mesh and shows its trace."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from a11i_local.console import Console
from a11i_local.environment import base_environment
from a11i_local.errors import SetupError, StartError
from a11i_local.mesh import Mesh

AGENT = Path("examples") / "demo_agent.py"
AGENT_TIMEOUT_S = 120.0
SHOW_TIMEOUT_S = 60.0
QUERYABLE_WITHIN = "30s"  # A trace is queryable about a second after it was sent, later on a machine that is busy.


def check() -> None:
    """Raises SetupError if the agent isn't there; asked before the mesh starts."""
    if not AGENT.exists():
        raise SetupError(f"{AGENT} is not here: run the demo from the root of a11i's source")


async def run(mesh: Mesh, console: Console) -> None:
    """Runs the agent, then prints its trace as a tree and the latest traces. Raises StartError if one fails."""
    known = {name: mesh.variables[name] for name in ("A11I_OTLP_GRPC", "A11I_QUERY", "A11I_API_KEY")}
    console.say("\nan agent runs: several turns, tools, an error ...\n")
    # The user's OTEL_ variables are left out: they would send the demo's spans elsewhere.
    trace_id = await _trace_of(AGENT, base_environment() | known)
    console.done("agent")
    console.say("")
    # Which mesh is asked is settled: another one that the user named is left out.
    environment = {name: value for name, value in os.environ.items() if name != "A11I_DATA_DIR"} | known
    await _a11i(environment, "traces", "show", trace_id, "--wait", QUERYABLE_WITHIN)
    console.say("")
    await _a11i(environment, "traces", "list", "--limit", "5")


async def _trace_of(agent: Path, environment: dict[str, str]) -> str:
    """Runs the agent; the last line of its output is `trace_id=<32 hexadecimal digits>`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(agent), stdout=asyncio.subprocess.PIPE, env=environment
    )
    try:
        async with asyncio.timeout(AGENT_TIMEOUT_S):
            output, _ = await process.communicate()
    except TimeoutError:
        raise StartError(f"{agent} took longer than {AGENT_TIMEOUT_S:.0f} s") from None
    finally:
        await _end(process)
    lines = output.decode(errors="replace").strip().splitlines()
    if process.returncode != 0 or not lines or not lines[-1].startswith("trace_id="):
        raise StartError(f"{agent} failed (exit code {process.returncode}); its words are above")
    return lines[-1].removeprefix("trace_id=")


async def _a11i(environment: dict[str, str], *arguments: str) -> None:
    """The a11i command, with the terminal as its output."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "a11i_cli", *arguments, env=environment)
    try:
        async with asyncio.timeout(SHOW_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        raise StartError(f"`a11i {' '.join(arguments)}` took longer than {SHOW_TIMEOUT_S:.0f} s") from None
    finally:
        await _end(process)
    if process.returncode != 0:
        raise StartError(f"`a11i {' '.join(arguments)}` failed (exit code {process.returncode})")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()
