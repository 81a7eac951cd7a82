"""Redaction's policies, the tenants' wrapped keys, and the record of reveals."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from a11i_chassis.errors import ConflictError
from a11i_storage.postgres.connection import Database, open_database
from a11i_storage.postgres.listening import Changes, listening
from a11i_storage.postgres.settings import PostgresSettings

CHANNEL: Final = "a11i_redaction_policies"
"""Where a change is told of, in its own transaction."""
_LOCK: Final = 0x6131_7270
"""Advisory lock of changes ("a1rp" in ASCII): ids become visible in their order, so that the last says it all."""
_NAMES: Final = ("id", "tenant_id", "project_id", "version", "policy", "actor", "create_time")
_COLUMNS: Final = "id, tenant_id, project_id, version, policy::text AS policy, actor, create_time"
_LATEST: Final = (
    f"SELECT DISTINCT ON (tenant_id, project_id) {_COLUMNS} FROM redaction_policies "  # noqa: S608  (own names alone)
    "{where}ORDER BY tenant_id, project_id, version DESC"
)
_GET: Final = (
    f"SELECT {_COLUMNS} FROM redaction_policies WHERE tenant_id = $1 AND project_id = $2 "  # noqa: S608  (likewise)
    "AND ($3 = 0 OR version = $3) ORDER BY version DESC LIMIT $4"
)
_VERSIONS: Final = f"SELECT {_COLUMNS} FROM redaction_policies WHERE tenant_id = $1 AND project_id = $2"  # noqa: S608  (likewise)
_PAGE: Final = (
    "SELECT * FROM (SELECT p.*, count(*) OVER () AS there, "
    "sum(octet_length(policy)) OVER (ORDER BY id DESC) - octet_length(policy) AS bytes_before "
    "FROM (SELECT * FROM ({statement}) s WHERE id < ${before} ORDER BY id DESC LIMIT ${limit}) p) q "
    "WHERE bytes_before < ${bytes} ORDER BY id DESC"
)
"""A page of a statement, in descending order of ids: a first policy, and more while those before have few bytes."""
_PUT: Final = (
    "INSERT INTO redaction_policies (tenant_id, project_id, version, policy, actor) "  # noqa: S608  (likewise)
    f"VALUES ($1, $2, $3, $4::jsonb, $5) RETURNING {_COLUMNS}"
)
_SAME: Final = (
    "SELECT policy = $4::jsonb FROM redaction_policies WHERE tenant_id = $1 AND project_id = $2 AND version = $3"
)
_KEEP_KEY: Final = (
    "INSERT INTO redaction_keys (tenant_id, master_key_id, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
)
_ADD_REVEAL: Final = (
    "INSERT INTO redaction_reveals (id, tenant_id, actor, peer, purpose, value_count, entities) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_LIST_REVEALS: Final = (
    "SELECT id, tenant_id, time, actor, peer, purpose, value_count, entities FROM redaction_reveals "
    "WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR (time, id) < ($2, $3)) ORDER BY time DESC, id DESC LIMIT $4"
)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A version of a policy."""

    id: int
    tenant_id: str
    project_id: str
    """Empty for all projects of the tenant that have none of their own."""
    version: int
    policy: str
    """JSON."""
    actor: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """A policy to store."""

    tenant_id: str
    project_id: str
    policy: str
    """JSON."""
    actor: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of policies, as asked for."""

    before_id: int
    """Only those with lower ids."""
    limit: int
    max_bytes: int
    """Of the JSON of all but the last, which is there in any case."""


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """A page of policies."""

    policies: list[StoredPolicy]
    more: bool
    """Whether there are any behind it."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A tenant's key, encrypted under the master key of that id."""

    tenant_id: str
    master_key_id: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Reveal:
    """A call for encrypted values."""

    id: uuid.UUID
    tenant_id: str
    time: datetime
    actor: str
    peer: str
    purpose: str
    value_count: int
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewReveal:
    """A call to put on record."""

    tenant_id: str
    actor: str
    peer: str
    purpose: str
    value_count: int
    entities: tuple[str, ...]


