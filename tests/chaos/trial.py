"""One seed: a mesh, clients, a nemesis, and the verdict."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.actions import ACTIONS, Action, World
from tests.chaos.books import Books, off, settled_books
from tests.chaos.checker import Verdict, judge
from tests.chaos.clients import Client, Pace, ways
from tests.chaos.mesh import ChaosMesh, chaos_mesh
from tests.chaos.model import Record
from tests.chaos.nemesis import Deeds, carry_out, plan
from tests.chaos.reading import NotQuietError, dead_letters, stored_traces, wait_until_quiet, wait_until_replayed

QUIET_WITHIN_S: Final = 120.0
CLIENTS_OF_EACH_KIND: Final = 2
PAUSE_S: Final = 0.2
"""Between two requests of a client, on average."""
GIVE_UP_S: Final = 40.0
"""Of a client, for one request. OpenTelemetry's exporters do after about a minute."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a seed."""

    seed: int
    verdict: Verdict
    deeds: Deeds
    books: Books
    refusals: Counter[str]
    stuck: str
    """What still waited on the bus at the end; empty: nothing."""
    took_s: float

    @property
    def clean(self) -> bool:
        """Return whether nothing was lost, doubled or made up, everything came through, and the ledger says so."""
        return self.verdict.clean and not self.stuck and self.books.balanced and not off(self.books, self.verdict)


@dataclass(frozen=True, slots=True)
class Setup:
    """How a seed is run."""

    bus: str = "nats"
    seconds: float = 240.0
    """In which actions begin."""
    actions: Sequence[Action] = ()
    """Empty: all of the bus."""
    eager_ingest: bool = False


async def run_seed(seed: int, folder: Path, setup: Setup, say: Callable[[str], None]) -> Outcome:
    """Run a seed in a data directory of its own under `folder`."""
    begun = time.monotonic()
    record, pace = Record(), Pace(PAUSE_S)
    steps = plan(seed, setup.actions or ACTIONS[setup.bus])
    async with chaos_mesh(folder / f"seed-{seed}", setup.bus, eager_ingest=setup.eager_ingest) as mesh:
        say(f"mesh is up ({time.monotonic() - begun:.1f} s)")
        world = World(mesh, record, pace, random.Random(f"actions {seed}"))  # noqa: S311  # a test's plan, not a secret
        deeds = await _under_load(seed, mesh, record, pace, lambda: carry_out(steps, world, setup.seconds, say))
        say(f"tries that failed: {dict(record.refusals)}, {record.full} of them as the bus was full")
        say(f"{len(record.acknowledged)} of {len(record.sent)} spans acknowledged; waiting for the bus to be empty")
        tenant_id = json.loads((mesh.mesh.data / "project.json").read_text())["tenant_id"]
        stuck = await _settle(mesh, tenant_id)
        say(f"reading back ({time.monotonic() - begun:.1f} s)")
        verdict = judge(
            record.sent, record.acknowledged, await stored_traces(mesh), await dead_letters(mesh, tenant_id)
        )
        say(f"waiting for the ledger to settle ({time.monotonic() - begun:.1f} s)")
        books = await settled_books(mesh, tenant_id, verdict)
    return Outcome(seed, verdict, deeds, books, record.refusals, stuck, time.monotonic() - begun)


async def _settle(mesh: ChaosMesh, tenant_id: str) -> str:
    """Return when everything has come through, with what has not in time."""
    try:
        await wait_until_quiet(mesh, QUIET_WITHIN_S)
        await wait_until_replayed(mesh, tenant_id, QUIET_WITHIN_S)
        await wait_until_quiet(mesh, QUIET_WITHIN_S)
    except NotQuietError as error:
        return str(error)
    return ""


async def _under_load(
    seed: int, mesh: ChaosMesh, record: Record, pace: Pace, wreak: Callable[[], Awaitable[Deeds]]
) -> Deeds:
    """Return what the nemesis did while clients sent; when this returns, each client is done with its last request."""
    proxies = mesh.proxies
    api_key = mesh.mesh.variables["A11I_API_KEY"]
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        sending = await stack.enter_async_context(
            ways(proxies.otlp_grpc.port, proxies.otlp_http.port, api_key, CLIENTS_OF_EACH_KIND)
        )
        async with asyncio.TaskGroup() as group:
            for number, way in enumerate(sending):
                client = Client(f"client {seed} {number}", way, record, pace, GIVE_UP_S)
                group.create_task(client.run(stop))
            try:
                return await wreak()
            finally:
                stop.set()
