"""Budgets and their events in PostgreSQL."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import asyncpg

from a11i_chassis.errors import InvalidArgumentError
from a11i_storage.postgres.connection import Database, open_database
from a11i_storage.postgres.settings import PostgresSettings

MAX_BUDGETS: Final = 1_000
"""Of a tenant."""
_LOCK: Final = 0x6131_6267
"""Advisory lock ("a1bg" in ASCII) of those who add a budget, so that they do not pass the bound together."""
_NAMES: Final = "tenant_id, name, project_id, key_id, user_id, model, period, limit_usd, threshold_percents, actor"
_PUT: Final = (
    f"INSERT INTO budgets ({_NAMES}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "  # noqa: S608  (own names)
    "ON CONFLICT (tenant_id, name) DO UPDATE SET project_id = $3, key_id = $4, user_id = $5, model = $6, period = $7, "
    "limit_usd = $8, threshold_percents = $9, actor = $10, change_number = DEFAULT, seen_period_start = NULL, "
    "seen_usd = NULL, seen_unpriced_count = NULL, seen_time = NULL"
)
_SEEN: Final = (
    "UPDATE budgets SET seen_period_start = $4, seen_usd = $5, seen_unpriced_count = $6, seen_time = $7 "
    "WHERE tenant_id = $1 AND name = $2 AND change_number = $3 RETURNING name"
)
_RAISE: Final = (
    f"INSERT INTO budget_events ({_NAMES}, period_start, threshold_percent, spent_usd) "  # noqa: S608  (likewise)
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING RETURNING id"
)
_SETTLE: Final = "UPDATE budget_events SET settle_time = now(), published = $2 WHERE id = $1 AND settle_time IS NULL"


@dataclass(frozen=True, slots=True)
class Budget:
    """What some calls may cost in a period; what is empty fits all of them."""

    tenant_id: str
    name: str
    project_id: str
    key_id: str
    user_id: str
    model: str
    period: int
    """As in a11i.tokenization.v1.BudgetPeriod."""
    limit_usd: Decimal
    threshold_percents: tuple[int, ...]
    """Ascending."""
    actor: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was spent of a budget when somebody looked."""

    period_start: datetime
    usd: Decimal
    unpriced_calls: int
    time: datetime


@dataclass(frozen=True, slots=True)
class KeptBudget:
    """A budget as it is kept."""

    budget: Budget
    change_number: int
    """Another one once the budget has changed."""
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class BudgetEvent:
    """A threshold that was reached."""

    number: int
    """Rises from one event to the next."""
    id: uuid.UUID
    budget: Budget
    """As it was."""
    period_start: datetime
    threshold_percent: int
    spent_usd: Decimal
    create_time: datetime


class BudgetStore:
    """Keeps budgets. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, budget: Budget) -> None:
        """Keep a budget under its name, in place of the one before; durable on return.

        Raises InvalidArgumentError if the tenant has MAX_BUDGETS others.
        """
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            others = "SELECT count(*) FROM budgets WHERE tenant_id = $1 AND name <> $2"
            if await connection.fetchval(others, budget.tenant_id, budget.name) >= MAX_BUDGETS:
                raise InvalidArgumentError(f"a tenant has {MAX_BUDGETS:,} budgets at most", field="budget.name")
            await connection.execute(_PUT, *astuple(budget))

    async def delete(self, tenant_id: str, name: str) -> bool:
        """Delete a budget; False: there is none of that name. Its events stay."""
        async with self._database.connection() as connection:
            deleted = "DELETE FROM budgets WHERE tenant_id = $1 AND name = $2 RETURNING name"
            return await connection.fetchval(deleted, tenant_id, name) is not None

    async def list_budgets(self, tenant_id: str = "") -> list[KeptBudget]:
        """Return a tenant's budgets, by name; without one those of all, by tenant."""
        statement = "SELECT * FROM budgets WHERE $1 = '' OR tenant_id = $1 ORDER BY tenant_id, name"
        async with self._database.connection() as connection:
            return [_kept(row) for row in await connection.fetch(statement, tenant_id)]

    async def note(self, kept: KeptBudget, seen: Seen) -> int:
        """Note what is spent, and keep an event of each threshold that is reached by it and was not before.

        Returns how many are new. Of a budget that has changed or gone meanwhile nothing is noted.
        """
        budget = kept.budget
        reached = [percent for percent in budget.threshold_percents if seen.usd * 100 >= budget.limit_usd * percent]
        async with self._database.connection() as connection, connection.transaction():
            values = (seen.period_start, seen.usd, seen.unpriced_calls, seen.time)
            row = await connection.fetchval(_SEEN, budget.tenant_id, budget.name, kept.change_number, *values)
            if row is None:
                return 0
            raised = [
                await connection.fetchval(_RAISE, *astuple(budget), seen.period_start, percent, seen.usd)
                for percent in reached
            ]
        return sum(event is not None for event in raised)

    async def unsettled_events(self, limit: int) -> list[BudgetEvent]:
        """Return events that the bus does not have yet, in their order."""
        statement = "SELECT * FROM budget_events WHERE settle_time IS NULL ORDER BY number LIMIT $1"
        async with self._database.connection() as connection:
            return [_event(row) for row in await connection.fetch(statement, limit)]

    async def settle(self, event_id: uuid.UUID, *, published: bool) -> None:
        """Note that the bus has an event, or that it is no longer offered to the bus."""
        async with self._database.connection() as connection:
            await connection.execute(_SETTLE, event_id, published)

    async def list_events(self, tenant_id: str, name: str, limit: int, before: int) -> list[BudgetEvent]:
        """Return a tenant's events, the latest first: of a budget if one is named, and below a number if not 0."""
        statement = (
            "SELECT * FROM budget_events WHERE tenant_id = $1 AND ($2 = '' OR name = $2) AND ($4 = 0 OR number < $4) "
            "ORDER BY number DESC LIMIT $3"
        )
        async with self._database.connection() as connection:
            return [_event(row) for row in await connection.fetch(statement, tenant_id, name, limit, before)]


@asynccontextmanager
async def open_budgets(settings: PostgresSettings) -> AsyncIterator[BudgetStore]:
    """Yield the store; it connects when it is first asked."""
    async with open_database(settings) as database:
        yield BudgetStore(database)


def _budget(row: asyncpg.Record) -> Budget:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Budget)}
    return Budget(**values | {"threshold_percents": tuple(row["threshold_percents"])})


def _kept(row: asyncpg.Record) -> KeptBudget:
    seen = None
    if row["seen_time"] is not None:
        seen = Seen(row["seen_period_start"], row["seen_usd"], row["seen_unpriced_count"], row["seen_time"])
    return KeptBudget(_budget(row), row["change_number"], seen)


def _event(row: asyncpg.Record) -> BudgetEvent:
    own = [field.name for field in fields(BudgetEvent) if field.name != "budget"]
    return BudgetEvent(budget=_budget(row), **{name: row[name] for name in own})
