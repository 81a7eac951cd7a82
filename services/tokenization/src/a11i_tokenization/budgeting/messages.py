"""Budgets and their events, as the contract has them."""

from decimal import Decimal, InvalidOperation
from typing import Final

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_storage.postgres.budgets import Budget, BudgetEvent
from a11i_tokenization import requests

_MAX_NAME: Final = 100
_MAX_USD: Final = Decimal("1e12")
_MOST_DECIMALS: Final = 12
_THRESHOLDS: Final = (50, 80, 100)
_MAX_THRESHOLDS: Final = 10
_MAX_PERCENT: Final = 1_000


def budget_of(message: pb2.Budget) -> Budget:
    """Return a budget, checked, with what it leaves out filled in. Raises InvalidArgumentError."""
    thresholds = tuple(sorted(set(message.threshold_percents))) or _THRESHOLDS
    if len(thresholds) > _MAX_THRESHOLDS or not all(0 < percent <= _MAX_PERCENT for percent in thresholds):
        why = f"{_MAX_THRESHOLDS} thresholds at most, from 1 to {_MAX_PERCENT:,} percent"
        raise InvalidArgumentError(why, field="budget.threshold_percents")
    if message.period not in pb2.BudgetPeriod.values():
        raise InvalidArgumentError("period is none that is known here", field="budget.period")
    return Budget(
        tenant_id=requests.name(message.tenant_id, "budget.tenant_id"),
        name=requests.name(message.name, "budget.name", _MAX_NAME),
        project_id=requests.optional(message.project_id, "budget.project_id"),
        key_id=requests.optional(message.key_id, "budget.key_id"),
        user_id=requests.optional(message.user_id, "budget.user_id"),
        model=requests.optional(message.model, "budget.model"),
        period=message.period or pb2.BUDGET_PERIOD_MONTH,
        limit_usd=_usd(message.limit_usd),
        threshold_percents=thresholds,
        actor=requests.name(message.actor, "budget.actor"),
    )


def budget_message(budget: Budget) -> pb2.Budget:
    """Return a budget as a message."""
    return pb2.Budget(
        tenant_id=budget.tenant_id,
        name=budget.name,
        project_id=budget.project_id,
        key_id=budget.key_id,
        user_id=budget.user_id,
        model=budget.model,
        period=pb2.BudgetPeriod.ValueType(budget.period),
        limit_usd=f"{budget.limit_usd.normalize():f}",
        threshold_percents=budget.threshold_percents,
        actor=budget.actor,
    )


def event_message(event: BudgetEvent) -> pb2.BudgetEvent:
    """Return an event as a message."""
    message = pb2.BudgetEvent(
        id=str(event.id),
        budget=budget_message(event.budget),
        threshold_percent=event.threshold_percent,
        spent_usd=float(event.spent_usd),
    )
    requests.set_time(message.period_start, event.period_start)
    requests.set_time(message.time, event.create_time)
    return message


def _usd(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    exponent = amount.as_tuple().exponent
    if not (
        amount.is_finite() and 0 < amount <= _MAX_USD and isinstance(exponent, int) and -exponent <= _MOST_DECIMALS
    ):
        why = "limit_usd is a decimal over 0, such as 250 or 99.50, with 12 digits after the point at most"
        raise InvalidArgumentError(why, field="budget.limit_usd")
    return amount
