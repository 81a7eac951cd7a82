"""A connection to NATS that comes back whatever ends it, and requests with deadlines over it."""

import asyncio
import itertools
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from a11i.errors.v1.error_reason_pb2 import ERROR_REASON_BUS_UNAVAILABLE
from a11i_bus.nats.client import LinkClient
from a11i_bus.settings import BusSettings
from a11i_chassis.errors import UnavailableError

_RECONNECT_WAIT_S: Final = 0.25
"""Between attempts to connect: a server that restarts is back within a second."""
_CONNECT_TIMEOUT_S: Final = 5
_PING_INTERVAL_S: Final = 10
"""Two pings without an answer mean that the connection is dead."""
_PENDING_BYTES: Final = 4 * 1024 * 1024
"""Bytes that wait for the socket before publishers wait too: some dozen batches."""
_PREPARE_RETRY_S: Final = 0.5
_LOOK_S: Final = 1.0
_ALIVE_TIMEOUT_S: Final = 2
"""For a server to say that it lives: it does nothing for that but answer."""
_CLOSE_TIMEOUT_S: Final = 2.0
"""A server that hangs is not waited for."""

_NO_RESPONDERS: Final = "503"

_log = structlog.stdlib.get_logger(__name__)


class Listener(Protocol):
    """Who takes the messages of a subscription."""

    def on_message(self, message: Msg) -> None:
        """Take a message."""

    def on_lost(self) -> None:
        """Know that the connection is gone, and what was asked for over it with it."""


Prepare = Callable[["NatsLink"], Awaitable[None]]


