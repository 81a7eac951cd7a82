"""Tenants' price tables."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from a11i_chassis.errors import ConflictError
from a11i_storage.postgres.connection import Database, open_database
from a11i_storage.postgres.listening import Changes, listening
from a11i_storage.postgres.settings import PostgresSettings

CHANNEL: Final = "a11i_price_tables"
"""Where a change is told of, in its own transaction."""
_LOCK: Final = 0x6131_7074
"""Advisory lock of changes ("a1pt" in ASCII): ids become visible in their order, so that the last says it all."""
_COLUMNS: Final = "id, tenant_id, version, lines::text AS lines, actor, create_time"
_CHANGED: Final = (
    f"SELECT DISTINCT ON (tenant_id) {_COLUMNS} FROM price_tables WHERE id > $1 "  # noqa: S608  (own names alone)
    "ORDER BY tenant_id, version DESC"
)
_GET: Final = (
    f"SELECT {_COLUMNS} FROM price_tables WHERE tenant_id = $1 AND ($2 = 0 OR version = $2) "  # noqa: S608  (likewise)
    "ORDER BY version DESC LIMIT 1"
)
_LIST: Final = (
    "SELECT id, tenant_id, version, '[]' AS lines, actor, create_time FROM price_tables "
    "WHERE tenant_id = $1 AND ($2 = 0 OR version < $2) ORDER BY version DESC LIMIT $3"
)
_PUT: Final = (
    "INSERT INTO price_tables (tenant_id, version, lines, actor) "  # noqa: S608  (likewise)
    f"VALUES ($1, $2, $3::jsonb, $4) RETURNING {_COLUMNS}"
)
_SAME: Final = "SELECT lines = $3::jsonb FROM price_tables WHERE tenant_id = $1 AND version = $2"


@dataclass(frozen=True, slots=True)
class StoredPrices:
    """A version of a tenant's table."""

    id: int
    tenant_id: str
    version: int
    lines: str
    """A JSON array."""
    actor: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class NewPrices:
    """A table to store."""

    tenant_id: str
    lines: str
    """A JSON array."""
    actor: str


class PriceTableStore:
    """Keeps price tables. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def changed_since(self, last_id: int) -> list[StoredPrices]:
        """Return the last version of every table that was stored after the one of this id, in no order; 0: of all."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_CHANGED, last_id)
        return [StoredPrices(**dict(row)) for row in rows]

    async def get(self, tenant_id: str, version: int) -> StoredPrices | None:
        """Return a version of a tenant's table, the last for 0; None if there is none."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_GET, tenant_id, version)
        return StoredPrices(**dict(row)) if row else None

    async def versions(self, tenant_id: str, before: int, limit: int) -> list[StoredPrices]:
        """Return versions without their lines, the latest first, from below `before`; 0: from the last."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_LIST, tenant_id, before, limit)
        return [StoredPrices(**dict(row)) for row in rows]

    async def put(self, new: NewPrices, expected_version: int | None) -> StoredPrices:
        """Store a table as a new version; return the version in force.

        One that says the same as the last changes nothing. Raises ConflictError if another is the last.
        """
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            last = await connection.fetchrow(_GET, new.tenant_id, 0)
            version = last["version"] if last else 0
            if expected_version is not None and expected_version != version:
                raise ConflictError(f"version {version} is the last, not {expected_version}; look at it first")
            if last and await connection.fetchval(_SAME, new.tenant_id, version, new.lines):
                return StoredPrices(**dict(last))
            row = await connection.fetchrow(_PUT, new.tenant_id, version + 1, new.lines, new.actor)
            await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
        return StoredPrices(**dict(row or {}))

    def listening(self) -> AbstractAsyncContextManager[Changes]:
        """Hear of changes, on a connection of its own. Raises UnavailableError."""
        return listening(self._database.settings, CHANNEL)


@asynccontextmanager
async def open_price_tables(settings: PostgresSettings) -> AsyncIterator[PriceTableStore]:
    """Yield the store; it connects when it is first asked."""
    async with open_database(settings) as database:
        yield PriceTableStore(database)
