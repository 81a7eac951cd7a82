"""The bus port: durable topics, groups that share work, acknowledgement one by one.

Adapters: `a11i_bus.memory`, `a11i_bus.nats` and `a11i_bus.kafka`. No service names an adapter; `a11i_bus.connect`
picks one by URL.
All adapters raise the errors of `a11i_chassis.errors`: `TransientError` with reason BUS_UNAVAILABLE when the bus
cannot be reached or is full, `PermanentError` with reason TOO_LARGE for a payload over `max_payload_bytes`.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish."""

    id: str
    """De-duplication id: within the topic's window (10 minutes or more) a second message of the same id is stored
    once, and publishing it succeeds."""
    key: str
    """Ordering key, such as a tenant id: messages of one key keep their order within a topic. One that is delivered
    again, as its member died or gave it back, does not hold up those after it."""
    payload: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Delivery(Protocol):
    """A message delivered to a group's member, to be settled by exactly one of ack, retry and term."""

    @property
    def message(self) -> Message:
        """The message as it was published."""

    @property
    def attempt(self) -> int:
        """How often the message has been delivered to the group, this time included: 1, 2, ..."""

    async def ack(self) -> None:
        """Take the message off the group's work; durable on return. A late or second call does nothing."""

    async def retry(self, delay_s: float) -> None:
        """Ask for another delivery after `delay_s` seconds."""

    async def term(self) -> None:
        """Never deliver the message again. Publish it to the dead letters first: nobody else is told."""

    async def in_progress(self) -> None:
        """Say that work goes on, which starts the time until redelivery anew."""


class Subscription(Protocol):
    """A member of a group on one topic."""

    async def fetch(self, max_messages: int, timeout_s: float) -> list[Delivery]:
        """Return up to `max_messages` deliveries: at once if any wait, else the first within `timeout_s`, else [].

        Survives the server's restart: it reconnects and goes on. Raises TransientError only while the server is away.
        """

    async def pending(self) -> int:
        """Return how many messages wait for the group, as `Bus.pending` does."""


class Bus(Protocol):
    """A connection to the bus. Safe for concurrent use by tasks of one event loop."""

    @property
    def max_payload_bytes(self) -> int:
        """The largest payload that publish takes. Raises TransientError before the bus has been reached once.

        For what a service may publish where, see `a11i_bus.limits`.
        """

    async def publish(self, topic: str, message: Message) -> None:
        """Store a message. On return it is durable; after an exception it may or may not be, so publish it again.

        Topics are those of `a11i_bus.topology`. Raises TransientError (away or full), PermanentError (too large).
        """

    def subscribe(self, topic: str, group: str, *, max_unsettled: int) -> AbstractAsyncContextManager[Subscription]:
        """Join `group` on `topic`, with at most `max_unsettled` deliveries unsettled in this member at once.

        A message goes to one member of each group. One that is not settled within the group's acknowledgement time is
        delivered again, to any member. On exit unsettled deliveries are left to redelivery.
        """

    async def pending(self, topic: str, group: str) -> int:
        """Return how many messages wait for the group, delivered but unsettled ones included.

        Counts nothing as settled that is not. Joins no group, so anyone may ask. Raises TransientError.
        """

    async def ready(self) -> bool:
        """Return whether the bus would take a message now, as far as is known; for health checks."""