class NatsLink:
    """A connection, kept up by a task of its own. Made by `open_link`.

    Each connection is a client of its own. nats-py could reconnect by itself, yet ends for good when the server answers
    with an error, such as a log-in that took too long on a busy machine; and what it has buffered by then it sends
    late. While the link is down, or before `prepare` has succeeded on the connection, every call fails at once with
    UnavailableError.
    """

    def __init__(self, settings: BusSettings, prepare: Prepare) -> None:
        self._settings = settings
        self._prepare = prepare
        self._url = urlsplit(settings.url.get_secret_value())
        hosts = self._url.netloc.rpartition("@")[2].split(",")
        self._hosts = deque(random.sample(hosts, len(hosts)))
        """Of a cluster, the server to connect to first: each time another, as one may accept and then hang."""
        self._client: LinkClient | None = None
        self._prepared = asyncio.Event()
        self._attention = asyncio.Event()
        """Set when `keep` has something to look at: the connection has ended, or streams are missing."""
        self._closing = False
        self._doubted = False
        self._inbox = ""
        self._tokens = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Msg]] = {}
        self._listeners: dict[str, Listener] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._last_error = ""

    @property
    def up(self) -> bool:
        """True while there is a connection on which the streams were found or made as they should be."""
        return self._prepared.is_set()

    @property
    def trusted(self) -> bool:
        """True if the link is up and no call has failed since the streams were last looked at."""
        return self.up and not self._doubted

    @property
    def max_payload_bytes(self) -> int | None:
        """The server's limit for headers and payload together; None while no connection is up."""
        return self._client.max_payload if self._client is not None and self._client.is_connected else None

    async def wait_until_up(self, timeout_s: float) -> None:
        """Return when the link is up, or after `timeout_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._prepared.wait()

    def doubt(self) -> None:
        """Have server and streams looked at again: one did not answer, or is missing. Calls go on meanwhile.

        In a cluster a stream answers nothing while its servers elect a leader, and others do.
        """
        if not self._doubted:
            self._doubted = True
            self._attention.set()

    async def request(
        self,
        subject: str,
        payload: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Msg:
        """Publish and return the answer. Raises UnavailableError if there is none in time or nobody to give one."""
        if not self.up:
            raise away()
        return await self.request_unprepared(subject, payload, headers, timeout_s=timeout_s)

    async def request_unprepared(
        self,
        subject: str,
        payload: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Msg:
        """Do as `request`, even before `prepare` has succeeded: for `prepare` itself."""
        token = str(next(self._tokens))
        answer: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._waiting[token] = answer
        try:
            await self._send(subject, payload, f"{self._inbox}.{token}", headers)
            async with asyncio.timeout(timeout_s or self._settings.publish_timeout_s):
                message = await answer
        except TimeoutError as error:
            self.doubt()
            raise away("the bus did not answer in time") from error
        finally:
            self._waiting.pop(token, None)
        if (message.headers or {}).get("Status") == _NO_RESPONDERS:
            self.doubt()
            raise away("the bus has nobody who answers")
        return message

    async def send(self, subject: str, payload: bytes, reply: str = "") -> None:
        """Publish without waiting for an answer. Raises UnavailableError while the link is down."""
        if not self.up:
            raise away()
        await self._send(subject, payload, reply, None)

    async def listen(self, subject: str, listener: Listener) -> None:
        """Hand each message to the subject to `listener`, on this connection and those that follow it."""
        self._listeners[subject] = listener
        if self._client is not None and self._client.is_connected:
            await self._subscribe(self._client, subject, listener)

    async def unlisten(self, subject: str) -> None:
        """Undo listen. What the server has already sent still reaches the listener before this returns."""
        subscription = self._subscriptions.pop(subject, None)
        if subscription is not None and self.up:
            with suppress(NatsError, OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py leaves it without types
        del self._listeners[subject]

    async def keep(self) -> None:
        """Hold a connection until `close`."""
        while not self._closing:
            client = LinkClient()
            try:
                await self._connect(client)
                while not self._closing and not client.is_closed:
                    await self._look_after(client)
            except Exception as error:  # whatever it is, without a connection there is no bus
                await self._report(error)
                if not self._closing:
                    self._attention.clear()
                    await self._wait_for_attention(_RECONNECT_WAIT_S)
            finally:
                self._lose()
                self._hosts.rotate(-1)
                await self._end(client)

    def close(self) -> None:
        """End `keep`."""
        self._closing = True
        self._attention.set()

    async def _connect(self, client: LinkClient) -> None:
        await client.connect(
            [f"{self._url.scheme}://{host}" for host in self._hosts],
            dont_randomize=True,
            user=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            name="a11i",
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=_RECONNECT_WAIT_S,  # type: ignore[arg-type]  # a float in all but its annotation
            connect_timeout=_CONNECT_TIMEOUT_S,
            ping_interval=_PING_INTERVAL_S,
            pending_size=_PENDING_BYTES,
            flush_timeout=self._settings.publish_timeout_s,
            error_cb=self._report,
            closed_cb=self._on_lost,
        )
        self._client = client
        self._inbox = client.new_inbox()
        self._subscriptions.clear()
        await client.subscribe(f"{self._inbox}.*", cb=_calling(self._on_answer))
        for subject, listener in list(self._listeners.items()):
            await self._subscribe(client, subject, listener)

    async def _end(self, client: LinkClient) -> None:
        """Take a connection down. Whatever fails in that must not keep the next one from being made."""
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await client.close()
        except TimeoutError:
            pass
        except Exception as error:
            await self._report(error)

    async def _look_after(self, client: LinkClient) -> None:
        """Prepare the server if that is due, then wait until something happens.

        Raises an error of nats-py if the server does not say that it lives: another of its cluster may.
        """
        self._attention.clear()
        if client.is_connected and not self.trusted:
            await client.flush(_ALIVE_TIMEOUT_S)
            try:
                await self._prepare(self)
            except UnavailableError as error:
                await self._report(error)
                self._attention.clear()
                await self._wait_for_attention(_PREPARE_RETRY_S)
                return
            self._last_error = ""
            if self._prepared.is_set():
                await asyncio.sleep(_PREPARE_RETRY_S)  # many calls may fail at once: one look is for all of them
            else:
                self._prepared.set()
                _log.info("bus_connected")
            self._doubted = False
        # Looked after now and then even if nothing calls for it: a connection that ended unheard would stay away.
        await self._wait_for_attention(_LOOK_S)

    async def _wait_for_attention(self, timeout_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._attention.wait()

    async def _subscribe(self, client: LinkClient, subject: str, listener: Listener) -> None:
        # No limit of bytes on this side: what arrives was asked for, and the asker bounds it.
        self._subscriptions[subject] = await client.subscribe(
            subject, cb=_calling(listener.on_message), pending_bytes_limit=0
        )

    async def _send(self, subject: str, payload: bytes, reply: str, headers: Mapping[str, str] | None) -> None:
        client = self._client
        if client is None or not client.is_connected:
            raise away()
        try:
            await client.publish(subject, payload, reply=reply, headers=dict(headers) if headers else None)
        except (NatsError, OSError) as error:
            raise away() from error

    def _on_answer(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject.rpartition(".")[2])
        if answer is not None and not answer.done():
            answer.set_result(message)

    async def _on_lost(self) -> None:
        if self._prepared.is_set():
            _log.warning("bus_disconnected")
        self._lose()

    def _lose(self) -> None:
        """Fail whoever waits for an answer: none will come over a connection that is gone."""
        self._prepared.clear()
        self._attention.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(away("the connection to the bus was lost"))
        for listener in self._listeners.values():
            listener.on_lost()

    async def _report(self, error: Exception) -> None:
        """Log an error of the connection, once for each time that it changes: retries come four times a second."""
        text = f"{type(error).__name__}: {error}"
        if text != self._last_error:
            self._last_error = text
            _log.warning("bus_connection_error", error=text)


@asynccontextmanager
async def open_link(settings: BusSettings, prepare: Prepare) -> AsyncIterator[NatsLink]:
    """Keep a link for the time of the block. `prepare` runs on every connection before the link counts as up."""
    link = NatsLink(settings, prepare)
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


def _calling(handle: Callable[[Msg], None]) -> Callable[[Msg], Awaitable[None]]:
    async def call(message: Msg) -> None:
        handle(message)

    return call
