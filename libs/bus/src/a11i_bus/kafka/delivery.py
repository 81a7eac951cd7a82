"""A message delivered to a member of a group, and how it is settled."""

from typing import Final, Protocol

from a11i_bus.kafka.ledger import now
from a11i_bus.kafka.member import Share
from a11i_bus.kafka.records import Moved
from a11i_bus.port import Message
from a11i_bus.window import Window

_MOVE_AFTER_S: Final = 5.0
"""A message that waits for longer goes to the end of its partition: where it is, it would keep all that came after it
from being deleted, settled or not."""


class Home(Protocol):
    """What a delivery needs of the subscription that made it."""

    async def flush(self, share: Share) -> None:
        """Return when Kafka holds what the ledger says."""

    async def move(self, message: Message, moved: Moved) -> bool:
        """Publish the message again at the end of its partition. False: it could not be."""

    def check_up(self) -> None:
        """Raise UnavailableError while the bus is away."""


class KafkaDelivery:
    """A message delivered from a partition."""

    def __init__(
        self, home: Home, share: Share, offset: int, attempt: int, message: Message, window: Window, ack_wait_s: float
    ) -> None:
        self._home = home
        self.share = share
        self._offset = offset
        self._attempt = attempt
        self._message = message
        self._window = window
        self._ack_wait_s = ack_wait_s
        self._given_back = False
        self.name = f"{share.tp.partition}/{offset}/{attempt}"
        window.add(self.name)

    @property
    def message(self) -> Message:
        """The message as it was published."""
        return self._message

    @property
    def attempt(self) -> int:
        """How often the message has been delivered, this time included."""
        return self._attempt

    async def ack(self) -> None:
        """Settle the message, as `Delivery.ack` says. One whose partition has gone to another member comes again."""
        if self._given_back:
            return
        self.share.ledger.settle(self._offset)
        self.share.cautious = False
        self._window.release(self.name)
        await self._home.flush(self.share)

    async def retry(self, delay_s: float) -> None:
        """Ask for another delivery, as `Delivery.retry` says."""
        self._home.check_up()
        if self._given_back or self.share.lost:
            return
        self._given_back = True
        due = now() + delay_s
        self._window.release(self.name)
        if not self.share.ledger.postpone(self._offset, self._attempt, due) or delay_s <= _MOVE_AFTER_S:
            return
        if await self._home.move(self._message, Moved(self._attempt, due)):
            self.share.ledger.settle(self._offset)
            await self._home.flush(self.share)

    async def term(self) -> None:
        """Never deliver again, as `Delivery.term` says."""
        await self.ack()

    async def in_progress(self) -> None:
        """Extend the time until redelivery, as `Delivery.in_progress` says."""
        self._home.check_up()
        if not self._given_back and self.share.ledger.hold(self._offset, self._attempt, now() + self._ack_wait_s):
            self._window.extend(self.name)
