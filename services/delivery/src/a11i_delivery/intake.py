"""Takes dead letters off the bus and keeps them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import structlog

from a11i_bus import Bus, Delivery
from a11i_bus.dead_letters import read_dead_letter
from a11i_bus.ledger import LedgerBook
from a11i_bus.sealing import Seal
from a11i_bus.topology import DEADLETTERS
from a11i_chassis import metrics
from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import stopped_within
from a11i_delivery.giving_back import give_back
from a11i_delivery.letter_entries import dead_lettered
from a11i_delivery.letters import describe
from a11i_storage.postgres import DeadLetterStore
from a11i_storage.postgres.dead_letters import NewLetter

GROUP: Final = "delivery"
_AT_ONCE: Final = 8
"""Letters held at once: a MiB each at most, and kept in a few milliseconds."""
_POLL_S: Final = 0.5
"""Longest wait for a letter, and so the longest that a stop goes unnoticed."""
_AWAY_S: Final = 1.0
"""Pause while the bus or PostgreSQL is away."""
_PARK_S: Final = 300.0
"""Until a letter that cannot be kept comes again: a newer version of the service may run by then."""

_log = structlog.stdlib.get_logger(__name__)


def utc_now() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


async def take_in(
    bus: Bus,
    store: DeadLetterStore,
    ledger: LedgerBook,
    seal: Seal,
    stop: asyncio.Event,
    *,
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Keep what arrives until `stop` is set. A letter is acknowledged once it is kept and in the ledger, durably.

    Whoever dies in between keeps it again: that is the same letter, and the same entry.
    """
    async with bus.subscribe(DEADLETTERS, GROUP, max_unsettled=_AT_ONCE) as subscription:
        while not stop.is_set():
            unsettled: list[Delivery] = []
            try:
                unsettled = await subscription.fetch(_AT_ONCE, _POLL_S)
                while unsettled:
                    await _keep(unsettled[0], store, ledger, seal, now())
                    del unsettled[0]
            except TransientError as error:
                _log.warning("dead_letters_wait", reason=error.reason_name, delay_s=_AWAY_S)
                await give_back(unsettled, _AWAY_S)
                await stopped_within(stop, _AWAY_S)


async def _keep(delivery: Delivery, store: DeadLetterStore, ledger: LedgerBook, seal: Seal, now: datetime) -> None:
    """Keep a letter and acknowledge it. Raises TransientError if store or bus is away; then it is not settled."""
    letter = _read(delivery, seal, now)
    if letter is None:
        return await _park(delivery)
    try:
        is_new = await store.keep(letter)
    except TransientError:
        raise
    except Exception as error:
        _log.error("dead_letter_refused", message_id=letter.message_id, error_type=type(error).__name__)
        return await _park(delivery)
    if is_new:
        metrics.DEAD_LETTERS_KEPT.labels(letter.stage, letter.reason).inc()
        _log.warning(
            "dead_letter_kept",
            dead_letter_id=str(letter.id),
            tenant_id=letter.tenant_id,
            message_id=letter.message_id,
            stage=letter.stage,
            reason=letter.reason,
            error_id=letter.error_id,
        )
    await ledger.commit(dead_lettered(letter))
    # If the bus is away the letter comes again, and is known then.
    with suppress(TransientError):
        await delivery.ack()
    return None


def _read(delivery: Delivery, seal: Seal, now: datetime) -> NewLetter | None:
    message = delivery.message
    try:
        return describe(read_dead_letter(message), message.id, seal, now)
    except (KeyError, ValueError, OverflowError) as error:
        _log.error("dead_letter_unreadable", message_id=message.id, error_type=type(error).__name__)
        return None


async def _park(delivery: Delivery) -> None:
    with suppress(TransientError):
        await delivery.retry(_PARK_S)
