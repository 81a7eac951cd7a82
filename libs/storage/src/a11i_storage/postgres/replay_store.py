"""Replays in PostgreSQL. Every statement for a caller has the tenant in it.

A process that carries a replay out holds a lease on it, and says with each step that it still does: so another goes on
soon after it died, and one whose lease has run out hears of it before it notes anything.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Final

import asyncpg

from a11i_storage.postgres.connection import Database, open_database
from a11i_storage.postgres.dead_letters import PageCursor
from a11i_storage.postgres.replays import NewReplay, Progress, Replay, ReplayState
from a11i_storage.postgres.settings import PostgresSettings

_ADD: Final = """
INSERT INTO archive_replays (
  id, tenant_id, project_id, signals, start_time, end_time, point, dry_run, actor, peer, state
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1) ON CONFLICT (id) DO NOTHING
"""
_CANCEL: Final = (
    "UPDATE archive_replays SET state = 3, cancel_actor = $3, cancel_peer = $4, finish_time = now() "
    "WHERE tenant_id = $1 AND id = $2 AND state = 1"
)
_CLAIM: Final = """
UPDATE archive_replays SET lease_owner = $1, lease_until = now() + make_interval(secs => $2) WHERE id = (
  SELECT id FROM archive_replays WHERE state = 1 AND (lease_until IS NULL OR lease_until < now() OR lease_owner = $1)
  ORDER BY create_time LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING *
"""
_RELEASE: Final = "UPDATE archive_replays SET lease_until = NULL WHERE id = $1 AND lease_owner = $2"
_ADVANCE: Final = """
UPDATE archive_replays SET lease_until = now() + make_interval(secs => $3), position = $4, object_count = $5,
  batch_count = $6, row_count = $7, unreadable_count = $8, too_large_count = $9
WHERE id = $1 AND lease_owner = $2 AND state = 1 RETURNING id
"""
_HOLD: Final = (
    "UPDATE archive_replays SET lease_until = now() + make_interval(secs => $3) "
    "WHERE id = $1 AND lease_owner = $2 AND state = 1 RETURNING id"
)
_FINISH: Final = (
    "UPDATE archive_replays SET state = 2, finish_time = now(), lease_until = NULL "
    "WHERE id = $1 AND lease_owner = $2 AND state = 1"
)


class ReplayStore:
    """Keeps replays. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, order: NewReplay) -> Replay | None:
        """Keep an order, to be carried out; durable on return. One of that id that is there already stays as it is.

        Returns what is there; None if that is another tenant's.
        """
        values = [getattr(order, field.name) for field in fields(NewReplay)]
        async with self._database.connection() as connection:
            await connection.execute(_ADD, *values)
        return await self.get(order.tenant_id, order.id)

    async def get(self, tenant_id: str, replay_id: uuid.UUID) -> Replay | None:
        """Return a replay; None if the tenant has none of that id."""
        statement = "SELECT * FROM archive_replays WHERE tenant_id = $1 AND id = $2"
        async with self._database.connection() as connection:
            row = await connection.fetchrow(statement, tenant_id, replay_id)
        return None if row is None else _replay(row)

    async def list_replays(self, tenant_id: str, limit: int, after: PageCursor | None) -> list[Replay]:
        """Return a tenant's replays, the latest first, those after the cursor alone."""
        where = "tenant_id = $1"
        values: list[object] = [tenant_id]
        if after is not None:
            where += " AND (create_time, id) < ($2, $3)"
            values += [after.time, after.id]
        order = "ORDER BY create_time DESC, id DESC"
        statement = f"SELECT * FROM archive_replays WHERE {where} {order} LIMIT {limit:d}"  # noqa: S608  (own names)
        async with self._database.connection() as connection:
            return [_replay(row) for row in await connection.fetch(statement, *values)]

    async def cancel(self, tenant_id: str, replay_id: uuid.UUID, actor: str, peer: str) -> Replay | None:
        """End a replay if it runs, durably; return what it has come to, None if the tenant has none of that id."""
        async with self._database.connection() as connection:
            await connection.execute(_CANCEL, tenant_id, replay_id, actor, peer)
        return await self.get(tenant_id, replay_id)

    async def claim(self, owner: uuid.UUID, lease_s: float) -> Replay | None:
        """Lease the earliest replay that runs and that nobody else carries out; None if there is none."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_CLAIM, owner, lease_s)
        return None if row is None else _replay(row)

    async def advance(self, replay_id: uuid.UUID, owner: uuid.UUID, progress: Progress, lease_s: float) -> bool:
        """Note how far a replay has come, durably, and hold the lease for longer.

        False: it was cancelled, or others took it over; nothing is noted then.
        """
        values = [getattr(progress, field.name) for field in fields(Progress)]
        async with self._database.connection() as connection:
            return await connection.fetchval(_ADVANCE, replay_id, owner, lease_s, *values) is not None

    async def hold(self, replay_id: uuid.UUID, owner: uuid.UUID, lease_s: float) -> bool:
        """Hold the lease for longer. False: it was cancelled, or others took it over."""
        async with self._database.connection() as connection:
            return await connection.fetchval(_HOLD, replay_id, owner, lease_s) is not None

    async def release(self, replay_id: uuid.UUID, owner: uuid.UUID) -> None:
        """Leave a replay to others."""
        async with self._database.connection() as connection:
            await connection.execute(_RELEASE, replay_id, owner)

    async def finish(self, replay_id: uuid.UUID, owner: uuid.UUID) -> None:
        """Note that all of a replay is done; nothing if it was cancelled meanwhile or others took it over."""
        async with self._database.connection() as connection:
            await connection.execute(_FINISH, replay_id, owner)


@asynccontextmanager
async def open_replays(settings: PostgresSettings) -> AsyncIterator[ReplayStore]:
    """Yield the store; it connects when it is first asked."""
    async with open_database(settings) as database:
        yield ReplayStore(database)


def _replay(row: asyncpg.Record) -> Replay:
    order = {field.name: row[field.name] for field in fields(NewReplay)}
    return Replay(
        order=NewReplay(**order | {"signals": tuple(row["signals"])}),
        create_time=row["create_time"],
        state=ReplayState(row["state"]),
        cancel_actor=row["cancel_actor"],
        cancel_peer=row["cancel_peer"],
        finish_time=row["finish_time"],
        progress=Progress(**{field.name: row[field.name] for field in fields(Progress)}),
    )
