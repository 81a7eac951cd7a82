"""A repricing whose process dies between any two of its steps, or whose rows change under it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import asyncpg
import pytest

from a11i_storage.postgres.repricings import RepricingState
from tests.service.tokenization.repricing_bench import BOOK, Bench, KilledError, dies_at, opened
from tests.service.tokenization.stored_calls import DAY_S, NOON_S, Engines, call, engines


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with engines(tmp_path_factory.mktemp("killed")) as running:
        yield running


@pytest.fixture
async def bench(started: Engines) -> AsyncIterator[Bench]:
    async with opened(started) as one:
        yield one


@pytest.mark.timeout(240)  # Sixty processes, one after the other: 30 s on an idle machine.
async def test_whenever_its_process_dies_the_next_one_ends_it_as_if_nothing_had_been(started: Engines) -> None:
    deaths, left = 0, True
    while left:
        async with opened(started) as bench:
            await bench.spans.put(*(call(f"c{number}") for number in range(4)))
            before, order = await bench.spans.read(), await bench.order()
            left = await dies_at(bench, order, deaths)
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


async def test_what_may_still_be_written_keeps_the_tenants_next_repricing_back(started: Engines) -> None:
    async with opened(started, lease_s=1.0, pause_s=0.05) as bench:
        await bench.spans.put(call("a"))
        first, second = await bench.order(), await bench.order()
        store, cancelled = bench.workshop.store, asyncio.Event()

        async def hang(name: str, done: bool) -> None:
            if name == "apply" and not done:
                # ClickHouse is at it, and goes on whether or not anybody waits for the answer.
                await store.cancel(first.id)
                cancelled.set()
                await asyncio.Event().wait()
            if name == "claim" and cancelled.is_set() and not done:
                raise KilledError

        await bench.run(first, hang, until_dead=True)
        assert cancelled.is_set()
        assert await store.claim(uuid.uuid4(), 30) is None, "the next one would read what is being written"
        await bench.expire(first)
        claimed = await store.claim(uuid.uuid4(), 30)
        assert claimed is not None
        assert claimed.order.id == second.id
        assert await store.cancel(second.id)
