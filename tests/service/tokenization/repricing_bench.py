"""Repricings on real engines by a process that a test watches, kills or holds short of memory."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from a11i_storage.clickhouse import CallCostStore, ClickHouse, ClickHouseSettings, open_clickhouse
from a11i_storage.postgres import PostgresSettings, open_price_tables, open_repricings
from a11i_storage.postgres.repricings import NewRepricing, Repricing, RepricingState
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.repricing.repricer import Repricer, Workshop
from a11i_tokenization.repricing.tables import RepricingTables
from a11i_tokenization.settings import RepricingSettings
from tests.contract.stored_spans import S
from tests.service.tokenization.stored_calls import DAY_S, NOON_S, Engines, Spans

Hook = Callable[[str, bool], Awaitable[None]]
BOOK = PriceBook()


class KilledError(BaseException):
    """The process is no more."""


class Watched:
    """A store that says of each call when it begins and when it is done."""

    def __init__(self, store: Any, hook: Hook) -> None:
        self._store = store
        self._hook = hook

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def watched(*arguments: Any, **options: Any) -> Any:
            await self._hook(name, False)
            answer = await method(*arguments, **options)
            await self._hook(name, True)
            return answer

        return watched


@dataclass(frozen=True, slots=True)
class Bench:
    """What repricings are carried out with, and a tenant's spans."""

    workshop: Workshop
    spans: Spans
    dsn: str

    async def order(self, **fields: Any) -> NewRepricing:
        """Order a repricing of the tenant's calls around noon."""
        order = NewRepricing(
            id=uuid.uuid4(),
            tenant_id=self.spans.tenant,
            project_id="",
            start_ns=(NOON_S - DAY_S) * S,
            end_ns=(NOON_S + DAY_S) * S,
            unpriced_only=False,
            dry_run=False,
            actor="the tests",
            request_id=str(uuid.uuid4()),
            default_tables=BOOK.tables,
            own_version=0,
        )
        return (await self.workshop.store.add(replace(order, **fields))).order

    async def run(self, order: NewRepricing, hook: Hook | None = None, *, until_dead: bool = False) -> Repricing:
        """Run a process until the order is done, or it is killed; `until_dead`: until it is killed."""
        workshop = self.workshop
        if hook is not None:
            store: Any = Watched(workshop.store, hook)
            costs: Any = Watched(workshop.costs, hook)
            workshop = replace(workshop, store=store, costs=costs)
        stop = asyncio.Event()
        process = asyncio.ensure_future(Repricer(workshop).run(stop))
        try:
            async with asyncio.timeout(20):
                while not process.done():
                    found = await self.get(order)
                    if found.state is not RepricingState.RUNNING and not until_dead:
                        break
                    await asyncio.sleep(0.02)
        finally:
            stop.set()
            with suppress(KilledError):
                await process
        return await self.get(order)

    async def get(self, order: NewRepricing) -> Repricing:
        found = await self.workshop.store.get(order.id)
        assert found is not None
        return found

    async def expire(self, order: NewRepricing) -> None:
        """Let the lease of a dead process run out."""
        connection = await asyncpg.connect(self.dsn)
        await connection.execute("UPDATE repricings SET lease_until = now() - interval '1 s' WHERE id = $1", order.id)
        await connection.close()


class TightClickHouse(ClickHouse):
    """A client whose copies of rows may take so much of the engine's memory, which sets no bound by itself."""

    def __init__(self, settings: ClickHouseSettings, copy_bytes: int) -> None:
        super().__init__(settings)
        self._copy_bytes = copy_bytes

    async def command(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, use_database: bool = True
    ) -> None:
        if sql.startswith("INSERT INTO spans"):
            sql += f", max_memory_usage = {self._copy_bytes}"
        await super().command(sql, parameters, use_database=use_database)


@asynccontextmanager
async def opened(started: Engines, *, read_bytes: int = 0, copy_bytes: int = 0, **options: Any) -> AsyncIterator[Bench]:
    """Yield a bench. A read of its process, and a copy, may take so much of the engine's memory; 0: what it needs."""
    postgres = PostgresSettings.model_validate({"dsn": started.dsn})
    usual = started.clickhouse.settings
    tight = usual.model_copy(update={"query_max_memory_bytes": read_bytes or usual.query_max_memory_bytes})
    async with (
        open_clickhouse(usual) as clickhouse,
        closing(TightClickHouse(tight, copy_bytes)) as its_own,
        open_price_tables(postgres) as prices,
        open_repricings(postgres) as store,
    ):
        quick = {"slice_calls": 2, "interval_s": 0.02, "pause_s": 0.2, "lease_s": 30.0}
        settings = RepricingSettings.model_validate(quick | options)
        workshop = Workshop(store, CallCostStore(its_own), RepricingTables(prices, BOOK), settings)
        yield Bench(workshop, Spans(clickhouse), started.dsn)


@asynccontextmanager
async def closing(clickhouse: ClickHouse) -> AsyncIterator[ClickHouse]:
    try:
        yield clickhouse
    finally:
        await clickhouse.close()


async def dies_at(bench: Bench, order: NewRepricing, moment: int) -> bool:
    """Run a process that dies at the moment of this number; False: it was done before that."""
    moments = 0

    async def die(name: str, _done: bool) -> None:
        nonlocal moments
        if name == "claim":
            return
        if moments == moment:
            raise KilledError
        moments += 1

    return (await bench.run(order, die)).state is RepricingState.RUNNING
