"""Tenants, projects and API keys."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from a11i_chassis.errors import AlreadyExistsError, NotFoundError
from a11i_chassis.ingest_policy import DEFAULT_INGEST_POLICY, IngestPolicy
from a11i_storage.postgres.connection import Database, open_database
from a11i_storage.postgres.ingest_policies import POLICY_COLUMNS, IngestPolicies, policy_of
from a11i_storage.postgres.settings import PostgresSettings

_FIND_KEY: Final = (
    "SELECT k.key_id, p.tenant_id, k.project_id, k.secret_mac, k.scopes, k.expire_time, k.revoke_time, "  # noqa: S608
    f"{POLICY_COLUMNS} FROM api_keys k JOIN projects p ON p.id = k.project_id "  # names of this code alone
    "LEFT JOIN ingest_policies i ON i.project_id = p.id WHERE k.key_id = $1"
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored API key and whom it belongs to."""

    key_id: str
    tenant_id: str
    project_id: str
    secret_mac: bytes
    scopes: tuple[int, ...]
    expire_time: datetime | None
    revoke_time: datetime | None
    ingest_policy: IngestPolicy = DEFAULT_INGEST_POLICY
    """Of the key's project."""


class Catalog:
    """The catalog's reads and writes. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.ingest_policies = IngestPolicies(database)

    async def ping(self) -> None:
        """Return if PostgreSQL answers."""
        async with self._database.connection() as connection:
            await connection.execute("SELECT 1")

    async def create_tenant(self, slug: str, display_name: str) -> str:
        """Store a tenant and return its id. Raises AlreadyExistsError if the slug is taken."""
        tenant_id = uuid.uuid4()
        async with self._database.connection() as connection:
            try:
                await connection.execute(
                    "INSERT INTO tenants (id, slug, display_name) VALUES ($1, $2, $3)", tenant_id, slug, display_name
                )
            except asyncpg.UniqueViolationError:
                message = f"a tenant with the slug {slug!r} exists"
                raise AlreadyExistsError(message) from None
        return str(tenant_id)

    async def create_project(self, tenant_id: str, slug: str, display_name: str) -> str:
        """Store a project and return its id. Raises NotFoundError (tenant), AlreadyExistsError (slug)."""
        project_id = uuid.uuid4()
        async with self._database.connection() as connection:
            try:
                await connection.execute(
                    "INSERT INTO projects (id, tenant_id, slug, display_name) VALUES ($1, $2, $3, $4)",
                    project_id,
                    uuid.UUID(tenant_id),
                    slug,
                    display_name,
                )
            except asyncpg.ForeignKeyViolationError:
                message = f"there is no tenant {tenant_id}"
                raise NotFoundError(message) from None
            except asyncpg.UniqueViolationError:
                message = f"the tenant has a project with the slug {slug!r}"
                raise AlreadyExistsError(message) from None
        return str(project_id)

    async def create_api_key(
        self,
        *,
        key_id: str,
        project_id: str,
        display_name: str,
        secret_mac: bytes,
        scopes: Sequence[int],
        expire_time: datetime | None,
    ) -> None:
        """Store a key. Raises NotFoundError (project)."""
        async with self._database.connection() as connection:
            try:
                await connection.execute(
                    "INSERT INTO api_keys (key_id, project_id, display_name, secret_mac, scopes, expire_time) "
                    "VALUES ($1, $2, $3, $4, $5, $6)",
                    key_id,
                    uuid.UUID(project_id),
                    display_name,
                    secret_mac,
                    list(scopes),
                    expire_time,
                )
            except asyncpg.ForeignKeyViolationError:
                message = f"there is no project {project_id}"
                raise NotFoundError(message) from None

    async def revoke_api_key(self, key_id: str) -> None:
        """End a key; one that has ended stays as it was. Raises NotFoundError."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                "UPDATE api_keys SET revoke_time = coalesce(revoke_time, now()) WHERE key_id = $1 RETURNING key_id",
                key_id,
            )
        if row is None:
            message = f"there is no API key {key_id}"
            raise NotFoundError(message)

    async def find_api_key(self, key_id: str) -> ApiKey | None:
        """Return a key, ended ones too, or None if there is none of that id."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_FIND_KEY, key_id)
        if row is None:
            return None
        return ApiKey(
            key_id=row["key_id"],
            tenant_id=str(row["tenant_id"]),
            project_id=str(row["project_id"]),
            secret_mac=row["secret_mac"],
            scopes=tuple(row["scopes"]),
            expire_time=row["expire_time"],
            revoke_time=row["revoke_time"],
            ingest_policy=policy_of(row),
        )


@asynccontextmanager
async def open_catalog(settings: PostgresSettings) -> AsyncIterator[Catalog]:
    """Yield the catalog; it connects when it is first asked."""
    async with open_database(settings) as database:
        yield Catalog(database)
