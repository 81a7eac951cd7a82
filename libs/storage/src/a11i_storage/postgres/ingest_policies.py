"""Projects' ingest policies."""

import uuid
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Final

import asyncpg

from a11i_chassis.errors import NotFoundError
from a11i_chassis.ingest_policy import DEFAULT_INGEST_POLICY, IngestPolicy
from a11i_storage.postgres.connection import Database

_NAMES: Final = tuple(field.name for field in fields(IngestPolicy))
"""The table's columns are named as the policy's fields."""
POLICY_COLUMNS: Final = ", ".join(f"i.{name}" for name in _NAMES)
"""The columns of `ingest_policies i` that `policy_of` reads."""
_GET: Final = (
    f"SELECT i.updated_time, {POLICY_COLUMNS} FROM projects p "  # noqa: S608  (names of this code alone)
    "LEFT JOIN ingest_policies i ON i.project_id = p.id WHERE p.id = $1"
)
_PUT: Final = (
    f"INSERT INTO ingest_policies (project_id, {', '.join(_NAMES)}) "  # noqa: S608  (names of this code alone)
    f"VALUES ($1, {', '.join(f'${number}' for number in range(2, len(_NAMES) + 2))}) "
    f"ON CONFLICT (project_id) DO UPDATE SET updated_time = now(), "
    f"{', '.join(f'{name} = excluded.{name}' for name in _NAMES)} RETURNING updated_time"
)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A project's policy."""

    policy: IngestPolicy
    updated_time: datetime | None
    """When it was put; None if it never was, and so is the default."""


def policy_of(row: asyncpg.Record) -> IngestPolicy:
    """Return the policy in a row with POLICY_COLUMNS; the default one if the join found none."""
    if row["sampling_ratio"] is None:
        return DEFAULT_INGEST_POLICY
    return IngestPolicy(**{name: row[name] for name in _NAMES})


class IngestPolicies:
    """Reads and writes of policies. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, project_id: str) -> StoredPolicy:
        """Return a project's policy. Raises NotFoundError (project)."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_GET, uuid.UUID(project_id))
        if row is None:
            raise _no_project(project_id)
        return StoredPolicy(policy_of(row), row["updated_time"])

    async def put(self, project_id: str, policy: IngestPolicy) -> datetime:
        """Replace a project's policy and return the time of it. Raises NotFoundError (project)."""
        async with self._database.connection() as connection:
            try:
                updated: datetime = await connection.fetchval(_PUT, uuid.UUID(project_id), *astuple(policy))
            except asyncpg.ForeignKeyViolationError:
                raise _no_project(project_id) from None
        return updated


def _no_project(project_id: str) -> NotFoundError:
    return NotFoundError(f"there is no project {project_id}")