class RedactionPolicyStore:
    """Keeps policies. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_change(self) -> tuple[int, int]:
        """Return something that is another after every change: the last policy's id, and how many keys there are."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                "SELECT (SELECT coalesce(max(id), 0) FROM redaction_policies) AS policy, "
                "(SELECT count(*) FROM redaction_keys) AS keys"
            )
        return (row["policy"], row["keys"]) if row else (0, 0)

    async def latest(self) -> list[StoredPolicy]:
        """Return the last version of every policy."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_LATEST.format(where=""))
        return [StoredPolicy(**dict(row)) for row in rows]

    async def keys(self) -> list[WrappedKey]:
        """Return the keys of all tenants that have one."""
        async with self._database.connection() as connection:
            rows = await connection.fetch("SELECT tenant_id, master_key_id, wrapped FROM redaction_keys")
        return [WrappedKey(**dict(row)) for row in rows]

    async def list_latest(self, tenant_id: str, page: Page) -> PolicyPage:
        """Return the last version of each of a tenant's policies, the latest first."""
        return await self._page(_LATEST.format(where="WHERE tenant_id = $1 "), (tenant_id,), page)

    async def list_versions(self, tenant_id: str, project_id: str, page: Page) -> PolicyPage:
        """Return all versions of one policy, the latest first."""
        return await self._page(_VERSIONS, (tenant_id, project_id), page)

    async def versions(self, tenant_id: str, project_id: str, version: int, limit: int) -> list[StoredPolicy]:
        """Return versions of one policy, the latest first: all, or the one named if `version` is not 0."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_GET, tenant_id, project_id, version, limit)
        return [StoredPolicy(**dict(row)) for row in rows]

    async def _page(self, statement: str, arguments: tuple[str, ...], page: Page) -> PolicyPage:
        place = len(arguments)
        paged = _PAGE.format(statement=statement, before=place + 1, limit=place + 2, bytes=place + 3)
        async with self._database.connection() as connection:
            rows = await connection.fetch(paged, *arguments, page.before_id, page.limit + 1, page.max_bytes)
        there = int(rows[0]["there"]) if rows else 0
        kept = [{name: row[name] for name in _NAMES} for row in rows[: page.limit]]
        return PolicyPage([StoredPolicy(**row) for row in kept], more=there > len(kept))

    async def put(self, new: NewPolicy, expected_version: int | None, key: WrappedKey | None) -> StoredPolicy:
        """Store a policy as a new version, and the tenant's key if it has none yet; return the version in force.

        One that says the same as the last changes nothing. Raises ConflictError if another is the last.
        """
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            last = await connection.fetchrow(_GET, new.tenant_id, new.project_id, 0, 1)
            version = last["version"] if last else 0
            if expected_version is not None and expected_version != version:
                raise ConflictError(f"version {version} is the last, not {expected_version}; look at it first")
            if key is not None:
                await connection.execute(_KEEP_KEY, key.tenant_id, key.master_key_id, key.wrapped)
            if last and await connection.fetchval(_SAME, new.tenant_id, new.project_id, version, new.policy):
                return StoredPolicy(**dict(last))
            row = await connection.fetchrow(_PUT, new.tenant_id, new.project_id, version + 1, new.policy, new.actor)
            await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
        return StoredPolicy(**dict(row or {}))

    async def add_reveal(self, new: NewReveal) -> None:
        """Put a call on record; durable on return."""
        async with self._database.connection() as connection:
            await connection.execute(
                _ADD_REVEAL,
                uuid.uuid4(),
                new.tenant_id,
                new.actor,
                new.peer,
                new.purpose,
                new.value_count,
                list(new.entities),
            )

    async def list_reveals(self, tenant_id: str, limit: int, after: tuple[datetime, uuid.UUID] | None) -> list[Reveal]:
        """Return calls, the latest first, from behind `after`."""
        time, id_ = after or (None, None)
        async with self._database.connection() as connection:
            rows: Sequence[Any] = await connection.fetch(_LIST_REVEALS, tenant_id, time, id_, limit)
        return [Reveal(**{**dict(row), "entities": tuple(row["entities"])}) for row in rows]

    def listening(self) -> AbstractAsyncContextManager[Changes]:
        """Hear of changes, on a connection of its own. Raises UnavailableError."""
        return listening(self._database.settings, CHANNEL)


@asynccontextmanager
async def open_redaction_policies(settings: PostgresSettings) -> AsyncIterator[RedactionPolicyStore]:
    """Yield the store; it connects when it is first asked."""
    async with open_database(settings) as database:
        yield RedactionPolicyStore(database)
