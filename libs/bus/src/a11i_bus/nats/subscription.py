"""A member of a group: asks JetStream for messages, and settles them."""

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from nats.aio.msg import Msg
from nats.nuid import NUID

from a11i_bus.nats import streams
from a11i_bus.nats.link import NatsLink, away
from a11i_bus.nats.subjects import MESSAGE_ID_HEADER, delivery_count, key_of, stream_name
from a11i_bus.port import Delivery, Message
from a11i_bus.topology import Topic
from a11i_bus.window import Window
from a11i_chassis.errors import UnavailableError

_LINGER_S: Final = 2.0
"""Longest time that one request for messages stays open. A request dies unnoticed with its server."""
_ANSWER_S: Final = 5.0
"""Time within which the server answers a request that does not linger."""
_NO_MESSAGES: Final = "404"
_REQUEST_OVER: Final = "408"
_HEARTBEAT: Final = "100"
_NS: Final = 1_000_000_000


class NatsSubscription:
    """A member of a group. Made by `open_subscription`."""

    def __init__(self, link: NatsLink, topic: Topic, max_unsettled: int, ack_wait_s: float) -> None:
        self._link = link
        self._topic = topic
        self._request_subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream_name(topic.name)}.{topic.group}"
        self._window = Window(max_unsettled, ack_wait_s)
        self._ack_wait_s = ack_wait_s
        self._tokens = itertools.count(1)
        self._fetching = asyncio.Lock()
        self._arrived: deque[tuple[float, Msg]] = deque()
        """Messages with the time at which the group's acknowledgement time for them ends."""
        self._statuses: dict[str, str] = {}
        """How requests ended, by the subject that their messages go to."""
        self._stirred = asyncio.Event()
        self.inbox = f"_INBOX.{NUID().next().decode()}"

    async def fetch(self, max_messages: int, timeout_s: float) -> list[Delivery]:
        """Return deliveries, as `Subscription.fetch` says."""
        deadline = time.monotonic() + timeout_s
        async with self._fetching:
            while True:
                room = min(max_messages, self._window.room())
                if deliveries := self._take(room):
                    return deliveries
                if room > 0:
                    await self._ask(room, linger_s=0)
                    if deliveries := self._take(room):
                        return deliveries
                remaining_s = deadline - time.monotonic()
                if remaining_s <= 0:
                    return []
                if room == 0:
                    await self._window.wait_for_room(remaining_s)
                else:
                    await self._ask(1, linger_s=min(remaining_s, _LINGER_S))

    async def pending(self) -> int:
        """Return how many messages wait for the group, as `Subscription.pending` says."""
        return await streams.pending(self._link, self._topic)

    def on_message(self, message: Msg) -> None:
        """Take a message or the end of a request from the connection."""
        status = (message.headers or {}).get("Status")
        if status is None or message.reply.startswith("$JS.ACK."):
            self._arrived.append((time.monotonic() + self._ack_wait_s, message))
        elif status != _HEARTBEAT:
            self._statuses[message.subject] = status
        self._stirred.set()

    def on_lost(self) -> None:
        """Let a fetch that waits for an answer notice that there will be none."""
        self._stirred.set()

    async def give_back(self) -> None:
        """Return what arrived and nobody fetched to the group at once."""
        while self._arrived:
            _, message = self._arrived.popleft()
            with suppress(UnavailableError):
                await self._link.send(message.reply, b"-NAK")

    def _take(self, count: int) -> list[Delivery]:
        now = time.monotonic()
        deliveries: list[Delivery] = []
        while self._arrived and len(deliveries) < count:
            hold_until, message = self._arrived.popleft()
            if hold_until > now:
                self._window.add(message.reply)
                deliveries.append(NatsDelivery(self._link, self._window, message))
        return deliveries

    async def _ask(self, count: int, *, linger_s: float) -> None:
        """Ask for messages and return when one has arrived, all have if the request does not linger, or none will.

        A lingering request may be answered after this has returned; the next fetch then has its message.
        """
        inbox = f"{self.inbox}.{next(self._tokens)}"
        body: dict[str, object] = {"batch": count}
        if linger_s > 0:
            body["expires"] = int(linger_s * _NS)
        else:
            body["no_wait"] = True
        await self._link.send(self._request_subject, json.dumps(body).encode(), inbox)
        deadline = time.monotonic() + (linger_s or _ANSWER_S) + (1.0 if linger_s else 0.0)
        while inbox not in self._statuses and len(self._arrived) < count:
            self._stirred.clear()
            if not self._link.up:
                raise away("the connection to the bus was lost")
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    await self._stirred.wait()
            except TimeoutError:
                break
        status = self._statuses.pop(inbox, _REQUEST_OVER)
        self._statuses.clear()
        if status not in (_NO_MESSAGES, _REQUEST_OVER):
            # The consumer is gone, or the server is going: have it looked at.
            self._link.doubt()
            raise away(f"the bus ended a request for messages with status {status}")


class NatsDelivery:
    """A message delivered by JetStream."""

    def __init__(self, link: NatsLink, window: Window, delivered: Msg) -> None:
        self._link = link
        self._window = window
        self._ack_subject = delivered.reply
        self._message = message_of(delivered)
        self._settled = False

    @property
    def message(self) -> Message:
        """The message as it was published."""
        return self._message

    @property
    def attempt(self) -> int:
        """How often the message has been delivered, this time included."""
        return delivery_count(self._ack_subject)

    async def ack(self) -> None:
        """Settle the message, as `Delivery.ack` says."""
        await self._settle(b"+ACK")

    async def retry(self, delay_s: float) -> None:
        """Ask for another delivery, as `Delivery.retry` says."""
        await self._settle(f'-NAK {{"delay": {max(1, int(delay_s * _NS))}}}'.encode())

    async def term(self) -> None:
        """Never deliver again, as `Delivery.term` says."""
        await self._settle(b"+TERM")

    async def in_progress(self) -> None:
        """Extend the time until redelivery, as `Delivery.in_progress` says."""
        if not self._settled:
            await self._link.send(self._ack_subject, b"+WPI")
            self._window.extend(self._ack_subject)

    async def _settle(self, outcome: bytes) -> None:
        if self._settled:
            return
        # With an answer asked for, JetStream says when it has taken the outcome.
        await self._link.request(self._ack_subject, outcome)
        self._settled = True
        self._window.release(self._ack_subject)


def message_of(delivered: Msg) -> Message:
    """Return the message as it was published."""
    headers = dict(delivered.headers or {})
    id_ = headers.pop(MESSAGE_ID_HEADER, "")
    return Message(id=id_, key=key_of(delivered.subject), payload=delivered.data, headers=headers)


@asynccontextmanager
async def open_subscription(
    link: NatsLink, topic: Topic, *, max_unsettled: int, ack_wait_s: float
) -> AsyncIterator[NatsSubscription]:
    """Join a group for the time of the block."""
    subscription = NatsSubscription(link, topic, max_unsettled, ack_wait_s)
    await link.listen(f"{subscription.inbox}.*", subscription)
    try:
        yield subscription
    finally:
        await link.unlisten(f"{subscription.inbox}.*")
        await subscription.give_back()
