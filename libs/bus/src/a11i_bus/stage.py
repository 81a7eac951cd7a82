"""Runs a stage: takes batches from one topic, transforms them in threads, and puts them on the next."""

import asyncio

from pydantic import SecretStr

from a11i_bus.health import StageHealth
from a11i_bus.ledger import ledger_book
from a11i_bus.outcomes import Outcomes
from a11i_bus.port import Bus
from a11i_bus.settings import RunnerSettings
from a11i_bus.spec import Stage, StageSpec
from a11i_bus.stage_runner import StageRunner
from a11i_bus.workers import Workers


class StageStuckError(Exception):
    """Work on a batch does not end. The process has to: its thread cannot be ended otherwise."""


async def run_stage(
    bus: Bus,
    spec: StageSpec,
    stage: Stage,
    settings: RunnerSettings,
    stop: asyncio.Event,
    *,
    dead_letter_key: SecretStr,
    health: StageHealth | None = None,
) -> None:
    """Run a stage until `stop` is set, then finish the batches under way and give back the others.

    An input is acknowledged only after its output is stored. A TransientError makes the batch wait without limit; any
    other error is tried `max_tries` times (a PermanentError once); then the batch is halved until the rows at fault
    stand alone, which go to the dead letters, sealed under `dead_letter_key` (32 characters or more), while the others
    go on. Rows whose output the bus refuses are at fault too. A batch of an unknown schema major is put off, and so is
    one with rows at fault while the dead letters do not take them. The ledger notes rows whose output is stored.

    Tenants take turns, by bytes, among the batches held. A batch that came often without an outcome known here is tried
    in a child process; rows of which the child dies, or does not come back, are at fault. A stage that would give up
    too large a share of its items takes no work, says so in `health`, and probes after a pause.

    Raises StageStuckError if a call of the stage takes longer than `call_budget_s`, after the other batches are
    finished or given back.
    """
    health = health or StageHealth()
    ending = asyncio.Event()
    outcomes = Outcomes(
        bus,
        stage=spec.name,
        version=spec.version,
        source=spec.source,
        settings=settings,
        stop=ending,
        dead_letter_key=dead_letter_key,
        health=health,
    )
    workers = Workers(settings.concurrency, spec.name)
    try:
        async with (
            ledger_book(bus) as ledger,
            bus.subscribe(spec.source, spec.group, max_unsettled=settings.window) as subscription,
            asyncio.TaskGroup() as background,
        ):
            runner = StageRunner(bus, spec, stage, settings, ending, outcomes, workers, health, ledger)
            following = background.create_task(_follow(stop, ending))
            background.create_task(runner.heartbeats.run())
            background.create_task(outcomes.watch_pending(subscription))
            try:
                await runner.run(subscription)
            finally:
                runner.heartbeats.end()
                following.cancel()
    finally:
        workers.end()
    if runner.stuck:
        raise StageStuckError(f"{spec.name} has worked on a batch for more than {settings.call_budget_s:g} s")


async def _follow(stop: asyncio.Event, ending: asyncio.Event) -> None:
    await stop.wait()
    ending.set()
