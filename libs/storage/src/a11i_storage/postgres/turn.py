"""A right that one process at a time has, among all that use a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from a11i_storage.postgres.connection import Database, open_database
from a11i_storage.postgres.settings import PostgresSettings

if TYPE_CHECKING:
    import asyncpg

_LOOK_SOON: Final = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
"""A host that lost its power or its network says no good-bye: PostgreSQL is to miss it in 25 s, not in two hours."""


class Hold:
    """The right, as long as its connection lasts."""

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> None:
        self._connection = connection

    async def check(self) -> None:
        """Return if the right is still held."""
        await self._connection.execute("SELECT 1")


class Turn:
    """A PostgreSQL advisory lock. Who dies gives it up, also with all of its host."""

    def __init__(self, database: Database, key: int) -> None:
        self._database = database
        self._key = key

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Hold | None]:
        """Take the right for the time of the block; None: another process has it.

        Raises UnavailableError while PostgreSQL is away, also where that comes to light inside.
        """
        async with self._database.connection() as connection:
            await connection.execute(_LOOK_SOON)
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", self._key):
                yield None
                return
            try:
                yield Hold(connection)
            finally:
                if not connection.is_closed():
                    await connection.execute("SELECT pg_advisory_unlock($1)", self._key)


@asynccontextmanager
async def open_turn(settings: PostgresSettings, key: int) -> AsyncIterator[Turn]:
    """Yield a right, known by a number that is its own in the database; it connects when it is first taken."""
    async with open_database(settings.model_copy(update={"max_connections": 1})) as database:
        yield Turn(database, key)
