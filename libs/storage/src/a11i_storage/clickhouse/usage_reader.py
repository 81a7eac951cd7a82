"""Reading how counts and prices fare: what was counted beside what was reported, and what has no price."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from a11i_storage.clickhouse.connection import ClickHouse
from a11i_storage.clickhouse.signal_reader import TimeRange
from a11i_storage.clickhouse.statements import Scope, statement

_CONDITIONS: Final = {
    "provider": "spans.provider = {provider:String}",
    "model": "if(response_model != '', response_model, request_model) = {model:String}",
    "service_name": "service_name = {service_name:String}",
}


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """Which calls to add up: all conditions hold; an empty one does not filter."""

    times: TimeRange
    provider: str = ""
    model: str = ""
    """The one that answered, or that was asked where no answer names one."""
    service_name: str = ""


@dataclass(frozen=True, slots=True)
class TokenComparison:
    """What was reported and counted of one model's calls; fields as in a11i.query.v1.TokenComparison."""

    provider: str
    model: str
    tokenizer: str
    counted_source: str
    """counted, estimated, or empty."""
    call_count: int
    flagged_call_count: int
    input_call_count: int
    input_reported: int
    input_counted: int
    output_call_count: int
    output_reported: int
    output_counted: int
    reasoning_tokens: int


@dataclass(frozen=True, slots=True)
class UnpricedModel:
    """What calls of one model used whose cost is unknown; fields as in a11i.query.v1.UnpricedModel."""

    provider: str
    model: str
    call_count: int
    flagged_call_count: int
    calls_without_usage: int
    input_tokens: int
    output_tokens: int
    first_time_ns: int
    last_time_ns: int


class ClickHouseUsageReader:
    """Adds up a scope's usage by model. Safe for concurrent tasks.

    Every method returns at most `limit` rows of those after the first `offset`, the most calls first, and raises
    UnavailableError, and TooLargeError if the store may not use the memory that the answer takes.
    """

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def compare_counts(
        self, scope: Scope, which: UsageFilter, *, limit: int, offset: int = 0
    ) -> list[TokenComparison]:
        """Return what was counted beside what was reported."""
        rows = await self._rows("compare_token_counts", scope, which, {"limit": limit, "offset": offset})
        return [TokenComparison(**row) for row in rows]

    async def unpriced_models(
        self, scope: Scope, which: UsageFilter, *, limit: int, offset: int = 0
    ) -> list[UnpricedModel]:
        """Return the models whose calls have no known cost."""
        rows = await self._rows("list_unpriced_models", scope, which, {"limit": limit, "offset": offset})
        return [UnpricedModel(**row) for row in rows]

    async def _rows(self, name: str, scope: Scope, which: UsageFilter, page: Mapping[str, int]) -> list[dict[str, Any]]:
        values = {name: getattr(which, name) for name in _CONDITIONS if getattr(which, name)}
        filters = " AND ".join(text for name, text in _CONDITIONS.items() if name in values) or "true"
        times = {"start_ns": which.times.start_ns, "end_ns": which.times.end_ns}
        found = await self._clickhouse.query(
            statement(name, {"filters": filters}), {**scope.parameters, **values, **times, **page}
        )
        return found.to_pylist()
