"""A connection to Kafka that is made anew whenever it fails, and calls with deadlines over it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from a11i.errors.v1.error_reason_pb2 import ERROR_REASON_BUS_UNAVAILABLE
from a11i_bus import topology
from a11i_bus.kafka.endpoint import Endpoint
from a11i_bus.kafka.records import MAX_RECORD_BYTES, topic_name
from a11i_bus.kafka.topics import partitions_of, prepare_groups, prepare_topics
from a11i_bus.settings import BusSettings
from a11i_chassis.errors import UnavailableError

_RECONNECT_WAIT_S: Final = 0.25
_LOOK_S: Final = 0.5
"""Between two looks whether the cluster answers."""
_LOOK_TIMEOUT_S: Final = 3.0
_CONNECT_TIMEOUT_S: Final = 15.0
"""For the log-in, and for making the topics."""
_CLOSE_TIMEOUT_S: Final = 2.0
_REQUEST_TIMEOUT_MS: Final = 10_000
_BATCH_BYTES: Final = 1024**2
"""What goes to a partition in one request, if so much waits."""

_log = structlog.stdlib.get_logger(__name__)


class LinkProducer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
    """A producer that can be left at once. aiokafka's own `stop` waits for what is pending, however long."""

    async def abandon(self) -> None:
        """End without sending what is pending."""
        self._closed = True
        await self._sender.close()
        await self.client.close()


class Clients:
    """One connection's clients: to publish, to ask and tell the cluster, and to read what was read before."""

    def __init__(self, endpoint: Endpoint) -> None:
        options = endpoint.client_options | {"request_timeout_ms": _REQUEST_TIMEOUT_MS}
        self.producer = LinkProducer(
            acks="all",
            enable_idempotence=True,
            max_request_size=MAX_RECORD_BYTES,
            max_batch_size=_BATCH_BYTES,
            **options,
        )
        self.admin = AIOKafkaAdminClient(**options)
        self.reader = AIOKafkaConsumer(
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
            fetch_max_wait_ms=50,
            **options,
        )
        self.reading = asyncio.Lock()
        """Held by whoever tells the reader where to read."""

    async def start(self) -> None:
        """Connect. Raises KafkaError or OSError."""
        await self.producer.start()
        await self.admin.start()
        await self.reader.start()

    async def end(self) -> None:
        """Take the connections down, whatever state they are in."""
        for close in (self.producer.abandon, self.admin.close, self.reader.stop):
            try:
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await close()
            except TimeoutError:
                pass
            except Exception as error:  # whatever fails in this must not keep the next connection from being made
                _log.warning("bus_close_failed", error=f"{type(error).__name__}: {error}")


