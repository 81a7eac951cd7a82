"""What holds on Kafka alone: members that die, partitions that move, state beside the offsets, what is deleted."""

import asyncio
import secrets
import sys
import time
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from a11i_bus import Bus, BusSettings, Subscription, connect
from a11i_bus.topology import SPANS_RECEIVED
from a11i_chassis.errors import UnavailableError
from tests.contract.bus_harness import (
    PATIENCE_S,
    KafkaHarness,
    fetch_exactly,
    fetch_one,
    message,
    publish_surely,
)
from tests.engines.kafka import KafkaServer
from tests.engines.kafka_secure import MECHANISM

pytestmark = pytest.mark.timeout(120)  # members that die, and a JVM that starts anew, take their time

GROUP = "tokenization"
KEYS = 12


@pytest.fixture
def url(kafka_server: KafkaServer) -> str:
    """A server's URL, with topics of the test's own."""
    return KafkaHarness(kafka_server).url


def settings(url: str, **changes: float) -> BusSettings:
    base = BusSettings(
        url=SecretStr(url), ack_wait_s=6.0, publish_timeout_s=5.0, connect_wait_s=PATIENCE_S, partitions=4
    )
    return base.model_copy(update=changes)


async def test_what_a_killed_member_held_comes_to_another_and_is_counted(url: str) -> None:
    async with connect(settings(url)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1))
        for attempt in (1, 2):
            assert await _take_and_die(url) == f"id-1 {attempt}"
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            again = await fetch_one(subscription)
            assert again.attempt == 3
            await again.ack()


async def test_acknowledgements_out_of_order_outlive_their_member(url: str) -> None:
    async with connect(settings(url)) as bus:
        for number in range(6):
            await bus.publish(SPANS_RECEIVED, message(number))
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            held = await fetch_exactly(subscription, 6)
            for number in (1, 2, 5):
                await held[number].ack()
            assert await subscription.pending() == 3
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            again = await fetch_exactly(subscription, 3)
            assert [delivery.message.id for delivery in again] == ["id-0", "id-3", "id-4"]
            assert await subscription.fetch(10, timeout_s=0.5) == []


async def test_a_wait_outlives_the_member_that_asked_for_it(url: str) -> None:
    async with connect(settings(url)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1))
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            await (await fetch_one(subscription)).retry(4.0)
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            assert await subscription.fetch(10, timeout_s=1.0) == []
            assert (await fetch_one(subscription)).attempt == 2


async def test_members_that_join_and_leave_in_mid_stream_lose_nothing_and_keep_the_order_of_a_key(url: str) -> None:
    received: list[int] = []
    stop, leave = asyncio.Event(), asyncio.Event()
    async with connect(settings(url)) as bus, asyncio.TaskGroup() as tasks:
        tasks.create_task(_receive(url, received, stop))
        tasks.create_task(_publish(bus, 600))
        await _until(lambda: len(set(received)) > 100)
        second = tasks.create_task(_receive(url, received, leave))
        await _until(lambda: len(set(received)) > 300)
        leave.set()
        await second
        await _until(lambda: len(set(received)) == 600)
        stop.set()
        await _until_settled(bus)
    _check_order(received, 600)
    # Only what a member held when its partitions went to another may be given twice.
    assert len(received) - 600 <= 3 * 8


async def test_a_member_that_is_killed_in_mid_stream_loses_nothing_and_keeps_the_order_of_a_key(url: str) -> None:
    received: list[int] = []
    stop = asyncio.Event()
    async with connect(settings(url)) as bus, asyncio.TaskGroup() as tasks:
        tasks.create_task(_receive(url, received, stop))
        tasks.create_task(_publish(bus, 400))
        await _until(lambda: len(received) > 50)
        taken, attempt = (await _take_and_die(url)).split()
        held = int(taken.removeprefix("id-"))
        assert attempt == "1"
        assert held not in received
        await _until(lambda: len(set(received)) == 400)
        stop.set()
        await _until_settled(bus)
    # What the killed member held comes again when its time is over, which others need not wait for.
    _check_order(received, 400, late=held)
    assert held in received
    # When the other joined, and when it was gone.
    assert len(received) - 400 <= 2 * 8


