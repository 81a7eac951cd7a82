"""How much is let in at once, and whose it is."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_chassis import metrics
from a11i_chassis.errors import OverloadedError
from a11i_ingest.admission import Admission, Reservation


def _admission(
    max_bytes: int = 100, max_requests: int = 100, max_wait_s: float = 0.02, slow_read_s: float = 0.05
) -> Admission:
    return Admission(max_bytes=max_bytes, max_requests=max_requests, max_wait_s=max_wait_s, slow_read_s=slow_read_s)


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def _refused(admission: Admission, tenant: str, size: int) -> OverloadedError:
    with pytest.raises(OverloadedError) as refused:
        async with admission.reserve(tenant, size):
            pytest.fail("let in over the bound")
    return refused.value


async def _is_empty(admission: Admission) -> None:
    """Fail unless all room is free: two tenants find their halves at once."""
    async with asyncio.timeout(1), admission.reserve("x", 50), admission.reserve("y", 50):
        pass


class Line:
    """Requests that hold their room until they are told to go."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.granted: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._go: list[asyncio.Event] = []

    def add(self, tenant: str, size: int) -> asyncio.Task[None]:
        go = asyncio.Event()

        async def request() -> None:
            async with self.admission.reserve(tenant, size):
                self.granted.append(tenant)
                self._go.append(go)
                await go.wait()

        self.tasks.append(asyncio.create_task(request()))
        return self.tasks[-1]

    async def end_one(self) -> None:
        """End the request that was let in first."""
        self._go.pop(0).set()
        await _settle()

    async def end_all(self) -> list[BaseException | None]:
        """End all; return how each ended."""
        while any(not task.done() for task in self.tasks):
            while self._go:
                self._go.pop().set()
            await asyncio.sleep(0.001)
        return await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_requests_are_let_in_up_to_the_bound() -> None:
    admission = _admission()
    async with admission.reserve("a", 50), admission.reserve("b", 50):
        await _refused(admission, "c", 1)
    async with admission.reserve("c", 50), admission.reserve("d", 50):
        pass


async def test_a_tenant_may_hold_half_of_the_room() -> None:
    admission = _admission()
    async with admission.reserve("a", 30), admission.reserve("a", 20):
        await _refused(admission, "a", 1)
        async with admission.reserve("b", 50):
            pass


async def test_a_tenant_may_hold_half_of_the_requests() -> None:
    admission = _admission(max_requests=4)
    async with admission.reserve("a", 1), admission.reserve("a", 1):
        await _refused(admission, "a", 1)
        async with admission.reserve("b", 1), admission.reserve("b", 1):
            await _refused(admission, "c", 1)


@pytest.mark.parametrize("size", [60, 100, 500])
async def test_a_request_over_its_tenants_share_is_let_in_alone(size: int) -> None:
    admission = _admission()
    async with admission.reserve("a", size):
        await _refused(admission, "a", 1)
    await _is_empty(admission)


async def test_what_is_given_back_early_lets_others_in() -> None:
    admission = _admission()
    line = Line(admission)
    async with admission.reserve("a", 50) as first, admission.reserve("b", 50):
        line.add("a", 40)
        await _settle()
        assert line.granted == []
        first.resize(10)
        await _settle()
        assert line.granted == ["a"]
    await line.end_all()
    await _is_empty(admission)


async def test_a_request_that_turns_out_larger_holds_up_those_who_wait() -> None:
    admission = _admission()
    async with admission.reserve("a", 10) as grown:
        grown.resize(90)
        await _refused(admission, "b", 20)
        async with admission.reserve("b", 10):
            pass
    await _is_empty(admission)


async def test_room_goes_to_the_tenant_that_holds_the_least() -> None:
    admission = _admission(max_wait_s=5)
    line = Line(admission)
    for _ in range(5):
        line.add("flood", 25)
        line.add("second flood", 25)
    await _settle()
    assert Counter(line.granted) == {"flood": 2, "second flood": 2}
    line.add("small", 25)
    await _settle()

    await line.end_one()

    assert line.granted[-1] == "small"
    assert await line.end_all() == [None] * 11
    await _is_empty(admission)


async def test_a_large_request_is_not_passed_by_small_ones_for_ever() -> None:
    admission = _admission(max_wait_s=5)
    line = Line(admission)
    line.add("a", 40)
    line.add("b", 40)
    await _settle()
    line.add("c", 50)
    for _ in range(20):
        line.add("d", 20)
    await _settle()
    assert line.granted == ["a", "b"]

    await line.end_one()

    assert line.granted[2] == "c"
    await line.end_all()


async def test_the_longest_line_gives_way_when_too_many_wait() -> None:
    admission = _admission(max_requests=4, max_wait_s=5)
    line = Line(admission)
    for _ in range(6):
        line.add("flood", 25)
    await _settle()
    for _ in range(2):
        line.add("small", 50)
    await _settle()

    # Two of the flood are let in, and of those who wait no more than four.
    assert Counter(line.granted) == {"flood": 2, "small": 1}
    ended = [task.done() for task in line.tasks]
    assert ended == [False] * 5 + [True] + [False] * 2
    ends = await line.end_all()
    assert [type(end) for end in ends].count(OverloadedError) == 1
    await _is_empty(admission)