class KafkaLink:
    """A connection, kept up by a task of its own. Made by `open_link`.

    While it is down every call fails at once with UnavailableError. aiokafka could wait for the cluster by itself, yet
    it would go on to send what its caller has long given up.
    """

    def __init__(self, endpoint: Endpoint, settings: BusSettings) -> None:
        self.endpoint = endpoint
        self.partitions: dict[str, int] = {}
        """Partitions of each topic, by Kafka's name, once the cluster has said so."""
        self._settings = settings
        self._clients: Clients | None = None
        self._up = asyncio.Event()
        self._attention = asyncio.Event()
        self._closing = False
        self._broken = False
        self._doubted = False
        self._calls: set[asyncio.Timeout] = set()
        self._last_error = ""

    @property
    def up(self) -> bool:
        """True if the cluster answers and its topics are as they should be, as far as is known."""
        return self._up.is_set()

    @property
    def trusted(self) -> bool:
        """True if the link is up and no call has failed since the cluster last answered."""
        return self.up and not self._doubted

    @property
    def clients(self) -> Clients:
        """The clients of the connection. Raises UnavailableError while it is down."""
        if self._clients is None or not self.up:
            raise away()
        return self._clients

    async def wait_until_up(self, timeout_s: float) -> None:
        """Return when the link is up, or after `timeout_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._up.wait()

    def renew(self) -> None:
        """Have the connection made anew: it is up, and yet calls over it fail."""
        self._broken = True
        self._attention.set()

    @asynccontextmanager
    async def call(self, timeout_s: float) -> AsyncIterator[Clients]:
        """Give the clients for one call, which ends in time, and at once when the connection is lost.

        What goes wrong with it is raised as UnavailableError.
        """
        clients = self.clients
        try:
            async with asyncio.timeout(timeout_s) as deadline:
                self._calls.add(deadline)
                try:
                    yield clients
                finally:
                    self._calls.discard(deadline)
        except TimeoutError as error:
            self._doubt()
            raise away("the bus did not answer in time") from error
        except (KafkaError, OSError) as error:
            self._doubt()
            raise away(f"the bus failed: {type(error).__name__}") from error

    def tps(self, topic: str) -> list[TopicPartition]:
        """Return the partitions of a topic. Raises UnavailableError before the cluster has named them."""
        name = topic_name(self.endpoint.namespace, topic)
        if name not in self.partitions:
            raise away("the bus has not been reached yet")
        return [TopicPartition(name, number) for number in range(self.partitions[name])]

    async def keep(self) -> None:
        """Hold a connection until `close`."""
        while not self._closing:
            clients = Clients(self.endpoint)
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                    await self._connect(clients)
                while not self._closing and not self._broken:
                    await self._wait_for_attention(_LOOK_S)
                    await self._look(clients)
            except Exception as error:  # whatever it is, without a connection there is no bus
                self._report(error)
            finally:
                self._lose()
                await clients.end()
            if not self._closing:
                await self._wait_for_attention(_RECONNECT_WAIT_S)

    def close(self) -> None:
        """End `keep`."""
        self._closing = True
        self._attention.set()

    async def _connect(self, clients: Clients) -> None:
        await clients.start()
        await prepare_topics(clients.admin, self.endpoint.namespace, self._settings)
        await prepare_groups(clients.admin, self.endpoint.namespace)
        names = [topic_name(self.endpoint.namespace, topic.name) for topic in topology.TOPICS]
        self.partitions = await partitions_of(clients.admin, names)
        self._clients = clients
        self._broken = self._doubted = False
        self._last_error = ""
        self._up.set()
        _log.info("bus_connected")

    async def _look(self, clients: Clients) -> None:
        """Raise KafkaError, OSError or TimeoutError if the cluster does not answer."""
        async with asyncio.timeout(_LOOK_TIMEOUT_S):
            for last in (False, True):
                try:
                    await clients.admin.describe_topics(list(self.partitions))
                except (KafkaError, OSError):
                    # Of several servers one may be down: the next question goes to another.
                    if last:
                        raise
                else:
                    self._doubted = False
                    return

    def _doubt(self) -> None:
        """Have the cluster looked at: a call over the connection has failed."""
        self._doubted = True
        self._attention.set()

    async def _wait_for_attention(self, timeout_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._attention.wait()
        self._attention.clear()

    def _lose(self) -> None:
        """Fail whoever waits for an answer: none will come over a connection that is gone."""
        if self.up:
            _log.warning("bus_disconnected")
        self._up.clear()
        self._clients = None
        for call in self._calls:
            call.reschedule(asyncio.get_running_loop().time())

    def _report(self, error: Exception) -> None:
        """Log an error of the connection, once for each time that it changes: retries come four times a second."""
        text = f"{type(error).__name__}: {error}"
        if text != self._last_error:
            self._last_error = text
            _log.warning("bus_connection_error", error=text)


@asynccontextmanager
async def open_link(endpoint: Endpoint, settings: BusSettings) -> AsyncIterator[KafkaLink]:
    """Keep a link for the time of the block."""
    # aiokafka reports each of its own tries, several a second while a server is away; the link says it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    link = KafkaLink(endpoint, settings)
    keeping = asyncio.create_task(link.keep(), name="bus-link")
    try:
        await link.wait_until_up(settings.connect_wait_s)
        yield link
    finally:
        link.close()
        _, late = await asyncio.wait({keeping}, timeout=2 * _CLOSE_TIMEOUT_S)
        for task in late:  # in the middle of connecting to a server that does not answer
            task.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


def away(message: str = "the bus cannot be reached", retry_delay_s: float = 1.0) -> UnavailableError:
    """Return the error for a bus that cannot be used now."""
    return UnavailableError(message, reason=ERROR_REASON_BUS_UNAVAILABLE, retry_delay_s=retry_delay_s)
