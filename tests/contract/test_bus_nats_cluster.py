"""A cluster of three NATS servers that loses one, is left with one, and has one that hangs."""

import asyncio
import time
from collections.abc import Iterator

import nats
import pytest
from pydantic import SecretStr

from a11i.errors.v1.error_reason_pb2 import ERROR_REASON_BUS_UNAVAILABLE
from a11i_bus import Bus, BusSettings, connect
from a11i_bus.nats import NatsBus
from a11i_bus.nats.subjects import stream_name
from a11i_bus.topology import SPANS_RECEIVED
from a11i_chassis.errors import UnavailableError
from tests.contract.bus_harness import PATIENCE_S, fetch_exactly, message, publish_surely
from tests.engines.nats import NatsCluster, NatsServer

GROUP = "tokenization"
PUBLISH_TIMEOUT_S = 2.0
KEYS = 3


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsCluster]:
    cluster = NatsCluster(tmp_path_factory.mktemp("nats-cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(started: NatsCluster) -> NatsCluster:
    """A cluster of which all servers are up; the tests share it."""
    started.start()
    return started


def settings(cluster: NatsCluster) -> BusSettings:
    return BusSettings(
        url=SecretStr(cluster.url),
        replicas=3,
        ack_wait_s=2.0,
        publish_timeout_s=PUBLISH_TIMEOUT_S,
        connect_wait_s=2 * PATIENCE_S,
        capacity_bytes=50_000_000,
    )


async def test_a_stream_goes_on_when_its_leader_dies_and_nothing_is_lost_or_doubled(cluster: NatsCluster) -> None:
    received: list[int] = []
    halfway = asyncio.Event()

    async def publish(bus: Bus) -> None:
        for number in range(200):
            await publish_surely(bus, SPANS_RECEIVED, message(number, key=f"tenant-{number % KEYS}"))
            if number == 100:
                halfway.set()

    async def receive(bus: Bus) -> None:
        deadline = time.monotonic() + 2 * PATIENCE_S
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=8) as subscription:
            while len(set(received)) < 200:
                assert time.monotonic() < deadline, f"only {len(set(received))} arrived"
                try:
                    for delivery in await subscription.fetch(8, timeout_s=0.5):
                        received.append(int(delivery.message.id.removeprefix("id-")))
                        await delivery.ack()
                except UnavailableError:
                    await asyncio.sleep(0.05)

    async with connect(settings(cluster)) as bus:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(publish(bus))
            tasks.create_task(receive(bus))
            await halfway.wait()
            leader = await _leader(cluster)
            leader.kill()
        for key in range(KEYS):
            assert list(dict.fromkeys(n for n in received if n % KEYS == key)) == list(range(key, 200, KEYS))
        # An acknowledgement that the dying leader did not take is given again; nothing else is.
        assert len(received) - 200 <= 2 * 8
        # The new leader knows the ids that the one before has stored.
        for number in range(0, 200, 20):
            await publish_surely(bus, SPANS_RECEIVED, message(number, key=f"tenant-{number % KEYS}"))
        await _until_pending(bus, 0)
        leader.start()
        await _until_all_follow(cluster)


async def test_without_a_majority_the_bus_refuses_in_time_and_takes_messages_again_with_one(
    cluster: NatsCluster,
) -> None:
    async with connect(settings(cluster)) as bus:
        await publish_surely(bus, SPANS_RECEIVED, message(1000))
        for node in cluster.nodes[1:]:
            node.kill()
        for _ in range(3):
            started = time.monotonic()
            with pytest.raises(UnavailableError) as caught:
                await bus.publish(SPANS_RECEIVED, message(1001))
            assert caught.value.reason == ERROR_REASON_BUS_UNAVAILABLE
            assert time.monotonic() - started < PUBLISH_TIMEOUT_S + 1.0
            assert not await bus.ready()
        cluster.nodes[1].start()
        await _publish_patiently(bus, 1001)
        await _until_pending(bus, 2)
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=8) as subscription:
            deliveries = await fetch_exactly(subscription, 2)
            assert {delivery.message.id for delivery in deliveries} == {"id-1000", "id-1001"}
            for delivery in deliveries:
                await delivery.ack()
        await _until_pending(bus, 0)


async def test_a_server_that_hangs_is_left_for_another(cluster: NatsCluster) -> None:
    async with connect(settings(cluster)) as bus:
        await publish_surely(bus, SPANS_RECEIVED, message(2000))
        hanging = _server_of(cluster, bus)
        assert hanging is not None
        hanging.pause()
        try:
            with pytest.raises(UnavailableError):
                await bus.publish(SPANS_RECEIVED, message(2001))
            deadline = time.monotonic() + PATIENCE_S
            while _server_of(cluster, bus) in (hanging, None):
                assert time.monotonic() < deadline, "the bus waits for a server that hangs"
                await asyncio.sleep(0.05)
        finally:
            hanging.resume()
        await _publish_patiently(bus, 2001)


async def _leader(cluster: NatsCluster) -> NatsServer:
    """Return the server that leads the stream."""
    client = await nats.connect(cluster.url.split(","))
    info = await client.jetstream().stream_info(stream_name(SPANS_RECEIVED))
    await client.close()
    assert info.cluster is not None
    assert info.cluster.leader is not None
    return cluster.node(info.cluster.leader)


def _server_of(cluster: NatsCluster, bus: Bus) -> NatsServer | None:
    """Return the server that the bus is connected to."""
    assert isinstance(bus, NatsBus)
    client = bus._link._client
    if client is None or client.connected_url is None:
        return None
    return next(node for node in cluster.nodes if node.config.port == client.connected_url.port)


async def _publish_patiently(bus: Bus, number: int) -> None:
    """Publish as often as an election takes: NATS's servers wait 4 to 9 s before they begin one."""
    deadline = time.monotonic() + 2 * PATIENCE_S
    while True:
        try:
            await bus.publish(SPANS_RECEIVED, message(number))
            return
        except UnavailableError:
            assert time.monotonic() < deadline, "the bus does not come back"
            await asyncio.sleep(0.1)


async def _until_pending(bus: Bus, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while await bus.pending(SPANS_RECEIVED, GROUP) != count:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def _until_all_follow(cluster: NatsCluster) -> None:
    """Return when every server of the stream has all that its leader has."""
    deadline = time.monotonic() + PATIENCE_S
    client = await nats.connect(cluster.url.split(","))
    try:
        while True:
            info = await client.jetstream().stream_info(stream_name(SPANS_RECEIVED))
            followers = (info.cluster and info.cluster.replicas) or []
            if len(followers) == 2 and all(one.current and not one.offline for one in followers):
                return
            assert time.monotonic() < deadline, "the server that was killed does not follow again"
            await asyncio.sleep(0.1)
    finally:
        await client.close()
