"""A service that runs a stage which does to its process what the names of its spans say: kill, hang, slow."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from pydantic import SecretStr

from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_TOKENIZED
from a11i_bus import BusSettings, connect
from a11i_bus.runner import RunnerSettings, StageHealth, StageSpec, run_stage
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_chassis.app import App, run
from a11i_chassis.settings import ServiceSettings
from a11i_telemetry.batch import SpanBatch

SPEC: Final = StageSpec(
    "tokenization", 1, SPANS_RECEIVED, "tokenization", SPANS_TOKENIZED, outcome=LEDGER_OUTCOME_TOKENIZED
)
KEY: Final = SecretStr("k" * 32)
HANG_S: Final = 600.0
SLOW_S: Final = 30.0


class StageProcessSettings(ServiceSettings, env_prefix="A11I_TESTSTAGE_"):
    """What the test says."""

    bus: BusSettings
    runner: RunnerSettings


def stage(spans: SpanBatch) -> SpanBatch:
    """Do what the spans are named."""
    names = set(spans.columns["name"].to_pylist())
    if "kill" in names:
        os.kill(os.getpid(), signal.SIGKILL)
    if "hang" in names:
        time.sleep(HANG_S)
    if "slow" in names:
        os.write(1, b"slow\n")
        time.sleep(SLOW_S)
    return spans


@asynccontextmanager
async def build(settings: StageProcessSettings) -> AsyncIterator[App]:
    """Wire the stage as the services do."""
    health = StageHealth()

    async def work(stop: asyncio.Event) -> None:
        await run_stage(bus, SPEC, stage, settings.runner, stop, dead_letter_key=KEY, health=health)

    async def ready() -> bool:
        return health.serving and await bus.ready()

    async with connect(settings.bus) as bus:
        yield App(background=[work], ready=ready)


if __name__ == "__main__":
    run("teststage", StageProcessSettings, build)