async def test_a_flood_delays_only_the_keys_of_its_partition(url: str) -> None:
    others = [f"tenant-{number}" for number in range(8)]
    arrived: list[str] = []
    async with connect(settings(url)) as bus:
        flood = [message(number, key="flood", payload=bytes(40_000)) for number in range(200)]
        await asyncio.gather(*(bus.publish(SPANS_RECEIVED, one) for one in flood))
        for number, key in enumerate(others, 200):
            await bus.publish(SPANS_RECEIVED, message(number, key=key))
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=16) as subscription:
            while len(arrived) < 208:
                delivery = await fetch_one(subscription)
                arrived.append(delivery.message.key)
                await delivery.ack()
    # Two of these eight tenants share its partition. The others wait for a piece of 2 MiB, 50 messages, at most.
    assert len(set(others) & set(arrived[:100])) == 6


async def test_a_second_message_of_an_id_from_another_publisher_is_delivered_once(url: str) -> None:
    async with (
        connect(settings(url)) as first,
        connect(settings(url)) as second,
        first.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription,
    ):
        await first.publish(SPANS_RECEIVED, message(1))
        await second.publish(SPANS_RECEIVED, message(1))
        await second.publish(SPANS_RECEIVED, message(2))
        deliveries = await fetch_exactly(subscription, 2)
        assert [delivery.message.id for delivery in deliveries] == ["id-1", "id-2"]
        for delivery in deliveries:
            await delivery.ack()
        await _until_pending(subscription, 0)


async def test_what_is_settled_leaves_the_log_even_while_another_message_waits_long(url: str) -> None:
    from tests.contract.kafka_log import open_log  # needs Kafka's client, which the fixture asks for

    async with (
        connect(settings(url)) as bus,
        bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription,
        open_log(url, SPANS_RECEIVED) as log,
    ):
        for number in range(4):
            await bus.publish(SPANS_RECEIVED, message(number))
        waiting, *others = await fetch_exactly(subscription, 4)
        await waiting.retry(8.0)
        for delivery in others:
            await delivery.ack()
        deadline = time.monotonic() + PATIENCE_S
        while await log.kept() > 1:
            assert time.monotonic() < deadline, "settled messages are still in the log"
            await asyncio.sleep(0.1)
        assert await subscription.pending() == 1
        again = await fetch_one(subscription)
        assert (again.message, again.attempt) == (message(0), 2)


async def test_a_server_that_hangs_is_an_error_after_the_timeout_and_no_harm_afterwards(
    kafka_server: KafkaServer, url: str
) -> None:
    async with connect(settings(url, publish_timeout_s=1.0)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1))
        kafka_server.pause()
        try:
            started = time.monotonic()
            with pytest.raises(UnavailableError):
                await bus.publish(SPANS_RECEIVED, message(2))
            assert time.monotonic() - started < PATIENCE_S
        finally:
            kafka_server.resume()
        await publish_surely(bus, SPANS_RECEIVED, message(2))
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            numbers = [delivery.message.id for delivery in await fetch_exactly(subscription, 2)]
            assert numbers == ["id-1", "id-2"]
            assert await subscription.fetch(10, timeout_s=0.5) == []


async def test_a_server_may_come_after_its_clients(kafka_server: KafkaServer, url: str) -> None:
    kafka_server.stop()
    async with connect(settings(url, connect_wait_s=0.1)) as bus:
        assert not await bus.ready()
        with pytest.raises(UnavailableError):
            _ = bus.max_payload_bytes
        with pytest.raises(UnavailableError):
            await bus.publish(SPANS_RECEIVED, message(1))
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            kafka_server.start()
            await publish_surely(bus, SPANS_RECEIVED, message(1))
            assert await bus.ready()
            await (await fetch_one(subscription)).ack()


