"""A repricing whose process dies between any two of its steps, or whose rows change under it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from a11i_storage.clickhouse import CallCostStore, open_clickhouse
from a11i_storage.postgres import PostgresSettings, open_price_tables, open_repricings
from a11i_storage.postgres.repricings import NewRepricing, Repricing, RepricingState
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.repricing.repricer import Repricer, Workshop
from a11i_tokenization.repricing.tables import RepricingTables
from a11i_tokenization.settings import RepricingSettings
from tests.contract.stored_spans import S
from tests.service.tokenization.stored_calls import DAY_S, NOON_S, Engines, Spans, call, engines

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

    async def run(self, order: NewRepricing, hook: Hook | None = None) -> Repricing:
        """Run a process until the order is done, or it is killed."""
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
                    if found.state is not RepricingState.RUNNING:
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


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with engines(tmp_path_factory.mktemp("killed")) as running:
        yield running


@asynccontextmanager
async def opened(started: Engines) -> AsyncIterator[Bench]:
    postgres = PostgresSettings.model_validate({"dsn": started.dsn})
    async with (
        open_clickhouse(started.clickhouse.settings) as clickhouse,
        open_price_tables(postgres) as prices,
        open_repricings(postgres) as store,
    ):
        settings = RepricingSettings(slice_calls=2, interval_s=0.02, pause_s=0.2, lease_s=30.0)
        tables = RepricingTables(prices, BOOK)
        yield Bench(Workshop(store, CallCostStore(clickhouse), tables, settings), Spans(clickhouse), started.dsn)


@pytest.fixture
async def bench(started: Engines) -> AsyncIterator[Bench]:
    async with opened(started) as one:
        yield one


async def test_whenever_its_process_dies_the_next_one_ends_it_as_if_nothing_had_been(started: Engines) -> None:
    deaths, left = 0, True
    while left:
        async with opened(started) as bench:
            await bench.spans.put(*(call(f"c{number}") for number in range(4)))
            before, order = await bench.spans.read(), await bench.order()
            left = await _dies_at(bench, order, deaths)
            await bench.expire(order)
            ended = await bench.run(order)
            progress = ended.progress
            assert ended.state is RepricingState.DONE, (deaths, ended.failure)
            assert (progress.call_count, progress.changed_count) == (4, 4), deaths
            assert (progress.before_usd, progress.after_usd) == (Decimal(2), Decimal(10)), deaths
            for name, row in (await bench.spans.read()).items():
                # A nanosecond later: it was copied once.
                copied = (row["total_cost_usd"], row["stored_ns"] - before[name]["stored_ns"])
                assert copied == (Decimal("2.5"), 1), (deaths, name)
            deaths += 1
    # Each slice has seven steps, and each of these two ends; a run that is too short has tried nothing.
    assert deaths > 2 * 2 * 7


async def _dies_at(bench: Bench, order: NewRepricing, moment: int) -> bool:
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


@pytest.mark.parametrize("later_s", [0, 60], ids=["redelivered", "sent again"])
@pytest.mark.parametrize("done", [False, True], ids=["before the copy", "after the copy"])
async def test_what_is_stored_meanwhile_counts_in_place_of_the_copy(bench: Bench, done: bool, later_s: int) -> None:
    await bench.spans.put(call("a"), call("b"))

    async def meanwhile(name: str, is_done: bool) -> None:
        if name == "apply" and is_done is done:
            await bench.spans.put(call("a", usd="9"), received_s=NOON_S + DAY_S + later_s)

    await bench.run(await bench.order(), meanwhile)
    spans = await bench.spans.read()
    assert (spans["a"]["total_cost_usd"], spans["b"]["total_cost_usd"]) == (Decimal(9), Decimal("2.5"))


async def test_a_process_that_has_lost_its_lease_writes_nothing(bench: Bench) -> None:
    await bench.spans.put(call("a"))
    order = await bench.order()

    async def cancel(name: str, is_done: bool) -> None:
        if name == "hold" and not is_done:
            await bench.workshop.store.cancel(order.id)

    ended = await bench.run(order, cancel)
    assert (ended.state, ended.progress.call_count) == (RepricingState.CANCELLED, 0)
    assert (await bench.spans.read())["a"]["total_cost_usd"] == Decimal("0.5")


async def test_costs_that_were_put_aside_and_are_gone_are_worked_out_anew(bench: Bench) -> None:
    await bench.spans.put(call("a"))
    order = await bench.order()

    async def die(name: str, _done: bool) -> None:
        if name == "apply":
            raise KilledError

    await bench.run(order, die)
    assert (await bench.get(order)).staged
    await bench.spans.clickhouse.command("TRUNCATE TABLE repriced_calls")
    await bench.expire(order)
    ended = await bench.run(order)
    assert (ended.progress.call_count, ended.progress.changed_count) == (1, 1)
    assert (await bench.spans.read())["a"]["total_cost_usd"] == Decimal("2.5")


async def test_of_a_tenants_repricings_one_is_carried_out_at_a_time_in_their_order(bench: Bench) -> None:
    store = bench.workshop.store
    first, second = await bench.order(), await bench.order()
    me, you = uuid.uuid4(), uuid.uuid4()
    claimed = await store.claim(me, 30)
    assert claimed is not None
    assert claimed.order.id == first.id
    assert await store.claim(you, 30) is None
    # What was cancelled while it wrote may still write, for as long as its lease.
    await store.cancel(first.id)
    assert not await store.hold(first.id, me, 30)
    assert await store.claim(you, 30) is None
    await store.release(first.id, me)
    claimed = await store.claim(you, 30)
    assert claimed is not None
    assert claimed.order.id == second.id
    assert await store.finish(second.id, you)


async def test_with_other_default_tables_than_it_began_with_a_repricing_fails_and_says_so(bench: Bench) -> None:
    await bench.spans.put(call("a"), call("b"), call("c"))
    old = await bench.order(default_tables="genai-prices 0.1")
    applied = 0

    async def die(name: str, _done: bool) -> None:
        nonlocal applied
        applied += name == "advance"
        if applied > 1:
            raise KilledError

    ended = await bench.run(old)
    assert (ended.state, ended.order.default_tables) == (RepricingState.DONE, BOOK.tables)
    begun = await bench.order()
    await bench.run(begun, die)
    connection = await asyncpg.connect(bench.dsn)
    await connection.execute("UPDATE repricings SET default_tables = 'genai-prices 0.1' WHERE id = $1", begun.id)
    await connection.close()
    await bench.expire(begun)
    failed = await bench.run(begun)
    assert failed.state is RepricingState.FAILED
    assert "not genai-prices 0.1, with which this began" in failed.failure
