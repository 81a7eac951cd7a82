"""What the contract cannot see of the broker in memory: that it forgets what it may."""

import asyncio

import pytest
from pydantic import SecretStr

from a11i_bus import BusSettings, Message
from a11i_bus.memory import MemoryBroker
from a11i_bus.topology import SPANS_RECEIVED
from a11i_bus.window import Window


async def test_ids_are_forgotten_after_the_window() -> None:
    broker = MemoryBroker(BusSettings(url=SecretStr("memory://")), duplicate_window_s=0.05)
    bus = broker.bus()
    await bus.publish(SPANS_RECEIVED, Message("id-1", "t", b""))
    await bus.publish(SPANS_RECEIVED, Message("id-1", "t", b""))
    async with bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=10) as subscription:
        assert await subscription.pending() == 1
        await asyncio.sleep(0.06)  # the window itself
        await bus.publish(SPANS_RECEIVED, Message("id-1", "t", b""))
        assert await subscription.pending() == 2


async def test_a_window_forgets_what_the_bus_has_taken_back() -> None:
    window = Window(1, hold_s=0.05)
    window.add("first")
    assert window.room() == 0
    await window.wait_for_room(5.0)
    assert window.room() == 1


async def test_a_window_counts_an_extended_delivery_on() -> None:
    window = Window(1, hold_s=0.6)
    window.add("first")
    for _ in range(8):
        await window.wait_for_room(0.1)
        assert window.room() == 0
        window.extend("first")
    window.release("first")
    window.extend("first")
    assert window.room() == 1


@pytest.mark.parametrize("released", ["first", "unknown"])
async def test_releasing_what_does_not_count_is_no_matter(released: str) -> None:
    window = Window(2, hold_s=10)
    window.add("first")
    window.release(released)
    window.release(released)
    assert window.room() == (2 if released == "first" else 1)
