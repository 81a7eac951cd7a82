"""Keeping up with what other processes change: told by PostgreSQL, and looked for in case one was not heard of."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from a11i_chassis.errors import TransientError, UnavailableError
from a11i_storage.postgres.connection import AWAY
from a11i_storage.postgres.settings import PostgresSettings

POLL_S: Final = 4.0
"""Seconds between looks for changes, in case one was not heard of: with the look itself below five."""
_RETRY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Changes:
    """What is heard of changes."""

    heard: asyncio.Event
    """Set when something changed, and when no more will be heard."""
    lost: asyncio.Event
    """Set when no more will be heard."""


@asynccontextmanager
async def listening(settings: PostgresSettings, channel: str) -> AsyncIterator[Changes]:
    """Hear of changes that are told of on a channel, on a connection of its own. Raises UnavailableError."""
    changes = Changes(asyncio.Event(), asyncio.Event())

    def lose(_: object) -> None:
        changes.lost.set()
        changes.heard.set()

    try:
        connection = await asyncpg.connect(
            settings.dsn.get_secret_value(),
            timeout=settings.connect_timeout_s,
            command_timeout=settings.query_timeout_s,
        )
    except AWAY as error:
        raise UnavailableError(f"PostgreSQL cannot be asked now: {type(error).__name__}") from error
    try:
        connection.add_termination_listener(lose)
        await connection.add_listener(channel, lambda *_: changes.heard.set())
        yield changes
    except AWAY as error:
        raise UnavailableError(f"PostgreSQL cannot be asked now: {type(error).__name__}") from error
    finally:
        connection.terminate()


async def follow(
    listen: Callable[[], AbstractAsyncContextManager[Changes]],
    refresh: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
    away: Callable[[str], None],
) -> None:
    """Refresh at first, after every change and every POLL_S, until `stop` is set, whatever PostgreSQL answers.

    `away` is told why, without values, when it could not be asked, and it is tried again.
    """
    while not stop.is_set():
        try:
            async with listen() as changes:
                while not (stop.is_set() or changes.lost.is_set()):
                    changes.heard.clear()
                    await refresh()
                    await _first_of(stop, changes.heard, timeout_s=POLL_S)
        except Exception as error:  # A revoked right, a renamed table: no reason to stop the work.
            away(error.message if isinstance(error, TransientError) else type(error).__name__)
            await _first_of(stop, timeout_s=_RETRY_S)


async def _first_of(*events: asyncio.Event, timeout_s: float) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
