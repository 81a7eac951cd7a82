"""Dead letters in PostgreSQL. Every statement for a caller has the tenant in it; letters are opened elsewhere."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import asyncpg

from a11i_storage.postgres.connection import Database, open_database
from a11i_storage.postgres.dead_letters import (
    Action,
    ActionKind,
    Begun,
    Letter,
    LetterFilter,
    LetterState,
    NewAction,
    NewLetter,
    PageCursor,
    ReplayCounts,
)
from a11i_storage.postgres.settings import PostgresSettings

_COLUMNS: Final = ", ".join(field.name for field in fields(Letter))
"""The table's columns are named as the letter's fields. The statements below are made of names of this code alone."""
_KEEP: Final = """
INSERT INTO dead_letters AS kept (
  id, tenant_id, project_id, signal, stage, stage_version, source_topic, message_id, batch_id, item_count,
  first_item, replay, received_time, reason, error_type, error_id, tries, first_time, last_time, state, replay_of,
  key_id, payload_bytes, sealed
) VALUES (
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, 1, $19, $20, $21, $22
)
ON CONFLICT (id) DO UPDATE SET
  reason = excluded.reason, error_type = excluded.error_type, error_id = excluded.error_id, tries = excluded.tries,
  last_time = greatest(kept.last_time, excluded.last_time), key_id = excluded.key_id,
  payload_bytes = excluded.payload_bytes, sealed = excluded.sealed,
  state = CASE WHEN kept.state = 2 THEN kept.state ELSE 1 END,
  to_enter = false
WHERE kept.error_id <> excluded.error_id
RETURNING id
"""
_TAKE_NEXT: Final = (
    f"SELECT {_COLUMNS}, sealed FROM dead_letters WHERE state = 2 "  # noqa: S608
    "ORDER BY received_time, id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_EXPIRE: Final = f"""
