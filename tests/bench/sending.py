"""Runs `tests.bench.sender` and reads what it says."""

import asyncio
import json
import pickle
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.bench.errors import MeasurementError
from tests.bench.sender import Plan


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledged request. Times are the machine's monotonic clock, in seconds."""

    index: int
    """Position in the plan's payloads."""
    sent_s: float
    acked_s: float
    refusals: int
    """Times that it was refused, and sent again, before."""
    partial: bool
    """True if the answer was not plain success."""


class RunningSender:
    """A sender that has read its plan and waits."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def acks(self) -> AsyncIterator[Ack]:
        """Begin to send; yield acknowledgements as they come. Raises MeasurementError if a request failed for good."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise MeasurementError("the sender has no pipes")
        stdin.write(b"!")
        await stdin.drain()
        async for line in stdout:
            yield Ack(**json.loads(line))
        if await self._process.wait() != 0:
            raise MeasurementError("a request was refused for good; the reason stands above")

    async def all_acks(self) -> list[Ack]:
        """Send everything; return the acknowledgements in their order."""
        return [ack async for ack in self.acks()]


@asynccontextmanager
async def sender(plan: Plan, api_key: str) -> AsyncIterator[RunningSender]:
    """Start a sender with a plan; ended at the latest when the block ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.sender"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"A11I_API_KEY": api_key, "PATH": ""},
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise MeasurementError("the sender has no pipes")
        process.stdin.write(pickle.dumps(plan))
        await process.stdin.drain()
        if await process.stdout.readline() != b"ready\n":
            raise MeasurementError("the sender did not start; the reason stands above")
        yield RunningSender(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
