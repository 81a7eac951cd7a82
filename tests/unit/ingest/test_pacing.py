"""Answers are held back while the bus fills, and no longer than that."""

from contextlib import suppress

import pytest
from pydantic import SecretStr

from a11i_bus import BusSettings, Message
from a11i_bus.memory import MemoryBroker
from a11i_bus.port import Bus
from a11i_bus.topology import SPANS_RECEIVED, topic
from a11i_chassis import metrics
from a11i_chassis.errors import UnavailableError
from a11i_ingest.pacing import MOST_S, SLOW_FROM, Pace

CAPACITY_BYTES = 1024**2
SIZE = 4_000


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker(BusSettings(url=SecretStr("memory://"), capacity_bytes=CAPACITY_BYTES))


@pytest.fixture
def pace(broker: MemoryBroker) -> Pace:
    return Pace(broker.bus(), CAPACITY_BYTES)


async def publish(bus: Bus, pace: Pace, number: int) -> None:
    await bus.publish(SPANS_RECEIVED, Message(id=f"{number}", key="tenant", payload=bytes(SIZE)))
    pace.published(SIZE)


async def test_the_fuller_the_bus_the_longer_an_answer_takes_and_it_is_held_back_before_the_bus_refuses(
    broker: MemoryBroker, pace: Pace
) -> None:
    bus, delays = broker.bus(), list[float]()
    with suppress(UnavailableError):
        while len(delays) < 1_000:
            await publish(bus, pace, len(delays))
            delays.append(pace.delay_s)
    assert len(delays) < 1_000, "the bus is never full"
    assert delays == sorted(delays)
    assert delays[: len(delays) // 2 - 2] == [0.0] * (len(delays) // 2 - 2)
    assert delays[-1] == pytest.approx(MOST_S, rel=0.1)


async def test_once_the_backlog_is_worked_off_nothing_is_held_back(broker: MemoryBroker, pace: Pace) -> None:
    bus = broker.bus()
    share = CAPACITY_BYTES * topic(SPANS_RECEIVED).capacity_share
    for number in range(int(share * (SLOW_FROM + 0.2) / SIZE)):
        await publish(bus, pace, number)
    assert pace.delay_s > 0
    async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=1_000) as subscription:
        for delivery in await subscription.fetch(1_000, 1.0):
            await delivery.ack()
    await pace.look()
    assert pace.fill == pace.delay_s == 0


async def test_what_is_held_back_is_counted(pace: Pace) -> None:
    for _ in range(80):
        pace.published(SIZE)
    slowed = metrics.INGEST_SLOWED_SECONDS._value.get()
    await pace.hold()
    assert metrics.INGEST_SLOWED_SECONDS._value.get() - slowed == pytest.approx(pace.delay_s)
    assert 0 < pace.delay_s < MOST_S


async def test_a_bus_that_is_away_changes_nothing(broker: MemoryBroker, pace: Pace) -> None:
    for _ in range(80):
        pace.published(SIZE)
    held = pace.delay_s
    broker.stop()
    await pace.look()
    assert pace.delay_s == held > 0
