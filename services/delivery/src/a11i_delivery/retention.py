"""Deletes dead letters that are too old, tells the ledger of those that are gone, and counts those that wait."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from a11i_chassis import metrics
from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import stopped_within
from a11i_storage.postgres import DeadLetterStore
from a11i_storage.postgres.dead_letter_store import Enter
from a11i_storage.postgres.dead_letters import NewAction

_AT_ONCE: Final = 500
"""Letters deleted in one transaction: some hundred MB at most."""
_COUNT_INTERVAL_S: Final = 15.0
"""Between counts of those that wait: as often as Prometheus usually asks."""
_RETENTION: Final = NewAction(actor="retention", peer="")

_log = structlog.stdlib.get_logger(__name__)


async def keep_retention(
    store: DeadLetterStore,
    enter: Enter,
    retention: timedelta,
    interval_s: float,
    stop: asyncio.Event,
    now: Callable[[], datetime],
) -> None:
    """Delete what was given up last before the retention, until `stop` is set. `enter` tells the ledger first."""
    while True:
        try:
            count = await store.expire(now() - retention, _RETENTION, _AT_ONCE, enter)
        except TransientError as error:
            _log.warning("dead_letters_not_expired", reason=error.reason_name)
            count = 0
        if count:
            _log.warning("dead_letters_expired", count=count)
        if await stopped_within(stop, 0.0 if count == _AT_ONCE else interval_s):
            return


async def enter_discarded(store: DeadLetterStore, enter: Enter, interval_s: float, stop: asyncio.Event) -> None:
    """Tell the ledger of letters that were discarded, soon after, until `stop` is set."""
    while True:
        count = 0
        # The bus or the store is away, which the service's health says.
        with suppress(TransientError):
            count = await store.enter_discarded(enter, _AT_ONCE)
        if await stopped_within(stop, 0.0 if count == _AT_ONCE else interval_s):
            return


async def count_waiting(store: DeadLetterStore, stop: asyncio.Event) -> None:
    """Keep the metric of waiting letters up to date until `stop` is set."""
    while True:
        # While the store is away, which the service's health says, the metric stays as it was.
        with suppress(TransientError):
            metrics.DEAD_LETTERS_WAITING.set(await store.waiting())
        if await stopped_within(stop, _COUNT_INTERVAL_S):
            return
