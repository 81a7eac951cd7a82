"""Takes entries of the ledger off the bus and stores them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog
from google.protobuf.message import DecodeError

from a11i.telemetry.v1 import ledger_entries_pb2
from a11i_bus import Bus, Delivery
from a11i_bus.topology import LEDGER
from a11i_chassis import metrics
from a11i_chassis.errors import PermanentError, TransientError
from a11i_chassis.waiting import stopped_within
from a11i_delivery.giving_back import give_back
from a11i_delivery.ledger_progress import LedgerProgress
from a11i_storage.clickhouse import LedgerStore

GROUP: Final = "delivery"
_AT_ONCE: Final = 64
"""Messages of one insert: some hundred entries each on a busy day, 4,000 at most."""
_POLL_S: Final = 0.5
"""Longest wait for a message, and so the longest that a stop goes unnoticed."""
_PAUSE_S: Final = 0.4
"""Between inserts while there are few entries: ClickHouse likes few large ones."""
_AWAY_S: Final = 1.0
"""Pause while the bus or ClickHouse is away."""
_PARK_S: Final = 300.0
"""Until a message that ClickHouse refuses comes again: it or this service may be another version by then."""

_log = structlog.stdlib.get_logger(__name__)

Entries = ledger_entries_pb2.LedgerEntries


async def take_ledger(
    bus: Bus,
    store: LedgerStore,
    progress: LedgerProgress,
    stop: asyncio.Event,
    *,
    now_ns: Callable[[], int] = time.time_ns,
) -> None:
    """Store what arrives until `stop` is set. A message is acknowledged once its entries are stored, durably.

    Whoever dies in between stores them again, which changes nothing. While ClickHouse is away they wait on the bus.
    """
    async with bus.subscribe(LEDGER, GROUP, max_unsettled=_AT_ONCE) as subscription:
        while not stop.is_set():
            held: list[Delivery] = []
            try:
                held = list(await subscription.fetch(_AT_ONCE, _POLL_S))
                count, asked_ns = len(held), now_ns()
                # What waits includes what is held here: if it is no more than that, it is that.
                holds_all = await subscription.pending() <= count
                await _store(held, store, progress)
            except TransientError as error:
                _log.warning("ledger_entries_wait", reason=error.reason_name, delay_s=_AWAY_S)
                await give_back(held, _AWAY_S)
                await stopped_within(stop, _AWAY_S)
                continue
            if holds_all and not held:
                progress.caught_up(asked_ns)
            if 0 < count < _AT_ONCE:
                await stopped_within(stop, _PAUSE_S)


async def _store(held: list[Delivery], store: LedgerStore, progress: LedgerProgress) -> None:
    """Store and acknowledge; what cannot be stored stays in `held`, parked. Raises TransientError with what is left."""
    readable = []
    for one in list(held):
        try:
            readable.append((one, Entries.FromString(one.message.payload)))
        except DecodeError:
            # Every version reads it, so that nobody will: it was damaged. The audit shows what it would have said.
            _log.error("ledger_message_unreadable", message_id=one.message.id)
            held.remove(one)
            with suppress(TransientError):
                await one.term()
    try:
        await _store_together(readable, store, progress)
    except PermanentError as error:
        _log.error("ledger_entries_refused", error=error.message)
        stored = await _store_apart(readable, store, progress)
    else:
        stored = [one for one, _ in readable]
    for one in stored:
        held.remove(one)
        # If the bus is away it comes again, which changes nothing.
        with suppress(TransientError):
            await one.ack()
    for one in held:
        with suppress(TransientError):
            await one.retry(_PARK_S)


async def _store_together(
    readable: Sequence[tuple[Delivery, Entries]], store: LedgerStore, progress: LedgerProgress
) -> None:
    entries = [entry for _, message in readable for entry in message.entries]
    if entries:
        metrics.LEDGER_STORED.inc(await store.insert(entries))
        progress.took(min(entry.time.ToNanoseconds() for entry in entries))


async def _store_apart(
    readable: Sequence[tuple[Delivery, Entries]], store: LedgerStore, progress: LedgerProgress
) -> list[Delivery]:
    """Return the messages that ClickHouse takes alone."""
    stored = []
    for one in readable:
        try:
            await _store_together([one], store, progress)
        except PermanentError as error:
            _log.error("ledger_message_refused", message_id=one[0].message.id, error=error.message)
        else:
            stored.append(one[0])
    return stored
