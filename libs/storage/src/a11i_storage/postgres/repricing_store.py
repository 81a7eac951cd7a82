"""Repricings in PostgreSQL.

A process that carries one out holds a lease on it, and says with each step that it still does: so another goes on soon
after it died, and one whose lease has run out hears of it before it writes anything. Of a tenant's repricings one is
carried out at a time, in the order in which they were asked for: the last one says what calls cost.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import datetime
from typing import Final

import asyncpg

from a11i_storage.postgres.connection import Database, open_database
from a11i_storage.postgres.dead_letters import PageCursor
from a11i_storage.postgres.repricings import NewRepricing, Repricing, RepricingProgress, RepricingState
from a11i_storage.postgres.settings import PostgresSettings

_ADD: Final = """
INSERT INTO repricings (
  id, tenant_id, project_id, start_ns, end_ns, unpriced_only, dry_run, actor, request_id, default_tables, own_version,
  state, done_until_ns
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $4) ON CONFLICT (tenant_id, request_id) DO NOTHING
"""
_CANCEL: Final = "UPDATE repricings SET state = 3, finish_time = now() WHERE id = $1 AND state = 1"
# Whoever was cancelled while it wrote may not have noticed yet: its lease keeps the tenant's next one back.
_CLAIM: Final = """
UPDATE repricings SET lease_owner = $1, lease_until = now() + make_interval(secs => $2) WHERE id = (
  SELECT id FROM repricings AS mine
  WHERE state = 1 AND (lease_until IS NULL OR lease_until < now() OR lease_owner = $1)
    AND NOT EXISTS (
      SELECT FROM repricings AS other WHERE other.tenant_id = mine.tenant_id AND other.id <> mine.id
        AND (
          other.state = 1 AND (other.create_time, other.id) < (mine.create_time, mine.id)
          OR other.lease_until >= now()
        )
    )
  ORDER BY create_time LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING *
"""
_RELEASE: Final = "UPDATE repricings SET lease_until = NULL WHERE id = $1 AND lease_owner = $2"


def _step(assignments: str) -> str:
    """Return the statement of whoever holds the lease: it says nothing back where that is no longer so."""
    where = "id = $1 AND lease_owner = $2 AND state = 1 AND lease_until >= now()"
    return f"UPDATE repricings SET {assignments} WHERE {where} RETURNING id"  # noqa: S608  (own names)


_LEASE: Final = "lease_until = now() + make_interval(secs => $3)"
_HOLD: Final = _step(_LEASE)
_STAGE: Final = _step(f"{_LEASE}, staged = $4")
_ADOPT: Final = _step(f"{_LEASE}, default_tables = $4")
_ADVANCE: Final = _step(
    f"{_LEASE}, staged = '', position = $4, done_until_ns = $5, call_count = $6, changed_count = $7, before_usd = $8, "
    "after_usd = $9, unpriced_before_count = $10, unpriced_after_count = $11"
)
_FINISH: Final = _step("state = $3, failure = $4, finish_time = now(), lease_until = NULL")


class RepricingStore:
    """Keeps repricings. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, order: NewRepricing) -> Repricing:
        """Keep an order, to be carried out; durable on return. One of that request id that is there stays as it is.

        Returns what is there.
        """
        values = [getattr(order, field.name) for field in fields(NewRepricing)]
        async with self._database.connection() as connection:
            await connection.execute(_ADD, *values)
            row = await connection.fetchrow(
                "SELECT * FROM repricings WHERE tenant_id = $1 AND request_id = $2", order.tenant_id, order.request_id
            )
        return _repricing(row)

    async def get(self, repricing_id: uuid.UUID) -> Repricing | None:
        """Return a repricing; None if there is none of that id."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow("SELECT * FROM repricings WHERE id = $1", repricing_id)
        return None if row is None else _repricing(row)

    async def list_repricings(self, tenant_id: str, limit: int, after: PageCursor | None) -> list[Repricing]:
        """Return a tenant's, or all for an empty one, the latest first, those after the cursor alone."""
        statement = (
            "SELECT * FROM repricings WHERE ($1 = '' OR tenant_id = $1) "
            "AND ($2::timestamptz IS NULL OR (create_time, id) < ($2, $3)) ORDER BY create_time DESC, id DESC LIMIT $4"
        )
        time, last_id = (after.time, after.id) if after else (None, None)
        async with self._database.connection() as connection:
            return [_repricing(row) for row in await connection.fetch(statement, tenant_id, time, last_id, limit)]

    async def cancel(self, repricing_id: uuid.UUID) -> Repricing | None:
        """End a repricing if it runs, durably; return what it has come to, None if there is none of that id."""
        async with self._database.connection() as connection:
            await connection.execute(_CANCEL, repricing_id)
        return await self.get(repricing_id)

    async def claim(self, owner: uuid.UUID, lease_s: float) -> Repricing | None:
        """Lease the earliest repricing that runs and whose tenant's others are left alone; None: there is none."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_CLAIM, owner, lease_s)
        return None if row is None else _repricing(row)

    async def hold(self, repricing_id: uuid.UUID, owner: uuid.UUID, lease_s: float) -> bool:
        """Hold the lease for longer. False: it has run out, or somebody cancelled the repricing."""
        return await self._take(_HOLD, repricing_id, owner, lease_s)

    async def stage(self, repricing_id: uuid.UUID, owner: uuid.UUID, staged: str, lease_s: float) -> bool:
        """Note what is about to be written, durably, and hold the lease. False: as of `hold`, and nothing is noted."""
        return await self._take(_STAGE, repricing_id, owner, lease_s, staged)

    async def adopt(self, repricing_id: uuid.UUID, owner: uuid.UUID, default_tables: str, lease_s: float) -> bool:
        """Note other default tables, and hold the lease. False: as of `hold`, and nothing is noted."""
        return await self._take(_ADOPT, repricing_id, owner, lease_s, default_tables)

    async def advance(
        self, repricing_id: uuid.UUID, owner: uuid.UUID, progress: RepricingProgress, lease_s: float
    ) -> bool:
        """Note how far it has come, with which nothing is staged any more, durably, and hold the lease.

        False: as of `hold`, and nothing is noted.
        """
        values = [getattr(progress, field.name) for field in fields(RepricingProgress)]
        return await self._take(_ADVANCE, repricing_id, owner, lease_s, *values)

    async def finish(self, repricing_id: uuid.UUID, owner: uuid.UUID, failure: str = "") -> bool:
        """Note that all is done, or why no more can be. False: as of `hold`, and nothing is noted."""
        state = RepricingState.FAILED if failure else RepricingState.DONE
        return await self._take(_FINISH, repricing_id, owner, state.value, failure)

    async def release(self, repricing_id: uuid.UUID, owner: uuid.UUID) -> None:
        """Leave a repricing, or the tenant of one that has ended, to others."""
        async with self._database.connection() as connection:
            await connection.execute(_RELEASE, repricing_id, owner)

    async def wrote_since(self, tenant_id: str, time: datetime) -> bool:
        """Return whether any of a tenant's may have written costs since a time, or may do so at this moment."""
        statement = (
            "SELECT EXISTS (SELECT FROM repricings "
            "WHERE tenant_id = $1 AND NOT dry_run AND (state = 1 OR finish_time >= $2 OR lease_until >= $2))"
        )
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(statement, tenant_id, time))

    async def _take(self, statement: str, *values: object) -> bool:
        async with self._database.connection() as connection:
            return await connection.fetchval(statement, *values) is not None


@asynccontextmanager
async def open_repricings(settings: PostgresSettings) -> AsyncIterator[RepricingStore]:
    """Yield the store; it connects when it is first asked."""
    async with open_database(settings) as database:
        yield RepricingStore(database)


def _repricing(row: asyncpg.Record | None) -> Repricing:
    values = dict(row or {})
    return Repricing(
        order=NewRepricing(**{field.name: values[field.name] for field in fields(NewRepricing)}),
        create_time=values["create_time"],
        state=RepricingState(values["state"]),
        failure=values["failure"],
        finish_time=values["finish_time"],
        staged=values["staged"],
        progress=RepricingProgress(**{field.name: values[field.name] for field in fields(RepricingProgress)}),
    )
