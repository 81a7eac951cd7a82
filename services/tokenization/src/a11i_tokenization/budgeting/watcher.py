"""Looks at what is spent of each budget, and tells of thresholds that are reached.

One process at a time looks. An event is kept in PostgreSQL first, where it can be only once, then published, then noted
as published: whoever dies in between publishes it again, under the same id.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

import structlog

from a11i_bus.port import Bus, Message
from a11i_bus.topology import BUDGET_EVENTS
from a11i_chassis import metrics
from a11i_chassis.errors import A11iError, TransientError
from a11i_chassis.logging import log_defect
from a11i_chassis.waiting import stopped_within
from a11i_storage.clickhouse import SpendingQuestion
from a11i_storage.postgres import BudgetStore
from a11i_storage.postgres.budgets import KeptBudget, Seen
from a11i_storage.postgres.turn import Hold, Turn
from a11i_tokenization.budgeting.known_spending import Spending
from a11i_tokenization.budgeting.messages import event_message
from a11i_tokenization.budgeting.periods import nanoseconds, period_at
from a11i_tokenization.settings import BudgetSettings

TURN_KEY: Final = 0x6131_6277
"""Advisory lock of the watcher ("a1bw" in ASCII)."""
_EVENTS_AT_ONCE: Final = 100
_log: Final = structlog.stdlib.get_logger(__name__)


class BudgetWatcher:
    """Watches the budgets of all tenants."""

    def __init__(
        self,
        store: BudgetStore,
        spending: Spending,
        bus: Bus,
        turn: Turn,
        settings: BudgetSettings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._spending = spending
        self._bus = bus
        self._turn = turn
        self._settings = settings
        self._now = now

    async def run(self, stop: asyncio.Event) -> None:
        """Watch, whenever it is this process's turn, until `stop` is set."""
        while not stop.is_set():
            try:
                async with self._turn.taken() as hold:
                    if hold is not None:
                        await self._watch(hold, stop)
            except TransientError as error:
                _log.warning("budgets_not_watched", reason=error.reason_name)
            except Exception as error:  # A defect of this part must not end the stage.
                log_defect("budgets_failed", error)
            await stopped_within(stop, self._settings.interval_s)

    async def _watch(self, hold: Hold, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await hold.check()
            began = time.monotonic()
            await self.look()
            await self.publish()
            took_s = time.monotonic() - began
            metrics.BUDGET_LOOK_SECONDS.set(took_s)
            # What takes long comes less often: the store is there for others, too.
            await stopped_within(
                stop, max(self._settings.interval_s - took_s, took_s / self._settings.max_share - took_s)
            )

    async def look(self) -> None:
        """Work out once what is spent of every budget, and keep an event of each threshold that is reached.

        A tenant whose spending cannot be worked out waits for the next look.
        """
        for tenant_id, budgets in groupby(await self._store.list_budgets(), lambda kept: kept.budget.tenant_id):
            try:
                await self._look_at(tenant_id, list(budgets))
            except A11iError as error:
                _log.warning("budgets_of_a_tenant_wait", tenant_id=tenant_id, reason=error.message)

    async def _look_at(self, tenant_id: str, budgets: Sequence[KeptBudget]) -> None:
        now = self._now()
        looks = [look for kept in budgets for look in _looks(kept, now)]
        answers = await self._spending.spent(tenant_id, [look.question for look in looks])
        for look, spent in zip(looks, answers, strict=True):
            seen = Seen(look.period_start, spent.usd, spent.unpriced_calls, now)
            raised = await self._store.note(look.kept, seen)
            metrics.BUDGET_EVENTS.inc(raised)
            if raised:
                name = look.kept.budget.name
                _log.info("budget_threshold_reached", tenant_id=tenant_id, budget=name, events=raised)

    async def publish(self) -> None:
        """Put on the bus what it does not have yet, in order. Raises TransientError where it does not take it.

        What it has not taken for long is not offered any more: it is in PostgreSQL, and what follows it is newer.
        """
        while events := await self._store.unsettled_events(_EVENTS_AT_ONCE):
            for event in events:
                message = event_message(event)
                payload = message.SerializeToString()
                try:
                    await self._bus.publish(
                        BUDGET_EVENTS, Message(id=message.id, key=event.budget.tenant_id, payload=payload)
                    )
                except TransientError:
                    if self._now() - event.create_time <= timedelta(seconds=self._settings.unpublished_s):
                        raise
                    await self._store.settle(event.id, published=False)
                else:
                    await self._store.settle(event.id, published=True)


@dataclass(frozen=True, slots=True)
class _Look:
    """A period of a budget to look at."""

    kept: KeptBudget
    period_start: datetime
    question: SpendingQuestion


def _looks(kept: KeptBudget, now: datetime) -> Iterator[_Look]:
    """Yield the current period, and before it the one that was current at the last look: it went on after that."""
    start, _ = period_at(kept.budget.period, now)
    if kept.seen is not None and kept.seen.period_start < start:
        yield _look(kept, kept.seen.period_start)
    yield _look(kept, start)


def _look(kept: KeptBudget, time: datetime) -> _Look:
    budget = kept.budget
    start, end = period_at(budget.period, time)
    question = SpendingQuestion(
        start_ns=nanoseconds(start),
        end_ns=nanoseconds(end),
        project_id=budget.project_id,
        key_id=budget.key_id,
        user_id=budget.user_id,
        model=budget.model,
    )
    return _Look(kept, start, question)
