"""Reading what redaction did: its receipts, added up."""

import asyncio
from dataclasses import dataclass
from typing import Final

from a11i_storage.clickhouse.connection import ClickHouse
from a11i_storage.clickhouse.signal_reader import TimeRange
from a11i_storage.clickhouse.statements import Scope, statement

_ROW_CONDITIONS: Final = {
    "service_name": "service_name = {service_name:String}",
    "policy": "redaction_policy = {policy:String}",
}
_FOUND_CONDITIONS: Final = {
    "signal": "signal = {signal:String}",
    "entity": "entity = {entity:String}",
    "place": "place = {place:String}",
}


@dataclass(frozen=True, slots=True)
class RedactionFilter:
    """Which receipts to add up: all conditions hold; an empty one does not filter."""

    times: TimeRange
    signal: str = ""
    """span or log."""
    entity: str = ""
    place: str = ""
    """Column in which something was found."""
    service_name: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class RedactionGroup:
    """What was found of one entity in one place; fields as in a11i.query.v1.RedactionGroup."""

    signal: str
    entity: str
    place: str
    service_name: str
    policy: str
    row_count: int
    finding_count: int


@dataclass(frozen=True, slots=True)
class RedactionTotal:
    """What became of the rows of one signal; fields as in a11i.query.v1.RedactionTotal."""

    signal: str
    row_count: int
    redacted_row_count: int
    finding_count: int
    withheld_value_count: int
    examined_bytes: int


@dataclass(frozen=True, slots=True)
class Redactions:
    """What was redacted where."""

    groups: tuple[RedactionGroup, ...]
    """The most findings first."""
    group_count: int
    """How many groups there are, returned or not."""
    totals: tuple[RedactionTotal, ...]
    """Of the rows of this service and policy, whatever was found in them."""


class ClickHouseRedactionReader:
    """Reads what a scope's receipts tell. Safe for concurrent tasks."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def summarise(self, scope: Scope, which: RedactionFilter, *, limit: int, behind: int = 0) -> Redactions:
        """Return what was redacted where, in at most `limit` groups behind the first `behind`.

        Raises UnavailableError, and TooLargeError if the store may not use the memory that the answer takes.
        """
        named = {*_ROW_CONDITIONS, *_FOUND_CONDITIONS}
        values = {name: getattr(which, name) for name in named if getattr(which, name)}
        parameters = scope.parameters | values
        parameters |= {"start_ns": which.times.start_ns, "end_ns": which.times.end_ns, "limit": limit, "behind": behind}
        filters = _joined([text for name, text in _ROW_CONDITIONS.items() if name in values])
        found = _joined([text for name, text in _FOUND_CONDITIONS.items() if name in values])
        of_signal = _FOUND_CONDITIONS["signal"] if which.signal else "true"
        groups, totals = await asyncio.gather(
            self._clickhouse.query(statement("summarise_redactions", {"filters": filters, "found": found}), parameters),
            self._clickhouse.query(statement("total_redactions", {"filters": filters, "found": of_signal}), parameters),
        )
        return Redactions(
            tuple(RedactionGroup(**row) for row in groups.drop_columns(["group_count"]).to_pylist()),
            groups["group_count"][0].as_py() if groups.num_rows else 0,
            tuple(RedactionTotal(**row) for row in totals.to_pylist()),
        )


def _joined(conditions: list[str]) -> str:
    return " AND ".join(conditions) or "true"
