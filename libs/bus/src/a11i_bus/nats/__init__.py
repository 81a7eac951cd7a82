"""The bus on NATS JetStream."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from a11i_bus import topology
from a11i_bus.nats.former import keep_moving
from a11i_bus.nats.link import NatsLink, away, open_link
from a11i_bus.nats.streams import pending, prepare_streams
from a11i_bus.nats.subjects import MESSAGE_ID_HEADER, subject
from a11i_bus.nats.subscription import open_subscription
from a11i_bus.port import Bus, Message, Subscription
from a11i_bus.settings import BusSettings
from a11i_chassis.errors import TooLargeError

__all__ = ["NatsBus", "open_nats"]

_HEADER_ROOM_BYTES: Final = 16 * 1024
"""The server counts headers into its limit, and ends the connection of a client that goes over it."""
_FULL_RETRY_S: Final = 2.0
_MESSAGE_TOO_LARGE: Final = 10054
"""JetStream's error code for a message over the stream's limit."""
_IN_PROCESS: Final = 10158
"""JetStream's error code for a message of an id that too few servers of the cluster have stored so far."""


class NatsBus:
    """A connection to JetStream. Made by `open_nats`."""

    def __init__(self, link: NatsLink, settings: BusSettings) -> None:
        self._link = link
        self._settings = settings
        self._payload_bytes: int | None = None
        self._refused_at = -_FULL_RETRY_S

    @property
    def max_payload_bytes(self) -> int:
        """The largest payload that publish takes, by what the server last said of itself.

        Raises UnavailableError before it has said so: with a guess, what it takes could be refused for good.
        """
        if (limit := self._link.max_payload_bytes) is not None:
            self._payload_bytes = limit - _HEADER_ROOM_BYTES
        if self._payload_bytes is None:
            raise away("the bus has not been reached yet")
        return self._payload_bytes

    async def publish(self, topic: str, message: Message) -> None:
        """Store a message, as `Bus.publish` says."""
        topology.topic(topic)
        headers = {MESSAGE_ID_HEADER: message.id, **message.headers}
        header_bytes = sum(len(name) + len(value) + 4 for name, value in headers.items())
        if len(message.payload) > self.max_payload_bytes or header_bytes > _HEADER_ROOM_BYTES:
            raise TooLargeError(
                f"a message of {len(message.payload)} bytes and {header_bytes} of headers is over the bus's "
                f"{self.max_payload_bytes} and {_HEADER_ROOM_BYTES}"
            )
        answer = await self._link.request(subject(topic, message.key), message.payload, headers)
        confirmation = json.loads(answer.data)
        if "error" in confirmation:
            self._refuse(topic, confirmation["error"])

    @asynccontextmanager
    async def subscribe(self, topic: str, group: str, *, max_unsettled: int) -> AsyncIterator[Subscription]:
        """Join a group, as `Bus.subscribe` says."""
        checked = topology.check_group(topic, group)
        async with open_subscription(
            self._link, checked, max_unsettled=max_unsettled, ack_wait_s=self._settings.ack_wait_s
        ) as subscription:
            if topic not in topology.FORMERLY:
                yield subscription
                return
            moving = asyncio.create_task(keep_moving(self._link, self, checked, self._settings), name="bus-moving")
            try:
                yield subscription
            finally:
                moving.cancel()
                await asyncio.gather(moving, return_exceptions=True)

    async def pending(self, topic: str, group: str) -> int:
        """Return how many messages wait for the group, as `Bus.pending` says."""
        checked = topology.check_group(topic, group)
        return await pending(self._link, checked)

    async def ready(self) -> bool:
        """Return whether the server is there, its streams are in order, and none has just refused a message."""
        return self._link.trusted and time.monotonic() - self._refused_at > _FULL_RETRY_S

    def _refuse(self, topic: str, error: Mapping[str, object]) -> None:
        description = f"{error.get('description')} ({error.get('err_code')})"
        if error.get("err_code") == _MESSAGE_TOO_LARGE:
            raise TooLargeError(f"topic {topic} does not take the message: {description}")
        self._refused_at = time.monotonic()
        if error.get("err_code") == _IN_PROCESS:
            raise away(f"topic {topic} has the message and has not confirmed it yet")
        # Above all a full stream. What JetStream cannot store for another reason waits too: giving up would lose it.
        raise away(f"topic {topic} does not take messages: {description}", _FULL_RETRY_S)


@asynccontextmanager
async def open_nats(settings: BusSettings) -> AsyncIterator[Bus]:
    """Open a bus on the servers of the settings' URL for the time of the block."""

    async def prepare(link: NatsLink) -> None:
        await prepare_streams(link, settings)

    async with open_link(settings, prepare) as link:
        yield NatsBus(link, settings)
