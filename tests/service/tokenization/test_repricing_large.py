"""A repricing of calls that are too large for the memory that the engine gives one statement."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from a11i_chassis.errors import TooLargeError
from a11i_storage.clickhouse import CallCostStore, open_clickhouse
from a11i_storage.clickhouse.call_costs import Slice
from a11i_storage.postgres.repricings import RepricingState
from tests.service.tokenization.repricing_bench import Bench, Hook, KilledError, opened
from tests.service.tokenization.stored_calls import Engines, call, engines

MB = 1024 * 1024
MEMORY = 32 * MB
"""The least that the settings allow."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with engines(tmp_path_factory.mktemp("large")) as running:
        asyncio.run(_keep_rows_apart(running))
        yield running


async def _keep_rows_apart(running: Engines) -> None:
    """Have no parts merged: rows that lie together are read together, so that what a slice takes would be chance."""
    async with open_clickhouse(running.clickhouse.settings) as clickhouse:
        await clickhouse.command("SYSTEM STOP MERGES spans")


def text(characters: int) -> str:
    """Return text that does not compress to nothing."""
    return secrets.token_hex(characters // 2)


def watching(seen: list[tuple[str, bool]]) -> Hook:
    """Return a hook that writes down which calls were begun, and which were answered."""

    async def hook(name: str, done: bool) -> None:
        seen.append((name, done))

    return hook


async def ended_well(bench: Bench, order_id: Any, calls: int) -> None:
    """Check that each call was counted and copied once."""
    found = await bench.workshop.store.get(order_id)
    assert found is not None
    progress = found.progress
    assert found.state is RepricingState.DONE, found.failure
    assert (progress.call_count, progress.changed_count) == (calls, calls)
    assert (progress.before_usd, progress.after_usd) == (calls * Decimal("0.5"), calls * Decimal("2.5"))


class SmallReads(CallCostStore):
    """A store that reads few calls at once. The engine itself streams what a price follows from, and so reads many."""

    async def read(self, part: Slice, columns: Sequence[str], *, unpriced_only: bool) -> pa.RecordBatch:
        calls = await super().read(part, columns, unpriced_only=unpriced_only)
        if calls.num_rows > 3:
            raise TooLargeError("too many for the memory that one query may use")
        return calls


async def test_a_slice_that_is_too_large_to_be_read_is_halved(started: Engines) -> None:
    async with opened(started, slice_calls=16) as bench:
        bench = replace(bench, workshop=replace(bench.workshop, costs=SmallReads(bench.spans.clickhouse)))
        await bench.spans.put(*(call(f"c{number}") for number in range(10)), call("c10", trace="c3"))
        before, order, seen = await bench.spans.read(), await bench.order(), list[tuple[str, bool]]()
        await bench.run(order, watching(seen))
        await ended_well(bench, order.id, 11)
        # Of 16, 8 and 4 calls at most none can be read, of 2 and the rest of their last trace all can.
        assert seen.count(("read", False)) - seen.count(("read", True)) == 3
        for name, row in (await bench.spans.read()).items():
            copied = (row["total_cost_usd"], row["stored_ns"] - before[name]["stored_ns"])
            assert copied == (Decimal("2.5"), 1), name


async def test_a_trace_that_is_too_large_to_be_read_ends_it_and_is_named(started: Engines) -> None:
    async with opened(started, slice_calls=16) as bench:
        bench = replace(bench, workshop=replace(bench.workshop, costs=SmallReads(bench.spans.clickhouse)))
        await bench.spans.put(*(call(f"c{number}", trace="one") for number in range(4)))
        ended = await bench.run(await bench.order())
        assert ended.state is RepricingState.FAILED
        trace = (await bench.spans.read())["c0"]["trace_id"]
        assert f"to read the calls of trace {trace.hex()} of project p" in ended.failure


async def test_a_slice_that_is_too_large_to_be_copied_is_copied_in_parts(started: Engines) -> None:
    async with opened(started, copy_bytes=MEMORY, slice_calls=8) as bench:
        for number in range(8):
            await bench.spans.put(call(f"c{number}", input_messages=text(2 * MB)))
        before, order, seen = await bench.spans.read(), await bench.order(), list[tuple[str, bool]]()
        await bench.run(order, watching(seen))
        await ended_well(bench, order.id, 8)
        assert seen.count(("stage", True)) == 2, "worked out once, and noted once"
        assert seen.count(("apply", False)) > seen.count(("apply", True)) >= 2
        after = await bench.spans.read()
        for name, row in after.items():
            copied = (row["total_cost_usd"], row["stored_ns"] - before[name]["stored_ns"])
            assert copied == (Decimal("2.5"), 1), name
            assert row["input_messages"] == before[name]["input_messages"]


async def test_whoever_dies_between_two_parts_of_a_copy_is_followed_by_one_who_ends_it(started: Engines) -> None:
    async with opened(started, copy_bytes=MEMORY, slice_calls=8) as bench:
        for number in range(8):
            await bench.spans.put(call(f"c{number}", input_messages=text(2 * MB)))
        before, order = await bench.spans.read(), await bench.order()
        parts = 0

        async def die(name: str, done: bool) -> None:
            nonlocal parts
            parts += name == "apply" and done
            if parts == 2:
                raise KilledError

        assert (await bench.run(order, die)).state is RepricingState.RUNNING
        costs = [row["total_cost_usd"] for row in (await bench.spans.read()).values()]
        assert 0 < costs.count(Decimal("2.5")) < 8
        await bench.expire(order)
        await bench.run(order)
        await ended_well(bench, order.id, 8)
        for name, row in (await bench.spans.read()).items():
            assert row["stored_ns"] == before[name]["stored_ns"] + 1


async def test_a_trace_that_is_too_large_by_itself_ends_it_and_is_named(started: Engines) -> None:
    async with opened(started, copy_bytes=MEMORY, slice_calls=4) as bench:
        await bench.spans.put(*(call(f"c{number}") for number in range(4)))
        await bench.spans.put(call("giant", input_messages=text(40 * MB)))
        order, seen = await bench.order(), list[tuple[str, bool]]()
        ended = await bench.run(order, watching(seen))
        assert ended.state is RepricingState.FAILED
        trace = next(iter(row["trace_id"] for name, row in (await bench.spans.read()).items() if name == "giant"))
        assert f"to copy the calls of trace {trace.hex()} of project p" in ended.failure
        assert seen.count(("apply", False)) < 10, "it is found by halves, not by trying ids"
