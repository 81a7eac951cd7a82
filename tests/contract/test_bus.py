"""The contract of `a11i_bus.port`, held by every adapter."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from a11i.errors.v1.error_reason_pb2 import ERROR_REASON_BUS_UNAVAILABLE
from a11i_bus import Bus, Delivery, Message, Subscription
from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED
from a11i_chassis.errors import TooLargeError, UnavailableError
from tests.contract.bus_harness import (
    ACK_WAIT_S,
    CAPACITY_BYTES,
    PATIENCE_S,
    Harness,
    fetch_exactly,
    fetch_one,
    message,
    publish_surely,
)

GROUP = "tokenization"


@pytest.fixture
async def bus(harness: Harness) -> AsyncIterator[Bus]:
    async with harness.connect() as connection:
        yield connection


async def test_a_message_arrives_as_it_was_published(bus: Bus) -> None:
    published = Message(id="batch.1:x", key="tenant 1.ü*>", payload=bytes(range(256)), headers={"A11i-Reason": "x y"})
    await bus.publish(SPANS_RECEIVED, published)
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        delivery = await fetch_one(subscription)
        assert delivery.message == published
        assert delivery.attempt == 1


async def test_a_published_message_survives_the_servers_death(harness: Harness, bus: Bus) -> None:
    for number in range(20):
        await bus.publish(SPANS_RECEIVED, message(number))
    harness.stop()
    harness.start()
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=100) as subscription:
        assert _numbers(await fetch_exactly(subscription, 20)) == list(range(20))


async def test_an_id_is_remembered_over_the_servers_death(harness: Harness, bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    harness.stop()
    harness.start()
    await publish_surely(bus, SPANS_RECEIVED, message(1))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        assert await subscription.pending() == 1


async def test_a_second_message_of_an_id_is_stored_once_even_after_the_first_is_settled(bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    await bus.publish(SPANS_RECEIVED, message(1))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        await (await fetch_one(subscription)).ack()
        await bus.publish(SPANS_RECEIVED, message(1))
        assert await subscription.fetch(10, timeout_s=0.2) == []


async def test_messages_of_a_key_keep_their_order(bus: Bus) -> None:
    for number in range(50):
        await bus.publish(SPANS_RECEIVED, message(number, key=f"tenant-{number % 3}"))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=100) as subscription:
        deliveries = await fetch_exactly(subscription, 50)
    for tenant in range(3):
        of_tenant = [one for one in deliveries if one.message.key == f"tenant-{tenant}"]
        assert _numbers(of_tenant) == list(range(tenant, 50, 3))


async def test_members_of_a_group_share_the_messages(harness: Harness, bus: Bus) -> None:
    async with (
        harness.connect() as other,
        bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=100) as first,
        other.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=100) as second,
    ):
        taken: list[list[Delivery]] = [[], []]
        for number in range(100):
            await bus.publish(SPANS_RECEIVED, message(number, key=f"tenant-{number}"))
        deadline = time.monotonic() + PATIENCE_S
        while len(taken[0]) + len(taken[1]) < 100:
            assert time.monotonic() < deadline, f"only {len(taken[0])} and {len(taken[1])} of 100 messages arrived"
            for deliveries, member in zip(taken, (first, second), strict=True):
                for delivery in await member.fetch(5, timeout_s=0.1):
                    deliveries.append(delivery)
                    await delivery.ack()
        assert sorted(_numbers(taken[0] + taken[1])) == list(range(100))
        assert taken[0]
        assert taken[1]


async def test_a_fetch_waits_for_the_first_message_and_no_longer(bus: Bus) -> None:
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription, asyncio.TaskGroup() as tasks:
        fetching = tasks.create_task(subscription.fetch(10, timeout_s=PATIENCE_S))
        await bus.publish(SPANS_RECEIVED, message(1))
        started = time.monotonic()
        assert _numbers(await fetching) == [1]
        assert time.monotonic() - started < PATIENCE_S / 2


async def test_a_fetch_without_messages_returns_none_after_its_time(bus: Bus) -> None:
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        started = time.monotonic()
        assert await subscription.fetch(10, timeout_s=0.3) == []
        assert time.monotonic() - started >= 0.3


async def test_what_a_member_does_not_settle_is_delivered_again(harness: Harness, bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    async with harness.connect() as leaving, leaving.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        await fetch_one(subscription)
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        again = await fetch_one(subscription)
        assert _numbers([again]) == [1]
        assert again.attempt == 2


async def test_an_acknowledged_message_does_not_come_again(bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        delivery = await fetch_one(subscription)
        await delivery.ack()
        await delivery.ack()
        assert await subscription.fetch(10, timeout_s=ACK_WAIT_S * 1.5) == []
        assert await subscription.pending() == 0


async def test_the_late_acknowledgement_of_an_earlier_delivery_counts(bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        first = await fetch_one(subscription)
        second = await fetch_one(subscription)
        assert second.attempt == 2
        await first.ack()
        assert await subscription.fetch(10, timeout_s=ACK_WAIT_S * 1.5) == []
        await second.ack()


async def test_a_retry_comes_after_its_delay(bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        await (await fetch_one(subscription)).retry(0.5)
        started = time.monotonic()
        again = await fetch_one(subscription)
        assert 0.4 < time.monotonic() - started < PATIENCE_S / 2
        assert again.attempt == 2
        await again.retry(0)
        assert (await fetch_one(subscription)).attempt == 3


async def test_a_retry_may_wait_longer_than_the_acknowledgement_time(bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        await (await fetch_one(subscription)).retry(ACK_WAIT_S * 3)
        assert await subscription.fetch(10, timeout_s=ACK_WAIT_S * 2) == []
        assert await subscription.pending() == 1


async def test_a_terminated_message_does_not_come_again(bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        await (await fetch_one(subscription)).term()
        assert await subscription.fetch(10, timeout_s=ACK_WAIT_S * 1.5) == []
        assert await subscription.pending() == 0


async def test_work_in_progress_is_not_given_to_another_member(bus: Bus) -> None:
    await bus.publish(SPANS_RECEIVED, message(1))
    async with (
        bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as first,
        bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as second,
    ):
        delivery, idle = await _fetch_from_either(first, second)
        for _ in range(8):
            await delivery.in_progress()
            assert await idle.fetch(10, timeout_s=ACK_WAIT_S / 4) == []
        await delivery.ack()
        assert await idle.fetch(10, timeout_s=ACK_WAIT_S * 1.5) == []


async def test_a_member_holds_no_more_than_its_bound(bus: Bus) -> None:
    for number in range(20):
        await bus.publish(SPANS_RECEIVED, message(number, payload=bytes(200_000)))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=4) as subscription:
        seen = 0
        while seen < 20:
            held = await fetch_exactly(subscription, 4)
            assert await subscription.fetch(10, timeout_s=ACK_WAIT_S / 10) == []
            for delivery in held:
                assert delivery.attempt == 1
                await delivery.ack()
            seen += len(held)
        assert await subscription.pending() == 0


async def test_a_slow_member_gets_everything_once_and_in_order(bus: Bus) -> None:
    async def publish() -> None:
        for number in range(80):
            await bus.publish(SPANS_RECEIVED, message(number, payload=bytes(10_000)))

    taken: list[Delivery] = []
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=2) as subscription, asyncio.TaskGroup() as tasks:
        tasks.create_task(publish())
        while len(taken) < 80:
            taken.append(await fetch_one(subscription))
            await asyncio.sleep(0.005)  # the work, slower than what comes
            await taken[-1].ack()
        assert await subscription.pending() == 0
    assert _numbers(taken) == list(range(80))
    assert {delivery.attempt for delivery in taken} == {1}


async def test_a_member_that_leaves_settles_what_it_finished_and_leaves_the_rest_to_others(bus: Bus) -> None:
    for number in range(6):
        await bus.publish(SPANS_RECEIVED, message(number))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as leaving:
        held = await fetch_exactly(leaving, 6)
        async with asyncio.TaskGroup() as tasks:
            for delivery in held[:4]:
                tasks.create_task(delivery.ack())
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        rest = await fetch_exactly(subscription, 2)
        assert _numbers(rest) == [4, 5]
        assert {delivery.attempt for delivery in rest} == {2}
        assert await subscription.pending() == 2


async def test_settling_lets_a_waiting_fetch_go_on(bus: Bus) -> None:
    for number in range(2):
        await bus.publish(SPANS_RECEIVED, message(number))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=1) as subscription, asyncio.TaskGroup() as tasks:
        first = await fetch_one(subscription)
        fetching = tasks.create_task(subscription.fetch(10, timeout_s=PATIENCE_S))
        await asyncio.sleep(0)
        await first.ack()
        assert _numbers(await fetching) == [1]


async def test_a_payload_over_the_limit_is_refused_and_the_next_is_taken(bus: Bus) -> None:
    with pytest.raises(TooLargeError):
        await bus.publish(SPANS_RECEIVED, message(1, payload=bytes(bus.max_payload_bytes + 1)))
    await bus.publish(SPANS_RECEIVED, message(2))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        assert _numbers(await fetch_exactly(subscription, 1)) == [2]


async def test_a_payload_of_the_limit_passes(bus: Bus) -> None:
    payload = bytes(bus.max_payload_bytes)
    await bus.publish(DEADLETTERS, message(1, payload=payload[: int(CAPACITY_BYTES * 0.055)]))
    await bus.publish(SPANS_RECEIVED, message(1, payload=payload[: int(CAPACITY_BYTES * 0.39)]))


async def test_a_full_topic_refuses_keeps_what_it_has_and_recovers(bus: Bus) -> None:
    stored = 0
    with pytest.raises(UnavailableError) as caught:  # noqa: PT012 - which publish fails is the topic's affair
        for number in range(100):
            await bus.publish(SPANS_RECEIVED, message(number, payload=bytes(500_000)))
            stored += 1
    assert caught.value.reason == ERROR_REASON_BUS_UNAVAILABLE
    assert 1 <= caught.value.retry_delay_s <= 4
    await bus.publish(SPANS_RECEIVED, message(0))  # known already: takes no room
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=100) as subscription:
        assert await subscription.pending() == stored
        deliveries = await fetch_exactly(subscription, stored)
        assert _numbers(deliveries) == list(range(stored))
        for delivery in deliveries:
            await delivery.ack()
        await bus.publish(SPANS_RECEIVED, message(stored))
        assert _numbers([await fetch_one(subscription)]) == [stored]


async def test_a_backlog_that_fills_its_topic_drains_in_the_order_of_each_key_once_its_group_is_back(bus: Bus) -> None:
    refused = asyncio.Event()
    hints: list[float] = []

    async def publish_patiently(key: int) -> None:
        for number in range(key, 60, 3):
            one = message(number, key=f"tenant-{key}", payload=bytes(250_000))
            while True:
                try:
                    await bus.publish(SPANS_RECEIVED, one)
                    break
                except UnavailableError as error:
                    hints.append(error.retry_delay_s)
                    refused.set()
                    await asyncio.sleep(0.1)  # as a client does: it tries again

    # The group was there, and goes away.
    await bus.publish(SPANS_RECEIVED, message(-1))
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=8) as subscription:
        await (await fetch_one(subscription)).ack()
    drained: list[int] = []
    async with asyncio.TaskGroup() as tasks:
        for key in range(3):
            tasks.create_task(publish_patiently(key))
        async with asyncio.timeout(PATIENCE_S):
            await refused.wait()
        held = await bus.pending(SPANS_RECEIVED, GROUP)
        assert 20 <= held < 60
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=8) as subscription:
            while len(drained) < 60:
                delivery = await fetch_one(subscription)
                drained.append(_number(delivery))
                assert delivery.attempt == 1
                await delivery.ack()
    for key in range(3):
        assert [number for number in drained if number % 3 == key] == list(range(key, 60, 3))
    assert await bus.pending(SPANS_RECEIVED, GROUP) == 0
    assert min(hints) >= 1


async def test_while_the_server_is_away_calls_say_so_and_afterwards_work(harness: Harness, bus: Bus) -> None:
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
        assert await bus.ready()
        harness.stop()
        with pytest.raises(UnavailableError) as caught:
            await bus.publish(SPANS_RECEIVED, message(1))
        assert caught.value.reason == ERROR_REASON_BUS_UNAVAILABLE
        assert not await bus.ready()
        with pytest.raises(UnavailableError):
            await subscription.fetch(1, timeout_s=PATIENCE_S)
        harness.start()
        await publish_surely(bus, SPANS_RECEIVED, message(2))
        assert _numbers(await fetch_exactly(subscription, 1))[0] in (1, 2)
        assert await bus.ready()


@pytest.mark.timeout(120)
async def test_nothing_is_lost_or_doubled_when_the_server_dies_in_mid_stream(harness: Harness, bus: Bus) -> None:
    received: list[int] = []
    milestones = {50: asyncio.Event(), 150: asyncio.Event()}

    async def publish() -> None:
        for number in range(300):
            await publish_surely(bus, SPANS_RECEIVED, message(number))

    async def receive() -> None:
        deadline = time.monotonic() + 4 * PATIENCE_S  # two restarts take a JVM their time
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=16) as subscription:
            while len(set(received)) < 300:
                assert time.monotonic() < deadline, f"only {len(set(received))} arrived"
                try:
                    for delivery in await subscription.fetch(16, timeout_s=1.0):
                        received.append(_number(delivery))
                        if len(received) in milestones:
                            milestones[len(received)].set()
                        await delivery.ack()
                except UnavailableError:
                    await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(publish())
        tasks.create_task(receive())
        for milestone in milestones.values():
            await milestone.wait()
            harness.stop()
            harness.start()
    assert sorted(set(received)) == list(range(300))
    # Acknowledgements that the dying server did not take are given again; nothing else is.
    assert len(received) - 300 <= 2 * 16


async def test_pending_counts_what_waits_and_what_is_under_way(bus: Bus) -> None:
    async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=2) as subscription:
        assert await subscription.pending() == 0
        for number in range(5):
            await bus.publish(SPANS_RECEIVED, message(number))
        held = await fetch_exactly(subscription, 2)
        assert await subscription.pending() == 5
        await held[0].ack()
        assert await subscription.pending() == 4


async def test_pending_is_known_without_joining_the_group(harness: Harness, bus: Bus) -> None:
    async with harness.connect() as onlooker:
        assert await onlooker.pending(SPANS_RECEIVED, GROUP) == 0
        for number in range(5):
            await bus.publish(SPANS_RECEIVED, message(number))
            assert await onlooker.pending(SPANS_RECEIVED, GROUP) == number + 1
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=5) as subscription:
            first, second, third, *_ = await fetch_exactly(subscription, 5)
            assert await onlooker.pending(SPANS_RECEIVED, GROUP) == 5
            await first.ack()
            await second.term()
            await third.retry(PATIENCE_S)
            assert await onlooker.pending(SPANS_RECEIVED, GROUP) == 3
        assert await onlooker.pending(SPANS_RECEIVED, GROUP) == 3
        harness.stop()
        with pytest.raises(UnavailableError):
            await onlooker.pending(SPANS_RECEIVED, GROUP)
        harness.start()


async def test_dead_letters_make_room_once_they_are_settled(bus: Bus) -> None:
    half = bytes(int(CAPACITY_BYTES * 0.06 * 0.6))
    async with bus.subscribe(DEADLETTERS, "delivery", max_unsettled=10) as subscription:
        for number in range(3):
            await bus.publish(DEADLETTERS, message(number, payload=half))
            await (await fetch_one(subscription)).ack()
            assert await subscription.pending() == 0


async def test_a_topic_or_group_that_does_not_exist_is_a_mistake(bus: Bus) -> None:
    with pytest.raises(ValueError, match=r"no topic 'spans\.nowhere'"):
        await bus.publish("spans.nowhere", message(1))
    with pytest.raises(ValueError, match="no group 'writer'"):
        async with bus.subscribe(SPANS_RECEIVED, "writer", max_unsettled=1):
            pass
    with pytest.raises(ValueError, match="no group 'writer'"):
        await bus.pending(SPANS_RECEIVED, "writer")


async def _fetch_from_either(first: Subscription, second: Subscription) -> tuple[Delivery, Subscription]:
    """Return the next delivery to one of two members, and the other member."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for member, other in ((first, second), (second, first)):
            if deliveries := await member.fetch(1, timeout_s=0.1):
                return deliveries[0], other
    raise AssertionError("no message arrived")


def _number(delivery: Delivery) -> int:
    return int(delivery.message.id.removeprefix("id-"))


def _numbers(deliveries: list[Delivery]) -> list[int]:
    return [_number(delivery) for delivery in deliveries]
