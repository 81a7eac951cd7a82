"""When a budget begins anew, in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def period_at(period: int, time: datetime) -> tuple[datetime, datetime]:
    """Return start and end of the period that a time is in; a month where it is none of BudgetPeriod."""
    time = time.astimezone(UTC)
    hour = time.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    if period == pb2.BUDGET_PERIOD_HOUR:
        return hour, hour + timedelta(hours=1)
    if period == pb2.BUDGET_PERIOD_DAY:
        return day, day + timedelta(days=1)
    if period == pb2.BUDGET_PERIOD_WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def nanoseconds(time: datetime) -> int:
    """Return a time as nanoseconds since the epoch."""
    return (time - _EPOCH) // timedelta(microseconds=1) * 1_000
