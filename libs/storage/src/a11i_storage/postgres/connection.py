"""A pool of connections whose failures are a11i's errors."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Final

import asyncpg

from a11i_chassis.errors import UnavailableError
from a11i_storage.postgres.settings import PostgresSettings

AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.exceptions.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.InterfaceError,
)
"""What asyncpg raises when the server is away, restarting, shutting down or out of connections: never an answer."""


class Database:
    """PostgreSQL, connected to when first used, so that a service starts while it is away."""

    def __init__(self, settings: PostgresSettings) -> None:
        self.settings = settings
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    @asynccontextmanager
    async def connection(self) -> "AsyncIterator[asyncpg.pool.PoolConnectionProxy[asyncpg.Record]]":
        """Lend a connection.

        Raises UnavailableError, also for what fails inside as the server is away or lacks a table: a service may start
        before the migration.
        """
        try:
            pool = await self._opened()
            async with pool.acquire(timeout=self.settings.connect_timeout_s) as connection:
                yield connection
        except asyncpg.UndefinedTableError as error:
            raise UnavailableError(f"{error}; migrate PostgreSQL") from error
        except AWAY as error:
            message = f"the catalog (PostgreSQL) cannot be asked now: {type(error).__name__}"
            raise UnavailableError(message) from error

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            pool = asyncpg.create_pool(
                self.settings.dsn.get_secret_value(),
                min_size=0,
                max_size=self.settings.max_connections,
                timeout=self.settings.connect_timeout_s,
                command_timeout=self.settings.query_timeout_s,
            )
            self._pool = await pool
        return self._pool

    async def aclose(self) -> None:
        """End the connections."""
        if self._pool is not None:
            self._pool.terminate()


@asynccontextmanager
async def open_database(settings: PostgresSettings) -> AsyncIterator[Database]:
    """Yield PostgreSQL, for the stores of one process; it connects when it is first asked."""
    async with aclosing(Database(settings)) as database:
        yield database
