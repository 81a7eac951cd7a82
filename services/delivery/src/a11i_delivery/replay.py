"""Puts dead letters back on the bus."""

import asyncio
from contextlib import suppress

import structlog

from a11i_bus import Bus, Message
from a11i_bus.ledger import LedgerBook
from a11i_bus.sealing import Seal, SealError
from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TransientError
from a11i_chassis.waiting import stopped_within
from a11i_delivery.letter_entries import replayed
from a11i_delivery.letters import marked, replay_id, sealed_letter
from a11i_storage.postgres import DeadLetterStore
from a11i_storage.postgres.dead_letters import Letter

_log = structlog.stdlib.get_logger(__name__)


class Replayer:
    """Carries out the replays that the store has decided on, one letter at a time."""

    def __init__(self, store: DeadLetterStore, bus: Bus, ledger: LedgerBook, seal: Seal) -> None:
        self._store = store
        self._bus = bus
        self._ledger = ledger
        self._seal = seal
        self._turn = asyncio.Lock()

    async def run(self, interval_s: float, stop: asyncio.Event) -> None:
        """Carry out what calls left, or a service that ended before it was done, until `stop` is set."""
        while True:
            # The bus or the store is away, which the service's health says.
            with suppress(TransientError):
                await self.drain(stop)
            if await stopped_within(stop, interval_s):
                return

    async def drain(self, stop: asyncio.Event | None = None) -> None:
        """Replay all letters whose replay was decided. Raises TransientError while store or bus is away."""
        async with self._turn:
            while not (stop and stop.is_set()) and await self._store.replay_next(self._publish):
                pass

    async def _publish(self, letter: Letter, sealed: bytes) -> bool:
        """Put a letter on the bus, and enter it in the ledger; False if it cannot be opened, or the bus never takes it.

        Whoever dies in between does both again: that is the same message, and the same account.
        """
        names = {"dead_letter_id": str(letter.id), "tenant_id": letter.tenant_id, "topic": letter.replay_topic}
        try:
            payload = marked(sealed_letter(letter, sealed).open(self._seal), letter)
            message = Message(id=replay_id(letter), key=letter.tenant_id, payload=payload)
            await self._bus.publish(letter.replay_topic, message)
        except (SealError, PermanentError, ValueError) as error:
            metrics.DEAD_LETTERS_REPLAYED.labels("refused").inc()
            _log.error("dead_letter_not_replayed", **names, error_type=type(error).__name__)
            return False
        await self._ledger.commit(replayed(letter))
        metrics.DEAD_LETTERS_REPLAYED.labels("published").inc()
        _log.info("dead_letter_replayed", **names, message_id=message.id)
        return True
