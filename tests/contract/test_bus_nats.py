"""What holds for NATS alone: encryption, servers that hang, change or come late, and streams that others touched."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy
from pydantic import SecretStr

from a11i_bus import Bus, BusSettings, connect
from a11i_bus.nats.client import LinkClient
from a11i_bus.nats.subjects import stream_name
from a11i_bus.topology import DEADLETTERS, SPANS_RECEIVED
from a11i_chassis.errors import UnavailableError
from tests.contract.bus_harness import PATIENCE_S, fetch_exactly, fetch_one, message, publish_surely
from tests.engines.nats import NatsServer

GROUP = "tokenization"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop()


def settings(server: NatsServer, **changes: float) -> BusSettings:
    base = BusSettings(url=SecretStr(server.url), ack_wait_s=1.0, publish_timeout_s=1.0, connect_wait_s=PATIENCE_S)
    return base.model_copy(update=changes)


async def test_a_waiting_payload_is_nowhere_in_the_servers_files(server: NatsServer) -> None:
    planted = b"planted-text-" * 20
    async with connect(settings(server)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1, payload=planted))
    server.stop()
    files = [path for path in server.directory.rglob("*") if path.is_file()]
    assert any(path.suffix == ".blk" for path in files), "JetStream has written no block of messages"
    assert not [path for path in files if b"planted-text" in path.read_bytes()]


async def test_a_server_that_hangs_is_an_error_after_the_timeout_and_no_harm_afterwards(server: NatsServer) -> None:
    async with connect(settings(server)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1))
        server.pause()
        try:
            started = time.monotonic()
            with pytest.raises(UnavailableError):
                await bus.publish(SPANS_RECEIVED, message(2))
            assert time.monotonic() - started < PATIENCE_S
        finally:
            server.resume()
        await publish_surely(bus, SPANS_RECEIVED, message(2))
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            assert await subscription.pending() == 2


async def test_a_server_may_come_after_its_clients(server: NatsServer) -> None:
    server.stop()
    async with connect(settings(server, connect_wait_s=0.1)) as bus:
        assert not await bus.ready()
        with pytest.raises(UnavailableError):
            await bus.publish(SPANS_RECEIVED, message(1))
        server.start()
        await publish_surely(bus, SPANS_RECEIVED, message(1))
        assert await bus.ready()


async def test_a_server_that_turned_the_client_away_for_a_time_is_found_again(server: NatsServer) -> None:
    async with connect(settings(server)) as bus:
        right = server.config
        server.stop()
        server.config = replace(right, password="another-password")
        server.start()
        with pytest.raises(UnavailableError):
            await _publish_for(bus, 1.5)
        server.stop()
        server.config = right
        server.start()
        await publish_surely(bus, SPANS_RECEIVED, message(1))


async def test_a_connection_that_fails_on_being_closed_does_not_keep_the_next_from_being_made(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[LinkClient] = []
    close = LinkClient.close

    async def close_and_fail(client: LinkClient) -> None:
        await close(client)
        failed.append(client)
        raise RuntimeError("a defect in the client")

    monkeypatch.setattr(LinkClient, "close", close_and_fail)
    async with connect(settings(server)) as bus:
        server.kill()
        server.start()
        await publish_surely(bus, SPANS_RECEIVED, message(1))
    assert failed


async def test_streams_that_vanish_are_made_again(server: NatsServer) -> None:
    async with connect(settings(server)) as bus:
        client = await nats.connect(server.url)
        await client.jetstream().delete_stream(stream_name(SPANS_RECEIVED))
        await client.close()
        await publish_surely(bus, SPANS_RECEIVED, message(1))
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            await (await fetch_one(subscription)).ack()


async def test_a_group_that_vanishes_is_made_again_and_misses_nothing(server: NatsServer) -> None:
    async with connect(settings(server)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1))
        client = await nats.connect(server.url)
        await client.jetstream().delete_consumer(stream_name(SPANS_RECEIVED), GROUP)
        await client.close()
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            assert (await fetch_one(subscription)).message.id == "id-1"


async def test_new_settings_reach_streams_and_groups_that_exist(server: NatsServer) -> None:
    async with connect(settings(server)) as bus:
        await bus.publish(SPANS_RECEIVED, message(1))
    changed = settings(server, ack_wait_s=7.0, capacity_bytes=50_000_000)
    async with connect(changed) as bus:
        assert await bus.ready()
        client = await nats.connect(server.url)
        stream = await client.jetstream().stream_info(stream_name(SPANS_RECEIVED))
        consumer = await client.jetstream().consumer_info(stream_name(SPANS_RECEIVED), GROUP)
        await client.close()
    assert stream.config.max_bytes == 20_000_000
    assert stream.state.messages == 1
    assert consumer.config.ack_wait == 7.0


async def test_what_a_leaving_member_has_not_fetched_comes_to_others_at_once(server: NatsServer) -> None:
    async with connect(settings(server, ack_wait_s=300.0)) as bus, connect(settings(server, ack_wait_s=300.0)) as other:
        async with other.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as leaving:
            fetching = asyncio.create_task(leaving.fetch(1, timeout_s=PATIENCE_S))
            await asyncio.sleep(0.1)  # the request for messages is with the server then, most likely
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
            await bus.publish(SPANS_RECEIVED, message(1))
        async with bus.subscribe(SPANS_RECEIVED, GROUP, max_unsettled=10) as subscription:
            assert (await fetch_one(subscription)).message.id == "id-1"


async def test_dead_letters_that_wait_under_the_topics_former_name_are_moved(server: NatsServer) -> None:
    stream = "A11I_DEADLETTERS"
    client = await nats.connect(server.url)
    jetstream = client.jetstream()
    await jetstream.add_stream(name=stream, subjects=["a11i.deadletters.*"], max_age=3600, discard=DiscardPolicy.NEW)
    former = await jetstream.pull_subscribe("a11i.deadletters.*", "delivery", stream)
    for number in range(5):
        letter = {"Nats-Msg-Id": f"id-{number}", "A11i-Stage": "redaction.1"}
        await jetstream.publish("a11i.deadletters.tenant-1", str(number).encode(), headers=letter)
    settled, _held_by_a_member_that_dies = await former.fetch(2)
    await settled.ack_sync()
    async with (
        connect(settings(server)) as bus,
        bus.subscribe(DEADLETTERS, "delivery", max_unsettled=10) as subscription,
    ):
        letters = [delivery.message for delivery in await fetch_exactly(subscription, 4)]
        assert {letter.id: letter.payload for letter in letters} == {f"id-{n}": b"%d" % n for n in range(1, 5)}
        assert {(letter.key, letter.headers["A11i-Stage"]) for letter in letters} == {("tenant-1", "redaction.1")}
        await _until_gone(jetstream, stream)
        assert await subscription.pending() == 4
    await client.close()


async def _until_gone(jetstream: JetStreamContext, stream: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while stream in [info.config.name for info in await jetstream.streams_info()]:
        assert time.monotonic() < deadline, "the former stream is still there"
        await asyncio.sleep(0.05)


async def _publish_for(bus: Bus, seconds: float) -> None:
    """Publish again and again for that long; raise the last error if none went through."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await bus.publish(SPANS_RECEIVED, message(0))
        except UnavailableError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


async def test_a_connection_whose_socket_fails_on_the_last_bytes_is_taken_down_all_the_same(server: NatsServer) -> None:
    heard = asyncio.Event()

    async def on_closed() -> None:
        heard.set()

    async def ignore(_message: object) -> None: ...

    async def fail() -> None:
        raise ConnectionResetError

    client = LinkClient()
    await client.connect(server.url, allow_reconnect=False, closed_cb=on_closed)
    await client.subscribe("anything", cb=ignore)
    assert client._transport is not None
    client._transport.drain = fail  # type: ignore[method-assign]  # a socket that was reset
    client._pending, client._pending_data_size = [b"PING\r\n"], 6
    await client.close()

    # That no task of the subscription is left is seen to by the fixture for all tests.
    assert heard.is_set()
