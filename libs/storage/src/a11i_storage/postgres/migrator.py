"""Bringing the catalog to the tables that this version needs."""

import asyncpg

from a11i_storage.migrations import load_migrations, outstanding
from a11i_storage.postgres.connection import open_database
from a11i_storage.postgres.settings import PostgresSettings

_LOCK = 0x6131_3169
"""Advisory lock of migrations ("a11i" in ASCII): two processes that migrate at once take turns."""

_RECORD_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY,
  checksum text NOT NULL,
  applied_time timestamptz NOT NULL DEFAULT now()
)
"""


async def migrate(settings: PostgresSettings) -> list[str]:
    """Run the migrations that the database has not seen, each in a transaction; return their names.

    May be run again, at the same time, and after a kill at any point.
    Raises UnavailableError, and PermanentError if a migration was changed after it ran here.
    """
    async with open_database(settings) as database, database.connection() as connection:
        # Taken for the session and given back with the connection, also when the process is killed.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        try:
            await connection.execute(_RECORD_TABLE)
            return await _run(connection)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def _run(connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> list[str]:
    rows = await connection.fetch("SELECT name, checksum FROM schema_migrations")
    done = []
    for migration in outstanding(load_migrations(__package__), {row["name"]: row["checksum"] for row in rows}):
        async with connection.transaction():
            for statement in migration.statements:
                await connection.execute(statement)
            await connection.execute(
                "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", migration.name, migration.checksum
            )
        done.append(migration.name)
    return done