async def test_a_wrong_password_keeps_the_bus_away(kafka_server: KafkaServer, url: str) -> None:
    wrong = url.replace(kafka_server.config.password, "another")
    async with connect(settings(wrong, connect_wait_s=1.0)) as bus:
        assert not await bus.ready()
        with pytest.raises(UnavailableError):
            await bus.publish(SPANS_RECEIVED, message(1))


async def test_the_bus_works_over_tls_with_a_log_in_that_sends_no_password(kafka_server: KafkaServer) -> None:
    url = kafka_server.secure.url(kafka_server.config.user, f"test-{secrets.token_hex(4)}")
    async with connect(settings(url)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1))
        assert await bus.pending(SPANS_RECEIVED, GROUP) == 1
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            await (await fetch_one(subscription)).ack()
        assert await bus.pending(SPANS_RECEIVED, GROUP) == 0


@pytest.mark.parametrize("wrong", ["password", "certificate", "mechanism"])
async def test_who_cannot_show_or_check_what_tls_and_scram_ask_for_stays_away(
    kafka_server: KafkaServer, wrong: str
) -> None:
    secure = kafka_server.secure
    right = secure.url(kafka_server.config.user, f"test-{secrets.token_hex(4)}")
    changes = {
        "password": (secure.password, "another"),
        "certificate": (f"&ca={secure.certificate}", ""),  # signed by nobody that the system trusts
        "mechanism": (MECHANISM, "PLAIN"),
    }
    url = right.replace(*changes[wrong])
    assert url != right
    async with connect(settings(url, connect_wait_s=1.0)) as bus:
        assert not await bus.ready()
        with pytest.raises(UnavailableError):
            await bus.publish(SPANS_RECEIVED, message(1))


async def test_changes_to_a_topic_that_lose_messages_are_undone(url: str) -> None:
    from tests.contract.kafka_log import open_log  # needs Kafka's client, which the fixture asks for

    async with connect(settings(url)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1))
    async with open_log(url, SPANS_RECEIVED) as log:
        await log.configure(retention_ms="60000")
        async with connect(settings(url)) as bus:
            assert await bus.ready()
        config = await log.configuration()
    assert config["retention.ms"] == "-1"
    assert config["min.insync.replicas"] == "1"
    assert config["flush.messages"] == "1"


async def _receive(url: str, received: list[int], until: asyncio.Event) -> None:
    """Be a member until then, and note what comes."""
    async with connect(settings(url)) as bus, bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=8) as member:
        while not until.is_set():
            for delivery in await member.fetch(8, timeout_s=0.2):
                received.append(int(delivery.message.id.removeprefix("id-")))
                await delivery.ack()


def _check_order(received: list[int], count: int, *, late: int | None = None) -> None:
    """Fail unless all that was published came, and first in the order of its key, but for one that may be late."""
    assert set(received) == set(range(count))
    for key in range(KEYS):
        of_key = [number for number in received if number % KEYS == key and number != late]
        assert list(dict.fromkeys(of_key)) == [number for number in range(key, count, KEYS) if number != late]


async def _until_settled(bus: Bus) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while await bus.pending(SPANS_RECEIVED, GROUP):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def _take_and_die(url: str) -> str:
    """Run a member until it has a message, kill it, and return what it said of the message."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.contract.kafka_member", url), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (line := (await process.stdout.readline()).decode()).startswith("id-"):
                assert process.returncode is None
    finally:
        process.kill()
        await process.wait()
    return line.strip()


async def _publish(bus: Bus, count: int) -> None:
    for number in range(count):
        await bus.publish(SPANS_RECEIVED, message(number, key=f"tenant-{number % KEYS}"))
        await asyncio.sleep(0.01)  # a stream, not a burst: there is something to come when members change


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 2 * PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def _until_pending(subscription: Subscription, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while await subscription.pending() != count:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
