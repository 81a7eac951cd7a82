"""Two versions of a stage side by side, and how far behind a stage is."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pytest
from prometheus_client import REGISTRY

from a11i_bus.health import StageHealth
from a11i_bus.outcomes import Outcomes
from a11i_bus.port import Delivery, Message, Subscription
from a11i_bus.runner import run_stage
from a11i_bus.topology import SPANS_RECEIVED
from a11i_telemetry.batch import SchemaVersionError, SpanBatch
from tests.unit.bus.stage_kit import (
    KEY,
    QUICK,
    STAGE,
    batch,
    broker,
    message,
    message_of_unknown_schema,
    outputs,
    running_stage,
    unchanged,
    until_settled,
)


class Delivered:
    """A delivery that remembers when it is to come again."""

    def __init__(self, attempt: int) -> None:
        self.message = Message("from-tomorrow", "tenant-1", b"")
        self.attempt = attempt
        self.delay_s = 0.0

    async def ack(self) -> None:
        raise AssertionError

    async def retry(self, delay_s: float) -> None:
        self.delay_s = delay_s

    async def term(self) -> None:
        raise AssertionError

    async def in_progress(self) -> None:
        raise AssertionError


class Waiting:
    """A subscription with so many messages in line."""

    def __init__(self, pending: Sequence[int], stop: asyncio.Event) -> None:
        self._pending = list(pending)
        self._stop = stop

    async def fetch(self, max_messages: int, timeout_s: float) -> list[Delivery]:
        raise AssertionError

    async def pending(self) -> int:
        self._stop.set()
        return self._pending.pop(0)


def outcomes(stop: asyncio.Event, stage: str = "tokenization") -> Outcomes:
    settings = QUICK.model_copy(update={"park_base_s": 10.0, "park_s": 300.0})
    return Outcomes(
        broker().bus(),
        stage=stage,
        version=1,
        source=SPANS_RECEIVED,
        settings=settings,
        stop=stop,
        dead_letter_key=KEY,
        health=StageHealth(),
    )


@pytest.mark.parametrize(("attempt", "pause_s"), [(1, 10), (2, 20), (5, 160), (6, 300), (1000, 300)])
async def test_a_batch_of_an_unknown_schema_waits_longer_each_time(attempt: int, pause_s: float) -> None:
    delivery = Delivered(attempt)
    await outcomes(asyncio.Event()).park(delivery, SchemaVersionError("major 2"))
    assert 0.75 * pause_s <= delivery.delay_s <= 1.25 * pause_s


async def test_a_member_of_a_newer_version_takes_what_an_older_one_has_put_off() -> None:
    bus = broker(ack_wait_s=60).bus()
    await bus.publish(SPANS_RECEIVED, message_of_unknown_schema("from-tomorrow"))

    def knows(payload: bytes) -> SpanBatch:
        return batch("from-tomorrow")

    newer = replace(STAGE, version=2, decode=knows)
    quick = QUICK.model_copy(update={"park_base_s": 0.05})
    async with running_stage(bus, unchanged, quick):
        stop = asyncio.Event()
        running = asyncio.create_task(run_stage(bus, newer, unchanged, quick, stop, dead_letter_key=KEY))
        assert [one.id for one in await outputs(bus, 1)] == ["from-tomorrow:tokenization.2"]
        stop.set()
        await running


async def test_two_versions_side_by_side_share_the_work_and_each_batch_comes_out_once() -> None:
    bus = broker(ack_wait_s=60).bus()
    for number in range(60):
        await bus.publish(SPANS_RECEIVED, message(batch(f"b-{number}")))

    def slow(spans: SpanBatch) -> SpanBatch:
        time.sleep(0.002)
        return spans

    newer = replace(STAGE, version=2)
    settings = QUICK.model_copy(update={"window": 4})
    async with running_stage(bus, slow, settings):
        stop = asyncio.Event()
        running = asyncio.create_task(run_stage(bus, newer, slow, settings, stop, dead_letter_key=KEY))
        await until_settled(bus)
        ids = [one.id.split(":") for one in await outputs(bus, 60)]
        stop.set()
        await running
    assert sorted(batch_id for batch_id, _ in ids) == sorted(f"b-{number}" for number in range(60))
    assert {version for _, version in ids} == {"tokenization.1", "tokenization.2"}


async def test_columns_that_a_newer_minor_added_pass_through() -> None:
    bus = broker().bus()
    spans = batch("b")
    newer = spans.columns.append_column(pa.field("from_tomorrow", pa.string()), pa.array(["x", "y", None]))
    await bus.publish(SPANS_RECEIVED, message(SpanBatch("b", "tenant-1", "project-1", time.time_ns(), newer)))
    async with running_stage(bus, unchanged):
        (out,) = await outputs(bus, 1)
    assert SpanBatch.decode(out.payload).columns["from_tomorrow"].to_pylist() == ["x", "y", None]


async def lag_s(stage: str, finished: Sequence[float], pending: Sequence[int]) -> float | None:
    """Return the metric after batches of those ages in seconds were finished, and so many waited at each look."""
    stop = asyncio.Event()
    watched = outcomes(stop, stage)
    waiting: Subscription
    for count in pending[:-1]:
        waiting = Waiting([count], stop)
        await watched.watch_pending(waiting)
    for age_s in finished:
        watched.worked_on("tenant-1", 1, time.time_ns() - int(age_s * 1e9))
    waiting = Waiting(pending[-1:], stop)
    await watched.watch_pending(waiting)
    return REGISTRY.get_sample_value("a11i_stage_lag_seconds", {"stage": stage})


async def test_the_lag_is_how_old_what_waits_may_be() -> None:
    lag = await lag_s("lag-1", finished=[100.0, 60.0], pending=[5])
    assert lag is not None
    assert lag == pytest.approx(60.0, abs=5)


async def test_an_old_batch_that_was_tried_again_is_no_lag() -> None:
    lag = await lag_s("lag-2", finished=[10.0, 5000.0], pending=[5])
    assert lag is not None
    assert lag == pytest.approx(10.0, abs=5)


async def test_there_is_no_lag_when_nothing_waits() -> None:
    lag = await lag_s("lag-3", finished=[100.0], pending=[0])
    assert lag is not None
    assert lag < 5


async def test_what_came_after_a_quiet_time_is_not_as_old_as_that() -> None:
    lag = await lag_s("lag-4", finished=[5000.0], pending=[0, 1])
    assert lag is not None
    assert lag < 5
