"""Measures the bus: the port beside the bare client's loop, on NATS and on Kafka: python -m tests.bench.bench_bus."""

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nats
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig
from pydantic import SecretStr

from a11i_bus import BusSettings, Message, connect
from a11i_bus.topology import SPANS_RECEIVED
from tests.engines.kafka import KafkaServer, unavailable
from tests.engines.nats import NatsServer

_WINDOW: Final = 32
"""Messages published, and held, at once."""
_KEYS: Final = 24
_PARTITIONS: Final = 4
"""As in the embedded mesh."""
_CAPACITY_BYTES: Final = 8 * 1024**3
_RATE: Final = 500
"""Batches a second at which latency is measured."""
_DEADLINE_S: Final = 60.0

Publish = Callable[[int, bytes], Awaitable[None]]
Receive = Callable[[], Awaitable[list[bytes]]]
"""Return the payloads of some messages, all of them acknowledged."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A way to send and to receive."""

    publish: Publish
    receive: Receive


Open = Callable[[], AbstractAsyncContextManager[Loop]]


def main() -> None:
    """Print messages a second and CPU time of each way, and the latency through the port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it runs")
    parser.add_argument("--size", type=int, default=100_000, help="bytes of a message")
    parser.add_argument("--directory", help="where the servers' files go; /dev/shm leaves the disk out of it")
    arguments = parser.parse_args()
    # aiokafka says with each connection that the log-in is in the clear: it is, on this machine.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    count, rounds, seconds = (300, 1, 1) if arguments.quick else (2000, 5, 8)
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        for name, measure in (("NATS", _on_nats), ("Kafka", _on_kafka)):
            if name == "Kafka" and (reason := unavailable()):
                print(f"Kafka: not measured: {reason}")
                continue
            rates[name] = asyncio.run(measure(Path(directory), count, rounds, seconds, arguments.size))
    if len(rates) == 2:
        print(f"Kafka to NATS, through the port: {rates['Kafka'] / rates['NATS']:.0%} of the messages a second")


async def _on_nats(directory: Path, count: int, rounds: int, seconds: int, size: int) -> float:
    server = NatsServer(directory)
    server.start()
    try:
        return await _measure("NATS", lambda: _bare_nats(server.url), server.url, count, rounds, seconds, size)
    finally:
        server.stop()


async def _on_kafka(directory: Path, count: int, rounds: int, seconds: int, size: int) -> float:
    server = KafkaServer(directory)
    server.start()
    try:
        return await _measure("Kafka", lambda: _bare_kafka(server.url), server.url, count, rounds, seconds, size)
    finally:
        server.stop()


async def _measure(name: str, bare: Open, url: str, count: int, rounds: int, seconds: int, size: int) -> float:
    """Print an engine's figures and return the port's messages a second. Both ways take turns on one server."""
    taken: dict[str, list[tuple[float, float]]] = {"bare client": [], "port": []}
    async with AsyncExitStack() as stack:
        loops = {
            "bare client": await stack.enter_async_context(bare()),
            "port": await stack.enter_async_context(_port(url)),
        }
        for loop in (*loops.values(), *loops.values()):
            await _throughput(loop, count, size)  # a JVM is slow until it has compiled what it does
        for _ in range(rounds):
            for way, loop in loops.items():
                taken[way].append(await _throughput(loop, count, size))
        latencies = sorted(await _latency(loops["port"], seconds, size))
    rate = {way: statistics.median(count / wall_s for wall_s, _ in figures) for way, figures in taken.items()}
    cpu = {way: statistics.median(cpu_s / count * 1e6 for _, cpu_s in figures) for way, figures in taken.items()}
    for way in loops:
        print(f"{name}, {way:<12} {rate[way]:7.0f} messages of {size // 1000} kB/s, {cpu[way]:6.0f} us of CPU each")
    print(f"{name}, the port costs {1 - rate['port'] / rate['bare client']:+.1%} of the bare client's rate")
    p50, p99 = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    print(f"{name}, publish to receive at {_RATE}/s: p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms")
    return rate["port"]


async def _throughput(loop: Loop, count: int, size: int) -> tuple[float, float]:
    """Send and receive that many at once. Return seconds of time and of this process's CPU."""
    numbers = iter(range(count))
    payload = bytes(size)
    started, cpu = time.perf_counter(), time.process_time()

    async def send() -> None:
        for number in numbers:
            await loop.publish(number, payload)

    async with asyncio.timeout(_DEADLINE_S), asyncio.TaskGroup() as tasks:
        for _ in range(_WINDOW):
            tasks.create_task(send())
        received = 0
        while received < count:
            received += len(await loop.receive())
    return time.perf_counter() - started, time.process_time() - cpu