DELETE FROM dead_letters WHERE id IN (
  SELECT id FROM dead_letters WHERE last_time < $1 AND state <> 2 ORDER BY last_time LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING {_COLUMNS}, to_enter
"""  # noqa: S608
_TAKE_TO_ENTER: Final = f"SELECT {_COLUMNS} FROM dead_letters WHERE to_enter LIMIT $1 FOR UPDATE SKIP LOCKED"  # noqa: S608
_ADD_ACTION: Final = (
    "INSERT INTO dead_letter_actions (id, tenant_id, kind, actor, peer, letter_count, point, filter) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
)
_ADD_LETTERS: Final = (
    "INSERT INTO dead_letter_action_letters (action_id, letter_id) SELECT $1::uuid, unnest($2::uuid[])"
)
_COUNT_REPLAYS: Final = (
    "SELECT count(*) FILTER (WHERE state = 3) AS replayed, count(*) FILTER (WHERE state = 2) AS pending, "
    "count(*) FILTER (WHERE state = 1) AS refused FROM dead_letters WHERE tenant_id = $1 AND last_action_id = $2"
)

Connection = asyncpg.pool.PoolConnectionProxy
Publish = Callable[[Letter, bytes], Awaitable[bool]]
"""Puts a letter, sealed as given, back on the bus. Durable when it returns True; False says that it never will be."""
Enter = Callable[[Sequence[Letter]], Awaitable[None]]
"""Says in the ledger that letters are discarded. Durable on return."""


class DeadLetterStore:
    """Keeps dead letters. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ping(self) -> None:
        """Return if PostgreSQL answers."""
        async with self._database.connection() as connection:
            await connection.execute("SELECT 1")

    async def keep(self, letter: NewLetter) -> bool:
        """Store a letter, to wait for somebody; durable on return.

        Returns False if it was there already. One that was given up anew, which its error id tells, waits again, also
        if it was replayed or discarded before.
        """
        async with self._database.connection() as connection:
            kept = await connection.fetchval(
                _KEEP,
                letter.id,
                letter.tenant_id,
                letter.project_id,
                letter.signal,
                letter.stage,
                letter.stage_version,
                letter.source_topic,
                letter.message_id,
                letter.batch_id,
                letter.item_count,
                letter.first_item,
                letter.replay,
                letter.received_time,
                letter.reason,
                letter.error_type,
                letter.error_id,
                letter.tries,
                letter.time,
                letter.replay_of,
                letter.key_id,
                len(letter.sealed),
                letter.sealed,
            )
        return kept is not None

    async def list_letters(
        self, tenant_id: str, which: LetterFilter, limit: int, after: PageCursor | None
    ) -> list[Letter]:
        """Return letters, the latest first, those after the cursor alone."""
        where, values = _where(tenant_id, which)
        if after is not None:
            where += f" AND (first_time, id) < (${len(values) + 1}, ${len(values) + 2})"
            values += [after.time, after.id]
        statement = (
            f"SELECT {_COLUMNS} FROM dead_letters WHERE {where} "  # noqa: S608
            f"ORDER BY first_time DESC, id DESC LIMIT {limit:d}"
        )
        async with self._database.connection() as connection:
            return [_letter(row) for row in await connection.fetch(statement, *values)]

    async def get(self, tenant_id: str, letter_id: uuid.UUID) -> tuple[Letter, bytes | None] | None:
        """Return a letter and what it holds, sealed, if that is still kept; None if the tenant has none of that id."""
        statement = f"SELECT {_COLUMNS}, sealed FROM dead_letters WHERE tenant_id = $1 AND id = $2"  # noqa: S608
        async with self._database.connection() as connection:
            row = await connection.fetchrow(statement, tenant_id, letter_id)
        return None if row is None else (_letter(row), row["sealed"])

    async def begin_replay(
        self, tenant_id: str, which: LetterFilter, topic: str, action: NewAction, limit: int
    ) -> Begun:
        """Decide that waiting letters are replayed, to `topic` or, if that is empty, to where each came from.

        `replay_next` carries it out. The decision and its record are durable on return.
        """
        change = (
            "state = 2, replays = replays + 1, last_action_id = $1, "
            "replay_topic = CASE WHEN $3 = '' THEN source_topic ELSE $3 END"
        )
        return await self._act(tenant_id, which, ActionKind.REPLAY, action, limit, change, topic)

    async def discard(self, tenant_id: str, which: LetterFilter, action: NewAction, limit: int) -> Begun:
        """Delete what waiting letters hold, and say so of them; durable on return.

        `enter_discarded` tells the ledger.
        """
        change = "state = 4, sealed = NULL, to_enter = true, last_action_id = $1"
        return await self._act(tenant_id, which, ActionKind.DISCARD, action, limit, change)

    async def _act(
        self,
        tenant_id: str,
        which: LetterFilter,
        kind: ActionKind,
        action: NewAction,
        limit: int,
        change: str,
        *values: str,
    ) -> Begun:
        where, conditions = _where(tenant_id, which)
        choose = (
            f"SELECT id FROM dead_letters WHERE {where} AND state = 1 "  # noqa: S608
            f"ORDER BY received_time, id LIMIT {limit + 1:d} FOR UPDATE"
        )
        async with self._database.connection() as connection, connection.transaction():
            chosen = [row["id"] for row in await connection.fetch(choose, *conditions)]
            taken = chosen[:limit]
            if not taken:
                return Begun(None, 0, more=False)
            action_id = await _record(connection, tenant_id, kind, action, taken)
            await connection.execute(
                f"UPDATE dead_letters SET {change} WHERE id = ANY($2)",  # noqa: S608
                action_id,
                taken,
                *values,
            )
        return Begun(action_id, len(taken), more=len(chosen) > limit)

    async def replay_next(self, publish: Publish) -> bool:
        """Replay one letter of those whose replay was decided; False if there is none that nobody else works on.

        What it holds is deleted after it is published. If this ends in between, or `publish` raises, it is published
        again the next time: then as the same message.
        """
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(_TAKE_NEXT)
            if row is None:
                return False
            if await publish(_letter(row), row["sealed"]):
                await connection.execute("UPDATE dead_letters SET state = 3, sealed = NULL WHERE id = $1", row["id"])
            else:
                await connection.execute("UPDATE dead_letters SET state = 1 WHERE id = $1", row["id"])
        return True

    async def replay_counts(self, tenant_id: str, action_id: uuid.UUID) -> ReplayCounts:
        """Return what became of the letters of a replay, as long as no later action took them."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_COUNT_REPLAYS, tenant_id, action_id)
        assert row is not None  # noqa: S101  (a count without groups always is one row)
        return ReplayCounts(row["replayed"], row["pending"], row["refused"])

    async def waiting(self) -> int:
        """Return how many letters wait, of all tenants."""
        async with self._database.connection() as connection:
            count: int = await connection.fetchval("SELECT count(*) FROM dead_letters WHERE state = 1")
        return count

    async def enter_discarded(self, enter: Enter, limit: int) -> int:
        """Enter up to `limit` letters in the ledger that were discarded since; return how many.

        If this ends in between, or `enter` raises, they are entered again the next time.
        """
        async with self._database.connection() as connection, connection.transaction():
            rows = await connection.fetch(_TAKE_TO_ENTER, limit)
            if rows:
                await enter([_letter(row) for row in rows])
                ids = [row["id"] for row in rows]
                await connection.execute("UPDATE dead_letters SET to_enter = false WHERE id = ANY($1)", ids)
        return len(rows)

    async def expire(self, before: datetime, action: NewAction, limit: int, enter: Enter) -> int:
        """Delete up to `limit` letters that were given up last before then; return how many.

        Those of them that waited are recorded, for each tenant, and entered in the ledger before they are gone.
        """
        async with self._database.connection() as connection, connection.transaction():
            gone = await connection.fetch(_EXPIRE, before, limit)
            waited: dict[str, list[uuid.UUID]] = {}
            for row in gone:
                if row["state"] == LetterState.WAITING:
                    waited.setdefault(row["tenant_id"], []).append(row["id"])
            if lost := [_letter(row) for row in gone if row["to_enter"] or row["state"] == LetterState.WAITING]:
                await enter(lost)
            for tenant_id, letters in waited.items():
                await _record(connection, tenant_id, ActionKind.EXPIRE, action, letters)
        return len(gone)

    async def list_actions(
        self, tenant_id: str, letter_id: uuid.UUID | None, limit: int, after: PageCursor | None
    ) -> list[Action]:
        """Return what was done with a tenant's letters, or with one of them, the latest first."""
        where = "tenant_id = $1"
        values: list[Any] = [tenant_id]
        if letter_id is not None:
            values.append(letter_id)
            where += " AND id IN (SELECT action_id FROM dead_letter_action_letters WHERE letter_id = $2)"
        if after is not None:
            where += f" AND (time, id) < (${len(values) + 1}, ${len(values) + 2})"
            values += [after.time, after.id]
        statement = (
            "SELECT id, kind, actor, peer, time, letter_count, point, filter FROM dead_letter_actions "  # noqa: S608
            f"WHERE {where} ORDER BY time DESC, id DESC LIMIT {limit:d}"
        )
        async with self._database.connection() as connection:
            rows = await connection.fetch(statement, *values)
        return [Action(**{**row, "kind": ActionKind(row["kind"])}) for row in rows]


@asynccontextmanager
async def open_dead_letters(settings: PostgresSettings) -> AsyncIterator[DeadLetterStore]:
    """Yield the store; it connects when it is first asked."""
    async with open_database(settings) as database:
        yield DeadLetterStore(database)


async def _record(
    connection: "Connection[asyncpg.Record]",
    tenant_id: str,
    kind: ActionKind,
    action: NewAction,
    letters: list[uuid.UUID],
) -> uuid.UUID:
    action_id = uuid.uuid4()
    values = (action.actor, action.peer, len(letters), action.point, action.filter)
    await connection.execute(_ADD_ACTION, action_id, tenant_id, kind, *values)
    await connection.execute(_ADD_LETTERS, action_id, letters)
    return action_id


def _where(tenant_id: str, which: LetterFilter) -> tuple[str, list[Any]]:
    """Return the condition for a tenant's letters that the filter chooses, and its values, numbered from 1."""
    conditions: list[tuple[str, Any]] = [
        ("project_id = ${}", which.project_id),
        ("stage = ${}", which.stage),
        ("reason = ${}", which.reason),
        ("state = ${}", which.state),
        ("signal = ${}", which.signal),
        ("batch_id = ${}", which.batch_id),
        ("first_time >= ${}", which.start_time),
        ("first_time < ${}", which.end_time),
        ("replay_of = ${}", which.replay_of),
        ("key_id = ${}", which.key_id),
        ("id = ANY(${})", None if which.ids is None else list(which.ids)),
        ("source_topic = ANY(${})", None if which.source_topics is None else list(which.source_topics)),
    ]
    parts, values = ["tenant_id = $1"], [tenant_id]
    for condition, value in conditions:
        if value is not None and value not in ("", 0):
            values.append(value)
            parts.append(condition.format(len(values)))
    return " AND ".join(parts), values


def _letter(row: asyncpg.Record) -> Letter:
    values = {field.name: row[field.name] for field in fields(Letter)}
    return Letter(**values | {"state": LetterState(row["state"])})
