"""TokenizationService's calls about budgets."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import InvalidArgumentError, NotConfiguredError, NotFoundError
from a11i_chassis.grpc_types import Context
from a11i_storage.postgres import BudgetStore
from a11i_storage.postgres.budgets import KeptBudget
from a11i_tokenization import requests
from a11i_tokenization.budgeting.messages import budget_message, budget_of, event_message
from a11i_tokenization.budgeting.periods import period_at

_LAST_NUMBER: Final = 2**63 - 1


class BudgetCalls:
    """Translates requests; `BudgetWatcher` looks at what is spent."""

    def __init__(self, store: BudgetStore | None, check_caller: TokenCheck, *, now: Callable[[], datetime]) -> None:
        """Answer without a store that the settings name none."""
        self._kept = store
        self._check_caller = check_caller
        self._now = now

    async def put_budget(self, request: pb2.PutBudgetRequest, context: Context) -> pb2.PutBudgetResponse:
        """Store a budget. Raises InvalidArgumentError, NotConfiguredError."""
        self._check_caller(context)
        budget = budget_of(request.budget)
        await self._store.put(budget)
        return pb2.PutBudgetResponse(budget=budget_message(budget))

    async def list_budgets(self, request: pb2.ListBudgetsRequest, context: Context) -> pb2.ListBudgetsResponse:
        """Return a tenant's budgets. Raises InvalidArgumentError, NotConfiguredError."""
        self._check_caller(context)
        kept = await self._store.list_budgets(requests.name(request.tenant_id, "tenant_id"))
        now = self._now()
        return pb2.ListBudgetsResponse(budgets=[_status(one, now) for one in kept])

    async def delete_budget(self, request: pb2.DeleteBudgetRequest, context: Context) -> pb2.DeleteBudgetResponse:
        """Delete a budget. Raises NotFoundError, NotConfiguredError."""
        self._check_caller(context)
        name = requests.name(request.name, "name")
        if not await self._store.delete(requests.name(request.tenant_id, "tenant_id"), name):
            raise NotFoundError("the tenant has no budget of that name")
        return pb2.DeleteBudgetResponse()

    async def list_budget_events(
        self, request: pb2.ListBudgetEventsRequest, context: Context
    ) -> pb2.ListBudgetEventsResponse:
        """Return a page of events. Raises InvalidArgumentError, NotConfiguredError."""
        self._check_caller(context)
        tenant_id = requests.name(request.tenant_id, "tenant_id")
        budget = requests.optional(request.budget, "budget")
        size, before = requests.page_size(request.page_size), _number(request.page_token)
        found = await self._store.list_events(tenant_id, budget, size + 1, before)
        token = str(found[size - 1].number) if len(found) > size else ""
        return pb2.ListBudgetEventsResponse(events=map(event_message, found[:size]), next_page_token=token)

    @property
    def _store(self) -> BudgetStore:
        if self._kept is None:
            raise NotConfiguredError("budgets are not kept here: set A11I_TOKENIZATION_POSTGRES__DSN")
        return self._kept


def _status(kept: KeptBudget, now: datetime) -> pb2.BudgetStatus:
    start, end = period_at(kept.budget.period, now)
    status = pb2.BudgetStatus(budget=budget_message(kept.budget))
    requests.set_time(status.period_start, start)
    requests.set_time(status.period_end, end)
    # What was seen before the period began says nothing of it.
    if kept.seen is not None and kept.seen.period_start == start:
        status.spent_usd = float(kept.seen.usd)
        status.unpriced_call_count = kept.seen.unpriced_calls
        requests.set_time(status.as_of_time, kept.seen.time)
    return status


def _number(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and 0 < int(token[:20]) <= _LAST_NUMBER):
        raise InvalidArgumentError("page_token is not one that this service gave", field="page_token")
    return int(token)