async def test_hints_are_ones_that_exporters_follow_and_not_all_the_same() -> None:
    admission = _admission()
    async with admission.reserve("a", 100):
        delays = [(await _refused(admission, "a", 1)).retry_delay_s for _ in range(6)]
    assert all(1 <= delay <= 4 for delay in delays)
    assert len(set(delays)) > 2


async def test_a_slow_body_gives_its_room_to_those_who_wait() -> None:
    admission = _admission(max_wait_s=5)

    async def slow(tenant: str) -> None:
        async with admission.reserve(tenant, 50) as reservation, reservation.reading(30):
            await asyncio.sleep(30)

    reads = [asyncio.create_task(slow(tenant)) for tenant in ("a", "b")]
    await _settle()
    async with asyncio.timeout(2), admission.reserve("c", 50):
        pass

    done = [read for read in reads if read.done()]
    assert len(done) == 1
    assert isinstance(done[0].exception(), OverloadedError)
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    await _is_empty(admission)


async def test_a_tenants_flood_does_not_end_another_tenants_slow_body() -> None:
    admission = _admission(max_wait_s=0.6)
    reading = asyncio.Event()

    async def slow() -> str:
        async with admission.reserve("patient", 20) as reservation, reservation.reading(30):
            await reading.wait()
        return "read"

    read = asyncio.create_task(slow())
    line = Line(admission)
    for _ in range(5):
        line.add("flood", 50)
    await asyncio.sleep(0.7)
    reading.set()

    assert await read == "read"
    await line.end_all()


async def test_a_slow_body_that_is_in_nobodys_way_may_take_its_time() -> None:
    admission = _admission()
    with pytest.raises(TimeoutError):
        async with admission.reserve("a", 50) as reservation, reservation.reading(0.4):
            await asyncio.sleep(30)
    await _is_empty(admission)


async def test_metrics_tell_what_is_held_and_what_waits() -> None:
    admission = _admission(max_wait_s=5)
    line = Line(admission)
    for _ in range(3):
        line.add("a", 25)
    await _settle()
    assert _value(metrics.INGEST_BYTES_IN_FLIGHT.collect) == 50
    assert _value(metrics.INGEST_REQUESTS_IN_FLIGHT.collect) == 2
    assert _value(metrics.INGEST_REQUESTS_WAITING.collect) == 1

    await line.end_all()

    for gauge in (metrics.INGEST_BYTES_IN_FLIGHT, metrics.INGEST_REQUESTS_IN_FLIGHT, metrics.INGEST_REQUESTS_WAITING):
        assert _value(gauge.collect) == 0


def _value(collect: Callable[[], object]) -> float:
    families: object = collect()
    assert isinstance(families, list)
    value: float = families[0].samples[0].value
    return value


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 130), st.integers(0, 8), st.booleans()),
        min_size=1,
        max_size=25,
    )
)
async def test_whatever_is_cancelled_whenever_no_room_is_lost(requests: list[tuple[str, int, int, bool]]) -> None:
    admission = _admission(max_requests=6, max_wait_s=0.005)
    held: list[Reservation] = []

    async def request(tenant: str, size: int) -> None:
        async with admission.reserve(tenant, size) as reservation:
            held.append(reservation)
            assert len(held) <= 6
            assert len(held) == 1 or sum(each.size_bytes for each in held) <= 100
            try:
                await asyncio.sleep(0)
                reservation.resize(size // 2)
                await asyncio.sleep(0)
            finally:
                held.remove(reservation)

    tasks = [asyncio.create_task(request(tenant, size)) for tenant, size, _, _ in requests]
    for step in range(8):
        for task, (_, _, cancelled_at, is_cancelled) in zip(tasks, requests, strict=True):
            if is_cancelled and cancelled_at == step:
                task.cancel()
        await asyncio.sleep(0)
    ends = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(end is None or isinstance(end, OverloadedError | asyncio.CancelledError) for end in ends)
    await _is_empty(admission)
    assert _value(metrics.INGEST_REQUESTS_WAITING.collect) == 0


async def test_a_tenants_latency_is_its_own_beside_a_flood() -> None:
    """In grants, not in seconds: between a small tenant's request and its room at most one other is let in."""
    admission = _admission(max_wait_s=30, max_requests=2000)
    line = Line(admission)
    for _ in range(500):
        line.add("flood", 50)
        line.add("second flood", 50)
    await _settle()
    for _ in range(20):
        before = len(line.granted)
        line.add("small", 10)
        await _settle()
        while line.granted[-1] != "small":
            await line.end_one()
        assert len(line.granted) - before <= 2
    started_s = time.monotonic()
    for task in line.tasks:
        task.cancel()
    await asyncio.gather(*line.tasks, return_exceptions=True)
    assert time.monotonic() - started_s < 5
    async with AsyncExitStack() as stack:
        for tenant in "abcdefghij":
            await stack.enter_async_context(admission.reserve(tenant, 10))