async def _latency(loop: Loop, seconds: int, size: int) -> list[float]:
    """Send at a steady rate. Return the seconds from each publish's beginning to the message's arrival."""
    count = _RATE * seconds
    padding = bytes(size - 8)
    latencies: list[float] = []

    async def send() -> None:
        start = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                await asyncio.sleep(max(0.0, start + number / _RATE - time.perf_counter()))
                stamp = time.perf_counter_ns().to_bytes(8, "big")
                tasks.create_task(_call(loop.publish(number, stamp + padding)))

    async with asyncio.timeout(_DEADLINE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        while len(latencies) < count:
            payloads = await loop.receive()
            now = time.perf_counter_ns()
            latencies += [(now - int.from_bytes(payload[:8], "big")) / 1e9 for payload in payloads]
    return latencies


async def _call(publishing: Awaitable[None]) -> None:
    await publishing


@asynccontextmanager
async def _port(url: str) -> AsyncIterator[Loop]:
    settings = BusSettings(
        url=SecretStr(url), capacity_bytes=_CAPACITY_BYTES, connect_wait_s=_DEADLINE_S, partitions=_PARTITIONS
    )
    run = time.time_ns()
    async with (
        connect(settings) as bus,
        bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=_WINDOW * 2) as subscription,
    ):

        async def publish(number: int, payload: bytes) -> None:
            nonlocal run
            run += 1
            await bus.publish(SPANS_RECEIVED, Message(f"id-{run}", f"tenant-{number % _KEYS}", payload))

        async def receive() -> list[bytes]:
            deliveries = await subscription.fetch(_WINDOW, timeout_s=1.0)
            await asyncio.gather(*(delivery.ack() for delivery in deliveries))
            return [delivery.message.payload for delivery in deliveries]

        yield Loop(publish, receive)


@asynccontextmanager
async def _bare_nats(url: str) -> AsyncIterator[Loop]:
    client = await nats.connect(url, pending_size=64 * 1024**2)
    stream = client.jetstream()
    config = StreamConfig("BARE", subjects=["bare.*"], retention=RetentionPolicy.WORK_QUEUE, max_bytes=4 * 1024**3)
    await stream.add_stream(config)
    acks = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, max_ack_pending=-1)
    subscription = await stream.pull_subscribe("bare.*", "group", config=acks)
    run = time.time_ns()

    async def publish(number: int, payload: bytes) -> None:
        nonlocal run
        run += 1
        await stream.publish(f"bare.tenant-{number % _KEYS}", payload, headers={"Nats-Msg-Id": f"id-{run}"})

    async def receive() -> list[bytes]:
        try:
            messages = await subscription.fetch(_WINDOW, timeout=1.0)
        except NatsTimeoutError:
            return []
        await asyncio.gather(*(message.ack_sync(timeout=5.0) for message in messages))
        return [message.data for message in messages]

    try:
        yield Loop(publish, receive)
    finally:
        await client.close()


@asynccontextmanager
async def _bare_kafka(url: str) -> AsyncIterator[Loop]:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    from a11i_bus.kafka.endpoint import parse

    options = parse(url).client_options
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    await admin.create_topics([NewTopic("bare", _PARTITIONS, 1, topic_configs={"flush.messages": "1"})])
    await admin.close()
    consumer = AIOKafkaConsumer(
        "bare", group_id="bare", enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=20, **options
    )
    async with AIOKafkaProducer(acks="all", enable_idempotence=True, max_batch_size=1024**2, **options) as producer:
        await consumer.start()

        async def publish(number: int, payload: bytes) -> None:
            headers = [("id", b"id-%d" % number)]
            await producer.send_and_wait("bare", payload, key=b"tenant-%d" % (number % _KEYS), headers=headers)

        async def receive() -> list[bytes]:
            answer = await consumer.getmany(timeout_ms=1000, max_records=_WINDOW)
            if answer:
                await consumer.commit()
            return [record.value for records in answer.values() for record in records]

        try:
            yield Loop(publish, receive)
        finally:
            await consumer.stop()


if __name__ == "__main__":
    main()
