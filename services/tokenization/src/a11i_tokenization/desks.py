"""What the service does beside its stage with PostgreSQL and ClickHouse, if its settings name them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from a11i_bus.port import Bus
from a11i_chassis.auth import TokenCheck
from a11i_storage.clickhouse import CallCostStore, ClickHouseSpending, open_clickhouse
from a11i_storage.postgres import BudgetStore, RepricingStore
from a11i_storage.postgres.turn import open_turn
from a11i_tokenization.budget_calls import BudgetCalls
from a11i_tokenization.budgeting.known_spending import KnownSpending
from a11i_tokenization.budgeting.watcher import TURN_KEY, BudgetWatcher
from a11i_tokenization.kept import Kept
from a11i_tokenization.repricing.repricer import Repricer, Workshop
from a11i_tokenization.repricing.tables import RepricingTables
from a11i_tokenization.repricing_calls import RepricingCalls
from a11i_tokenization.settings import TokenizationSettings

Work = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Desks:
    """Calls of administrators, and the work that they order."""

    repricings: RepricingCalls
    budgets: BudgetCalls
    background: Sequence[Work] = ()


def closed_desks(settings: TokenizationSettings) -> Desks:
    """Return what answers that the settings name no stores."""
    check_caller = admin_check(settings)
    return Desks(RepricingCalls(None, None, check_caller, has_spans=False), BudgetCalls(None, check_caller, now=_now))


@asynccontextmanager
async def open_desks(settings: TokenizationSettings, bus: Bus, kept: Kept | None) -> AsyncIterator[Desks]:
    """Yield the desks. They connect when they are first asked."""
    if kept is None or settings.postgres is None:
        yield closed_desks(settings)
        return
    check_caller = admin_check(settings)
    async with AsyncExitStack() as stack:
        repricings, budgets = RepricingStore(kept.database), BudgetStore(kept.database)
        tables = RepricingTables(kept.tables, kept.default)
        work: list[Work] = []
        if settings.clickhouse is not None:
            clickhouse = await stack.enter_async_context(open_clickhouse(settings.clickhouse))
            costs = CallCostStore(clickhouse)
            work.append(Repricer(Workshop(repricings, costs, tables, settings.repricing)).run)
            turn = await stack.enter_async_context(open_turn(settings.postgres, TURN_KEY))
            spending = KnownSpending(ClickHouseSpending(clickhouse), repricings, settings.budgets)
            work.append(BudgetWatcher(budgets, spending, bus, turn, settings.budgets).run)
        calls = RepricingCalls(repricings, tables, check_caller, has_spans=settings.clickhouse is not None)
        yield Desks(calls, BudgetCalls(budgets, check_caller, now=_now), work)


def admin_check(settings: TokenizationSettings) -> TokenCheck:
    """Return the check of who may call what is not open to everybody."""
    return TokenCheck(settings.admin_token, service="tokenization", setting="A11I_TOKENIZATION_ADMIN_TOKEN")


def _now() -> datetime:
    return datetime.now(UTC)
